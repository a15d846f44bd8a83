//! How far a new shop has come on its way to the first sale. Read from what is there, so each step can be left and resumed,
//! and a step that is undone is open again.

use domain::MerchantId;

use crate::{
    bots, catalog,
    failure::Outcome,
    payments::{self, Filter},
    services::Services,
    shop::Merchant,
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
    /// Somebody has paid, the merchant first of all.
    Sale,
    /// A bot is connected and works.
    Bot,
    /// The shop's people are told what must not wait.
    Chat,
    /// Customers and providers reach the shop by an encrypted address.
    Address,
}

impl Step {
    pub const ALL: [Self; 7] =
        [Self::Shop, Self::Product, Self::Method, Self::Sale, Self::Bot, Self::Chat, Self::Address];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Product => "product",
            Self::Method => "method",
            Self::Sale => "sale",
            Self::Bot => "bot",
            Self::Chat => "chat",
            Self::Address => "address",
        }
    }
}

/// Every step, and whether it is done.
///
/// # Errors
/// When the database does not answer.
pub async fn start(services: &Services, shop: &Merchant) -> Outcome<Vec<(Step, bool)>> {
    let mut steps = Vec::with_capacity(Step::ALL.len());
    for step in Step::ALL {
        steps.push((step, is_done(services, shop, step).await?));
    }
    Ok(steps)
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
        Step::Sale => {
            let mut paid = false;
            for status in domain::payment::PaymentStatus::ALL.iter().filter(|status| status.was_paid()) {
                let filter = Filter { status: Some(*status), ..Filter::default() };
                paid = paid || !payments::list(db, merchant, &filter, 1).await?.is_empty();
            }
            paid
        }
        Step::Bot => bots::of_merchant(services, merchant).await?.iter().any(|bot| bot.active && bot.trouble.is_none()),
        Step::Chat => shop.staff_chat_id.is_some(),
        Step::Address => services.public_url.starts_with("https://"),
    })
}
