//! Every query of orders and their lines.

use domain::{
    CustomerId, LinkId, MerchantId, Moment, OrderId, ProductId, VariantId, moment::MINUTE, order::OrderStatus,
    payment::ReviewReason, schedule::Reminders,
};
use sea_orm::{
    Condition, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Statement,
    prelude::*,
    sea_query::{Alias, Expr, ExprTrait, Query},
};

use super::{
    Reminded, Sold,
    rows::{Column, Entity, Model, answer, line},
};
use crate::{
    customers::{self, store::Called},
    db::highest,
    failure::Outcome,
    payments,
    sabotage::{Defence, broken},
};

pub(crate) async fn insert(db: &impl ConnectionTrait, order: Model, lines: Vec<line::Model>) -> Outcome<()> {
    Entity::insert(order.into_active_model()).exec_without_returning(db).await?;
    line::Entity::insert_many(lines.into_iter().map(IntoActiveModel::into_active_model))
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Orders of the past with their lines, all at once.
pub(crate) async fn insert_past(db: &impl ConnectionTrait, orders: Vec<Model>, lines: Vec<line::Model>) -> Outcome<()> {
    Entity::insert_many(orders.into_iter().map(IntoActiveModel::into_active_model)).exec_without_returning(db).await?;
    line::Entity::insert_many(lines.into_iter().map(IntoActiveModel::into_active_model))
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Locks the orders, always in the order of ids: whoever changes an order or its payments comes through here.
pub(crate) async fn lock(db: &impl ConnectionTrait, ids: Vec<OrderId>) -> Outcome<Vec<Model>> {
    Ok(Entity::find().filter(Column::Id.is_in(ids)).order_by_asc(Column::Id).lock_exclusive().all(db).await?)
}

pub(crate) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: &OrderId) -> Outcome<Option<Model>> {
    if broken(Defence::MerchantWall) {
        return Ok(Entity::find_by_id(id.clone()).one(db).await?);
    }
    Ok(Entity::find_by_id(id.clone()).filter(Column::MerchantId.eq(merchant.clone())).one(db).await?)
}

pub(crate) async fn by_ids(db: &impl ConnectionTrait, merchant: &MerchantId, ids: Vec<OrderId>) -> Outcome<Vec<Model>> {
    let orders = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::Id.is_in(ids));
    Ok(orders.all(db).await?)
}

pub(crate) async fn made_by(db: &impl ConnectionTrait, merchant: &MerchantId, cause: &str) -> Outcome<Option<Model>> {
    let order = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::MadeBy.eq(cause));
    Ok(order.one(db).await?)
}

pub(crate) async fn lines(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    orders: Vec<OrderId>,
) -> Outcome<Vec<line::Model>> {
    let lines = line::Entity::find()
        .filter(line::Column::MerchantId.eq(merchant.clone()))
        .filter(line::Column::OrderId.is_in(orders))
        .order_by_asc(line::Column::OrderId)
        .order_by_asc(line::Column::Position);
    Ok(lines.all(db).await?)
}

