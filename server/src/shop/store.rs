//! Every query of merchants.

use domain::{FileId, MerchantId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, ExprTrait},
};

use super::rows::{Column, Entity, Model};
use crate::failure::{Outcome, Refusal};

pub(crate) async fn get(db: &impl ConnectionTrait, id: &MerchantId) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.clone()).one(db).await?)
}

pub(crate) async fn insert(db: &impl ConnectionTrait, merchant: Model) -> Outcome<()> {
    Entity::insert(merchant.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn all(db: &impl ConnectionTrait) -> Outcome<Vec<MerchantId>> {
    Ok(Entity::find().select_only().column(Column::Id).order_by_asc(Column::Id).into_tuple().all(db).await?)
}

pub(crate) async fn set_picture(db: &impl ConnectionTrait, id: &MerchantId, picture: &FileId) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::PictureId, Expr::value(picture.as_str()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// The row lock of the update makes the number nobody else's.
pub(crate) async fn take_order_number(db: &impl ConnectionTrait, id: &MerchantId) -> Outcome<i64> {
    Entity::update_many()
        .col_expr(Column::NextOrderNumber, Expr::col(Column::NextOrderNumber).add(1))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    let next = Entity::find_by_id(id.clone()).select_only().column(Column::NextOrderNumber).into_tuple::<i64>();
    Ok(next.one(db).await?.ok_or_else(Refusal::not_found)? - 1)
}

/// The numbers before `next` belong to orders of the past.
pub(crate) async fn set_next_order_number(db: &impl ConnectionTrait, id: &MerchantId, next: i64) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::NextOrderNumber, Expr::value(next))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn set_rules(db: &impl ConnectionTrait, id: &MerchantId, rules: &super::Rules) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::RefundAloneMinor, Expr::value(rules.refund_alone_minor))
        .col_expr(Column::RefundPairMinor, Expr::value(rules.refund_pair_minor))
        .col_expr(Column::StuckMinutes, Expr::value(rules.stuck_minutes))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn set_profile(db: &impl ConnectionTrait, id: &MerchantId, to: &super::Profile) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Name, Expr::value(to.name.clone()))
        .col_expr(Column::About, Expr::value(to.about.clone()))
        .col_expr(Column::Policy, Expr::value(to.policy.clone()))
        .col_expr(Column::Language, Expr::value(to.language.as_str()))
        .col_expr(Column::UtcOffsetMinutes, Expr::value(to.utc_offset_minutes))
        .col_expr(Column::CheckoutMinutes, Expr::value(to.checkout_minutes))
        .col_expr(Column::Hours, Expr::value(to.hours.to_string()))
        .col_expr(Column::Languages, Expr::value(super::profile::words(&to.languages)))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn set_schedules(db: &impl ConnectionTrait, id: &MerchantId, to: &super::Schedules) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::RemindAfterMinutes, Expr::value(to.remind_after_minutes))
        .col_expr(Column::RemindAtMost, Expr::value(to.remind_at_most))
        .col_expr(Column::DigestDaily, Expr::value(to.digest_daily))
        .col_expr(Column::DigestWeekly, Expr::value(to.digest_weekly))
        .col_expr(Column::DigestHour, Expr::value(to.digest_hour))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn set_handing_over(
    db: &impl ConnectionTrait,
    id: &MerchantId,
    to: &super::HandingOver,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Pickup, Expr::value(to.pickup))
        .col_expr(Column::PickupAddress, Expr::value(to.pickup_address.clone()))
        .col_expr(Column::Delivery, Expr::value(to.delivery))
        .col_expr(Column::DeliveryMinor, Expr::value(to.delivery_minor))
        .col_expr(Column::DeliveryFreeFromMinor, Expr::value(to.delivery_free_from_minor))
        .col_expr(Column::DeliveryNote, Expr::value(to.delivery_note.clone()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// False: somebody has done so before.
pub(super) async fn know_stars(
    db: &impl ConnectionTrait,
    id: &MerchantId,
    at: domain::Moment,
    who: &str,
) -> Outcome<bool> {
    let noted = Entity::update_many()
        .col_expr(Column::StarsKnownAt, Expr::value(at.0))
        .col_expr(Column::StarsKnownBy, Expr::value(who))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::StarsKnownAt.is_null())
        .exec(db)
        .await?;
    Ok(noted.rows_affected > 0)
}

pub(crate) async fn require_two_factor(db: &impl ConnectionTrait, id: &MerchantId, required: bool) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::TwoFactorRequired, Expr::value(required))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn set_staff_code(db: &impl ConnectionTrait, id: &MerchantId, code: Option<&str>) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::StaffCode, Expr::value(code))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn set_staff_chat(
    db: &impl ConnectionTrait,
    id: &MerchantId,
    bot: &domain::BotId,
    chat: i64,
) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::StaffBotId, Expr::value(bot.as_str()))
        .col_expr(Column::StaffChatId, Expr::value(chat))
        .col_expr(Column::StaffCode, Expr::value(None::<String>))
        .col_expr(Column::StaffChatLostAt, Expr::value(None::<i64>))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

/// False: it is another chat by now, or none.
pub(crate) async fn lose_staff_chat(
    db: &impl ConnectionTrait,
    id: &MerchantId,
    bot: &domain::BotId,
    chat: i64,
    now: domain::Moment,
) -> Outcome<bool> {
    let lost = Entity::update_many()
        .col_expr(Column::StaffChatId, Expr::value(None::<i64>))
        .col_expr(Column::StaffChatLostAt, Expr::value(now.0))
        .filter(Column::Id.eq(id.clone()))
        .filter(Column::StaffBotId.eq(bot.clone()))
        .filter(Column::StaffChatId.eq(chat))
        .exec(db)
        .await?;
    Ok(lost.rows_affected == 1)
}

pub(crate) async fn move_staff_chat(db: &impl ConnectionTrait, id: &MerchantId, chat: i64) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::StaffChatId, Expr::value(chat))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}
