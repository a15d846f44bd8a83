//! Opening an order: priced from the catalog, written with its lines and answers, and journalled.

use domain::{
    AccountId, BotId, CustomerId, Lang, LinkId, MerchantId, Money, OrderId,
    contact::ContactKind,
    handover::{self, Way},
    journal::EntryKind,
    limits,
    order::OrderStatus,
    product::ProductKind,
    question::QuestionKind,
    role::Actor,
};
use serde_json::json;

use super::{
    Order,
    price::{Answered, Asked, Asker, Pricing},
    rows::{answer, line},
    store,
};
use crate::{
    customers::{self, contacts::Learnt},
    db::Tx,
    failure::{Outcome, Refusal},
    journal::{self, NewEntry},
    links::{self, Link},
    payments,
    promos::{self, Quoted},
    services::Services,
    shop::{self, Merchant},
};

pub(crate) struct NewOrder {
    pub(crate) asked: Vec<Asked>,
    pub(crate) asker: Asker,
    pub(crate) link: Option<LinkId>,
    pub(crate) customer: Option<CustomerId>,
    pub(crate) bot: Option<BotId>,
    pub(crate) telegram_user_id: Option<i64>,
    pub(crate) language: Lang,
    pub(crate) external_order_id: Option<String>,
    pub(crate) made_by: Option<String>,
    pub(crate) actor: String,
    pub(crate) chosen: Chosen,
}

/// What a customer chooses for the whole order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// How goods are handed over.
    pub way: Option<Way>,
    /// Where they are brought.
    pub address: Option<String>,
    /// The way to pay.
    pub account: Option<AccountId>,
    /// A promo code, as it was written.
    pub promo: Option<String>,
}

/// Opens an order in the caller's transaction.
pub(crate) async fn open(tx: &Tx, services: &Services, merchant: &MerchantId, new: NewOrder) -> Outcome<Order> {
    let id: OrderId = services.clock.id();
    let shop = shop::store::get(&**tx, merchant).await?.ok_or_else(Refusal::not_found)?;
    let pricing = Pricing { tx, merchant, asker: new.asker, currency: shop.currency, now: services.clock.now() };
    let Written { mut lines, answers, contacts, kinds } = lines(&pricing, &id, &new.asked).await?;
    let has_goods = kinds.contains(&Some(ProductKind::Goods));
    let quoted = take_off(&pricing, &new, &kinds, &mut lines).await?;
    // Only in the chat is it asked; who opens a link agrees on it otherwise.
    let asked = has_goods && new.bot.is_some();
    let (handover, address) = if asked { hand_over(&shop, &new.chosen, &mut lines)? } else { (None, None) };
    let account_id = payments::offered(tx, merchant, new.chosen.account).await?;
    let total = total(&lines, shop.currency)?;
    let order = Order {
        id,
        merchant_id: merchant.clone(),
        number: shop::take_order_number(tx, merchant).await?,
        status: OrderStatus::AwaitingPayment,
        amount_minor: total.amount_minor,
        currency: total.currency,
        link_id: new.link,
        customer_id: new.customer,
        bot_id: new.bot,
        telegram_user_id: new.telegram_user_id,
        language: new.language,
        external_order_id: new.external_order_id,
        needs_review: false,
        review_reason: None,
        holds_stock: false,
        holds_link: false,
        made_by: new.made_by,
        created_at: services.clock.now(),
        paid_at: None,
        fulfilled_at: None,
        reminded: 0,
        reminded_at: None,
        handover,
        step: None,
        step_at: None,
        address,
        account_id,
        promo_id: quoted.as_ref().map(|quoted| quoted.promo.clone()),
    };
    store::insert(&**tx, order.clone(), lines).await?;
    store::insert_answers(&**tx, answers).await?;
    note_use(tx, &order, quoted).await?;
    let learnt =
        Learnt { merchant, customer: order.customer_id.as_ref(), order: Some(&order.id), at: order.created_at };
    customers::contacts::note(tx, learnt, contacts).await?;
    let entry = NewEntry {
        merchant: merchant.clone(),
        kind: EntryKind::OrderOpened,
        order: Some(order.id.clone()),
        payment: None,
        amount: Some(total),
        actor: new.actor,
        data: json!({ "number": order.number, "external_order_id": order.external_order_id }),
    };
    journal::append(tx, &services.clock, vec![entry]).await?;
    Ok(order)
}

