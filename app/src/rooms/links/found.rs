//! Links in words, and the form of a new one read.

use std::collections::HashMap;

use domain::{
    LinkId, Money, OrderId, ProductId, VariantId, limits,
    link::{self, LinkKind},
    product::ProductKind,
    role::Permission,
};
use serde::Deserialize;
use server::{
    bots,
    catalog::{self, Price, Product, variants},
    failure::{Outcome, Refusal},
    links::{self, Filter, Link, NewLink, What},
    orders::{self, Whole},
};

use crate::{
    badge::Badge,
    rooms::{
        PAGE,
        kept::Kept,
        paged, period,
        place::Place,
        story::Known,
        typed::local_time,
        views::{self, Tabs},
    },
    web::{Desk, bot_address},
};

/// More products than one person manages by hand.
const WHOLE_CATALOG: u64 = 1_000;

/// What the list is asked for: the state in its address, as it stands there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    shelf: String,
    /// Opened on these days of the shop's zone, both included.
    from: String,
    until: String,
    /// The whole label.
    label: String,
    before: String,
}

impl Asked {
    pub(super) fn place(&self) -> Place {
        let state = [
            ("q", &*self.q),
            ("shelf", &self.shelf),
            ("from", &self.from),
            ("until", &self.until),
            ("label", &self.label),
        ];
        Place::new(super::PATH, &state, &self.before)
    }
}

pub(super) struct LinkRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) sub: String,
    pub(super) kind: String,
    pub(super) sum: String,
    pub(super) status: Badge,
    pub(super) counts: String,
    pub(super) received: String,
    pub(super) url: String,
}

pub(super) struct Found {
    pub(super) rows: Vec<LinkRow>,
    pub(super) next: Option<String>,
    pub(super) tabs: Tabs,
    pub(super) kept: Vec<Kept>,
    pub(super) may_edit: bool,
}

/// A link, ready to hand over.
pub(super) struct LinkView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) label: String,
    pub(super) sum: String,
    pub(super) status: Badge,
    pub(super) url: String,
    /// The same through the shop's bot.
    pub(super) telegram: Option<String>,
    pub(super) active: bool,
    pub(super) cancelled: bool,
    pub(super) cancellable: bool,
    pub(super) may_edit: bool,
    pub(super) known: Vec<Known>,
}

/// A product that a link may lead to.
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) donation: bool,
}

/// A new link as typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct LinkForm {
    pub(super) kind: String,
    pub(super) product: String,
    pub(super) title: String,
    pub(super) amount: String,
    pub(super) label: String,
    /// `2026-11-24T18:00` in the shop's zone.
    pub(super) expires_at: String,
    pub(super) max_payments: String,
    pub(super) telegram_user_id: String,
    pub(super) external_order_id: String,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    let words: String = asked.q.trim().chars().take(limits::SEARCH).collect();
    let filter = Filter {
        kind: if asked.shelf.is_empty() { Some(LinkKind::Fixed) } else { asked.shelf.parse().ok() },
        active: (asked.shelf == "off").then_some(false),
        search: Some(words).filter(|words| !words.is_empty()),
        opened: period::read(&asked.from, &asked.until).map(|days| (days.first, days.last)),
        label: Some(asked.label.clone()).filter(|label| !label.is_empty()),
        before: asked.before.parse().ok(),
        ..Filter::default()
    };
    let found = links::list(&desk.services.db, desk.merchant(), &filter, PAGE as u64 + 1).await?;
    let (found, next) = paged(found, |link| link.id.to_string());
    let own = found.iter().filter_map(|link| link.product_id.clone()).collect();
    let products = catalog::prices(&desk.services.db, desk.merchant(), own).await?;
    let ids = found.iter().filter_map(|link| link.order_id.clone()).collect();
    let orders = orders::by_ids(&desk.services.db, desk.merchant(), ids).await?;
    let orders: HashMap<OrderId, Whole> = orders.into_iter().map(|whole| (whole.order.id.clone(), whole)).collect();
    let rows = found.into_iter().map(|link| {
        let product = link.product_id.as_ref().and_then(|id| products.get(id));
        let leads = Leads::of(desk, &link, product, link.order_id.as_ref().and_then(|id| orders.get(id)));
        row(desk, link, leads)
    });
    let label = Some(asked.label.clone()).filter(|label| !label.is_empty());
    let label = label.map(|text| Kept { names: &["label"], text });
    let kept = Kept::days(&asked.from, &asked.until).into_iter().chain(label).collect();
    let tabs = views::find(desk, "links", &asked.place()).await?;
    Ok(Found { rows: rows.collect(), next, tabs, kept, may_edit: desk.may(Permission::EditLinks) })
}

