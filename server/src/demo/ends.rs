//! Loose ends of the demo's past, so that the rooms where people decide are not empty: a sum that does not fit, a customer
//! who paid twice, one who paid too late, a refund that a person has to make, an order of two things, and orders whose
//! delivery was given up. Made by the real verbs.

use domain::{
    Lang, Localized,
    handover::{Step, Way},
    link::LinkKind,
    moment::{MINUTE, SECOND},
    payment::Reported,
    product::ProductKind,
    role::Actor,
};
use serde_json::Value;

use super::{
    content::SeedCustomer,
    history::{Stage, deliver, pay, place, place_chosen, tell},
};
use crate::{
    catalog::{self, Product, ProductInput},
    db::Tx,
    failure::{Failure, Outcome},
    fulfilment::{self, FULFIL_ORDER},
    jobs,
    links::{self, Link, NewLink, What},
    orders::{self, Asked, Chosen, HandOver, Piece},
    payments, refunds,
};

/// Plays them, one after another.
pub(super) async fn play(
    stage: &Stage<'_>,
    owner: &Actor,
    products: &[Product],
    people: &[SeedCustomer],
    by_hand: Value,
) -> Outcome<()> {
    let Some(product) = products.iter().find(|p| p.visible && p.price_minor.is_some() && p.stock.is_none()) else {
        return Ok(());
    };
    another_sum(stage, owner, product).await?;
    paid_twice(stage, owner, product).await?;
    paid_too_late(stage, owner).await?;
    to_be_given_back(stage, owner, product, by_hand).await?;
    let free = |p: &&Product| p.kind == ProductKind::Digital && p.visible && p.price_minor.is_some();
    let pair: Vec<_> = products.iter().filter(free).take(2).collect();
    if let ([one, other], Some(who)) = (pair.as_slice(), people.first()) {
        two_things(stage, [one, other], who).await?;
    }
    for attempt in ["stuck:1", "stuck:2", "stuck:3"] {
        not_delivered(stage, owner, product, attempt).await?;
    }
    Ok(())
}

async fn link(stage: &Stage<'_>, owner: &Actor, product: &Product) -> Outcome<Link> {
    let new = NewLink::of(LinkKind::Dynamic, What::Product(product.id.clone()));
    links::create(stage.services, owner, stage.merchant, new).await
}

/// The provider tells another sum than was asked.
async fn another_sum(stage: &Stage<'_>, owner: &Actor, product: &Product) -> Outcome<()> {
    let link = link(stage, owner, product).await?;
    let payment = pay(stage, &link.code, Lang::Hy, "sum:1").await?;
    stage.services.clock.advance(MINUTE);
    tell(stage, &payment, Reported::Paid, "paid", payment.amount_minor / 100).await
}

/// The first try seemed to have failed; then both were paid.
async fn paid_twice(stage: &Stage<'_>, owner: &Actor, product: &Product) -> Outcome<()> {
    let link = link(stage, owner, product).await?;
    let first = pay(stage, &link.code, Lang::Hy, "twice:1").await?;
    deliver(stage, &first, Reported::Failed, "failed").await?;
    stage.services.clock.advance(2 * MINUTE);
    let second = pay(stage, &link.code, Lang::Hy, "twice:2").await?;
    deliver(stage, &second, Reported::Paid, "paid").await?;
    fulfilment::fulfil(stage.services, vec![(stage.merchant.clone(), second.order_id.clone())]).await?;
    stage.services.clock.advance(40 * SECOND);
    deliver(stage, &first, Reported::Paid, "paid").await
}

/// The last piece was kept for one who paid after the time was over; meanwhile another has bought it.
async fn paid_too_late(stage: &Stage<'_>, owner: &Actor) -> Outcome<()> {
    let last = ProductInput {
        kind: ProductKind::Goods,
        name: Localized {
            hy: "Կավե սափոր".to_owned(), ru: "Глиняный кувшин".to_owned(), en: "Clay jug".to_owned()
        },
        text: Localized::default(),
        category: None,
        sku: None,
        delivery: Localized::default(),
        price_minor: Some(1_200_000),
        compare_at_minor: None,
        donation: None,
        stock: Some(1),
        digital_goods: false,
        visible: false,
    };
    let product = catalog::create(stage.services, owner, stage.merchant, last).await?;
    let slow = pay(stage, &link(stage, owner, &product).await?.code, Lang::Hy, "late:1").await?;
    deliver(stage, &slow, Reported::Expired, "expired").await?;
    stage.services.clock.advance(MINUTE);
    let quick = pay(stage, &link(stage, owner, &product).await?.code, Lang::Hy, "late:2").await?;
    deliver(stage, &quick, Reported::Paid, "paid").await?;
    fulfilment::fulfil(stage.services, vec![(stage.merchant.clone(), quick.order_id.clone())]).await?;
    deliver(stage, &slow, Reported::Paid, "paid").await
}

