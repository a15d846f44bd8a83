//! Every query of clubs and their members.

use std::collections::BTreeSet;

use domain::{MembershipId, MerchantId, Moment, OrderId, ProductId, moment::DAY};
use sea_orm::{
    Condition, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    Statement,
    prelude::*,
    sea_query::{Expr, ExprTrait},
};

use super::{
    WonBack,
    rows::{Column, Entity, Model, club, term},
};
use crate::{customers, failure::Outcome};

/// Which members are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shelf {
    #[default]
    All,
    /// Whose end comes within a week.
    Ending,
    Ended,
    Exempt,
}

#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub shelf: Shelf,
    /// A part of the customer's name.
    pub search: Option<String>,
    /// The last of the page before.
    pub before: Option<MembershipId>,
}

pub(super) async fn club(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<Option<club::Model>> {
    let one = club::Entity::find_by_id(product.clone()).filter(club::Column::MerchantId.eq(merchant.clone()));
    Ok(one.one(db).await?)
}

pub(super) async fn clubs(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<Vec<club::Model>> {
    let own = club::Entity::find().filter(club::Column::MerchantId.eq(merchant.clone()));
    Ok(own.order_by_asc(club::Column::ProductId).all(db).await?)
}

pub(super) async fn clubs_of(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    products: BTreeSet<ProductId>,
) -> Outcome<Vec<club::Model>> {
    let own = club::Entity::find().filter(club::Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(club::Column::ProductId.is_in(products)).all(db).await?)
}

pub(super) async fn clubs_of_chat(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    chat: i64,
) -> Outcome<Vec<club::Model>> {
    let own = club::Entity::find().filter(club::Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(club::Column::ChatId.eq(chat)).all(db).await?)
}

pub(super) async fn insert_club(db: &impl ConnectionTrait, row: club::Model) -> Outcome<()> {
    club::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes every field of a club that was found as the merchant's.
pub(super) async fn save_club(db: &impl ConnectionTrait, row: club::Model) -> Outcome<()> {
    club::Entity::update(row.into_active_model().reset_all()).exec(db).await?;
    Ok(())
}

pub(crate) async fn remove_club(db: &impl ConnectionTrait, merchant: &MerchantId, product: &ProductId) -> Outcome<()> {
    let own = club::Entity::delete_many().filter(club::Column::MerchantId.eq(merchant.clone()));
    own.filter(club::Column::ProductId.eq(product.clone())).exec(db).await?;
    Ok(())
}

pub(super) async fn member(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &MembershipId,
) -> Outcome<Option<Model>> {
    Ok(Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

/// As [`member`], and nobody else changes it before the transaction ends.
pub(super) async fn lock(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: &MembershipId,
) -> Outcome<Option<Model>> {
    let one = Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone()));
    Ok(one.lock_exclusive().one(db).await?)
}

/// The membership of a person in a product's club, locked.
pub(super) async fn lock_person(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
    person: i64,
) -> Outcome<Option<Model>> {
    let one = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    let one = one.filter(Column::ProductId.eq(product.clone())).filter(Column::TelegramUserId.eq(person));
    Ok(one.lock_exclusive().one(db).await?)
}

pub(super) async fn of_person(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    chat: i64,
    person: i64,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(own.filter(Column::ChatId.eq(chat)).filter(Column::TelegramUserId.eq(person)).all(db).await?)
}

/// The memberships of a person in these clubs.
pub(super) async fn in_clubs(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    clubs: &[club::Model],
    person: i64,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::TelegramUserId.eq(person));
    let products = clubs.iter().map(|club| club.product_id.clone());
    Ok(own.filter(Column::ProductId.is_in(products)).order_by_asc(Column::Id).all(db).await?)
}

pub(super) async fn insert(db: &impl ConnectionTrait, row: Model) -> Outcome<()> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes every field of a membership that the caller has locked as the merchant's.
pub(super) async fn save(db: &impl ConnectionTrait, row: Model) -> Outcome<()> {
    Entity::update(row.into_active_model().reset_all()).exec(db).await?;
    Ok(())
}

/// Fails where the line has added its term before.
pub(super) async fn insert_term(db: &impl ConnectionTrait, row: term::Model) -> Outcome<()> {
    term::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn term(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    order: &OrderId,
    position: i32,
) -> Outcome<Option<term::Model>> {
    let one = term::Entity::find_by_id((order.clone(), position));
    Ok(one.filter(term::Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

/// The lines of orders that made somebody a member.
pub(crate) async fn terms_of(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    orders: Vec<OrderId>,
) -> Outcome<Vec<(OrderId, i32)>> {
    let own = term::Entity::find().filter(term::Column::MerchantId.eq(merchant.clone()));
    let own = own.filter(term::Column::OrderId.is_in(orders)).order_by_asc(term::Column::Position).all(db).await?;
    Ok(own.into_iter().map(|term| (term.order_id, term.position)).collect())
}

/// Members of a club whose end is told, or who have to leave, soonest first.
pub(super) async fn ending(
    db: &impl ConnectionTrait,
    club: &club::Model,
    until: Moment,
    at_most: u64,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(club.merchant_id.clone()));
    let own = own.filter(Column::ProductId.eq(club.product_id.clone())).filter(Column::EndedAt.is_null());
    let own = own.filter(Column::UntilAt.lte(until)).filter(Column::Exempt.eq(false));
    Ok(own.order_by_asc(Column::UntilAt).limit(at_most).all(db).await?)
}

/// Who left a club, can be written to, did not ask for silence, and may have to be asked back, the last to leave first.
pub(super) async fn ended(
    db: &impl ConnectionTrait,
    club: &club::Model,
    (from, until): (Moment, Moment),
    at_most: u64,
) -> Outcome<Vec<Model>> {
    let own = Entity::find().filter(Column::MerchantId.eq(club.merchant_id.clone()));
    let own = own.filter(Column::ProductId.eq(club.product_id.clone())).filter(Column::EndedAt.gt(from));
    let own = own.filter(Column::EndedAt.lte(until)).filter(Column::Exempt.eq(false));
    let own = own.filter(Column::AskedBack.lt(club.back_at_most));
    let own = own.filter(Column::CustomerId.in_subquery(customers::store::ids_to_win_back(&club.merchant_id)));
    Ok(own.order_by_desc(Column::EndedAt).limit(at_most).all(db).await?)
}

/// Who was asked back since a moment, and who of them has paid after that.
pub(super) async fn won_back(db: &impl ConnectionTrait, merchant: &MerchantId, since: Moment) -> Outcome<WonBack> {
    let sql = "SELECT COUNT(*) AS asked, CAST(COALESCE(SUM(CASE WHEN EXISTS (
            SELECT 1 FROM membership_terms t JOIN orders o ON o.id = t.order_id
            WHERE t.membership_id = m.id AND o.paid_at >= m.asked_back_at
        ) THEN 1 ELSE 0 END), 0) AS BIGINT) AS paid
        FROM memberships m WHERE m.merchant_id = $1 AND m.asked_back_at >= $2";
    let values = [merchant.as_str().into(), since.0.into()];
    let sums = WonBack::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values));
    Ok(sums.one(db).await?.unwrap_or_default())
}

