//! Opening an order: the backend prices it from the catalog, never from what a bot or browser says.

use domain::{
    BotId, CustomerId, Lang, LinkId, Localized, MerchantId, Moment, Money, OrderId, ProductId, SlotId,
    journal::EntryKind,
    limits,
    order::OrderStatus,
    product::{ProductKind, max_quantity},
    role::Actor,
};
use serde_json::json;

use super::{Order, rows::line, store};
use crate::{
    catalog::{self, Product, slot_store, slots::Slot},
    db::Tx,
    failure::{Outcome, Refusal},
    journal::{self, NewEntry},
    links::{self, Link},
    services::Services,
    shop,
};

/// One thing asked for.
#[derive(Clone, Debug)]
pub enum Asked {
    Product {
        id: ProductId,
        quantity: i64,
        /// The customer's own sum, in minor units; for donations only.
        sum_minor: Option<i64>,
        /// The time, for a booking that has times.
        slot: Option<SlotId>,
    },
    /// Without a product: a title and a sum, set by staff or by the API.
    Free { title: String, amount: Money },
}

pub(crate) struct NewOrder {
    pub(crate) asked: Vec<Asked>,
    pub(crate) link: Option<LinkId>,
    pub(crate) customer: Option<CustomerId>,
    pub(crate) bot: Option<BotId>,
    pub(crate) telegram_user_id: Option<i64>,
    pub(crate) language: Lang,
    pub(crate) external_order_id: Option<String>,
    pub(crate) made_by: Option<String>,
    pub(crate) actor: String,
}

/// Opens an order in the caller's transaction.
pub(crate) async fn open(tx: &Tx, services: &Services, merchant: &MerchantId, new: NewOrder) -> Outcome<Order> {
    let id: OrderId = services.clock.id();
    let shop = shop::store::get(&**tx, merchant).await?.ok_or_else(Refusal::not_found)?;
    let mut lines = Vec::new();
    let mut total = Money::new(0, shop.currency);
    for (position, asked) in new.asked.iter().enumerate() {
        let line = price(tx, merchant, &id, position, asked, shop.currency, services.clock.now()).await?;
        let sum = Money::new(line.unit_minor, shop.currency).times(line.quantity);
        total = sum.and_then(|sum| total.plus(sum)).map_err(|_| too_large())?;
        lines.push(line);
    }
    if total.amount_minor > limits::AMOUNT_MINOR {
        return Err(too_large().into());
    }
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
    };
    store::insert(&**tx, order.clone(), lines).await?;
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

fn too_large() -> Refusal {
    Refusal::field("amount", "amount_too_large").with("max", Money::amd(limits::AMOUNT_MINOR))
}

async fn price(
    tx: &Tx,
    merchant: &MerchantId,
    order: &OrderId,
    position: usize,
    asked: &Asked,
    currency: domain::Currency,
    now: Moment,
) -> Outcome<line::Model> {
    let (product_id, title, quantity, unit_minor, slot) = match asked {
        Asked::Free { title, amount } => {
            if amount.currency != currency {
                return Err(Refusal::field("amount", "currency_not_accepted").with("currency", currency).into());
            }
            if amount.amount_minor <= 0 {
                return Err(Refusal::field("amount", "amount_not_positive").into());
            }
            (None, Localized::same(title), 1, amount.amount_minor, None)
        }
        Asked::Product { id, quantity, sum_minor, slot } => {
            let product = catalog::store::get(&**tx, merchant, id).await?.ok_or_else(product_gone)?;
            let unit = unit_price(&product, *sum_minor)?;
            check_quantity(&product, *quantity)?;
            let slot = book(tx, &product, slot.as_ref(), *quantity, now).await?;
            (Some(product.id), product.name, *quantity, unit, slot)
        }
    };
    let position = i32::try_from(position).map_err(anyhow::Error::from)?;
    Ok(line::Model {
        order_id: order.clone(),
        position,
        merchant_id: merchant.clone(),
        product_id,
        title,
        quantity,
        unit_minor,
        slot_at: slot.as_ref().map(|slot| slot.starts_at),
        slot_id: slot.map(|slot| slot.id),
    })
}