/// A phone or an address, as it was written.
type Told = (ContactKind, String);

/// What is written of an order besides itself.
struct Written {
    lines: Vec<line::Model>,
    answers: Vec<answer::Model>,
    contacts: Vec<Told>,
    /// What each line is.
    kinds: Vec<Option<ProductKind>>,
}

/// What is asked for, priced; what was answered, numbered through the whole order; and the contacts among it.
async fn lines(pricing: &Pricing<'_>, order: &OrderId, asked: &[Asked]) -> Outcome<Written> {
    let (mut lines, mut answers, mut contacts, mut kinds) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (position, asked) in (0..).zip(asked) {
        let priced = pricing.price(asked).await?;
        kinds.push(priced.kind);
        for answered in priced.answers {
            let Answered { question, answer, kind } = answered;
            contacts.extend(contact(kind).map(|kind| (kind, answer.hy.clone())));
            answers.push(answer::Model {
                order_id: order.clone(),
                position: i32::try_from(answers.len()).map_err(anyhow::Error::from)?,
                merchant_id: pricing.merchant.clone(),
                line: position,
                question,
                answer,
            });
        }
        lines.push(line::Model {
            order_id: order.clone(),
            position,
            merchant_id: pricing.merchant.clone(),
            product_id: priced.product,
            title: priced.title,
            quantity: priced.quantity,
            unit_minor: priced.unit_minor,
            slot_at: priced.slot.as_ref().map(|slot| slot.starts_at),
            slot_id: priced.slot.map(|slot| slot.id),
            variant_id: priced.variant,
            off_minor: 0,
        });
    }
    Ok(Written { lines, answers, contacts, kinds })
}

/// What the customer's code takes off the lines, before bringing is priced. Only who is known may use one.
async fn take_off(
    pricing: &Pricing<'_>,
    new: &NewOrder,
    kinds: &[Option<ProductKind>],
    lines: &mut [line::Model],
) -> Outcome<Option<Quoted>> {
    let (Some(code), Some(customer)) = (&new.chosen.promo, &new.customer) else { return Ok(None) };
    let asker = promos::Asker { merchant: pricing.merchant, customer, currency: pricing.currency, now: pricing.now };
    let looked: Vec<_> = lines
        .iter()
        .zip(kinds)
        .map(|(line, kind)| promos::Line {
            product: line.product_id.clone(),
            kind: *kind,
            sum_minor: line.full_minor(),
        })
        .collect();
    let quoted = promos::quote(&**pricing.tx, &asker, code, &looked).await?;
    for (line, off) in lines.iter_mut().zip(&quoted.off_minor) {
        line.off_minor = *off;
    }
    Ok(Some(quoted))
}

/// It counts once the goods are reserved.
async fn note_use(tx: &Tx, order: &Order, quoted: Option<Quoted>) -> Outcome<()> {
    let (Some(quoted), Some(customer)) = (quoted, &order.customer_id) else { return Ok(()) };
    let one = promos::Use {
        order_id: order.id.clone(),
        merchant_id: order.merchant_id.clone(),
        off_minor: quoted.total_minor(),
        promo_id: quoted.promo,
        customer_id: customer.clone(),
        counted: false,
    };
    promos::store::insert_use(&**tx, one).await
}