fn row(desk: &Desk, link: Link, leads: Leads) -> LinkRow {
    let name = if link.label.is_empty() { leads.title.clone() } else { link.label.clone() };
    LinkRow {
        sub: if link.label.is_empty() { link.code.clone() } else { leads.title },
        name,
        kind: kind(desk, link.kind),
        sum: leads.sum,
        status: status(desk, &link),
        counts: [&link.opened_count.to_string(), " / ", &link.paid_count.to_string()].concat(),
        received: received(&link),
        url: link.url(&desk.services),
        id: link.id.to_string(),
    }
}

/// What came in through it; nothing is said of nothing.
fn received(link: &Link) -> String {
    if link.received_minor > 0 { Money::new(link.received_minor, link.currency).to_string() } else { String::new() }
}

fn kind(desk: &Desk, kind: LinkKind) -> String {
    desk.say(match kind {
        LinkKind::Fixed => "links.fixed",
        LinkKind::Dynamic => "links.dynamic",
    })
}

fn status(desk: &Desk, link: &Link) -> Badge {
    Badge::link(desk.lang, link::open(&link.state(), desk.now()).err())
}

/// What a link leads to, in words.
pub(super) struct Leads {
    pub(super) title: String,
    pub(super) sum: String,
    /// The sum, where there is one for everybody.
    pub(super) fixed: Option<Money>,
}

impl Leads {
    fn of(desk: &Desk, link: &Link, product: Option<&(Product, Price)>, whole: Option<&Whole>) -> Self {
        let title = match (whole, &link.title, product) {
            (Some(whole), _, _) => {
                ["№ ", &whole.order.number.to_string(), " · ", whole.title().get(desk.lang)].concat()
            }
            (None, Some(title), _) => title.clone(),
            (None, None, Some((product, _))) => product.name.get(desk.lang).to_owned(),
            (None, None, None) => link.code.clone(),
        };
        let price = match (link.amount_minor, product) {
            (Some(minor), _) => Price::Fixed(minor),
            (None, Some((_, price))) => *price,
            (None, None) => Price::Own,
        };
        let fixed = match price {
            Price::Fixed(minor) => Some(Money::new(minor, link.currency)),
            _ => None,
        };
        Self { title, sum: asked_for(desk, price), fixed }
    }
}

/// What a customer is asked, in words.
pub(in crate::rooms) fn asked_for(desk: &Desk, price: Price) -> String {
    match price {
        Price::Fixed(minor) => desk.sum(minor),
        Price::From(minor) => desk.say_with("products.from", &[("sum", &desk.sum(minor))]),
        Price::Own => desk.say("links.customer_sum"),
    }
}

