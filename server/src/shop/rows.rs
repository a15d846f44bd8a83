//! Merchants.

use domain::{
    BotId, Currency, FileId, Lang, Localized, MerchantId, Moment,
    handover::Ways,
    hours::Hours,
    schedule::{Digests, Reminders},
};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merchants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MerchantId,
    pub name: Localized,
    pub about: Localized,
    pub policy: Localized,
    pub currency: Currency,
    pub utc_offset_minutes: i32,
    pub language: Lang,
    pub picture_id: Option<FileId>,
    /// How long a customer has to pay an order.
    pub checkout_minutes: i32,
    pub next_order_number: i64,
    /// Up to this sum support refunds alone, minor units.
    pub refund_alone_minor: i64,
    /// Above this sum a refund needs a second person, whoever asks; none: no such limit.
    pub refund_pair_minor: Option<i64>,
    /// Paid and not delivered for so long is told to staff.
    pub stuck_minutes: i32,
    pub remind_after_minutes: i32,
    pub remind_at_most: i32,
    pub digest_daily: bool,
    pub digest_weekly: bool,
    /// Of the shop's clock.
    pub digest_hour: i32,
    /// Where staff are told: a chat of this bot.
    pub staff_bot_id: Option<BotId>,
    pub staff_chat_id: Option<i64>,
    /// Since when nothing can be said there any more; none: it is well.
    pub staff_chat_lost_at: Option<Moment>,
    /// Who says this to the bot, in a chat, makes it the staff's chat.
    pub staff_code: Option<String>,
    /// Who has no second step at sign-in sets it up before anything else.
    pub two_factor_required: bool,
    pub created_at: Moment,
    /// As `domain::hours` writes them down.
    pub hours: String,
    /// Those offered to customers, parted by commas.
    pub languages: String,
    /// Goods are picked up here, if they are; brought for this sum, if they are.
    pub pickup: bool,
    pub pickup_address: Localized,
    pub delivery: bool,
    pub delivery_minor: i64,
    /// From this sum on bringing costs nothing.
    pub delivery_free_from_minor: Option<i64>,
    pub delivery_note: Localized,
    /// When somebody took note of Telegram's rule about what is digital, and who, as the audit log writes it.
    pub stars_known_at: Option<Moment>,
    pub stars_known_by: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// When it is open, by its own clock.
    #[must_use]
    pub fn open_hours(&self) -> Hours {
        Hours::read(&self.hours)
    }

    /// The languages that customers are offered; its own is always one of them.
    #[must_use]
    pub fn offered(&self) -> Vec<Lang> {
        let named = |lang: &&Lang| **lang == self.language || self.languages.split(',').any(|own| own == lang.as_str());
        Lang::ALL.iter().filter(named).copied().collect()
    }

    /// The language to speak to somebody who would like `wanted`.
    #[must_use]
    pub fn speaks(&self, wanted: Lang) -> Lang {
        if self.offered().contains(&wanted) { wanted } else { self.language }
    }

    /// How goods reach who bought them.
    #[must_use]
    pub const fn ways(&self) -> Ways {
        Ways {
            pickup: self.pickup,
            delivery: self.delivery,
            price_minor: self.delivery_minor,
            free_from_minor: self.delivery_free_from_minor,
        }
    }

    #[must_use]
    pub const fn reminders(&self) -> Reminders {
        Reminders { after_minutes: self.remind_after_minutes, at_most: self.remind_at_most }
    }

    #[must_use]
    pub const fn digests(&self) -> Digests {
        Digests { daily: self.digest_daily, weekly: self.digest_weekly, hour: self.digest_hour }
    }
}