/// A customer chooses a time where there are times; staff may leave it to be agreed.
pub(crate) async fn require_times(tx: &Tx, merchant: &MerchantId, asked: &[Asked]) -> Outcome<()> {
    for asked in asked {
        if let Asked::Product { id, slot: None, .. } = asked
            && slot_store::any(&**tx, merchant, id).await?
        {
            return Err(Refusal::field("slot", "slot_required").into());
        }
    }
    Ok(())
}

/// The time that is booked. It is only looked at here: checkout takes it.
async fn book(
    tx: &Tx,
    product: &Product,
    wanted: Option<&SlotId>,
    quantity: i64,
    now: Moment,
) -> Outcome<Option<Slot>> {
    if product.kind != ProductKind::Booking {
        return match wanted {
            Some(_) => Err(Refusal::field("slot", "slots_only_for_bookings").into()),
            None => Ok(None),
        };
    }
    let Some(wanted) = wanted else { return Ok(None) };
    let slot = slot_store::get(&**tx, &product.merchant_id, wanted).await?;
    let slot = slot.filter(|slot| slot.product_id == product.id && slot.starts_at > now && slot.left() >= quantity);
    slot.map(Some).ok_or_else(|| Refusal::field("slot", "slot_taken").into())
}

const fn product_gone() -> Refusal {
    Refusal::field("product_id", "product_gone")
}

fn unit_price(product: &Product, sum_minor: Option<i64>) -> Result<i64, Refusal> {
    match (product.kind, &product.donation, product.price_minor) {
        (ProductKind::Donation, Some(terms), _) => {
            let sum = sum_minor.ok_or_else(|| Refusal::field("amount", "donation_sum_required"))?;
            if terms.allows(sum) {
                Ok(sum)
            } else {
                Err(Refusal::field("amount", "donation_sum_out_of_range")
                    .with("min", Money::amd(terms.min_minor))
                    .with("max", Money::amd(terms.max_minor)))
            }
        }
        (_, _, Some(price)) if sum_minor.is_none_or(|sum| sum == price) => Ok(price),
        (_, _, Some(_)) => Err(Refusal::field("amount", "amount_is_fixed")),
        (_, _, None) => Err(product_gone()),
    }
}

fn check_quantity(product: &Product, quantity: i64) -> Result<(), Refusal> {
    let max = max_quantity(product.kind, product.stock);
    if max == 0 {
        return Err(Refusal::new(crate::failure::RefusalKind::Conflict, "sold_out"));
    }
    if (1..=max).contains(&quantity) {
        Ok(())
    } else {
        Err(Refusal::field("quantity", "quantity_out_of_range").with("max", max))
    }
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
/// Refusals of the catalog: product gone, sold out, time taken or not chosen, quantity or sum out of range.
pub async fn place(services: &Services, merchant: &MerchantId, place: Place) -> Outcome<Placed> {
    let (own, merchant) = (services.clone(), merchant.clone());
    services
        .db
        .write(move |tx| async move {
            if let Some(order) = store::made_by(&*tx, &merchant, &place.made_by).await? {
                let link = links::store::of_order(&*tx, &merchant, &order.id).await?.ok_or_else(Refusal::not_found)?;
                return Ok(Placed { order, link });
            }
            require_times(&tx, &merchant, &place.asked).await?;
            let new = NewOrder {
                asked: place.asked,
                link: None,
                customer: Some(place.customer),
                bot: Some(place.bot),
                telegram_user_id: Some(place.telegram_user_id),
                language: place.language,
                external_order_id: None,
                made_by: Some(place.made_by),
                actor: Actor::Customer.label(),
            };
            let link = links::dynamic::open(&tx, &own, &merchant, new, links::dynamic::Terms::default()).await?;
            Ok(link)
        })
        .await
}
