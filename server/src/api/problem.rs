//! Errors as RFC 9457 `application/problem+json`, with a stable `code` and a sentence that says what to do.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::failure::{Failure, Refusal, RefusalKind};

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// Always `about:blank`: the code says which problem it is.
    r#type: &'static str,
    title: &'static str,
    status: u16,
    /// Stable, for programs.
    code: String,
    /// One sentence for people.
    detail: String,
    /// The field of the request that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    field: Option<Box<str>>,
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: detail.into(),
            field: None,
            retry_after: None,
        }
    }

    pub(super) fn about(self, field: &str) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    pub(super) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let wait = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"khanut\""));
        }
        if let Some(seconds) = wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

pub(super) fn not_found() -> Problem {
    Refusal::not_found().into()
}

pub(super) fn method_not_allowed() -> Problem {
    let detail = "This address does not take this method; see /api/docs.";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match (refusal.kind, refusal.code) {
            (RefusalKind::Invalid, _) => StatusCode::UNPROCESSABLE_ENTITY,
            (RefusalKind::NotFound, _) => StatusCode::NOT_FOUND,
            (RefusalKind::Forbidden, _) => StatusCode::FORBIDDEN,
            (RefusalKind::Conflict, _) => StatusCode::CONFLICT,
            (RefusalKind::TooMany, _) => StatusCode::TOO_MANY_REQUESTS,
            (RefusalKind::Unavailable, _) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let wait = matches!(refusal.kind, RefusalKind::TooMany | RefusalKind::Unavailable).then_some(5);
        let detail = refusal
            .values
            .iter()
            .fold(explain(refusal.code).to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value));
        Self { field: refusal.field.map(Into::into), retry_after: wait, ..Self::new(status, refusal.code, detail) }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Internal(error) => {
                tracing::error!(error = %format!("{error:#}"), "an API request failed");
                let detail =
                    "Something failed on our side; nothing was changed. Try again with the same Idempotency-Key.";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
            }
        }
    }
}

const UNEXPLAINED: &str = "This request is refused.";

