//! Every query of conversations and messages.

use domain::{
    CustomerId, MerchantId,
    message::{Delivery, NotSent, ThreadState},
};
use sea_orm::{
    ActiveValue::NotSet,
    Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::*,
    sea_query::{Expr, ExprTrait, Func, IntoCondition, OnConflict},
};

use super::rows::{Column, Entity, Model, message};
use crate::{
    customers::{self, store::Called},
    db::highest,
    failure::Outcome,
    words,
};

/// Adds a message and answers its number.
pub(super) async fn insert(db: &impl ConnectionTrait, row: message::Model) -> Outcome<i64> {
    words::store::say(db, &row.merchant_id, row.customer_id.as_str(), &row.words).await?;
    let row = message::ActiveModel { id: NotSet, ..row.into_active_model() };
    Ok(message::Entity::insert(row).exec(db).await?.last_insert_id)
}

/// Whether a message with this cause is there.
pub(super) async fn known(db: &impl ConnectionTrait, merchant: &MerchantId, once: &str) -> Outcome<bool> {
    use message::Column as C;
    let own = message::Entity::find().filter(C::MerchantId.eq(merchant.clone())).filter(C::OnceKey.eq(once));
    Ok(own.one(db).await?.is_some())
}

pub(super) async fn get(db: &impl ConnectionTrait, merchant: &MerchantId, id: i64) -> Outcome<Option<message::Model>> {
    let own = message::Entity::find_by_id(id).filter(message::Column::MerchantId.eq(merchant.clone()));
    Ok(own.one(db).await?)
}

pub(crate) async fn of_customer(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    customer: &CustomerId,
    before: Option<i64>,
    limit: u64,
) -> Outcome<Vec<message::Model>> {
    use message::Column as C;
    let mut query =
        message::Entity::find().filter(C::MerchantId.eq(merchant.clone())).filter(C::CustomerId.eq(customer.clone()));
    if let Some(before) = before {
        query = query.filter(C::Id.lt(before));
    }
    Ok(query.order_by_desc(C::Id).limit(limit).all(db).await?)
}

pub(super) async fn set_delivery(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    id: i64,
    delivery: Delivery,
    not_sent: Option<NotSent>,
) -> Outcome<()> {
    use message::Column as C;
    message::Entity::update_many()
        .col_expr(C::Delivery, Expr::value(delivery.as_str()))
        .col_expr(C::NotSent, Expr::value(not_sent.map(NotSent::as_str)))
        .filter(C::MerchantId.eq(merchant.clone()))
        .filter(C::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

fn thread_of(merchant: &MerchantId, customer: &CustomerId) -> Select<Entity> {
    Entity::find_by_id(customer.clone()).filter(Column::MerchantId.eq(merchant.clone()))
}

pub(super) async fn thread(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    customer: &CustomerId,
) -> Outcome<Option<Model>> {
    Ok(thread_of(merchant, customer).one(db).await?)
}

/// For whoever changes it.
pub(super) async fn lock_thread(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    customer: &CustomerId,
) -> Outcome<Option<Model>> {
    Ok(thread_of(merchant, customer).lock_exclusive().one(db).await?)
}

pub(super) async fn save_thread(db: &impl ConnectionTrait, thread: Model) -> Outcome<()> {
    let changed = [
        Column::BotId,
        Column::State,
        Column::OwnerId,
        Column::LastMessageId,
        Column::LastAuthor,
        Column::LastContent,
        Column::LastWords,
        Column::LastAt,
    ];
    let known = OnConflict::column(Column::CustomerId).update_columns(changed).to_owned();
    Entity::insert(thread.into_active_model()).on_conflict(known).exec_without_returning(db).await?;
    Ok(())
}

pub(super) async fn waiting(db: &impl ConnectionTrait, merchant: &MerchantId) -> Outcome<u64> {
    let waiting = Entity::find().filter(Column::MerchantId.eq(merchant.clone()));
    Ok(waiting.filter(Column::State.eq(ThreadState::Waiting)).count(db).await?)
}

/// A shelf of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shelf {
    /// All but the closed ones.
    #[default]
    Open,
    Waiting,
    Closed,
    All,
}

impl Shelf {
    /// The states that may stand behind those that wait.
    const fn others(self) -> &'static [ThreadState] {
        match self {
            Self::Open => &[ThreadState::Answered],
            Self::Waiting => &[],
            Self::Closed => &[ThreadState::Closed],
            Self::All => &[ThreadState::Answered, ThreadState::Closed],
        }
    }

    fn shows(self, state: ThreadState) -> bool {
        (state == ThreadState::Waiting && self != Self::Closed) || self.others().contains(&state)
    }
}

