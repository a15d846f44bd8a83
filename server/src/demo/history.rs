//! Two weeks of believable sales, made by the real verbs on a clock that is moved along: every number has its story.

use domain::{
    AccountId, BotId, EventId, Lang, MerchantId, Moment, ProductId, QuestionId, SlotId, VariantId,
    job::JobState,
    moment::{HOUR, MINUTE, SECOND},
    payment::Reported,
    product::ProductKind,
    question::QuestionKind,
};
use providers::{Begun, Callback};
use serde_json::json;

use super::content::SeedCustomer;
use crate::{
    catalog::{
        Product,
        questions::{self, Question},
        slots, variants,
    },
    customers::{self, Person},
    db::Tx,
    failure::{Failure, Outcome},
    fulfilment, jobs, journal,
    links::{self, LinkPage},
    orders::{self, Asked, Chosen, Piece, Place},
    payments::{self, Delivery, Payment, Start},
    seed::Dice,
    services::Services,
};

pub(super) struct Stage<'a> {
    pub(super) services: &'a Services,
    pub(super) merchant: &'a MerchantId,
    pub(super) account: &'a AccountId,
    pub(super) bot: &'a BotId,
    pub(super) until: Moment,
}

/// Plays sales until the present, then marks what was promised to the people of the past as done.
pub(super) async fn play(stage: &Stage<'_>, products: &[Product], people: &[SeedCustomer]) -> Outcome<()> {
    let mut dice = Dice::new(2026);
    // Few-of-a-kind goods are left for whoever tries the demo.
    let sold: Vec<&Product> = products.iter().filter(|p| p.visible && p.stock.is_none_or(|left| left > 10)).collect();
    let fixed = links::list(&stage.services.db, stage.merchant, &links::Filter::default(), 20).await?;
    let mut number = 0;
    loop {
        let wait = (20 + i64::try_from(dice.roll(220)).unwrap_or(0)) * MINUTE
            + i64::try_from(dice.roll(60)).unwrap_or(0) * SECOND;
        // The last hour is for the loose ends.
        if stage.services.clock.now().plus(wait + HOUR) >= stage.until {
            break;
        }
        stage.services.clock.advance(wait);
        number += 1;
        let (Some(product), Some(who)) = (dice.pick(&sold), dice.pick(people)) else { break };
        let code = match dice.pick(&fixed) {
            Some(link) if dice.roll(3) == 0 => link.code.clone(),
            _ => match by_bot(stage, &mut dice, product, who, number).await {
                Ok(code) => code,
                // Sold out: the customer goes away, as in life.
                Err(Failure::Refused(_)) => continue,
                Err(failure) => return Err(failure),
            },
        };
        sale(stage, &mut dice, &code, who.language, number).await?;
    }
    expire(stage).await?;
    let merchant = stage.merchant.clone();
    let done = move |tx: Tx| async move { jobs::store::mark_all_done(&*tx, &merchant, &journal::SCHEDULES).await };
    stage.services.db.write(done).await
}

/// Orders whose time to pay has passed meanwhile end.
async fn expire(stage: &Stage<'_>) -> Outcome<()> {
    let (services, now) = (stage.services, stage.services.clock.now());
    let owed = jobs::store::list(services.db.read(), stage.merchant, Some(JobState::Queued), None, 10_000).await?;
    for job in owed.into_iter().filter(|job| job.kind == orders::EXPIRE_ORDER && job.run_at <= now) {
        orders::run_expire(services.clone(), job).await;
    }
    Ok(())
}

/// A customer orders in the bot; the code of the order's link.
async fn by_bot(
    stage: &Stage<'_>,
    dice: &mut Dice,
    product: &Product,
    who: &SeedCustomer,
    number: u32,
) -> Outcome<String> {
    let asked = vec![asked(stage, dice, product).await?];
    let made_by = format!("history:{number}");
    // Now and then somebody has a code, and it is for what they buy.
    let code = (number.is_multiple_of(5) && product.kind != ProductKind::Donation).then(|| super::CODE.to_owned());
    place(stage, asked, who, &made_by, code).await
}