pub(crate) async fn insert_answers(db: &impl ConnectionTrait, answers: Vec<answer::Model>) -> Outcome<()> {
    if !answers.is_empty() {
        let rows = answers.into_iter().map(IntoActiveModel::into_active_model);
        answer::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

pub(crate) async fn answers(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    orders: Vec<OrderId>,
) -> Outcome<Vec<answer::Model>> {
    let answers = answer::Entity::find()
        .filter(answer::Column::MerchantId.eq(merchant.clone()))
        .filter(answer::Column::OrderId.is_in(orders))
        .order_by_asc(answer::Column::OrderId)
        .order_by_asc(answer::Column::Position);
    Ok(answers.all(db).await?)
}

pub(crate) async fn last_address(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    customer: &CustomerId,
) -> Outcome<Option<String>> {
    let orders = Entity::find()
        .select_only()
        .column(Column::Address)
        .filter(Column::MerchantId.eq(merchant.clone()))
        .filter(Column::CustomerId.eq(customer.clone()))
        .filter(Column::Address.is_not_null())
        .order_by_desc(Column::Id)
        .limit(1);
    Ok(orders.into_tuple::<Option<String>>().one(db).await?.flatten())
}

/// Whether somebody has ordered it.
pub(crate) async fn names_variant(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    variant: &VariantId,
) -> Outcome<bool> {
    let lines = line::Entity::find()
        .filter(line::Column::MerchantId.eq(merchant.clone()))
        .filter(line::Column::VariantId.eq(variant.clone()))
        .limit(1);
    Ok(lines.one(db).await?.is_some())
}

/// As [`names_variant`], of a product.
pub(crate) async fn names_product(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<bool> {
    let lines = line::Entity::find()
        .filter(line::Column::MerchantId.eq(merchant.clone()))
        .filter(line::Column::ProductId.eq(product.clone()))
        .limit(1);
    Ok(lines.one(db).await?.is_some())
}

/// The fields that life changes; orders with the same new values are written by one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) status: OrderStatus,
    pub(crate) needs_review: bool,
    pub(crate) review_reason: Option<ReviewReason>,
    pub(crate) holds_stock: bool,
    pub(crate) holds_link: bool,
    pub(crate) paid_at: Option<Moment>,
    pub(crate) fulfilled_at: Option<Moment>,
}

impl From<&Model> for Change {
    fn from(order: &Model) -> Self {
        Self {
            status: order.status,
            needs_review: order.needs_review,
            review_reason: order.review_reason,
            holds_stock: order.holds_stock,
            holds_link: order.holds_link,
            paid_at: order.paid_at,
            fulfilled_at: order.fulfilled_at,
        }
    }
}

pub(crate) async fn change(db: &impl ConnectionTrait, ids: Vec<OrderId>, to: Change) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Status, Expr::value(to.status.as_str()))
        .col_expr(Column::NeedsReview, Expr::value(to.needs_review))
        .col_expr(Column::ReviewReason, Expr::value(to.review_reason.map(ReviewReason::as_str)))
        .col_expr(Column::HoldsStock, Expr::value(to.holds_stock))
        .col_expr(Column::HoldsLink, Expr::value(to.holds_link))
        .col_expr(Column::PaidAt, Expr::value(to.paid_at.map(|at| at.0)))
        .col_expr(Column::FulfilledAt, Expr::value(to.fulfilled_at.map(|at| at.0)))
        .filter(Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(())
}

/// Delivered. Partly refunded it stays what it is; the rest was delivered all the same.
pub(crate) async fn set_fulfilled(db: &impl ConnectionTrait, ids: Vec<OrderId>, at: Moment) -> Outcome<()> {
    let paid = Column::Status.eq(OrderStatus::Paid);
    let status = Expr::case(paid, Expr::value(OrderStatus::Fulfilled.as_str())).finally(Expr::col(Column::Status));
    Entity::update_many()
        .col_expr(Column::Status, status.into())
        .col_expr(Column::FulfilledAt, Expr::value(at.0))
        .filter(Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(())
}

/// Paid before `limit`, not delivered and not in review, oldest first.
pub(crate) async fn undelivered(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    limit: Moment,
    at_most: u64,
) -> Outcome<Vec<Model>> {
    Ok(hanging(merchant, limit).order_by_asc(Column::PaidAt).limit(at_most).all(db).await?)
}

/// Orders with this product that are paid, not delivered and not in review.
pub(crate) async fn undelivered_of(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    product: &ProductId,
) -> Outcome<Vec<OrderId>> {
    let lines = line::Entity::find().select_only().column(line::Column::OrderId);
    let lines = lines.filter(line::Column::MerchantId.eq(merchant.clone()));
    let lines = lines.filter(line::Column::ProductId.eq(product.clone())).into_query();
    let own = hanging(merchant, Moment(i64::MAX)).filter(Column::Id.in_subquery(lines));
    Ok(own.select_only().column(Column::Id).into_tuple().all(db).await?)
}

fn hanging(merchant: &MerchantId, limit: Moment) -> Select<Entity> {
    Entity::find()
        .filter(Column::MerchantId.eq(merchant.clone()))
        // In the words of the partial index: a bound value would hide that it fits.
        .filter(Expr::cust("fulfilled_at IS NULL AND status IN ('paid', 'partially_refunded')"))
        .filter(Column::NeedsReview.eq(false))
        .filter(Column::PaidAt.lt(limit))
        .filter(Expr::exists(payments::store::kept_of_order(merchant, Column::Id.into_expr())))
}

/// Orders from a bot that wait for money and may be reminded of, newest first: not of those who blocked the bot or asked
/// for silence, and not where the customer has ordered again since.
pub(crate) async fn unpaid(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    rule: Reminders,
    now: Moment,
    at_most: u64,
) -> Outcome<Vec<Model>> {
    let later = Alias::new("later");
    let again = Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, later.clone())
        .and_where(Expr::col((later.clone(), Column::MerchantId)).equals((Entity, Column::MerchantId)))
        .and_where(Expr::col((later.clone(), Column::CustomerId)).equals((Entity, Column::CustomerId)))
        .and_where(Expr::col((later.clone(), Column::Number)).gt(Expr::col((Entity, Column::Number))))
        .to_owned();
    let silent_since = now.plus(-i64::from(rule.after_minutes) * MINUTE);
    let orders = Entity::find()
        .filter(Column::MerchantId.eq(merchant.clone()))
        // In the words of the partial index: a bound value would hide that it fits.
        .filter(Expr::cust("status = 'awaiting_payment' AND bot_id IS NOT NULL"))
        .filter(Column::NeedsReview.eq(false))
        .filter(Column::Reminded.lt(rule.at_most))
        .filter(Column::CreatedAt.lte(silent_since))
        .filter(Column::CustomerId.in_subquery(customers::store::ids_to_remind(merchant)))
        .filter(Expr::exists(again).not());
    Ok(orders.order_by_desc(Column::CreatedAt).limit(at_most).all(db).await?)
}

pub(crate) async fn count_reminder(db: &impl ConnectionTrait, ids: Vec<OrderId>, at: Moment) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::Reminded, Expr::col(Column::Reminded).add(1))
        .col_expr(Column::RemindedAt, Expr::value(at.0))
        .filter(Column::Id.is_in(ids))
        .exec(db)
        .await?;
    Ok(())
}