/// A place in the list: behind the conversation with this last message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub waiting: bool,
    pub last_message_id: i64,
}

/// What to look for among conversations.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub shelf: Shelf,
    /// Beginnings of words: of the customer's name, or of anything that was written.
    pub search: Option<String>,
    pub after: Option<Place>,
}

/// Those that wait, then the others.
pub(crate) async fn list(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &Filter,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let Some(typed) = &filter.search else { return along(db, merchant, filter, Condition::all(), limit).await };
    match customers::store::called_or_written(db, merchant, typed).await? {
        None => Ok(Vec::new()),
        Some(Called::Few(people)) => of_people(db, merchant, filter, people, limit).await,
        Some(Called::Many(people)) => {
            let meant = Column::CustomerId.in_subquery(*people).into_condition();
            along(db, merchant, filter, meant, limit).await
        }
    }
}

/// A walk along an index for each state instead of a sort.
async fn along(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &Filter,
    meant: Condition,
    limit: u64,
) -> Outcome<Vec<Model>> {
    let part = async |state, after, limit| part(db, merchant, meant.clone(), (state, after), limit).await;
    let mut found = Vec::new();
    let past_waiting = filter.after.filter(|place| !place.waiting);
    if filter.shelf != Shelf::Closed && past_waiting.is_none() {
        found = part(ThreadState::Waiting, filter.after, limit).await?;
    }
    let left = limit.saturating_sub(found.len() as u64);
    if left > 0 {
        let mut others = Vec::new();
        for state in filter.shelf.others() {
            others.extend(part(*state, past_waiting, left).await?);
        }
        found.extend(highest(others, left, |thread| thread.last_message_id));
    }
    Ok(found)
}

async fn part(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    meant: Condition,
    (state, after): (ThreadState, Option<Place>),
    limit: u64,
) -> Outcome<Vec<Model>> {
    let mut query = Entity::find().filter(Column::MerchantId.eq(merchant.clone())).filter(Column::State.eq(state));
    query = query.filter(meant);
    if let Some(place) = after {
        query = query.filter(Column::LastMessageId.lt(place.last_message_id));
    }
    Ok(query.order_by_desc(Column::LastMessageId).limit(limit).all(db).await?)
}

/// The conversations of few people, put in their order here.
async fn of_people(
    db: &impl ConnectionTrait,
    merchant: &MerchantId,
    filter: &Filter,
    people: Vec<CustomerId>,
    limit: u64,
) -> Outcome<Vec<Model>> {
    // So written no index of the merchant's fits: the people lead to their rows.
    let own = Func::coalesce([Expr::col(Column::MerchantId), Expr::val("")]);
    let own = Entity::find().filter(Expr::expr(own).eq(merchant.as_str()));
    let mut found = own.filter(Column::CustomerId.is_in(people)).all(db).await?;
    let place = |thread: &Model| (thread.state == ThreadState::Waiting, thread.last_message_id);
    let after = filter.after.map(|after| (after.waiting, after.last_message_id));
    found.retain(|thread| filter.shelf.shows(thread.state) && after.is_none_or(|after| place(thread) < after));
    Ok(highest(found, limit, place))
}
