//! Every query of carts.

use domain::Moment;
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, prelude::*, sea_query::OnConflict,
};

use super::{
    Owner,
    rows::{Column, Entity, Lines, Model},
};
use crate::failure::{Outcome, Refusal};

pub(crate) async fn get(db: &impl ConnectionTrait, owner: &Owner) -> Outcome<Option<Model>> {
    Ok(own(owner).one(db).await?)
}

fn own(owner: &Owner) -> Select<Entity> {
    Entity::find_by_id(owner.customer.clone()).filter(Column::MerchantId.eq(owner.merchant.clone()))
}

/// The customer's cart, made empty if there is none, and nobody else's until the end of the transaction.
pub(crate) async fn lock(db: &impl ConnectionTrait, owner: &Owner, now: Moment) -> Outcome<Model> {
    let empty = Model {
        customer_id: owner.customer.clone(),
        merchant_id: owner.merchant.clone(),
        version: 0,
        next_line: 1,
        lines: Lines::default(),
        cause: None,
        updated_at: now,
    };
    let known = OnConflict::column(Column::CustomerId).do_nothing().to_owned();
    Entity::insert(empty.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    own(owner).lock_exclusive().one(db).await?.ok_or_else(|| Refusal::not_found().into())
}

/// What was locked, with another content.
pub(crate) async fn save(db: &impl ConnectionTrait, cart: Model) -> Outcome<()> {
    let known = OnConflict::column(Column::CustomerId)
        .update_columns([Column::Version, Column::NextLine, Column::Lines, Column::Cause, Column::UpdatedAt])
        .to_owned();
    Entity::insert(cart.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}