/// Ordered in the bot together, paid and given.
async fn two_things(stage: &Stage<'_>, pair: [&Product; 2], who: &SeedCustomer) -> Outcome<()> {
    let asked = pair.map(|product| Asked::Product(Piece::one(product.id.clone())));
    let code = place(stage, asked.into(), who, "two:1", None).await?;
    let payment = pay(stage, &code, who.language, "two:1").await?;
    deliver(stage, &payment, Reported::Paid, "paid").await?;
    fulfilment::fulfil(stage.services, vec![(stage.merchant.clone(), payment.order_id.clone())]).await?;
    Ok(())
}

/// Goods on their way to people, a step of each kind; once the shop hands goods over.
pub(super) async fn on_their_way(
    stage: &Stage<'_>,
    owner: &Actor,
    products: &[Product],
    people: &[SeedCustomer],
) -> Outcome<()> {
    let mut goods = products.iter().filter(|p| p.kind == ProductKind::Goods && p.visible).cycle();
    let wanted = [
        (Way::Delivery, Step::ToPack),
        (Way::Pickup, Step::ToPack),
        (Way::Delivery, Step::OnWay),
        (Way::Pickup, Step::Ready),
        (Way::Delivery, Step::HandedOver),
    ];
    for ((number, (way, to)), who) in wanted.into_iter().enumerate().zip(people.iter().cycle()) {
        for product in goods.by_ref().take(products.len()) {
            let cause = format!("way:{number}:{}", product.id);
            match handed(stage, owner, product, who, (way, to), &cause).await {
                Ok(()) => break,
                // One that asks something more.
                Err(Failure::Refused(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
    }
    Ok(())
}

async fn handed(
    stage: &Stage<'_>,
    owner: &Actor,
    product: &Product,
    who: &SeedCustomer,
    (way, to): (Way, Step),
    cause: &str,
) -> Outcome<()> {
    let address = (way == Way::Delivery).then(|| "Երևան, Թումանյան 12, բն. 5".to_owned());
    let chosen = Chosen { way: Some(way), address, ..Chosen::default() };
    let asked = vec![Asked::Product(Piece::one(product.id.clone()))];
    let code = place_chosen(stage, asked, who, cause, chosen).await?;
    let payment = pay(stage, &code, who.language, cause).await?;
    deliver(stage, &payment, Reported::Paid, "paid").await?;
    fulfilment::fulfil(stage.services, vec![(stage.merchant.clone(), payment.order_id.clone())]).await?;
    if to != Step::ToPack {
        let wanted = HandOver { orders: vec![(payment.order_id, Step::ToPack)], to: Some(to) };
        orders::hand_over(stage.services, owner, stage.merchant, wanted).await?;
    }
    Ok(())
}

/// While this was asked, the account had no refunds by API: `by_hand` are its settings of that time.
async fn to_be_given_back(stage: &Stage<'_>, owner: &Actor, product: &Product, by_hand: Value) -> Outcome<()> {
    let link = link(stage, owner, product).await?;
    let payment = pay(stage, &link.code, Lang::Ru, "hand:1").await?;
    deliver(stage, &payment, Reported::Paid, "paid").await?;
    fulfilment::fulfil(stage.services, vec![(stage.merchant.clone(), payment.order_id.clone())]).await?;
    let (services, account) = (stage.services, stage.account);
    let usual = payments::account_settings(services, account).await?;
    payments::set_account_settings(services, account, by_hand).await?;
    stage.services.clock.advance(MINUTE);
    let new = refunds::NewRefund {
        payment: payment.id.clone(),
        amount: None,
        lines: Vec::new(),
        reason: "Դասը չեղարկվեց".to_owned(),
        made_by: None,
    };
    refunds::ask(services, owner, stage.merchant, new).await?;
    let owed = jobs::store::of_order(services.db.read(), stage.merchant, &payment.order_id).await?;
    for job in owed.into_iter().filter(|job| job.kind == refunds::REFUND) {
        refunds::run(services.clone(), job).await;
    }
    payments::set_account_settings(services, account, usual).await
}

/// Paid, and every try to deliver it failed.
async fn not_delivered(stage: &Stage<'_>, owner: &Actor, product: &Product, attempt: &str) -> Outcome<()> {
    let link = link(stage, owner, product).await?;
    let payment = pay(stage, &link.code, Lang::En, attempt).await?;
    deliver(stage, &payment, Reported::Paid, "paid").await?;
    let bury = move |tx: Tx| async move {
        let why = "the delivery did not answer in time";
        jobs::store::bury(&*tx, &payment.merchant_id, &payment.order_id, FULFIL_ORDER, why).await
    };
    stage.services.db.write(bury).await
}
