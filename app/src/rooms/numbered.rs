//! Payments and orders by what people call them: the order's number, and what was bought.

use std::collections::HashMap;

use domain::{OrderId, PaymentId};
use server::{failure::Outcome, orders, payments};

use crate::web::Desk;

/// The names of these payments and orders, by their ids; a payment is called as its order.
pub(super) async fn names(
    desk: &Desk,
    paid: Vec<PaymentId>,
    mut asked: Vec<OrderId>,
) -> Outcome<HashMap<String, String>> {
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let paid = payments::by_ids(db, merchant, paid).await?;
    asked.extend(paid.iter().map(|payment| payment.order_id.clone()));
    let mut names = HashMap::new();
    for whole in orders::by_ids(db, merchant, asked).await? {
        let title = whole.title();
        let name = ["№ ", &whole.order.number.to_string(), " · ", title.get(desk.lang)].concat();
        let own = paid.iter().filter(|payment| payment.order_id == whole.order.id);
        names.extend(own.map(|payment| (payment.id.to_string(), name.clone())));
        names.insert(whole.order.id.to_string(), name);
    }
    Ok(names)
}