pub(super) async fn one(desk: &Desk, id: &str) -> Outcome<LinkView> {
    let link = links::get(&desk.services.db, desk.merchant(), &LinkId::parse(id)?).await?;
    let own = link.product_id.iter().cloned().collect();
    let product = catalog::prices(&desk.services.db, desk.merchant(), own).await?.into_values().next();
    let whole = match &link.order_id {
        Some(id) => Some(orders::get(&desk.services.db, desk.merchant(), id).await?),
        None => None,
    };
    let leads = Leads::of(desk, &link, product.as_ref(), whole.as_ref());
    let bots = bots::of_merchant(&desk.services, desk.merchant()).await?;
    let bot = bots.first().filter(|_| link.kind == LinkKind::Fixed);
    // By its own code, so that its end, its switch and its uses hold there too.
    let payload = ["l_", &link.code].concat();
    Ok(LinkView {
        id: id.to_owned(),
        name: if link.label.is_empty() { leads.title.clone() } else { link.label.clone() },
        label: link.label.clone(),
        status: status(desk, &link),
        url: link.url(&desk.services),
        telegram: bot.map(|bot| bot_address(&desk.services, &bot.username, None, &payload)),
        active: link.active,
        may_edit: desk.may(Permission::EditLinks),
        cancelled: link.cancelled_at.is_some(),
        cancellable: link.cancelled_at.is_none() && !(link.kind == LinkKind::Dynamic && link.paid_count > 0),
        known: known(desk, &link, leads.title),
        sum: leads.sum,
    })
}

fn known(desk: &Desk, link: &Link, title: String) -> Vec<Known> {
    let plain = |key: &str, value: String| Known { label: desk.say(key), value, copy: false, href: None };
    let copied = |key: &str, value: String| Known { copy: true, ..plain(key, value) };
    let mut known = vec![plain("links.kind", kind(desk, link.kind)), plain("links.what", title)];
    if !link.label.is_empty() {
        let shelf = Place::new(super::PATH, &[("shelf", "all"), ("label", &link.label)], "").with("", "");
        known.push(Known { href: Some(shelf), ..plain("labels.label", link.label.clone()) });
    }
    known.push(plain("links.opened", link.opened_count.to_string()));
    let paid = link.max_payments.filter(|_| link.kind == LinkKind::Fixed).map_or_else(
        || link.paid_count.to_string(),
        |max| desk.say_with("links.paid_of", &[("paid", &link.paid_count.to_string()), ("max", &max.to_string())]),
    );
    known.push(plain("links.paid", paid));
    known.extend(Some(received(link)).filter(|sum| !sum.is_empty()).map(|sum| plain("links.received", sum)));
    known.extend(link.expires_at.map(|end| plain("links.expires_at", desk.at(end))));
    known.push(plain("links.made", desk.at(link.created_at)));
    known.push(copied("links.code", link.code.clone()));
    known.extend(link.external_order_id.clone().map(|id| copied("links.external_order_id", id)));
    known.extend(link.telegram_user_id.map(|id| copied("links.telegram_user_id", id.to_string())));
    let rows = [("links.see_payments".to_owned(), ["/payments?q=", link.id.as_str()].concat())];
    known.extend(rows.map(|(key, href)| Known { href: Some(href), ..plain("links.payments", desk.say(&key)) }));
    known
}

/// What each link leads to, and what it asks for.
pub(super) async fn leads(desk: &Desk, links: &[Link]) -> Outcome<Vec<Leads>> {
    let own = links.iter().filter_map(|link| link.product_id.clone()).collect();
    let products = catalog::prices(&desk.services.db, desk.merchant(), own).await?;
    let one = |link: &Link| Leads::of(desk, link, link.product_id.as_ref().and_then(|id| products.get(id)), None);
    Ok(links.iter().map(one).collect())
}

