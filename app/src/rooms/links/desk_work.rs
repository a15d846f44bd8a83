//! What the calls of the links' room do at the desk: read the form, call the verb, put the answer into words.

use std::collections::HashMap;

use domain::{
    LinkId, Moment, Money, OrderId, ProductId, limits,
    link::{self, LinkKind},
    moment::MINUTE,
    product::ProductKind,
    role::Permission,
};
use server::{
    bots,
    catalog::{self, Product},
    failure::{Failure, Refusal},
    links::{self, Filter, Link, NewLink, Patch, What},
    orders::{self, Whole},
};

use super::{Asked, Choice, Found, LinkForm, LinkRow, LinkView, shown};
use crate::{
    badge::Badge,
    error::AppError,
    rooms::{PAGE, paged, story::Known},
    web::{Desk, bot_address, desk},
    wire::Wire,
};

/// More products than one person manages by hand.
const WHOLE_CATALOG: u64 = 1_000;

pub(super) async fn list(asked: &Asked) -> Result<Wire, AppError> {
    let desk = desk().await?;
    let may_edit = desk.actor.may(Permission::EditLinks);
    Ok(Wire::html(shown::list(find(&desk, asked).await?, asked, may_edit)))
}

async fn find(desk: &Desk, asked: &Asked) -> Result<Found, AppError> {
    let words: String = asked.q.trim().chars().take(limits::SEARCH).collect();
    let filter = Filter {
        kind: if asked.shelf.is_empty() { Some(LinkKind::Fixed) } else { asked.shelf.parse().ok() },
        active: (asked.shelf == "off").then_some(false),
        search: Some(words).filter(|words| !words.is_empty()),
        before: asked.before.parse().ok(),
        ..Filter::default()
    };
    let found = links::list(&desk.services.db, desk.merchant(), &filter, PAGE as u64 + 1).await?;
    let (found, next) = paged(found, |link| link.id.to_string());
    let all = catalog::list(&desk.services.db, desk.merchant(), &catalog::Filter::default(), WHOLE_CATALOG).await?;
    let products: HashMap<ProductId, Product> = all.into_iter().map(|product| (product.id.clone(), product)).collect();
    let ids = found.iter().filter_map(|link| link.order_id.clone()).collect();
    let orders = orders::by_ids(&desk.services.db, desk.merchant(), ids).await?;
    let orders: HashMap<OrderId, Whole> = orders.into_iter().map(|whole| (whole.order.id.clone(), whole)).collect();
    let rows = found.into_iter().map(|link| {
        let product = link.product_id.as_ref().and_then(|id| products.get(id));
        let leads = Leads::of(desk, &link, product, link.order_id.as_ref().and_then(|id| orders.get(id)));
        row(desk, link, leads)
    });
    Ok(Found { rows: rows.collect(), next })
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
        url: link.url(&desk.services),
        id: link.id.to_string(),
    }
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
struct Leads {
    title: String,
    sum: String,
}

impl Leads {
    fn of(desk: &Desk, link: &Link, product: Option<&Product>, whole: Option<&Whole>) -> Self {
        let own = product.and_then(|product| product.price_minor);
        let sum = link.amount_minor.or(own).map_or_else(|| desk.say("links.customer_sum"), |minor| desk.sum(minor));
        let title = match (whole, &link.title, product) {
            (Some(whole), _, _) => {
                ["№ ", &whole.order.number.to_string(), " · ", whole.title().get(desk.lang)].concat()
            }
            (None, Some(title), _) => title.clone(),
            (None, None, Some(product)) => product.name.get(desk.lang).to_owned(),
            (None, None, None) => link.code.clone(),
        };
        Self { title, sum }
    }
}

pub(super) async fn one(id: &str) -> Result<Wire, AppError> {
    let desk = desk().await?;
    let may_edit = desk.actor.may(Permission::EditLinks);
    Ok(Wire::html(shown::one(view(&desk, id).await?, may_edit)))
}

