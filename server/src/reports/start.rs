//! How far a new shop has come on its way to the first sale, and what is to be tried before customers come. Read from what is there, so each step can be left and resumed,
//! and a step that is undone is open again.

use domain::{MerchantId, payment::PaymentStatus, refund::RefundStatus, role::Role};

use crate::{
    bots, catalog,
    db::Db,
    failure::Outcome,
    payments::{self, Filter},
    refunds,
    services::Services,
    shop::Merchant,
    staff,
};

/// A step on the way, in the order in which they are best taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Customers read how it delivers and when money goes back.
    Shop,
    /// Something is on sale.
    Product,
    /// A payment provider's account is connected and on.
    Method,
    /// A bot is connected and works.
    Bot,
    /// Somebody has paid, the merchant first of all.
    Sale,
    /// The provider's webhook arrives, and its signature is good.
    Webhook,
    /// Money was given back once.
    Refund,
    /// Where something digital is on sale: somebody knows Telegram's rule about it.
    Stars,
    /// The shop's people are told what must not wait.
    Chat,
    /// Nobody gets in as an owner by a password alone.
    SecondStep,
    /// Customers and providers reach the shop by an encrypted address.
    Address,
}

impl Step {
    pub const ALL: [Self; 11] = [
        Self::Shop,
        Self::Product,
        Self::Method,
        Self::Bot,
        Self::Sale,
        Self::Webhook,
        Self::Refund,
        Self::Stars,
        Self::Chat,
        Self::SecondStep,
        Self::Address,
    ];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Product => "product",
            Self::Method => "method",
            Self::Sale => "sale",
            Self::Bot => "bot",
            Self::Stars => "stars",
            Self::Chat => "chat",
            Self::Webhook => "webhook",
            Self::Refund => "refund",
            Self::SecondStep => "second_step",
            Self::Address => "address",
        }
    }
}

/// Every step that this shop has to take, and whether it is done.
///
/// # Errors
/// When the database does not answer.
pub async fn start(services: &Services, shop: &Merchant) -> Outcome<Vec<(Step, bool)>> {
    let mut steps = Vec::with_capacity(Step::ALL.len());
    let digital = catalog::sells_digital(&services.db, &shop.id).await?;
    for step in Step::ALL.into_iter().filter(|step| digital || *step != Step::Stars) {
        steps.push((step, is_done(services, shop, step).await?));
    }
    Ok(steps)
}

/// So many deliveries are looked through for a good one.
const EVENTS: u64 = 20;

/// Whether any money has ever come in: until then a shop is being set up.
///
/// # Errors
/// When the database does not answer.
pub async fn has_sold(db: &Db, merchant: &MerchantId) -> Outcome<bool> {
    for status in PaymentStatus::ALL.iter().filter(|status| status.was_paid()) {
        let filter = Filter { status: Some(*status), ..Filter::default() };
        if !payments::list(db, merchant, &filter, 1).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn is_done(services: &Services, shop: &Merchant, step: Step) -> Outcome<bool> {
    let merchant: &MerchantId = &shop.id;
    let db = &services.db;
    Ok(match step {
        Step::Shop => !shop.policy.is_empty(),
        Step::Product => {
            let visible = catalog::Filter { visible: Some(true), ..catalog::Filter::default() };
            !catalog::list(db, merchant, &visible, 1).await?.is_empty()
        }
        Step::Method => !payments::methods(db, merchant).await?.is_empty(),
        Step::Sale => has_sold(db, merchant).await?,
        Step::Webhook => {
            let events = payments::events(db, merchant, &payments::EventFilter::default(), EVENTS).await?;
            events.iter().any(|event| event.signature_ok)
        }
        Step::Refund => {
            let mut done = false;
            for status in [RefundStatus::Succeeded, RefundStatus::ManualDone] {
                let filter = refunds::Filter { status: Some(status), ..refunds::Filter::default() };
                done = done || !refunds::list(db, merchant, &filter, 1).await?.is_empty();
            }
            done
        }
        Step::SecondStep => {
            let team = staff::list(db, merchant).await?;
            let owners: Vec<_> =
                team.iter().filter(|one| one.role == Role::Owner && one.disabled_at.is_none()).collect();
            let all = !owners.is_empty() && owners.iter().all(|owner| owner.has_two_factor());
            shop.two_factor_required || all
        }
        Step::Bot => bots::of_merchant(services, merchant).await?.iter().any(|bot| bot.active && bot.trouble.is_none()),
        Step::Stars => shop.stars_known_at.is_some(),
        Step::Chat => shop.staff_chat_id.is_some(),
        Step::Address => services.public_url.starts_with("https://"),
    })
}
