//! What a customer is asked for a product: its price, or the least of its variants' prices, or a sum of the customer's own.

use std::collections::{BTreeSet, HashMap};

use domain::{MerchantId, ProductId};

use super::{
    Product, store,
    variants::{self, Variant},
};
use crate::{db::Db, failure::Outcome};

/// In minor units of the shop's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    Fixed(i64),
    /// The customer chooses among variants of this price and dearer ones.
    From(i64),
    /// The customer names it.
    Own,
}

impl Price {
    /// `variants` may hold those of other products too. Hidden ones are not on sale.
    #[must_use]
    pub fn of(product: &Product, variants: &[Variant]) -> Self {
        let own = variants.iter().filter(|variant| variant.product_id == product.id);
        let prices = own.filter(|variant| !variant.hidden).map(|variant| variant.price_minor);
        match (prices.clone().min(), prices.max(), product.price_minor) {
            (Some(least), Some(most), _) if least < most => Self::From(least),
            (Some(one), _, _) | (None, _, Some(one)) => Self::Fixed(one),
            (None, _, None) => Self::Own,
        }
    }
}

/// The merchant's products of these ids, each with its price.
///
/// # Errors
/// When the database does not answer.
pub async fn prices(
    db: &Db,
    merchant: &MerchantId,
    ids: BTreeSet<ProductId>,
) -> Outcome<HashMap<ProductId, (Product, Price)>> {
    let variants = variants::of_products(db, merchant, ids.clone()).await?;
    let products = store::by_ids(db.read(), merchant, ids).await?.into_iter();
    let priced = products.map(|product| {
        let price = Price::of(&product, &variants);
        (product.id.clone(), (product, price))
    });
    Ok(priced.collect())
}