/// Somebody orders in the bot; the code of the order's link.
pub(super) async fn place(
    stage: &Stage<'_>,
    asked: Vec<Asked>,
    who: &SeedCustomer,
    made_by: &str,
    promo: Option<String>,
) -> Outcome<String> {
    place_chosen(stage, asked, who, made_by, Chosen { promo, ..Chosen::default() }).await
}

/// As [`place`], with what is chosen for the whole order.
pub(super) async fn place_chosen(
    stage: &Stage<'_>,
    asked: Vec<Asked>,
    who: &SeedCustomer,
    made_by: &str,
    chosen: Chosen,
) -> Outcome<String> {
    let person = Person {
        telegram_user_id: who.telegram_user_id,
        name: who.name.clone(),
        username: who.username.clone(),
        language: who.language,
    };
    let (own, merchant) = (stage.services.clone(), stage.merchant.clone());
    let customer =
        stage.services.db.write(move |tx| async move { customers::meet(&tx, &own, &merchant, &person).await }).await?;
    let place = Place {
        asked,
        bot: stage.bot.clone(),
        customer: customer.id,
        telegram_user_id: who.telegram_user_id,
        language: who.language,
        made_by: made_by.to_owned(),
        chosen,
    };
    Ok(orders::place(stage.services, stage.merchant, place).await?.link.code)
}

/// A time within the next days that is still free; none where the product has no times.
async fn time(stage: &Stage<'_>, dice: &mut Dice, product: &ProductId) -> Outcome<Option<SlotId>> {
    let now = stage.services.clock.now();
    let free = slots::free(&stage.services.db, stage.merchant, product, now).await?.unwrap_or_default();
    let soon: Vec<SlotId> = free.into_iter().take(12).map(|slot| slot.id).collect();
    Ok(dice.pick(&soon).cloned())
}

async fn asked(stage: &Stage<'_>, dice: &mut Dice, product: &Product) -> Outcome<Asked> {
    let id: ProductId = product.id.clone();
    let sums = product.donation.as_ref().map(|terms| terms.suggested_minor.clone()).unwrap_or_default();
    let quantity = if product.kind == ProductKind::Goods && dice.roll(4) == 0 { 2 } else { 1 };
    let slot = time(stage, dice, &id).await?;
    let variant = dice.pick(&variants(stage, product).await?).cloned();
    let answers = answers(stage, dice, product).await?;
    Ok(Asked::Product(Piece { product: id, variant, quantity, sum_minor: dice.pick(&sums).copied(), slot, answers }))
}

/// Those on sale.
async fn variants(stage: &Stage<'_>, product: &Product) -> Outcome<Vec<VariantId>> {
    let all = variants::list(&stage.services.db, stage.merchant, &product.id).await?;
    Ok(all.into_iter().filter(|variant| !variant.hidden).map(|variant| variant.id).collect())
}

/// As people answer.
async fn answers(stage: &Stage<'_>, dice: &mut Dice, product: &Product) -> Outcome<Vec<(QuestionId, String)>> {
    let asked = questions::list(&stage.services.db, stage.merchant, &product.id).await?;
    Ok(asked.iter().map(|question| (question.id.clone(), answer(dice, question))).collect())
}

fn answer(dice: &mut Dice, question: &Question) -> String {
    const WORDS: [&str; 3] = ["Անի", "Մարիամ և Դավիթ", "Шлю привет"];
    match question.kind {
        QuestionKind::Choice => dice.pick(&question.choices.0).map(|choice| choice.get(Lang::Hy).to_owned()),
        QuestionKind::Phone => Some(["+374 91 ", &(100_000 + dice.roll(899_999)).to_string()].concat()),
        QuestionKind::Email => Some("ani@example.am".to_owned()),
        QuestionKind::Text => dice.pick(&WORDS).map(|words| (*words).to_owned()),
    }
    .unwrap_or_default()
}

