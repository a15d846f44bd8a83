//! Every query of CRMs and deals.

use domain::{CustomerId, MerchantId, Moment, OrderId, deal::DealState};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::rows::{Column, Entity, Model, crm};
use crate::failure::Outcome;

pub(super) async fn crm(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Option<crm::Model>> {
    Ok(crm::Entity::find_by_id(merchant.clone()).one(db).await?)
}

/// Adds the connection or writes all of it; whoever does is alone in it.
pub(super) async fn keep_crm(db: &impl ConnectionTrait, row: crm::Model) -> Outcome<()> {
    use crm::Column as C;
    let changed = [C::Kind, C::Address, C::Secrets, C::Offered, C::Stages, C::Trouble, C::TroubleWords, C::TroubleAt];
    let known = OnConflict::column(C::MerchantId).update_columns(changed).to_owned();
    crm::Entity::insert(row.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn remove_crm(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<()> {
    crm::Entity::delete_by_id(merchant.clone()).exec(db).await?;
    Ok(())
}

pub(super) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, order: &OrderId) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id((merchant.clone(), order.clone())).one(db).await?)
}

/// What is owed already is passed over.
pub(super) async fn insert(db: &impl ConnectionTrait, rows: Vec<Model>) -> Outcome<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    let known = OnConflict::new().do_nothing().to_owned();
    Entity::insert_many(rows).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

/// Adds the deal or writes all that may change of it; whoever does is alone in its CRM.
pub(super) async fn keep(db: &impl ConnectionTrait, row: Model) -> Outcome<()> {
    let changed = [
        Column::State,
        Column::Address,
        Column::ExternalId,
        Column::Url,
        Column::CustomerId,
        Column::ContactId,
        Column::Put,
        Column::AmountMinor,
        Column::Tries,
        Column::SentAt,
        Column::Problem,
        Column::ProblemWords,
        Column::SyncedAt,
    ];
    let known = OnConflict::columns([Column::MerchantId, Column::OrderId]).update_columns(changed).to_owned();
    Entity::insert(row.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

fn own(merchant: &MerchantId) -> Select<Entity> {
    Entity::find().filter(Column::MerchantId.eq(merchant.clone()))
}

/// The words of the partial index: bound values would hide that it fits.
fn waiting(merchant: &MerchantId, state: DealState) -> Select<Entity> {
    own(merchant).filter(Expr::cust("state <> 'made'")).filter(Column::State.eq(state))
}

/// Those in this state, the oldest first.
pub(crate) async fn in_state(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    state: DealState,
    limit: u64,
) -> Outcome<Vec<Model>> {
    Ok(waiting(merchant, state).order_by_asc(Column::OrderId).limit(limit).all(db).await?)
}

pub(crate) async fn count(db: &impl ConnectionTrait, merchant: &MerchantId, state: DealState) -> Outcome<u64> {
    Ok(waiting(merchant, state).count(db).await?)
}

/// Of those owed since the first moment and before the last, how many are not in the CRM as they should be.
pub(super) async fn unmade(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    (from, until): (Moment, Moment),
) -> Outcome<u64> {
    let open = own(merchant).filter(Expr::cust("state <> 'made'"));
    Ok(open.filter(Column::CreatedAt.gte(from)).filter(Column::CreatedAt.lt(until)).count(db).await?)
}

/// How the CRM at this address calls a customer, as an earlier deal has told it.
pub(super) async fn contact(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    customer: &CustomerId,
    address: &str,
) -> Outcome<Option<String>> {
    let known = own(merchant)
        .filter(Column::CustomerId.eq(customer.clone()))
        .filter(Expr::cust("contact_id IS NOT NULL"))
        .filter(Column::Address.eq(address))
        .order_by_desc(Column::OrderId);
    Ok(known.one(db).await?.and_then(|deal| deal.contact_id))
}

/// What stands at one address stands at another: for a demo that has moved.
pub(super) async fn move_deals(db: &impl ConnectionTrait, merchant: &MerchantId, from: &str, to: &str) -> Outcome<()> {
    for deal in own(merchant).filter(Column::Address.eq(from)).all(db).await? {
        let url = deal.url.as_ref().map(|url| url.replacen(from, to, 1));
        keep(db, Model { address: to.to_owned(), url, ..deal }).await?;
    }
    Ok(())
}
