//! Every query of kept lists.

use domain::{MerchantId, StaffId, ViewId};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, prelude::*, sea_query::Expr};

use super::rows::{Column, Entity, Model};
use crate::failure::Outcome;

fn own(merchant: &MerchantId, staff: &StaffId) -> Select<Entity> {
    Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::StaffId.eq(staff.clone()))
}

/// Oldest first.
pub(crate) async fn of_room(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    staff: &StaffId,
    room: &str,
) -> Outcome<Vec<Model>> {
    Ok(own(merchant, staff).filter(Column::Room.eq(room)).order_by_asc(Column::Id).all(db).await?)
}

pub(crate) async fn get(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    staff: &StaffId,
    id: &ViewId,
) -> Outcome<Option<Model>> {
    Ok(own(merchant, staff).filter(Column::Id.eq(id.clone())).one(db).await?)
}

pub(crate) async fn insert(db: &impl ConnectionTrait, view: Model) -> Outcome<()> {
    Entity::insert(view.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn rename(db: &impl ConnectionTrait, id: &ViewId, name: &str) -> Outcome<()> {
    let one = Entity::update_many().col_expr(Column::Name, Expr::value(name)).filter(Column::Id.eq(id.clone()));
    one.exec(db).await?;
    Ok(())
}

pub(crate) async fn delete(db: &impl ConnectionTrait, id: &ViewId) -> Outcome<()> {
    Entity::delete_by_id(id.clone()).exec(db).await?;
    Ok(())
}
