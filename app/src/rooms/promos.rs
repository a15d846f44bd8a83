//! Promo codes: how each has done, a new one, and switching one off.

use axum::{
    Form, Router,
    extract::Path,
    response::Response,
    routing::{get, post},
};
use domain::{Money, ProductId, PromoId, promo::Off, role::Permission};
use leptos::prelude::*;
use serde::Deserialize;
use server::{
    catalog::{self, Product},
    failure::{Outcome, Refusal},
    promos::{self, Done, NewPromo, Promo},
};

use super::typed::{Typed, local_time};
use crate::{
    said::Wrong,
    texts::t,
    ui::{
        Button, ButtonLink, Cell, Column, Crumb, Empty, Glyph, Icon, Look, RoomHead, Row, Segments, Size, StatusBadge,
        Table, Td, TextInput, Tone,
    },
    web::{Desk, Faces, Flash},
};

const PATH: &str = "/promos";
const NEW: &str = "/promos/new";
/// Products to choose among.
const OFFERED: u64 = 200;
const FIELDS: &[&str] = &["code", "off", "from", "until", "most_uses", "most_each", "least"];

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(list)).route(NEW, get(blank).post(create)).route("/promos/{id}/switch", post(switch))
}

async fn list(desk: Desk) -> Response {
    let found = promos::list(&desk.services.db, desk.merchant()).await;
    desk.room(&desk.say("room.promos"), found, |found| room(&desk, found)).await
}

async fn blank(desk: Desk) -> Response {
    let form = Typed::default().with("how", "percent");
    draw(&desk, &form, &[], Wrong::default()).await
}

async fn draw(desk: &Desk, form: &Typed, products: &[String], wrong: Wrong) -> Response {
    let title = desk.say("promos.new");
    if let Err(refusal) = desk.must(Permission::EditCatalog) {
        return desk.failed(&title, &refusal.into()).await;
    }
    match catalog::choice(&desk.services.db, desk.merchant(), None, OFFERED).await {
        Ok(all) => desk.form(&title, wrong, |wrong| page(desk, form, &all, products, wrong)).await,
        Err(failure) => desk.failed(&title, &failure).await,
    }
}

async fn create(desk: Desk, Form(sent): Form<Vec<(String, String)>>) -> Response {
    let (products, fields): (Vec<_>, Vec<_>) = sent.into_iter().partition(|(name, _)| name == "product");
    let products: Vec<String> = products.into_iter().map(|(_, id)| id).collect();
    let form = Typed::from(fields);
    let made = async || -> Outcome<Promo> {
        let new = read(&desk, &form, &products)?;
        promos::create(&desk.services, &desk.actor, desk.merchant(), new).await
    };
    match made().await {
        Ok(promo) => {
            let said = desk.say_with("promos.made", &[("code", &promo.code)]);
            desk.done(Ok(Flash::good(said)), PATH)
        }
        Err(failure) => draw(&desk, &form, &products, desk.wrong(&failure)).await,
    }
}

