//! Every query of browser sessions.

use domain::{MerchantId, Moment, StaffId};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, prelude::*, sea_query::Expr};

use super::rows::{
    self,
    session::{Column as C, Entity, Model},
};
use crate::{failure::Outcome, shop};

pub(crate) async fn insert(db: &impl ConnectionTrait, row: Model) -> Outcome<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes a session that is still there, and says whether it was: one ended meanwhile does not come back.
pub(crate) async fn save(db: &impl ConnectionTrait, row: Model) -> Outcome<bool> {
    let written = Entity::update_many()
        .col_expr(C::MerchantId, Expr::value(row.merchant_id.map(String::from)))
        .col_expr(C::StaffId, Expr::value(row.staff_id.map(String::from)))
        .col_expr(C::Data, Expr::value(row.data))
        .col_expr(C::ExpiresAt, Expr::value(row.expires_at.0))
        .col_expr(C::Device, Expr::value(row.device))
        .col_expr(C::OpenedAt, Expr::value(row.opened_at.0))
        .col_expr(C::SeenAt, Expr::value(row.seen_at.0))
        .filter(C::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(written.rows_affected > 0)
}

/// The member was here.
pub(crate) async fn seen(db: &impl ConnectionTrait, staff: &StaffId, at: Moment) -> Outcome<()> {
    let one = rows::Entity::update_many().col_expr(rows::Column::SeenAt, Expr::value(at.0));
    one.filter(rows::Column::Id.eq(staff.clone())).exec(db).await?;
    Ok(())
}

/// By its id alone: only who has the cookie knows it.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str, now: Moment) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.to_owned()).filter(C::ExpiresAt.gt(now)).one(db).await?)
}

/// The session, the member whose it is, and their shop: in one go, for it is asked with every page. Nobody's is that of a
/// disabled member. By its id alone, as [`get`].
pub(crate) async fn visit(
    db: &impl ConnectionTrait,
    id: &str,
    now: Moment,
) -> Outcome<Option<(Model, rows::Model, shop::Merchant)>> {
    let living = Entity::find_by_id(id.to_owned()).filter(C::ExpiresAt.gt(now));
    let both = living.find_also_related(rows::Entity).and_also_related(shop::rows::Entity);
    let found = both.filter(rows::Column::DisabledAt.is_null()).one(db).await?;
    Ok(found.and_then(|(session, member, shop)| Some((session, member?, shop?))))
}

pub(crate) async fn delete(db: &impl ConnectionTrait, id: &str) -> Outcome<()> {
    Entity::delete_by_id(id.to_owned()).exec(db).await?;
    Ok(())
}

/// Those of a member that live, used last first.
pub(crate) async fn of(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    staff: &StaffId,
    now: Moment,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(C::MerchantId.eq(merchant.clone())).filter(C::StaffId.eq(staff.clone()));
    Ok(own.filter(C::ExpiresAt.gt(now)).order_by_desc(C::SeenAt).all(db).await?)
}

/// Ends every session of a member but `kept`; answers how many.
pub(crate) async fn delete_of(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    staff: &StaffId,
    kept: Option<&str>,
) -> Outcome<u64> {
    let mut own = Entity::delete_many().filter(C::MerchantId.eq(merchant.clone())).filter(C::StaffId.eq(staff.clone()));
    if let Some(kept) = kept {
        own = own.filter(C::Id.ne(kept));
    }
    Ok(own.exec(db).await?.rows_affected)
}

pub(crate) async fn delete_expired(db: &impl ConnectionTrait, now: Moment) -> Outcome<()> {
    Entity::delete_many().filter(C::ExpiresAt.lte(now)).exec(db).await?;
    Ok(())
}