/// What each code means, and what to do.
fn explain(code: &str) -> &'static str {
    match code {
        "kind_unknown" => "This kind is not known; the document at /api/docs lists them.",
        "time_unreadable" => "Write the time as in RFC 3339, such as 2026-11-24T18:00:00Z.",
        "title_or_product" => "Give a product_id, or a title with an amount, not both.",
        "not_found" => "There is no such object of this merchant; check the id.",
        "forbidden" => "This API key does not have the scope for it; use a key that has.",
        "endpoint_unreadable" => "Write a whole address such as https://shop.example.am/khanut.",
        "endpoint_not_secure" => "The address must begin with https://.",
        "endpoint_private" => "This address lies within a network of its own; give one that the internet reaches.",
        "endpoint_off" => "This endpoint is switched off or was removed; switch it on first.",
        "endpoints_enough" => "There are {max} endpoints already; remove one first.",
        "event_unknown" => "There is no event of the type {event}; /api/docs lists them.",
        "required" => "This field must be given.",
        "too_long" => "This is too long: at most {max}.",
        "out_of_range" => "This must lie between {min} and {max}.",
        "amount_out_of_range" => "The amount must be positive and at most {max}.",
        "amount_not_positive" => "The amount must be positive.",
        "amount_too_large" => "The sum is too large: at most {max}.",
        "amount_is_fixed" => "This product has a fixed price; leave the amount out.",
        "currency_not_accepted" => "This shop takes {currency}.",
        "donation_sum_required" => "The customer names the sum of a donation: give an amount.",
        "donation_sum_out_of_range" => "The sum of this donation must lie between {min} and {max}.",
        "donation_has_no_price" => "A donation has no price; give its terms instead.",
        "donation_terms_wrong" => "Give the donation's minimum and maximum, and suggested sums between them.",
        "donation_terms_only_for_donations" => "Only donations have terms.",
        "compare_at_not_above_price" => "The former price must be above the price.",
        "stock_only_for_goods" => "Only goods have stock.",
        "quantity_out_of_range" => "The quantity must lie between 1 and {max}.",
        "product_gone" => "There is no such product; check product_id.",
        "sold_out" => "It is sold out.",
        "handover_required" => "Choose how the goods are handed over.",
        "address_wrong" => "The address needs {min} to {max} characters.",
        "cart_changed" => "The cart has changed; look at it once more.",
        "cart_full" => "The cart is full; order what is in it first.",
        "not_for_a_cart" => "This is bought alone, not in a cart.",
        "slot_taken" => "This time is not free; choose another of the product's slots.",
        "slot_required" => "This booking has times; give a slot_id.",
        "slot_is_booked" => "This time is booked; it cannot be taken back.",
        "slots_only_for_bookings" => {
            "Only a booking has times; on a link, give its product_id and make the link dynamic."
        }
        "variant_required" => "This product is sold in variants; give a variant_id.",
        "variant_gone" => "This product has no such variant on sale; check variant_id.",
        "variant_only_for_one_order" => "A variant_id goes with the product_id of a dynamic link.",
        "donation_has_no_variants" => "A donation has no variants.",
        "too_many_variants" => "At most {max} variants of one product.",
        "too_many_categories" => "At most {max} categories.",
        "category_gone" => "There is no such category.",
        "sku_taken" => "Another product has the code {sku}.",
        "no_time_ahead" => "Give at least one time that lies ahead.",
        "too_many_times" => "At most {max} times at once; send them in parts.",
        "time_is_past" => "This time has passed; give one in the future.",
        "dynamic_is_paid_once" => "A dynamic link is paid at most once; leave max_payments out.",
        "not_an_object" => "This must be a JSON object.",
        "link_already_paid" => "This link was paid; refund the payment instead.",
        "link_inactive" | "link_cancelled" | "link_expired" | "link_used_up" | "link_not_available" => {
            "This link does not lead to checkout any more; make another."
        }
        "no_payment_method" => "The shop has no active provider account; add one.",
        "provider_unavailable" => "The payment provider does not answer now; try again in a moment.",
        "provider_refused" => "The payment provider refuses; check the account's settings.",
        "day_not_over" => "This day is not over yet in the shop's zone.",
        "day_closed" => "This day is already closed.",
        "reason_required" => "Say why in a few words.",
        "payment_not_paid" => "This payment is not paid, so there is nothing to give back.",
        "refund_after_dispute" => "The bank is taking this money back already; it is not refunded too.",
        "refund_too_much" => "So much is not left; at most {max} can be given back.",
        "line_refunded_already" => "One of these lines was given back already.",
        "lines_or_amount" => "Give an amount or lines, not both.",
        "not_replayable" => "This delivery was refused when it came; it cannot be believed later.",
        "idempotency_key_reused" => "This Idempotency-Key was used for another request; use a new one.",
        "idempotency_in_flight" => "A request with this Idempotency-Key is being done; try again in a moment.",
        "try_again" => "It could not be done right now; try again in a moment.",
        _ => UNEXPLAINED,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Of the door, of files and of what only staff decide: no request of the API meets these.
    const ELSEWHERE: &[&str] = &[
        "amount_is_the_customers",
        "amount_unreadable",
        "answer_missing",
        "answer_not_a_phone",
        "answer_not_an_email",
        "answer_not_offered",
        "answer_too_long",
        "batch_code_unknown",
        "batch_columns",
        "batch_time_unreadable",
        "bot_connected",
        "bot_taken",
        "broadcast_over",
        "choices_out_of_range",
        "club_chat_unknown",
        "club_days",
        "club_grace",
        "club_no_bot",
        "code_too_long",
        "code_wrong",
        "codes_no_column",
        "codes_too_many",
        "column_missing",
        "crm_address",
        "crm_away",
        "crm_currency",
        "crm_keys",
        "crm_nobody",
        "crm_says",
        "crm_stage",
        "customer_blocked",
        "days_backwards",
        "days_out_of_range",
        "deal_moved_on",
        "email_taken",
        "email_wrong",
        "import_code_twice",
        "import_columns",
        "import_id_unknown",
        "import_kind_changes",
        "import_no_product",
        "import_not_a_number",
        "import_not_a_sum",
        "import_part_twice",
        "import_part_unknown",
        "import_question_kind",
        "import_too_long",
        "import_two_parts",
        "import_yes_or_no",
        "invitation_used",
        "invited_already",
        "key_refused",
        "last_owner",
        "no_bot",
        "no_chat",
        "nobody_meant",
        "not_a_number",
        "not_a_sum",
        "not_handed_over",
        "nothing_chosen",
        "nothing_to_review",
        "nothing_to_say",
        "nothing_was_given",
        "own_role",
        "passkey_copied",
        "passkey_known",
        "passkey_late",
        "passkey_none",
        "passkey_wrong",
        "passkeys_impossible",
        "passkeys_many",
        "password_common",
        "password_own",
        "password_short",
        "password_wrong",
        "period_wrong",
        "photo_kind_unknown",
        "photo_too_large",
        "photo_unreadable",
        "product_is_sold",
        "proof_kind_unknown",
        "proof_required",
        "proof_too_large",
        "provider_away",
        "receipt_currency",
        "receipt_moved_on",
        "receipt_number_taken",
        "receipt_number_wrong",
        "refund_moved_on",
        "too_many_promos",
        "promo_gone_meanwhile",
        "promo_uses_wrong",
        "promo_used_up",
        "promo_used_by_you",
        "promo_unknown",
        "promo_too_little",
        "promo_off_wrong",
        "promo_not_for_these",
        "promo_nothing_left",
        "promo_ends_before",
        "promo_code_wrong",
        "promo_code_taken",
        "refund_own_approval",
        "register_away",
        "register_busy",
        "register_on",
        "register_says",
        "register_settings_wrong",
        "settings_wrong",
        "sheet_too_large",
        "sheet_too_long",
        "sheet_too_wide",
        "sheet_unpacked_too_large",
        "sheet_unreadable",
        "sign_in_too_often",
        "sign_in_wrong",
        "slot_places_taken",
        "step_moved_on",
        "step_wrong",
        "telegram_away",
        "telegram_silent",
        "telegram_stale",
        "telegram_unproven",
        "text_required",
        "token_wrong",
        "too_many_photos",
        "too_many_questions",
        "two_factor_off",
        "two_factor_on",
        "upload_too_large",
        "upload_torn",
        "variant_is_ordered",
        "view_name_taken",
        "views_too_many",
    ];

    fn sources(folder: &Path) -> String {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .map(|path| match path.extension() {
                _ if path.is_dir() => sources(&path),
                Some(end) if end == "rs" => std::fs::read_to_string(&path).unwrap(),
                _ => String::new(),
            })
            .collect()
    }

    #[test]
    fn every_refusal_says_what_to_do() {
        let all = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        let makers = ["Refusal::field(", "Refusal::new(", "Self::new(RefusalKind::"];
        let calls = makers.iter().flat_map(|maker| all.split(*maker).skip(1));
        let made = calls.filter_map(|rest| rest.split(')').next()?.split('"').skip(1).step_by(2).last());
        let codes: Vec<_> = made.filter(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')).collect();
        assert!(codes.contains(&"sold_out") && codes.contains(&"title_or_product"), "{codes:?}");
        for code in codes.into_iter().filter(|code| !code.is_empty() && !ELSEWHERE.contains(code)) {
            assert_ne!(explain(code), UNEXPLAINED, "{code} is not explained");
        }
    }
}
