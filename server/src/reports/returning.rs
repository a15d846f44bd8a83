//! What a customer sees who comes back from the provider's page. The address proves nothing: only the journal's word is shown.

use domain::{PaymentId, link::LinkClosed};

use crate::{
    bots,
    failure::{Outcome, Refusal},
    links,
    orders::{self, Whole},
    payments::{self, Payment},
    services::Services,
    shop::{self, Merchant},
};

#[derive(Clone, Debug)]
pub struct Returning {
    /// Of the link.
    pub code: String,
    pub shop: Merchant,
    pub payment: Payment,
    pub whole: Whole,
    /// The bot the order came from, or the shop's only one.
    pub bot: Option<String>,
    /// Why paying again on the same link is not possible.
    pub closed: Option<LinkClosed>,
}

/// The payment named in the address, if it is one of this link; else the last one of a dynamic link's order.
///
/// # Errors
/// `not_found` for an unknown code, and where there is no payment to speak of.
pub async fn returning(services: &Services, code: &str, payment: Option<&str>) -> Outcome<Returning> {
    let db = &services.db;
    let link = links::store::by_code(db.read(), code).await?.ok_or_else(Refusal::not_found)?;
    let merchant = link.merchant_id.clone();
    let payment = match (payment, &link.order_id) {
        (Some(id), _) => payments::get(db, &merchant, &PaymentId::parse(id)?).await?,
        (None, Some(order)) => payments::of_order(db, &merchant, order).await?.pop().ok_or_else(Refusal::not_found)?,
        (None, None) => return Err(Refusal::not_found().into()),
    };
    if payment.link_id.as_ref() != Some(&link.id) {
        return Err(Refusal::not_found().into());
    }
    let whole = orders::get(db, &merchant, &payment.order_id).await?;
    let bots = bots::of_merchant(services, &merchant).await?;
    let own = bots.iter().find(|bot| Some(&bot.id) == whole.order.bot_id.as_ref());
    Ok(Returning {
        shop: shop::get(db, &merchant).await?,
        bot: own.or(bots.first().filter(|_| bots.len() == 1)).map(|bot| bot.username.clone()),
        closed: domain::link::open(&link.state(), services.clock.now()).err(),
        code: link.code,
        payment,
        whole,
    })
}