/// From *Pay* to the provider's word.
async fn sale(stage: &Stage<'_>, dice: &mut Dice, code: &str, language: Lang, number: u32) -> Outcome<()> {
    let page: LinkPage = links::open(stage.services, code).await?;
    // Some only look.
    let only_looks = dice.roll(8) == 0;
    if page.closed.is_some() || only_looks {
        return Ok(());
    }
    let sums = page.donation.map(|terms| terms.suggested_minor).unwrap_or_default();
    let links::Choices { variants, slots, questions } = page.choices;
    let free: Vec<SlotId> = slots.unwrap_or_default().into_iter().take(12).map(|slot| slot.id).collect();
    let variants: Vec<VariantId> = variants.unwrap_or_default().into_iter().map(|variant| variant.id).collect();
    let (sum_minor, slot) = (dice.pick(&sums).copied(), dice.pick(&free).cloned());
    let variant = dice.pick(&variants).cloned();
    let answers = questions.iter().map(|question| (question.id.clone(), answer(dice, question))).collect();
    let start = Start { sum_minor, slot, variant, answers, ..Start::of(code, language, &number.to_string()) };
    // The last item may be gone: then there is no sale, as in life.
    let payment = match begin(stage, start).await {
        Ok(payment) => payment,
        Err(Failure::Refused(_)) => return Ok(()),
        Err(failure) => return Err(failure),
    };
    stage.services.clock.advance((15 + i64::try_from(dice.roll(200)).unwrap_or(0)) * SECOND);
    let (reported, word) = match dice.roll(20) {
        0 | 1 => (Reported::Failed, "failed"),
        2 => (Reported::Expired, "expired"),
        _ => (Reported::Paid, "paid"),
    };
    let times = if dice.roll(6) == 0 { 2 } else { 1 };
    for _ in 0..times {
        deliver(stage, &payment, reported, word).await?;
    }
    fulfilment::fulfil(stage.services, vec![(stage.merchant.clone(), payment.order_id.clone())]).await?;
    Ok(())
}

/// A press of *Pay*, answered by the provider.
async fn begin(stage: &Stage<'_>, start: Start) -> Outcome<Payment> {
    let payment = payments::open_unbegun(stage.services, start).await?;
    let begun = Begun {
        reference: format!("ps_{}", stage.services.clock.code(20)),
        checkout_url: stage.services.url("/sandbox/vpos/"),
        expires_at: None,
    };
    payments::note(stage.services, &payment, begun).await?;
    payments::get(&stage.services.db, stage.merchant, &payment.id).await
}

/// As [`begin`], from a link that asks nothing.
pub(super) async fn pay(stage: &Stage<'_>, code: &str, language: Lang, attempt: &str) -> Outcome<Payment> {
    begin(stage, Start::of(code, language, attempt)).await
}

/// The provider's word, with the sum that was asked.
pub(super) async fn deliver(stage: &Stage<'_>, payment: &Payment, reported: Reported, word: &str) -> Outcome<()> {
    tell(stage, payment, reported, word, payment.amount_minor).await
}

/// A delivery as the provider's webhook would bring it, with the sum it tells.
pub(super) async fn tell(
    stage: &Stage<'_>,
    payment: &Payment,
    reported: Reported,
    word: &str,
    amount_minor: i64,
) -> Outcome<()> {
    let external_id = format!("evt_{}_{word}", payment.merchant_order_id);
    let reference = payment.reference.clone().unwrap_or_default();
    let body = json!({
        "id": external_id,
        "type": "payment.status_changed",
        "createdAt": stage.services.clock.now(),
        "data": {
            "sessionId": reference,
            "merchantOrderId": payment.merchant_order_id,
            "amountMinor": amount_minor,
            "currency": payment.currency,
            "status": word,
        }
    });
    let mut seen = payments::seen_as_ours(payment, reported, word);
    (seen.reference, seen.amount_minor) = (Some(reference), Some(amount_minor));
    let delivery = Delivery {
        merchant: stage.merchant.clone(),
        account: stage.account.clone(),
        headers: json!({ "content-type": "application/json", "webhook-id": external_id }).to_string(),
        body: body.to_string().into(),
        received_at: stage.services.clock.now(),
        read: Ok(Callback { external_id, seen }),
        replay: None,
    };
    let _: Option<EventId> = stage.services.intake.accept(delivery).await.map(|receipt| receipt.event);
    Ok(())
}
