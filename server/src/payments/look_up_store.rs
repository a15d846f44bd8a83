//! Every query of look-ups that said nothing new.

use domain::{MerchantId, PaymentId};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    prelude::*,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::rows::look_up::{Column, Entity, Model};
use crate::failure::Outcome;

/// One more of its kind.
pub(crate) async fn count(db: &impl ConnectionTrait, one: Model) -> Outcome<()> {
    let at = one.last_at;
    let again = OnConflict::columns([Column::PaymentId, Column::AskedBy, Column::Outcome, Column::Word])
        .value(Column::Count, Expr::col((Entity, Column::Count)).add(1))
        .value(Column::LastAt, at.0)
        .to_owned();
    Entity::insert(one.into_active_model()).on_conflict(again).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn of_payment(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    payment: &PaymentId,
) -> Outcome<Vec<Model>> {
    let own =
        Entity::find().filter(Column::PaymentId.eq(payment.clone())).filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.order_by_asc(Column::LastAt).all(db).await?)
}
