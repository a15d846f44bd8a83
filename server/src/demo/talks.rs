//! Conversations and one broadcast of the demo's past, made by the real verbs: a question that waits, one that was answered
//! and closed, one that was answered with an order at hand.

use domain::{
    BroadcastId, Lang, Localized, OrderId,
    broadcast::{Receipt, Segment},
    message::Content,
    moment::MINUTE,
    role::Actor,
};

use super::history::Stage;
use crate::{
    broadcasts::{self, NewBroadcast},
    customers::{self, Customer},
    db::Tx,
    failure::Outcome,
    jobs, journal,
    messages::{self, Answer, Received},
    orders,
};

/// Plays them. What is promised to the people of the past is done with: they cannot be written to.
pub(super) async fn play(stage: &Stage<'_>, owner: &Actor) -> Outcome<()> {
    let people = people(stage).await?;
    let Some(blocked) = people.last() else { return Ok(()) };
    customers::set_blocked(stage.services, stage.merchant, blocked.telegram_user_id, true).await?;
    broadcast(stage, owner).await?;
    let of = |lang: Lang, skip: usize| people.iter().filter(move |person| person.language == lang).nth(skip);
    if let Some(person) = of(Lang::Ru, 0) {
        asks(stage, person, 1, Content::Text, "Здравствуйте! Завтра вы открыты?", None).await?;
        answers(stage, owner, person, "Здравствуйте. Да, с 11 до 20. Ждём вас.", None).await?;
        messages::close(stage.services, owner, stage.merchant, &person.id).await?;
    }
    if let Some(person) = of(Lang::En, 0) {
        let order = last_order(stage, person).await?;
        asks(stage, person, 2, Content::Photo, "It arrived like this, the handle is loose", order.clone()).await?;
        answers(stage, owner, person, "Sorry about that. Bring it by, we will give you another one.", order).await?;
    }
    if let Some(person) = of(Lang::Hy, 1) {
        asks(stage, person, 3, Content::Text, "Բարև ձեզ։ Մեծ կապույտ գավաթից դեռ ունե՞ք", None).await?;
        asks(stage, person, 4, Content::Text, "Եվ կարո՞ղ եք պահել մինչև շաբաթ օրը", None).await?;
    }
    let merchant = stage.merchant.clone();
    let done = move |tx: Tx| async move { jobs::store::mark_all_done(&*tx, &merchant, &journal::SCHEDULES).await };
    stage.services.db.write(done).await
}

/// Oldest first.
async fn people(stage: &Stage<'_>) -> Outcome<Vec<Customer>> {
    let db = &stage.services.db;
    let mut people = customers::list(db, stage.merchant, &customers::Filter::default(), 100).await?;
    people.reverse();
    Ok(people)
}

async fn last_order(stage: &Stage<'_>, person: &Customer) -> Outcome<Option<OrderId>> {
    let own = orders::Filter { customer: Some(person.id.clone()), ..orders::Filter::default() };
    let found = orders::list(&stage.services.db, stage.merchant, &own, 1).await?;
    Ok(found.into_iter().next().map(|whole| whole.order.id))
}

async fn asks(
    stage: &Stage<'_>,
    person: &Customer,
    update_id: i64,
    content: Content,
    words: &str,
    order: Option<OrderId>,
) -> Outcome<()> {
    stage.services.clock.advance(2 * MINUTE);
    let received = Received {
        phone: None,
        bot: stage.bot.clone(),
        update_id,
        customer: person.id.clone(),
        content,
        words: words.to_owned(),
        file: None,
        order,
    };
    messages::receive(stage.services, stage.merchant, received).await
}

async fn answers(
    stage: &Stage<'_>,
    owner: &Actor,
    person: &Customer,
    words: &str,
    order: Option<OrderId>,
) -> Outcome<()> {
    stage.services.clock.advance(3 * MINUTE);
    let answer = Answer { words: words.to_owned(), order, once: None };
    messages::answer(stage.services, owner, stage.merchant, &person.id, answer).await?;
    let written = messages::of_customer(&stage.services.db, stage.merchant, &person.id, None, 1).await?;
    for message in written {
        messages::delivered(stage.services, &message, None).await?;
    }
    Ok(())
}

async fn broadcast(stage: &Stage<'_>, owner: &Actor) -> Outcome<()> {
    let new = NewBroadcast {
        texts: Localized {
            hy: "Նոր գավաթներ ու թեյի սպասք՝ ձեռքի աշխատանք։\nԱյս շաբաթ առաքումն անվճար է։".to_owned(),
            ru: "Новые чашки и чайная посуда ручной работы.\nНа этой неделе доставка бесплатно.".to_owned(),
            en: "New cups and tea things, made by hand.\nDelivery is free this week.".to_owned(),
        },
        segment: Segment::default(),
        starts_at: None,
        once: None,
    };
    let id = broadcasts::create(stage.services, owner, stage.merchant, new).await?;
    let owed = jobs::store::list(stage.services.db.read(), stage.merchant, None, None, 10).await?;
    for job in owed.into_iter().filter(|job| job.kind == broadcasts::START_BROADCAST) {
        broadcasts::run_start(stage.services.clone(), job).await;
    }
    reaches(stage, &id).await
}

/// Everybody got it, but one who stopped listening meanwhile.
async fn reaches(stage: &Stage<'_>, id: &BroadcastId) -> Outcome<()> {
    let mut first = true;
    while let Some((broadcast, taken)) = broadcasts::take(stage.services, stage.merchant, id).await? {
        let receipt = |customer: Customer| {
            let receipt = if std::mem::take(&mut first) { Receipt::Blocked } else { Receipt::Sent };
            (customer.id, receipt)
        };
        let receipts = taken.into_iter().map(receipt).collect();
        broadcasts::report(stage.services, &broadcast, receipts).await?;
    }
    Ok(())
}