/// The way that was chosen among those the shop offers, and where to; what bringing costs is a line of its own.
fn hand_over(shop: &Merchant, chosen: &Chosen, lines: &mut Vec<line::Model>) -> Outcome<(Option<Way>, Option<String>)> {
    let ways = shop.ways();
    if !ways.any() {
        return Ok((None, None));
    }
    let way = chosen.way.or(ways.only()).filter(|way| ways.offers(*way));
    let way = way.ok_or_else(|| Refusal::field("handover", "handover_required"))?;
    if way == Way::Pickup {
        return Ok((Some(way), None));
    }
    let address = handover::address(chosen.address.as_deref().unwrap_or_default());
    let address = address.ok_or_else(|| {
        let refusal = Refusal::field("address", "address_wrong").with("min", limits::ADDRESS_MIN);
        refusal.with("max", limits::ADDRESS_MAX)
    })?;
    let price = ways.price(way, total(lines, shop.currency)?.amount_minor);
    if let Some(last) = lines.last().filter(|_| price > 0) {
        let line = line::Model {
            position: last.position + 1,
            product_id: None,
            title: handover::delivery_title(),
            quantity: 1,
            unit_minor: price,
            slot_at: None,
            slot_id: None,
            variant_id: None,
            off_minor: 0,
            ..last.clone()
        };
        lines.push(line);
    }
    Ok((Some(way), Some(address)))
}

const fn contact(kind: QuestionKind) -> Option<ContactKind> {
    match kind {
        QuestionKind::Phone => Some(ContactKind::Phone),
        QuestionKind::Email => Some(ContactKind::Email),
        QuestionKind::Text | QuestionKind::Choice => None,
    }
}

fn total(lines: &[line::Model], currency: domain::Currency) -> Result<Money, Refusal> {
    let mut total = Money::new(0, currency);
    for line in lines {
        let sum = Money::new(line.unit_minor, currency).times(line.quantity);
        let off = Money::new(-line.off_minor, currency);
        total = sum.and_then(|sum| total.plus(sum)?.plus(off)).map_err(|_| too_large(currency))?;
    }
    if total.amount_minor > limits::AMOUNT_MINOR { Err(too_large(currency)) } else { Ok(total) }
}

fn too_large(currency: domain::Currency) -> Refusal {
    Refusal::field("amount", "amount_too_large").with("max", Money::new(limits::AMOUNT_MINOR, currency))
}

/// What a bot asks for on a customer's behalf.
#[derive(Clone, Debug)]
pub struct Place {
    pub asked: Vec<Asked>,
    pub bot: BotId,
    pub customer: CustomerId,
    pub telegram_user_id: i64,
    pub language: Lang,
    /// The update that asked: the same update never makes two orders.
    pub made_by: String,
    pub chosen: Chosen,
}

/// A placed order and the dynamic link that leads to its checkout.
#[derive(Clone, Debug)]
pub struct Placed {
    pub order: Order,
    pub link: Link,
}

/// Opens an order with its own dynamic link; asked again with the same `made_by`, answers the same.
///
/// # Errors
/// Refusals of the catalog: product or variant gone, sold out, time taken or not chosen, quantity or sum out of range, an
/// answer that is missing or not sound; `handover_required`, `address_wrong`.
pub async fn place(services: &Services, merchant: &MerchantId, place: Place) -> Outcome<Placed> {
    let (own, merchant) = (services.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            // Pressed twice at once: the second waits, and finds what the first has made.
            tx.alone(&place.made_by).await?;
            match placed(&tx, &merchant, &place.made_by).await? {
                Some(placed) => Ok(placed),
                None => place_new(&tx, &own, &merchant, place).await,
            }
        })
        .await
}

/// What was placed by this cause already.
pub(crate) async fn placed(tx: &Tx, merchant: &MerchantId, made_by: &str) -> Outcome<Option<Placed>> {
    let Some(order) = store::made_by(&**tx, merchant, made_by).await? else { return Ok(None) };
    let link = links::store::of_order(&**tx, merchant, &order.id).await?.ok_or_else(Refusal::not_found)?;
    Ok(Some(Placed { order, link }))
}

/// As [`place`], in the caller's transaction, where nothing was placed by this cause yet.
pub(crate) async fn place_new(tx: &Tx, services: &Services, merchant: &MerchantId, place: Place) -> Outcome<Placed> {
    let new = NewOrder {
        asked: place.asked,
        asker: Asker::Customer,
        link: None,
        customer: Some(place.customer),
        bot: Some(place.bot),
        telegram_user_id: Some(place.telegram_user_id),
        language: place.language,
        external_order_id: None,
        made_by: Some(place.made_by),
        actor: Actor::Customer.label(),
        chosen: place.chosen,
    };
    links::dynamic::open(tx, services, merchant, new, links::dynamic::Terms::default()).await
}
