//! The summary: what is ordered, how it is handed over, which way it is paid; and the order, once.

use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use domain::{AccountId, Money, handover::Way, limits};
use leptos::prelude::*;
use server::{
    failure::{Failure, Outcome, Refusal},
    links::Method,
    miniapp::{self, Basket, Contents, Guest},
    orders::{self, Chosen},
    payments,
    promos::{self, Quoted},
};

use super::{Asked, Press, Stall, cart, entered, error, field, lost, once, proof};
use crate::{
    said::Said,
    texts::{say, t, t_with},
    ui::Text,
    web::Faces,
};

/// The form as it was filled in, and what was wrong with it.
#[derive(Default)]
pub(super) struct Filled {
    once: String,
    way: Option<Way>,
    address: String,
    account: String,
    /// A promo code, as it was typed.
    promo: String,
    error: Option<Said>,
}

/// The summary of the cart.
pub(super) async fn of_cart(
    State(faces): State<Faces>,
    Path(bot): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Form(press): Form<Press>,
) -> Response {
    let guest = match entered(&faces, &bot, &press, &asked, &headers).await {
        Ok(guest) => guest,
        Err(response) => return response,
    };
    let stall = Stall::of(&faces, &guest, &asked, &headers);
    let basket = Basket::Cart(field(&press, "version").parse().unwrap_or_default());
    let drawn = again(&stall, &guest, &basket, StatusCode::OK, Filled::default()).await;
    drawn.unwrap_or_else(|failure| lost(&faces, &asked, &headers, &failure))
}

/// The summary once more; of a cart that cannot be ordered as it is, the cart.
async fn again(
    stall: &Stall<'_>,
    guest: &Guest,
    basket: &Basket,
    status: StatusCode,
    filled: Filled,
) -> Outcome<Response> {
    let said = match miniapp::contents(&stall.faces.services, guest, basket).await {
        Ok(contents) if contents.trouble && matches!(basket, Basket::Cart(_)) => filled.error,
        Ok(contents) => return draw(stall, guest, basket, &contents, status, filled).await,
        Err(failure @ Failure::Refused(_)) => Some(Said::of(stall.lang, &failure)),
        Err(failure) => return Err(failure),
    };
    cart::draw(stall, guest, StatusCode::CONFLICT, said.as_ref()).await
}

pub(super) async fn order(
    State(faces): State<Faces>,
    Path(bot): Path<String>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Form(press): Form<Press>,
) -> Response {
    let guest = match entered(&faces, &bot, &press, &asked, &headers).await {
        Ok(guest) => guest,
        Err(response) => return response,
    };
    let stall = Stall::of(&faces, &guest, &asked, &headers);
    let placed = place(&stall, &guest, &press).await;
    placed.unwrap_or_else(|failure| lost(&faces, &asked, &headers, &failure))
}

async fn place(stall: &Stall<'_>, guest: &Guest, press: &Press) -> Outcome<Response> {
    let basket: Basket = serde_json::from_str(field(press, "basket")).map_err(|_| Refusal::not_found())?;
    let (way, once) = (field(press, "way").parse().ok(), once(stall.faces, press));
    let (address, account) = (field(press, "address"), field(press, "account"));
    let promo: String = field(press, "promo").trim().chars().take(100).collect();
    let chosen = Chosen {
        way,
        address: Some(address.to_owned()).filter(|address| !address.is_empty()),
        account: AccountId::parse(account).ok(),
        promo: Some(promo.clone()).filter(|promo| !promo.is_empty()),
    };
    if field(press, "act") == "apply" {
        let (address, account) = (address.to_owned(), account.to_owned());
        let filled = Filled { once, way, address, account, promo, error: None };
        return again(stall, guest, &basket, StatusCode::OK, filled).await;
    }
    let services = &stall.faces.services;
    match miniapp::order(services, guest, basket.clone(), chosen, stall.lang, &once).await {
        Ok(placed) => Ok(Redirect::to(&stall.path(&["/placed/", &placed.link.code].concat())).into_response()),
        Err(failure @ Failure::Refused(_)) => {
            let said = Said::of(stall.lang, &failure);
            let status = said.status;
            let (address, account) = (address.to_owned(), account.to_owned());
            again(stall, guest, &basket, status, Filled { once, way, address, account, promo, error: Some(said) }).await
        }
        Err(failure) => Err(failure),
    }
}

