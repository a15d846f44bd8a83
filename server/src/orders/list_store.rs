//! Every query of the list of orders: what is looked for, and one page of it.

use domain::{CustomerId, LinkId, MerchantId, Moment, OrderId, ProductId, handover::Step, order::OrderStatus};
use sea_orm::{
    Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    prelude::*,
    sea_query::{Expr, ExprTrait, SelectStatement},
};

use super::{
    rows::{Column, Entity, Model, line},
    store::get,
};
use crate::{
    customers::{self, store::Called},
    db::{few, highest},
    failure::Outcome,
    payments,
};

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
    /// How far its goods came, of orders that are still the customer's.
    pub goods: Option<Goods>,
    /// Made from this moment until before that one.
    pub within: Option<(Moment, Moment)>,
    /// Paid from this moment until before that one, whatever became of it later; the last paid come first.
    pub paid_within: Option<(Moment, Moment)>,
    /// A number, an id (ours or the integrator's), a Telegram user, or the beginnings of words of a customer's name.
    pub search: Option<String>,
    /// Orders made before this one: the next page.
    pub before: Option<OrderId>,
}

/// Where the goods of an order are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goods {
    /// Still with the shop, or on their way.
    Owed,
    At(Step),
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
        Some(Stage::Checkout) => query.filter(has(payments::store::of_some_order(Column::Id.into_expr()))),
        Some(Stage::Paid) => query.filter(Column::PaidAt.is_not_null()),
        None => query,
    };
    if let Some(goods) = filter.goods {
        query = query.filter(Column::Status.is_in([OrderStatus::Fulfilled, OrderStatus::PartiallyRefunded]));
        query = match goods {
            // In the words of the partial indexes: a bound value would hide that they fit.
            Goods::Owed => query.filter(Expr::cust("step IS NOT NULL AND step <> 'handed_over'")),
            Goods::At(step) => query.filter(Expr::cust("step IS NOT NULL")).filter(Column::Step.eq(step)),
        };
    }
    if let Some((from, until)) = filter.within {
        query = query.filter(Column::Id.gte(OrderId::first_of(from))).filter(Column::Id.lt(OrderId::first_of(until)));
    }
    if let Some((from, until)) = filter.paid_within {
        query = query.filter(Column::PaidAt.gte(from)).filter(Column::PaidAt.lt(until));
    }
    query
}

/// So many orders are found one by one; more are met often enough on the way through all.
const FEW: u64 = if cfg!(test) { 100 } else { 500 };

/// Orders with a line of this product.
async fn with_product(db: &impl ConnectionTrait, merchant: &MerchantId, product: &ProductId) -> Outcome<Condition> {
    let lines = line::Entity::find().filter(line::Column::ProductId.eq(product.clone()));
    let lines = lines.filter(line::Column::MerchantId.eq(merchant.clone()));
    let some = lines.clone().select_only().column(line::Column::OrderId).distinct();
    let some = some.order_by_desc(line::Column::OrderId).into_query();
    if let Some(some) = few::<OrderId>(db, &some, FEW).await? {
        return Ok(Condition::all().add(Column::Id.is_in(some)));
    }
    let own = lines.select_only().column(line::Column::Position);
    let own = own.filter(Expr::col((line::Entity, line::Column::OrderId)).equals((Entity, Column::Id)));
    Ok(Condition::all().add(has(own.into_query())))
}

/// Whether there is any such row of the order. So written it is asked of each order that is passed: asked whether they exist,
/// PostgreSQL may walk through these rows from the newest on, as far as the page lies back.
fn has(mut rows: SelectStatement) -> Expr {
    let found = rows.clear_selects().expr(Expr::Constant(true.into())).limit(1).to_owned();
    Expr::from(found).is(Expr::Constant(true.into()))
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
