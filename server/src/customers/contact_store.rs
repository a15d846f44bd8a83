//! Every query of contacts.

use domain::{CustomerId, MerchantId, search};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, prelude::*,
    sea_query::OnConflict,
};

use super::rows::contact::{Column, Entity, Model};
use crate::failure::Outcome;

/// What is known already is passed over.
pub(crate) async fn insert_once(db: &impl ConnectionTrait, contacts: Vec<Model>) -> Outcome<()> {
    if contacts.is_empty() {
        return Ok(());
    }
    let known = OnConflict::columns([Column::MerchantId, Column::Key, Column::Source]).do_nothing().to_owned();
    let rows = contacts.into_iter().map(IntoActiveModel::into_active_model);
    Entity::insert_many(rows).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

/// Newest first.
pub(crate) async fn of_customer(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    customer: &CustomerId,
    at_most: u64,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::CustomerId.eq(customer.clone()));
    let own = own.filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.order_by_desc(Column::At).limit(at_most).all(db).await?)
}

/// Contacts whose key begins so.
pub(crate) async fn beginning(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    key: &str,
    at_most: u64,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    let found = own.filter(Column::Key.gte(key)).filter(Column::Key.lt(search::end_of(key)));
    Ok(found.order_by_asc(Column::Key).order_by_asc(Column::Source).limit(at_most).all(db).await?)
}