fn read(desk: &Desk, form: &Typed, products: &[String]) -> Outcome<NewPromo> {
    let currency = desk.shop.currency;
    let wrong = || Refusal::field("off", "promo_off_wrong");
    let off = match form.get("how") {
        "sum" => Off::Sum(form.sum("off", currency)?.ok_or_else(wrong)?),
        _ => Off::Percent(form.number("off")?.ok_or_else(wrong)?),
    };
    let time = |field: &'static str| match form.get(field) {
        "" => Ok(None),
        text => local_time(field, text, desk.shop.utc_offset_minutes).map(Some),
    };
    Ok(NewPromo {
        code: form.get("code").to_owned(),
        off,
        from: time("from")?,
        until: time("until")?,
        most_uses: form.number("most_uses")?,
        most_each: form.number("most_each")?,
        least_minor: form.sum("least", currency)?.unwrap_or(0),
        products: products.iter().map(|id| ProductId::parse(id)).collect::<Result<_, _>>()?,
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Switched {
    on: bool,
}

async fn switch(desk: Desk, Path(id): Path<String>, Form(Switched { on }): Form<Switched>) -> Response {
    let switched = async || -> Outcome<Flash> {
        promos::switch(&desk.services, &desk.actor, desk.merchant(), &PromoId::parse(&id)?, on).await?;
        Ok(Flash::good(desk.say(if on { "promos.on_now" } else { "promos.off_now" })))
    };
    desk.done(switched().await, PATH)
}

fn room(desk: &Desk, found: Vec<(Promo, Done)>) -> AnyView {
    let add = desk.may(Permission::EditCatalog).then(|| {
        view! { <ButtonLink href=NEW look=Look::Primary icon=Glyph::Plus>{t("promos.new")}</ButtonLink> }
    });
    let inside = if found.is_empty() {
        view! { <Empty glyph=Glyph::Tag title=t("promos.none") text=t("promos.none_text")/> }.into_any()
    } else {
        table(desk, found)
    };
    view! {
        <RoomHead title=t("room.promos")>{add}</RoomHead>
        <div id="list" data-live=true>{inside}</div>
    }
    .into_any()
}

fn table(desk: &Desk, found: Vec<(Promo, Done)>) -> AnyView {
    let columns = vec![
        Column::new(Cell::Main, t("promos.code")),
        Column::new(Cell::Status, t("payments.status")),
        Column::new(Cell::Meta, t("promos.used")),
        Column::new(Cell::Sum, t("promos.off_sum")),
        Column::new(Cell::Sum, t("promos.received")),
        Column::new(Cell::Tools, ""),
    ];
    let rows = found.iter().map(|(promo, done)| line(desk, promo, *done)).collect_view();
    view! { <Table label=t("room.promos") columns=columns>{rows}</Table> }.into_any()
}

fn line(desk: &Desk, promo: &Promo, done: Done) -> AnyView {
    let money = |minor: i64| Money::new(minor, desk.shop.currency).to_string();
    let (tone, state) = state(desk, promo);
    let used = match promo.most_uses {
        Some(most) => {
            desk.say_with("promos.used_of", &[("used", &promo.used.to_string()), ("most", &most.to_string())])
        }
        None => promo.used.to_string(),
    };
    let over = promo.until_at.is_some_and(|until| until <= desk.now());
    let turn = (desk.may(Permission::EditCatalog) && !over).then(|| {
        let (value, text) = if promo.active { ("false", "promos.turn_off") } else { ("true", "promos.turn_on") };
        let action = [PATH, "/", promo.id.as_str(), "/switch"].concat();
        view! {
            <form method="post" action=action>
                <input type="hidden" name="on" value=value/>
                <Button look=Look::Quiet size=Size::Small>{t(text)}</Button>
            </form>
        }
    });
    let (code, terms) = (promo.code.clone(), terms(desk, promo));
    let (off, received) = (money(done.off_minor), money(done.received_minor));
    view! {
        <Row key=promo.id.to_string()>
            <Td cell=Cell::Main><div><b>{code}</b></div><small class="quiet">{terms}</small></Td>
            <Td cell=Cell::Status><StatusBadge tone=tone text=t(state)/></Td>
            <Td cell=Cell::Meta label=t("promos.used")>{used}</Td>
            <Td cell=Cell::Sum label=t("promos.off_sum")>{off}</Td>
            <Td cell=Cell::Sum label=t("promos.received")>{received}</Td>
            <Td cell=Cell::Tools>{turn}</Td>
        </Row>
    }
    .into_any()
}

fn state(desk: &Desk, promo: &Promo) -> (Tone, &'static str) {
    let now = desk.now();
    match promo {
        promo if !promo.active => (Tone::Ended, "promos.state_off"),
        promo if promo.until_at.is_some_and(|until| until <= now) => (Tone::Ended, "promos.state_past"),
        promo if promo.is_used_up() => (Tone::Ended, "promos.state_used_up"),
        promo if promo.from_at.is_some_and(|from| from > now) => (Tone::Waiting, "promos.state_waits"),
        _ => (Tone::Good, "promos.state_on"),
    }
}

/// What it takes off, and for whom, in a few words.
fn terms(desk: &Desk, promo: &Promo) -> String {
    let money = |minor: i64| Money::new(minor, desk.shop.currency).to_string();
    let off = match promo.off() {
        Off::Percent(percent) => ["−", &percent.to_string(), "%"].concat(),
        Off::Sum(minor) => ["−", &money(minor)].concat(),
    };
    let least =
        (promo.least_minor > 0).then(|| desk.say_with("promos.from_sum", &[("sum", &money(promo.least_minor))]));
    let some = promo.products.0.len();
    let some = (some > 0).then(|| desk.say_with("promos.for_products", &[("count", &some.to_string())]));
    let each = promo.most_each.map(|most| desk.say_with("promos.each", &[("most", &most.to_string())]));
    let until = promo.until_at.map(|until| desk.say_with("promos.until_time", &[("until", &desk.at(until))]));
    [Some(off), least, some, each, until].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn page(desk: &Desk, form: &Typed, all: &[Product], ticked: &[String], wrong: &Wrong) -> AnyView {
    let how = vec![("percent", t("promos.percent")), ("sum", t("promos.sum"))];
    let how = how.into_iter().map(|(value, text)| (value.to_owned(), text)).collect::<Vec<_>>();
    let chosen = if form.get("how") == "sum" { "sum" } else { "percent" };
    let field = |name: &'static str| form.get(name).to_owned();
    let tick = |product: &Product| {
        let id = product.id.to_string();
        let on = ticked.contains(&id);
        let name = product.name.get(desk.lang).to_owned();
        view! { <label class="check"><input type="checkbox" name="product" value=id checked=on/><span>{name}</span></label> }
    };
    let ticks = all.iter().map(tick).collect_view();
    view! {
        <Crumb href=PATH text=t("room.promos")/>
        <RoomHead title=t("promos.new")/>
        <form class="form" method="post" action=NEW data-send=true>
            <div class="form-section">
                <TextInput name="code" label=t("promos.code") value=field("code") help=t("promos.code_help") error=wrong.about("code") autocomplete="off" max_length=32 required=true/>
                <Segments name="how" label=t("promos.takes_off") options=how value=chosen/>
                <TextInput name="off" label=t("promos.how_much") value=field("off") inputmode="decimal" help=t("promos.off_help") error=wrong.about("off") autocomplete="off" max_length=12 required=true/>
            </div>
            <div class="form-section">
                <h2>{t("promos.limits")}</h2>
                <div class="form-pair">
                    <TextInput name="from" label=t("promos.from") aside=t("common.optional") kind="datetime-local" value=field("from") error=wrong.about("from")/>
                    <TextInput name="until" label=t("promos.until") aside=t("common.optional") kind="datetime-local" value=field("until") error=wrong.about("until")/>
                </div>
                <div class="form-pair">
                    <TextInput name="most_uses" label=t("promos.most_uses") aside=t("common.optional") value=field("most_uses") inputmode="numeric" error=wrong.about("most_uses") max_length=7/>
                    <TextInput name="most_each" label=t("promos.most_each") aside=t("common.optional") value=field("most_each") inputmode="numeric" error=wrong.about("most_each") max_length=7/>
                </div>
                <TextInput name="least" label=t("promos.least") aside=t("common.optional") value=field("least") inputmode="decimal" help=t("promos.least_help") error=wrong.about("least") max_length=12/>
                <details class="raw" open=!ticked.is_empty()>
                    <summary><Icon glyph=Glyph::ChevronRight/>{t("promos.products")}</summary>
                    <div class="ticks">{ticks}</div>
                </details>
            </div>
            {wrong.beside(FIELDS)}
            <div class="form-actions">
                <Button look=Look::Primary icon=Glyph::Check>{t("promos.add")}</Button>
                <ButtonLink href=PATH look=Look::Quiet>{t("common.cancel")}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}
