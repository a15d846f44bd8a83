//! What each line of the audit log is about, by its name: an order by its number, a product by what it is called.

use std::collections::{BTreeSet, HashMap};

use domain::{CustomerId, LinkId, PaymentId, ProductId, RefundId};
use serde_json::Value;
use server::{catalog, customers, failure::Outcome, links, refunds, staff::audit::AuditLine};

use crate::{
    rooms::{numbered, people::People},
    web::Desk,
};

/// Names by the id of what they name.
pub(super) struct Names(HashMap<String, String>);

impl Names {
    /// `products`: of which product a variant or a question is.
    pub(super) async fn of(
        desk: &Desk,
        people: &People,
        lines: &[AuditLine],
        products: &HashMap<String, ProductId>,
    ) -> Outcome<Self> {
        let mut names = HashMap::new();
        add_orders(desk, lines, &mut names).await?;
        add_products(desk, lines, products, &mut names).await?;
        let (db, merchant) = (&desk.services.db, desk.merchant());
        let customers = customers::by_ids(db, merchant, ids::<CustomerId>(lines)).await?;
        names.extend(customers.into_iter().map(|customer| (customer.id.to_string(), customer.name)));
        for link in links::by_ids(db, merchant, ids::<LinkId>(lines)).await? {
            let name = if link.label.is_empty() { link.code } else { link.label };
            names.insert(link.id.to_string(), name);
        }
        names.insert(merchant.to_string(), desk.shop.name.get(desk.lang).to_owned());
        let staff = lines.iter().filter(|line| line.subject.starts_with("stf_"));
        names.extend(staff.map(|line| (line.subject.clone(), people.name(desk, &line.subject))));
        Ok(Self(names))
    }

    /// The name it has now, or the one that the log kept of it; its id where it never had one.
    pub(super) fn name(&self, desk: &Desk, line: &AuditLine) -> String {
        let kept = || [&line.after, &line.before].into_iter().flatten().find_map(|text| kept_name(desk, text));
        let known = self.0.get(&line.subject).filter(|name| !name.is_empty()).cloned();
        known.or_else(kept).unwrap_or_else(|| line.subject.clone())
    }
}

/// The ids of one kind among what the lines are about.
fn ids<T: std::str::FromStr>(lines: &[AuditLine]) -> Vec<T> {
    lines.iter().filter_map(|line| line.subject.parse().ok()).collect()
}

/// Orders by their number; payments and refunds by the number of their order.
async fn add_orders(desk: &Desk, lines: &[AuditLine], names: &mut HashMap<String, String>) -> Outcome<()> {
    let given = refunds::by_ids(&desk.services.db, desk.merchant(), ids::<RefundId>(lines)).await?;
    let paid = ids::<PaymentId>(lines).into_iter().chain(given.iter().map(|refund| refund.payment_id.clone()));
    names.extend(numbered::names(desk, paid.collect(), ids(lines)).await?);
    for refund in given {
        let order = names.get(refund.payment_id.as_str()).cloned().unwrap_or_default();
        names.insert(refund.id.to_string(), [&refund.amount().to_string(), " · ", &order].concat());
    }
    Ok(())
}

/// Products, and what is a part of one, by the product's name.
async fn add_products(
    desk: &Desk,
    lines: &[AuditLine],
    products: &HashMap<String, ProductId>,
    names: &mut HashMap<String, String>,
) -> Outcome<()> {
    let asked: BTreeSet<ProductId> = ids(lines).into_iter().chain(products.values().cloned()).collect();
    for product in catalog::by_ids(&desk.services.db, desk.merchant(), asked).await? {
        let name = product.name.get(desk.lang).to_owned();
        let parts = products.iter().filter(|(_, of)| **of == product.id);
        names.extend(parts.map(|(part, _)| (part.clone(), name.clone())));
        names.insert(product.id.to_string(), name);
    }
    Ok(())
}

/// What the log itself wrote down as a name: plain, or in each language.
fn kept_name(desk: &Desk, text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    let named = ["name", "title", "label", "email"].iter().map(|key| &value[*key]);
    let name = named.filter_map(|name| name.as_str().or_else(|| name[desk.lang.as_str()].as_str()));
    name.map(str::to_owned).find(|name| !name.is_empty())
}