pub(super) async fn draw(
    stall: &Stall<'_>,
    guest: &Guest,
    basket: &Basket,
    contents: &Contents,
    status: StatusCode,
    mut filled: Filled,
) -> Outcome<Response> {
    let services = &stall.faces.services;
    let methods = payments::methods(&services.db, &guest.bot.merchant).await?;
    let ways = contents.has_goods() && stall.shop.ways().any();
    if ways && filled.address.is_empty() {
        let last = orders::last_address(&services.db, &guest.bot.merchant, &guest.customer.id).await?;
        filled.address = last.unwrap_or_default();
    }
    if filled.once.is_empty() {
        filled.once = services.clock.code(16);
    }
    let code = quote(stall, guest, contents, &mut filled).await?;
    let basket_text = serde_json::to_string(basket)?;
    let back = match basket {
        Basket::Piece(piece) => stall.path(&["/", piece.product.as_str()].concat()),
        Basket::Cart(_) => stall.path(""),
    };
    Ok(stall.page(status, &say(stall.lang, "tg.summary"), Some(back), "", || {
        let sum = contents.sum_minor().saturating_sub(code.quoted.as_ref().map_or(0, Quoted::total_minor));
        let money = |minor: i64| Money::new(minor, stall.shop.currency).to_string();
        let line = |line: &server::carts::Seen| {
            let sum = money(line.unit_minor.saturating_mul(line.quantity));
            let trouble = line.trouble.map(|trouble| Said::of(stall.lang, &cart::refusal(trouble).into()));
            view! { <li><span>{cart::counted_title(stall, line)}</span><span>{sum}</span></li>{error(trouble.as_ref())} }
        };
        let beside = |field: &str| (ways && field == "address") || field == "promo";
        let wrong = filled.error.as_ref().filter(|error| !error.field.is_some_and(beside));
        view! {
            <section class="pay-card tg-narrow">
                <div class="pay-body">
                    <h1 class="pay-title">{t("tg.summary")}</h1>
                    <ul class="pay-lines">{contents.lines.iter().map(line).collect_view()}</ul>
                    <form class="pay-form" method="post" action=stall.path("/order")>
                        {proof()}
                        <input type="hidden" name="basket" value=basket_text/>
                        <input type="hidden" name="once" value=filled.once.clone()/>
                        {ways.then(|| handing(stall, sum, &filled))}
                        {how(&methods, &filled)}
                        {code.offered.then(|| promo_field(&code, &filled))}
                        {code.quoted.as_ref().map(|quoted| taken_off(stall, quoted))}
                        <div class="pay-sum"><span>{t("pay.total")}</span>{total(stall, sum, ways, &filled)}</div>
                        {error(wrong)}
                        <button class="pay-button" data-main="true">{t("tg.order")}</button>
                    </form>
                </div>
            </section>
        }
        .into_any()
    }))
}

/// What is said of promo codes.
struct Code {
    /// The shop has some.
    offered: bool,
    quoted: Option<Quoted>,
}

/// What the code that was typed takes off; why not stands beside its field.
async fn quote(stall: &Stall<'_>, guest: &Guest, contents: &Contents, filled: &mut Filled) -> Outcome<Code> {
    let (services, merchant) = (&stall.faces.services, &guest.bot.merchant);
    let offered = !filled.promo.is_empty() || promos::offered(services, merchant, &contents.lines).await?;
    if filled.promo.is_empty() {
        return Ok(Code { offered, quoted: None });
    }
    match promos::look(services, merchant, &guest.customer.id, &filled.promo, &contents.lines).await {
        Ok(quoted) => Ok(Code { offered, quoted: Some(quoted) }),
        Err(failure @ Failure::Refused(_)) => {
            filled.error = Some(Said::of(stall.lang, &failure));
            Ok(Code { offered, quoted: None })
        }
        Err(failure) => Err(failure),
    }
}

fn promo_field(code: &Code, filled: &Filled) -> AnyView {
    let wrong = filled.error.as_ref().and_then(|error| error.about("promo"));
    let invalid = wrong.is_some().then_some("true");
    let open = !filled.promo.is_empty();
    view! {
        <details class="tg-promo" open=open>
            <summary>{t("tg.promo_have")}</summary>
            <div class="tg-promo-row">
                <input
                    class="pay-input"
                    name="promo"
                    aria-label=t("tg.promo")
                    autocomplete="off"
                    autocapitalize="characters"
                    maxlength="40"
                    value=filled.promo.clone()
                    aria-invalid=invalid
                    aria-describedby="promo-note"
                />
                <button class="pay-button" data-look="plain" name="act" value="apply" formnovalidate=true>{t("tg.promo_apply")}</button>
            </div>
            <p id="promo-note" class="pay-error" role=code.quoted.is_none().then_some("alert")>{wrong}</p>
        </details>
    }
    .into_any()
}