async fn view(desk: &Desk, id: &str) -> Result<LinkView, AppError> {
    let link = links::get(&desk.services.db, desk.merchant(), &read_id(id)?).await?;
    let product = match &link.product_id {
        Some(id) => Some(catalog::get(&desk.services.db, desk.merchant(), id).await?),
        None => None,
    };
    let whole = match &link.order_id {
        Some(id) => Some(orders::get(&desk.services.db, desk.merchant(), id).await?),
        None => None,
    };
    let leads = Leads::of(desk, &link, product.as_ref(), whole.as_ref());
    let bots = bots::of_merchant(&desk.services, desk.merchant()).await?;
    let bot = bots.first().filter(|_| link.kind == LinkKind::Fixed);
    let payload = link.product_id.as_ref().map_or_else(|| ["l_", &link.code].concat(), ToString::to_string);
    Ok(LinkView {
        id: id.to_owned(),
        name: if link.label.is_empty() { leads.title.clone() } else { link.label.clone() },
        label: link.label.clone(),
        status: status(desk, &link),
        url: link.url(&desk.services),
        telegram: bot.map(|bot| bot_address(&desk.services, &bot.username, None, &payload)),
        active: link.active,
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
    known.push(plain("links.opened", link.opened_count.to_string()));
    let paid = link.max_payments.filter(|_| link.kind == LinkKind::Fixed).map_or_else(
        || link.paid_count.to_string(),
        |max| desk.say_with("links.paid_of", &[("paid", &link.paid_count.to_string()), ("max", &max.to_string())]),
    );
    known.push(plain("links.paid", paid));
    known.extend(link.expires_at.map(|end| plain("links.expires_at", desk.at(end))));
    known.push(plain("links.made", desk.at(link.created_at)));
    known.push(copied("links.code", link.code.clone()));
    known.extend(link.external_order_id.clone().map(|id| copied("links.external_order_id", id)));
    known.extend(link.telegram_user_id.map(|id| copied("links.telegram_user_id", id.to_string())));
    let rows = [("links.see_payments".to_owned(), ["/payments?q=", link.id.as_str()].concat())];
    known.extend(rows.map(|(key, href)| Known { href: Some(href), ..plain("links.payments", desk.say(&key)) }));
    known
}

pub(super) async fn choices() -> Result<Vec<Choice>, AppError> {
    let desk = desk().await?;
    let all = catalog::list(&desk.services.db, desk.merchant(), &catalog::Filter::default(), WHOLE_CATALOG).await?;
    let choices = all.into_iter().map(|product| {
        let price = product.price_minor.map(|minor| [" · ", &desk.sum(minor)].concat()).unwrap_or_default();
        Choice {
            name: [product.name.get(desk.lang), &price].concat(),
            donation: product.kind == ProductKind::Donation,
            id: product.id.to_string(),
        }
    });
    Ok(choices.collect())
}

pub(super) async fn create(form: LinkForm) -> Result<String, AppError> {
    let desk = desk().await?;
    let new = read(&desk, form)?;
    let link = links::create(&desk.services, &desk.actor, desk.merchant(), new).await?;
    Ok(link.id.to_string())
}

fn read(desk: &Desk, form: LinkForm) -> Result<NewLink, Refusal> {
    let kind: LinkKind = form.kind.parse().map_err(|_| Refusal::field("kind", "required"))?;
    let amount = filled(&form.amount).map(|text| Money::parse_major(text, desk.shop.currency));
    let amount = amount.transpose().map_err(|_| Refusal::field("amount", "not_a_sum"))?;
    let what = match filled(&form.product) {
        Some(id) => What::Product(ProductId::parse(id).map_err(|_| Refusal::field("product_id", "product_gone"))?),
        None => What::Free { title: form.title, amount: amount.ok_or_else(|| Refusal::field("amount", "required"))? },
    };
    let by_product = matches!(what, What::Product(_)) && kind == LinkKind::Dynamic;
    Ok(NewLink {
        kind,
        what,
        sum_minor: amount.filter(|_| by_product).map(|money| money.amount_minor),
        label: form.label,
        telegram_user_id: number("telegram_user_id", &form.telegram_user_id)?,
        external_order_id: filled(&form.external_order_id).map(str::to_owned),
        expires_at: filled(&form.expires_at).map(|text| local_time(text, desk.offset())).transpose()?,
        max_payments: number("max_payments", &form.max_payments)?,
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

/// `2026-11-24T18:00` as a browser writes it, in the shop's zone.
fn local_time(text: &str, offset_minutes: i32) -> Result<Moment, Refusal> {
    let seconds = if text.len() == 16 { ":00Z" } else { "Z" };
    let read = Moment::parse(&[text, seconds].concat()).map_err(|_| Refusal::field("expires_at", "time_unreadable"))?;
    Ok(read.plus(-i64::from(offset_minutes) * MINUTE))
}

fn read_id(id: &str) -> Result<LinkId, Failure> {
    Ok(LinkId::parse(id)?)
}

pub(super) async fn patch(id: &str, label: Option<String>, active: Option<bool>) -> Result<(), AppError> {
    let desk = desk().await?;
    links::patch(&desk.services, &desk.actor, desk.merchant(), &read_id(id)?, Patch { label, active }).await?;
    Ok(())
}

pub(super) async fn cancel(id: &str) -> Result<(), AppError> {
    let desk = desk().await?;
    links::cancel(&desk.services, &desk.actor, desk.merchant(), &read_id(id)?).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_typed_in_the_shops_zone() {
        assert_eq!(local_time("2026-11-24T18:00", 240).unwrap().rfc3339(), "2026-11-24T14:00:00Z");
        assert_eq!(local_time("tomorrow", 240).unwrap_err().code, "time_unreadable");
        assert_eq!(number("max_payments", " 3 ").unwrap(), Some(3));
        assert_eq!(number("max_payments", "").unwrap(), None);
        assert_eq!(number("max_payments", "3.5").unwrap_err().field, Some("max_payments"));
    }
}
