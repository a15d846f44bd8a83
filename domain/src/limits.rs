//! The stated limit of everything that comes in from outside. Lengths in characters unless the name says bytes.

pub const NAME: usize = 60;
pub const TEXT: usize = 2_000;
pub const LABEL: usize = 80;
pub const EMAIL: usize = 254;
pub const PASSWORD_MIN: usize = 12;
pub const PASSWORD_MAX: usize = 200;
/// Of one member.
pub const PASSKEYS: usize = 20;
pub const SEARCH: usize = 100;
pub const EXTERNAL_ORDER_ID: usize = 64;
pub const METADATA_BYTES: usize = 4 * 1024;
pub const IDEMPOTENCY_KEY: usize = 255;
pub const REASON: usize = 300;
/// What is written to a customer: with a head and a sign before it, Telegram takes it.
pub const MESSAGE: usize = 3_800;
/// A provider's webhook, raw (contract: 413 above).
pub const WEBHOOK_BYTES: usize = 64 * 1024;
/// A Bot API update, raw.
pub const UPDATE_BYTES: usize = 256 * 1024;
pub const API_BODY_BYTES: usize = 64 * 1024;
/// A photo as a phone makes it: what is kept is made smaller.
pub const PHOTO_BYTES: usize = 10 * 1024 * 1024;
/// A provider's or bank's list.
pub const SHEET_BYTES: usize = 10 * 1024 * 1024;
/// What such a list may come to when it is unpacked and read.
pub const SHEET_UNPACKED_BYTES: usize = 128 * 1024 * 1024;
/// Addresses of a shop that receive our webhooks, and their length.
pub const ENDPOINTS: u64 = 20;
pub const ENDPOINT_URL: usize = 500;
pub const QUANTITY: i64 = 99;
/// Where goods are brought.
/// The letters of a promo code.
pub const PROMO_MIN: usize = 3;
pub const PROMO_MAX: usize = 32;
pub const ADDRESS_MIN: usize = 5;
pub const ADDRESS_MAX: usize = 300;
/// Lines of one cart: a screen of Telegram shows them all.
pub const CART_LINES: usize = 20;
/// Pictures of one product: as many as one looks through.
pub const PHOTOS: usize = 8;
/// All of them in one form.
pub const ALL_PHOTOS_BYTES: usize = PHOTOS * PHOTO_BYTES;
/// Categories of a shop; variants and questions of one product; what may be chosen among, and how long an answer is.
pub const CATEGORIES: usize = 60;
pub const VARIANTS: usize = 50;
pub const QUESTIONS: usize = 10;
pub const CHOICES: usize = 12;
pub const ANSWER: usize = 300;
/// What a product is delivered as.
pub const ATTACHMENT_BYTES: usize = 20 * 1024 * 1024;
/// Access codes: one of them, and how many come at once.
pub const CODE: usize = 200;
pub const CODES_AT_ONCE: usize = 5_000;
/// The shop's own code of a product.
pub const SKU: usize = 40;
/// Times of a booking offered by one form; how long one lasts, and for how many people.
pub const SLOTS_AT_ONCE: usize = 500;
pub const SLOT_MINUTES: i64 = 7 * 24 * 60;
pub const SLOT_PLACES: i64 = 1_000;
/// The largest sum of one order: 100 million drams, far below where arithmetic could overflow.
pub const AMOUNT_MINOR: i64 = 10_000_000_000;
pub const MAX_PAYMENTS: i64 = 1_000_000;
pub const PAGE: u64 = 100;
pub const PAGE_DEFAULT: u64 = 50;

/// Milliseconds that must be left to pay when a reminder of an unpaid order is sent.
pub const REMINDER_LEAD: i64 = 5 * crate::moment::MINUTE;

/// Reminders of one order.
pub const REMINDERS: i32 = 3;
