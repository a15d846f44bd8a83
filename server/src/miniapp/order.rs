//! From what lies before the customer to the order: what it holds as it can be had now, and placing it once.

use domain::{Lang, product::ProductKind};
use serde::{Deserialize, Serialize};

use super::Guest;
use crate::{
    carts::{self, Owner, Seen},
    failure::{Outcome, Refusal, RefusalKind},
    orders::{self, Asked, Chosen, Piece, Place, Placed},
    services::Services,
};

/// What is about to be ordered: one piece, or the cart as it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basket {
    Piece(Piece),
    Cart(i64),
}

/// What a basket holds.
#[derive(Clone, Debug)]
pub struct Contents {
    pub lines: Vec<Seen>,
    /// Something stands in the way of a line.
    pub trouble: bool,
}

impl Contents {
    /// Whether something is to be handed over.
    #[must_use]
    pub fn has_goods(&self) -> bool {
        self.lines.iter().any(|line| line.kind == Some(ProductKind::Goods))
    }

    #[must_use]
    pub fn sum_minor(&self) -> i64 {
        let sums = self.lines.iter().map(|line| line.unit_minor.saturating_mul(line.quantity));
        sums.fold(0, i64::saturating_add)
    }
}

impl Guest {
    #[must_use]
    pub fn owner(&self) -> Owner {
        Owner { merchant: self.bot.merchant.clone(), customer: self.customer.id.clone() }
    }
}

/// # Errors
/// `cart_changed` when the cart is not what was seen.
pub async fn contents(services: &Services, guest: &Guest, basket: &Basket) -> Outcome<Contents> {
    let lines = match basket {
        Basket::Piece(piece) => carts::look_at(services, &guest.bot.merchant, std::slice::from_ref(piece)).await?,
        Basket::Cart(version) => {
            let cart = carts::look(services, &guest.owner()).await?;
            if cart.version != *version || cart.lines.is_empty() {
                return Err(Refusal::new(RefusalKind::Conflict, "cart_changed").into());
            }
            cart.lines
        }
    };
    let trouble = lines.iter().any(|line| line.trouble.is_some());
    Ok(Contents { lines, trouble })
}

/// Places the order, once for one `once` of this customer: the same again answers the same.
///
/// # Errors
/// As [`orders::place`] and [`carts::check_out`].
pub async fn order(
    services: &Services,
    guest: &Guest,
    basket: Basket,
    chosen: Chosen,
    language: Lang,
    once: &str,
) -> Outcome<Placed> {
    let user = guest.customer.telegram_user_id;
    let mut place = Place {
        asked: Vec::new(),
        bot: guest.bot.id.clone(),
        customer: guest.customer.id.clone(),
        telegram_user_id: user,
        language,
        made_by: ["miniapp", guest.bot.id.as_str(), &user.to_string(), once].join(":"),
        chosen,
    };
    let merchant = &guest.bot.merchant;
    match basket {
        Basket::Piece(piece) => {
            place.asked.push(Asked::Product(piece));
            orders::place(services, merchant, place).await
        }
        Basket::Cart(version) => carts::check_out(services, merchant, version, place).await,
    }
}