fn taken_off(stall: &Stall<'_>, quoted: &Quoted) -> AnyView {
    let sum = ["−", &Money::new(quoted.total_minor(), stall.shop.currency).to_string()].concat();
    let label = t_with("tg.promo_taken", &[("code", &quoted.code)]);
    view! { <div class="pay-sum tg-off"><span>{label}</span><b>{sum}</b></div> }.into_any()
}

/// What is paid in all; the page's script shows it for the way that is chosen.
fn total(stall: &Stall<'_>, sum: i64, ways: bool, filled: &Filled) -> AnyView {
    let offered = stall.shop.ways();
    let of = |way: Way| {
        let brought = if ways && offered.offers(way) { offered.price(way, sum) } else { 0 };
        Money::new(sum.saturating_add(brought), stall.shop.currency).to_string()
    };
    let chosen = filled.way.or(offered.only()).unwrap_or(Way::Pickup);
    let (pickup, delivery) = (of(Way::Pickup), of(Way::Delivery));
    view! { <strong data-total="true" data-pickup=pickup data-delivery=delivery>{of(chosen)}</strong> }.into_any()
}

fn handing(stall: &Stall<'_>, sum_minor: i64, filled: &Filled) -> AnyView {
    let (shop, lang) = (stall.shop, stall.lang);
    let offered = shop.ways();
    let chosen = filled.way.filter(|way| offered.offers(*way)).or(offered.only());
    let way = |way: Way| {
        let (name, price) = match way {
            Way::Pickup => (t("tg.pickup"), t("tg.free")),
            Way::Delivery => match offered.price(way, sum_minor) {
                0 => (t("tg.delivery"), t("tg.free")),
                price => (t("tg.delivery"), Money::new(price, shop.currency).to_string().into()),
            },
        };
        let place = (way == Way::Pickup).then(|| shop.pickup_address.get(lang).to_owned());
        let place = place.map(|place| view! { <br/><small>{place}</small> });
        view! {
            <label class="pay-way">
                <input type="radio" name="way" value=way.as_str() required=true checked=chosen == Some(way)/>
                <span>{name}{place}</span><strong>{price}</strong>
            </label>
        }
    };
    let ways = Way::ALL.iter().copied().filter(|way| offered.offers(*way)).map(way).collect_view();
    let note = shop.delivery_note.get(lang).to_owned();
    let wrong = filled.error.as_ref().and_then(|error| error.about("address"));
    let (invalid, face) = if wrong.is_some() { (Some("true"), "pay-error") } else { (None, "pay-text") };
    let address = offered.offers(Way::Delivery).then(|| {
        view! {
            <label class="pay-field tg-address">
                <span>{t("tg.address")}</span>
                <input
                    class="pay-input"
                    name="address"
                    autocomplete="street-address"
                    maxlength=limits::ADDRESS_MAX.to_string()
                    value=filled.address.clone()
                    aria-invalid=invalid
                    aria-describedby="address-note"
                />
            </label>
            <p id="address-note" class=face>
                {wrong.map_or_else(|| Text::from(note), Text::from)}
            </p>
        }
    });
    view! { <fieldset class="pay-ways"><legend>{t("tg.way")}</legend>{ways}</fieldset>{address} }.into_any()
}

/// The ways to pay, where there are several.
fn how(methods: &[Method], filled: &Filled) -> Option<AnyView> {
    let [_, _, ..] = methods else { return None };
    let chosen = methods.iter().position(|method| method.account.as_str() == filled.account).unwrap_or(0);
    let ways = methods.iter().enumerate().map(|(place, method)| {
        view! {
            <label class="pay-way">
                <input type="radio" name="account" value=method.account.to_string() checked=place == chosen/>
                <span>{method.name.clone()}</span>
            </label>
        }
    });
    let ways = ways.collect_view();
    Some(view! { <fieldset class="pay-ways"><legend>{t("pay.how")}</legend>{ways}</fieldset> }.into_any())
}