pub(crate) async fn reminded(db: &impl ConnectionTrait, merchant: &MerchantId, since: Moment) -> Outcome<Reminded> {
    let sql = "SELECT COUNT(*) AS orders, CAST(COALESCE(SUM(CASE WHEN paid_at >= reminded_at THEN 1 ELSE 0 END), 0) AS BIGINT) AS paid
        FROM orders WHERE merchant_id = $1 AND reminded_at >= $2";
    let values = [merchant.as_str().into(), since.0.into()];
    let sums = Reminded::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values));
    Ok(sums.one(db).await?.unwrap_or_default())
}

/// What was sold how often in orders paid within a span, the most first; free sums are not counted.
pub(crate) async fn most_sold(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    (from, until): (Moment, Moment),
    at_most: u64,
) -> Outcome<Vec<Sold>> {
    let sql = "SELECT p.name AS title, s.quantity FROM (
            SELECT l.product_id, CAST(SUM(l.quantity) AS BIGINT) AS quantity
            FROM orders o JOIN order_lines l ON l.order_id = o.id
            WHERE o.merchant_id = $1 AND o.paid_at >= $2 AND o.paid_at < $3
            GROUP BY l.product_id
        ) s JOIN products p ON p.id = s.product_id AND p.merchant_id = $1
        ORDER BY s.quantity DESC, p.id LIMIT $4";
    let values = [merchant.as_str().into(), from.0.into(), until.0.into(), at_most.cast_signed().into()];
    Ok(Sold::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).all(db).await?)
}

/// What to look for among orders.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub status: Option<OrderStatus>,
    pub needs_review: Option<bool>,
    pub customer: Option<CustomerId>,
    pub link: Option<LinkId>,
    /// A product that stands in one of its lines.
    pub product: Option<ProductId>,
    pub external_order_id: Option<String>,
    /// How far it came.
    pub stage: Option<Stage>,
    /// Made from this moment until before that one.
    pub within: Option<(Moment, Moment)>,
    /// Paid from this moment until before that one, whatever became of it later; the last paid come first.
    pub paid_within: Option<(Moment, Moment)>,
    /// A number, an id (ours or the integrator's), a Telegram user, or the beginnings of words of a customer's name.
    pub search: Option<String>,
    /// Orders made before this one: the next page.
    pub before: Option<OrderId>,
}

/// How far an order came on its way to being paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Somebody pressed *Pay*.
    Checkout,
    Paid,
}

/// Newest first.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let by_paying = filter.paid_within.is_some();
    let mut query = filtered(merchant, filter);
    if let Some(product) = &filter.product {
        query = query.filter(with_product(db, merchant, product).await?);
    }
    if let Some(before) = &filter.before {
        query = query.filter(if by_paying {
            paid_before(db, merchant, before).await?
        } else {
            Condition::all().add(Column::Id.lt(before.clone()))
        });
    }
    if by_paying {
        query = query.order_by_desc(Column::PaidAt);
    }
    let page = |query: Select<Entity>| query.order_by_desc(Column::Id).limit(limit).all(db);
    let Some(words) = &filter.search else { return Ok(page(query).await?) };
    let mut found = Vec::new();
    for way in found_by(db, merchant, words).await? {
        found.extend(page(query.clone().filter(way)).await?);
    }
    Ok(highest(found, limit, |order| (order.paid_at.filter(|_| by_paying), order.id.clone())))
}

