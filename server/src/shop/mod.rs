//! Merchants: the shops of this installation. Every row of every table belongs to one.

mod handover;
mod profile;
pub(crate) mod rows;
mod rules;
mod schedules;
mod staff_chat;
mod stars;
pub(crate) mod store;
mod two_factor;

use domain::{
    Currency, FileId, Lang, Localized, MerchantId,
    role::{Actor, Permission},
};
pub use handover::{HandingOver, set_handing_over};
pub use profile::{Profile, set_profile};
pub use rows::Model as Merchant;
pub use rules::{Rules, set_rules};
pub use schedules::{Schedules, set_schedules};
use serde_json::json;
pub use staff_chat::{bind_staff_chat, invite_to_staff_chat, lose_staff_chat, move_staff_chat};
pub use stars::know_stars;
pub use two_factor::require_two_factor;

use crate::{
    alerts,
    db::{Db, Tx},
    failure::{Outcome, Refusal},
    journal,
    services::Services,
    staff::audit,
};

/// What support may refund alone in a new shop: 10 000 ֏.
const REFUND_ALONE: i64 = 1_000_000;

#[derive(Clone, Debug)]
pub struct NewMerchant {
    pub name: Localized,
    pub about: Localized,
    pub policy: Localized,
    pub currency: Currency,
    pub utc_offset_minutes: i32,
    pub language: Lang,
    /// How long a customer has to pay an order.
    pub checkout_minutes: i32,
}

/// Opens a shop, with an empty journal.
///
/// # Errors
/// When the database refuses.
pub async fn create(services: &Services, new: NewMerchant) -> Outcome<MerchantId> {
    let id: MerchantId = services.clock.id();
    let row = Merchant {
        id: id.clone(),
        name: new.name,
        about: new.about,
        policy: new.policy,
        currency: new.currency,
        utc_offset_minutes: new.utc_offset_minutes,
        language: new.language,
        picture_id: None,
        checkout_minutes: new.checkout_minutes,
        next_order_number: 1001,
        refund_alone_minor: REFUND_ALONE,
        refund_pair_minor: None,
        stuck_minutes: 10,
        remind_after_minutes: 20,
        remind_at_most: 1,
        digest_daily: true,
        digest_weekly: true,
        digest_hour: 9,
        staff_bot_id: None,
        staff_chat_id: None,
        staff_chat_lost_at: None,
        staff_code: None,
        two_factor_required: false,
        created_at: services.clock.now(),
        hours: String::new(),
        languages: profile::words(Lang::ALL),
        pickup: false,
        pickup_address: Localized::default(),
        delivery: false,
        delivery_minor: 0,
        delivery_free_from_minor: None,
        delivery_note: Localized::default(),
        stars_known_at: None,
        stars_known_by: None,
    };
    let now = services.clock.now();
    services
        .db
        .write(move |tx| async move {
            store::insert(&*tx, row).await?;
            journal::open(&tx, now, &id).await?;
            alerts::promise(&tx, now, &id).await?;
            Ok(id)
        })
        .await
}

/// # Errors
/// `not_found`.
pub async fn get(db: &Db, id: &MerchantId) -> Outcome<Merchant> {
    store::get(db.read(), id).await?.ok_or_else(|| Refusal::not_found().into())
}

/// The ids of all merchants, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn all(db: &Db) -> Outcome<Vec<MerchantId>> {
    store::all(db.read()).await
}

/// # Errors
/// `forbidden`, `not_found`.
pub async fn set_picture(services: &Services, actor: &Actor, merchant: &MerchantId, picture: FileId) -> Outcome<()> {
    if !actor.may(Permission::EditSettings) {
        return Err(Refusal::forbidden().into());
    }
    let (own, actor, merchant) = (services.clone(), actor.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            let old = store::get(&*tx, &merchant).await?.ok_or_else(Refusal::not_found)?.picture_id;
            store::set_picture(&*tx, &merchant, &picture).await?;
            let (before, after) = (Some(json!({ "picture": old })), Some(json!({ "picture": picture })));
            audit::record(&tx, &own.clock, &merchant, &actor, "shop_changed", merchant.as_str(), before, after).await
        })
        .await
}

fn within(field: &'static str, value: i32, min: i32, max: i32) -> Result<(), Refusal> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(Refusal::field(field, "out_of_range").with("min", min).with("max", max))
    }
}

/// The next order number of the merchant, in the order's own transaction.
pub(crate) async fn take_order_number(tx: &Tx, merchant: &MerchantId) -> Outcome<i64> {
    store::take_order_number(&**tx, merchant).await
}