pub(crate) async fn members(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &Filter,
    now: Moment,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut own = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    // In the words of the partial indexes: a bound value would hide that they fit.
    own = match filter.shelf {
        Shelf::All => own,
        Shelf::Ending => {
            let soon = Column::UntilAt.gt(now).and(Column::UntilAt.lte(now.plus(7 * DAY)));
            own.filter(soon).filter(Column::EndedAt.is_null()).filter(Expr::cust("NOT exempt"))
        }
        Shelf::Ended => own.filter(Column::UntilAt.lte(now)).filter(Expr::cust("NOT exempt")),
        Shelf::Exempt => own.filter(Expr::cust("exempt")),
    };
    if let Some(words) = &filter.search {
        let Some(called) = customers::store::ids_called(merchant, words) else { return Ok(Vec::new()) };
        own = own.filter(Column::CustomerId.in_subquery(called));
    }
    if let Some(before) = &filter.before {
        own = own.filter(behind(db, merchant, filter.shelf, before).await?);
    }
    own = match filter.shelf {
        Shelf::Ending => own.order_by_asc(Column::UntilAt).order_by_asc(Column::Id),
        Shelf::Ended => own.order_by_desc(Column::UntilAt).order_by_desc(Column::Id),
        Shelf::All | Shelf::Exempt => own.order_by_desc(Column::Id),
    };
    Ok(own.limit(limit).all(db).await?)
}

/// Behind this member in the order of the shelf.
async fn behind(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    shelf: Shelf,
    before: &MembershipId,
) -> Outcome<Condition> {
    let later = || Column::Id.gt(before.clone());
    let earlier = || Column::Id.lt(before.clone());
    if matches!(shelf, Shelf::All | Shelf::Exempt) {
        return Ok(Condition::all().add(earlier()));
    }
    let until = member(db, merchant, before).await?.and_then(|member| member.until_at).unwrap_or(Moment(0));
    let (edge, past) = if shelf == Shelf::Ending {
        (Column::UntilAt.gte(until), Column::UntilAt.gt(until).or(later()))
    } else {
        (Column::UntilAt.lte(until), Column::UntilAt.lt(until).or(earlier()))
    };
    Ok(Condition::all().add(edge).add(past))
}