/// Behind this order in the order of paying.
async fn paid_before(db: &impl ConnectionTrait, merchant: &MerchantId, before: &OrderId) -> Outcome<Condition> {
    let at = get(db, merchant, before).await?.and_then(|order| order.paid_at).unwrap_or(Moment(i64::MAX));
    let behind = Condition::any().add(Column::PaidAt.lt(at)).add(Column::Id.lt(before.clone()));
    Ok(Condition::all().add(Column::PaidAt.lte(at)).add(behind))
}

fn filtered(merchant: &MerchantId, filter: &Filter) -> Select<Entity> {
    let mut query = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    if let Some(status) = filter.status {
        query = query.filter(Column::Status.eq(status));
    }
    query = match filter.needs_review {
        // In the words of the partial index: a bound value would hide that it fits.
        Some(true) => query.filter(Expr::cust("needs_review")),
        Some(false) => query.filter(Column::NeedsReview.eq(false)),
        None => query,
    };
    if let Some(customer) = &filter.customer {
        query = query.filter(Column::CustomerId.eq(customer.clone()));
    }
    if let Some(link) = &filter.link {
        query = query.filter(Column::LinkId.eq(link.clone()));
    }
    if let Some(external) = &filter.external_order_id {
        query = query.filter(Column::ExternalOrderId.eq(external.clone()));
    }
    query = match filter.stage {
        Some(Stage::Checkout) => query.filter(Expr::exists(payments::store::of_some_order(Column::Id.into_expr()))),
        Some(Stage::Paid) => query.filter(Column::PaidAt.is_not_null()),
        None => query,
    };
    if let Some((from, until)) = filter.within {
        query = query.filter(Column::Id.gte(OrderId::first_of(from))).filter(Column::Id.lt(OrderId::first_of(until)));
    }
    if let Some((from, until)) = filter.paid_within {
        query = query.filter(Column::PaidAt.gte(from)).filter(Column::PaidAt.lt(until));
    }
    query
}

/// So many orders are found one by one; more are met often enough on the way through all.
const FEW: u64 = 500;

/// Orders with a line of this product.
async fn with_product(db: &impl ConnectionTrait, merchant: &MerchantId, product: &ProductId) -> Outcome<Condition> {
    let lines = line::Entity::find().filter(line::Column::ProductId.eq(product.clone()));
    let lines = lines.filter(line::Column::MerchantId.eq(merchant.clone()));
    let some = lines.clone().select_only().column(line::Column::OrderId).distinct();
    let some: Vec<OrderId> = some.order_by_desc(line::Column::OrderId).limit(FEW + 1).into_tuple().all(db).await?;
    if some.len() as u64 <= FEW {
        return Ok(Condition::all().add(Column::Id.is_in(some)));
    }
    let own = lines.select_only().column(line::Column::Position);
    let own = own.filter(Expr::col((line::Entity, line::Column::OrderId)).equals((Entity, Column::Id)));
    Ok(Condition::all().add(Expr::exists(own.into_query())))
}

/// The readings of one search, one condition each: every one has its own index, all together have none.
async fn found_by(db: &impl ConnectionTrait, merchant: &MerchantId, words: &str) -> Outcome<Vec<Condition>> {
    let one = |condition: Expr| Condition::all().add(condition);
    let mut ways = vec![one(Column::Id.eq(words)), one(Column::ExternalOrderId.eq(words))];
    if let Some((orders, people)) = customers::contacts::meant(db, merchant, words).await? {
        ways.extend((!orders.is_empty()).then(|| one(Column::Id.is_in(orders))));
        ways.extend((!people.is_empty()).then(|| one(Column::CustomerId.is_in(people))));
    }
    if let Ok(number) = words.trim_start_matches(['#', '№', ' ']).parse::<i64>() {
        ways.extend([one(Column::Number.eq(number)), one(Column::TelegramUserId.eq(number))]);
        return Ok(ways);
    }
    ways.extend(customers::store::called(db, merchant, words).await?.map(|called| match called {
        Called::Few(ids) => one(Column::CustomerId.is_in(ids)),
        Called::Many(ids) => one(Column::CustomerId.in_subquery(*ids)),
    }));
    Ok(ways)
}

pub(crate) async fn set_link(db: &impl ConnectionTrait, id: &OrderId, link: &domain::LinkId) -> Outcome<()> {
    Entity::update_many()
        .col_expr(Column::LinkId, Expr::value(link.as_str()))
        .filter(Column::Id.eq(id.clone()))
        .exec(db)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing::{plan, shops};

    #[tokio::test]
    async fn what_hangs_is_found_without_reading_every_order() {
        for shop in shops().await {
            let Some(steps) = plan(&shop, &hanging(&shop.merchant, Moment(1))).await else { continue };
            assert!(steps.iter().any(|step| step.contains("USING INDEX orders_undelivered")), "{steps:?}");
        }
    }
}