pub(super) async fn choices(desk: &Desk, chosen: &str) -> Outcome<Vec<Choice>> {
    let chosen = chosen.split(' ').next().and_then(|id| id.parse().ok());
    let all = catalog::choice(&desk.services.db, desk.merchant(), chosen.as_ref(), WHOLE_CATALOG).await?;
    let ids = all.iter().map(|product| product.id.clone()).collect();
    let variants = variants::of_products(&desk.services.db, desk.merchant(), ids).await?;
    let priced = |name: &str, minor: Option<i64>| match minor {
        Some(minor) => [name, " · ", &desk.sum(minor)].concat(),
        None => name.to_owned(),
    };
    let choices = all.into_iter().flat_map(|product| {
        let own: Vec<_> = variants.iter().filter(|variant| variant.product_id == product.id).collect();
        let whole = Choice {
            name: priced(product.name.get(desk.lang), product.price_minor.filter(|_| own.is_empty())),
            donation: product.kind == ProductKind::Donation,
            id: product.id.to_string(),
        };
        // For one order, one of its variants; a fixed link lets the customer choose.
        let each = own.into_iter().filter(|variant| !variant.hidden).map(move |variant| Choice {
            name: priced(product.name.and(", ", &variant.name).get(desk.lang), Some(variant.price_minor)),
            donation: false,
            id: [product.id.as_str(), " ", variant.id.as_str()].concat(),
        });
        std::iter::once(whole).chain(each).collect::<Vec<_>>()
    });
    Ok(choices.collect())
}

pub(super) async fn create(desk: &Desk, form: &LinkForm) -> Outcome<LinkId> {
    let new = read(desk, form)?;
    Ok(links::create(&desk.services, &desk.actor, desk.merchant(), new).await?.id)
}

/// What the kind of link does not ask for is passed over: it may have been typed before the kind was chosen.
fn read(desk: &Desk, form: &LinkForm) -> Result<NewLink, Refusal> {
    let kind: LinkKind = form.kind.parse().map_err(|_| Refusal::field("kind", "required"))?;
    let (fixed, dynamic) = (kind == LinkKind::Fixed, kind == LinkKind::Dynamic);
    let amount = filled(&form.amount).map(|text| Money::parse_major(text, desk.shop.currency));
    let amount = amount.transpose().map_err(|_| Refusal::field("amount", "not_a_sum"))?;
    let (product, variant) = match filled(&form.product).map(|chosen| chosen.split_once(' ').unwrap_or((chosen, ""))) {
        Some((product, variant)) => (Some(product), VariantId::parse(variant).ok()),
        None => (None, None),
    };
    if fixed && variant.is_some() {
        return Err(Refusal::field("product_id", "variant_only_for_one_order"));
    }
    let what = match product {
        Some(id) => What::Product(ProductId::parse(id).map_err(|_| Refusal::field("product_id", "product_gone"))?),
        None => What::Free {
            title: form.title.clone(),
            amount: amount.ok_or_else(|| Refusal::field("amount", "required"))?,
        },
    };
    let by_product = matches!(what, What::Product(_)) && dynamic;
    let only = |wanted: bool, text: &'_ str| if wanted { text.to_owned() } else { String::new() };
    Ok(NewLink {
        kind,
        what,
        sum_minor: amount.filter(|_| by_product).map(|money| money.amount_minor),
        slot: None,
        variant,
        label: form.label.clone(),
        telegram_user_id: number("telegram_user_id", &only(dynamic, &form.telegram_user_id))?,
        external_order_id: filled(&form.external_order_id).filter(|_| dynamic).map(str::to_owned),
        expires_at: filled(&form.expires_at).map(|text| local_time("expires_at", text, desk.offset())).transpose()?,
        max_payments: number("max_payments", &only(fixed, &form.max_payments))?,
        metadata: serde_json::Value::Null,
        made_by: None,
    })
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn number(field: &'static str, text: &str) -> Result<Option<i64>, Refusal> {
    filled(text).map(|text| text.parse().map_err(|_| Refusal::field(field, "not_a_number"))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_typed_or_left_out() {
        assert_eq!(number("max_payments", " 3 ").unwrap(), Some(3));
        assert_eq!(number("max_payments", "").unwrap(), None);
        assert_eq!(number("max_payments", "3.5").unwrap_err().field, Some("max_payments"));
    }
}
