//! `/tg/{bot}/{product}`: a product, what is chosen and answered before it is bought, and the two buttons.

use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{BotId, FileId, Money, ProductId, SlotId, VariantId, product::ProductKind};
use leptos::prelude::*;
use server::{
    carts,
    failure::{Failure, Outcome, Refusal},
    miniapp::{self, Basket, Card, Guest},
    orders::Piece,
};

use super::{Asked, Press, Stall, cart, checkout, entered, error, field, lost, once, proof};
use crate::{
    pay::{
        choose::{self, Offer},
        view::Filled,
    },
    said::Said,
    texts::{t, t_with},
    ui::Text,
    web::Faces,
};

pub(super) async fn show(
    State(faces): State<Faces>,
    Path((bot, product)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    match look(&faces, &bot, &product).await {
        Ok(card) => {
            let lang = asked.language(&card.shop, &headers);
            let sum = asked.sum.unwrap_or_default().chars().take(20).collect();
            let filled = Filled { attempt: faces.services.clock.code(16), sum, ..Filled::default() };
            let stall = Stall { faces: &faces, bot: &card.bot, shop: &card.shop, lang };
            draw(&stall, &card, StatusCode::OK, &filled, 1)
        }
        Err(failure) => lost(&faces, &asked, &headers, &failure),
    }
}

async fn look(faces: &Faces, bot: &str, product: &str) -> Outcome<Card> {
    miniapp::card(&faces.services, &BotId::parse(bot)?, &ProductId::parse(product)?).await
}

/// *Buy* leads to the summary, *Add to cart* to the cart; what is wrong is said where it stands.
pub(super) async fn press(
    State(faces): State<Faces>,
    Path((bot, product)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Form(press): Form<Press>,
) -> Response {
    let card = match look(&faces, &bot, &product).await {
        Ok(card) => card,
        Err(failure) => return lost(&faces, &asked, &headers, &failure),
    };
    let guest = match entered(&faces, &bot, &press, &asked, &headers).await {
        Ok(guest) => guest,
        Err(response) => return response,
    };
    let stall = Stall::of(&faces, &guest, &asked, &headers);
    match chosen(&stall, &card, &guest, &press).await {
        Ok(response) => response,
        Err(failure) => {
            let said = Said::of(stall.lang, &failure);
            let (status, quantity) = (said.status, field(&press, "quantity").parse().unwrap_or(1));
            draw(&stall, &card, status, &filled(press, said, &failure), quantity)
        }
    }
}

async fn chosen(stall: &Stall<'_>, card: &Card, guest: &Guest, press: &Press) -> Outcome<Response> {
    let services = &stall.faces.services;
    let piece = piece(card, press)?;
    if field(press, "act") == "cart" {
        carts::put(services, &guest.owner(), piece, &["tg", &once(stall.faces, press)].join(":")).await?;
        return cart::draw(stall, guest, StatusCode::OK, None).await;
    }
    let basket = Basket::Piece(piece);
    let contents = miniapp::contents(services, guest, &basket).await?;
    if let Some(trouble) = contents.lines.iter().find_map(|line| line.trouble) {
        return Err(cart::refusal(trouble).into());
    }
    checkout::draw(stall, guest, &basket, &contents, StatusCode::OK, checkout::Filled::default()).await
}

/// What was chosen. Whether it can be had is said by the catalog.
fn piece(card: &Card, press: &Press) -> Outcome<Piece> {
    let product = &card.product;
    let sum_minor = match (product.kind, field(press, "sum").trim()) {
        (ProductKind::Donation, "") => return Err(Refusal::field("amount", "donation_sum_required").into()),
        (ProductKind::Donation, typed) => {
            let read = Money::parse_major(typed, card.shop.currency);
            Some(read.map_err(|_| Refusal::field("amount", "not_a_sum"))?.amount_minor)
        }
        _ => None,
    };
    let variant = VariantId::parse(field(press, "variant")).ok();
    let slot = SlotId::parse(field(press, "slot")).ok();
    if card.choices.variants.is_some() && variant.is_none() {
        return Err(Refusal::field("variant", "variant_required").into());
    }
    if card.choices.slots.is_some() && slot.is_none() {
        return Err(Refusal::field("slot", "slot_required").into());
    }
    let mut answers = Vec::new();
    for question in &card.choices.questions {
        let given = field(press, question.id.as_str());
        question.read(given)?;
        answers.push((question.id.clone(), given.to_owned()));
    }
    let quantity = field(press, "quantity").trim().parse().unwrap_or(1);
    let most = card.most();
    if quantity < 1 || quantity > most.max(1) {
        return Err(Refusal::field("quantity", "quantity_out_of_range").with("max", most.max(1)).into());
    }
    Ok(Piece { product: product.id.clone(), variant, quantity, sum_minor, slot, answers })
}

fn filled(mut press: Press, said: Said, failure: &Failure) -> Filled {
    let question = match failure {
        Failure::Refused(refusal) => refusal.values.iter().find(|(name, _)| *name == "question"),
        Failure::Internal(_) => None,
    };
    let wrong_question = question.map(|(_, id)| id.clone());
    let mut take = |name: &str| press.remove(name).unwrap_or_default();
    Filled {
        attempt: take("once"),
        sum: take("sum"),
        account: String::new(),
        slot: take("slot"),
        variant: take("variant"),
        answers: press,
        error: Some(said),
        wrong_question,
    }
}

fn draw(stall: &Stall<'_>, card: &Card, status: StatusCode, filled: &Filled, quantity: i64) -> Response {
    let (lang, product) = (stall.lang, &card.product);
    let tail = ["/", product.id.as_str()].concat();
    let shelf = product.category_id.as_ref().map(|id| ["&in=", id.as_str()].concat()).unwrap_or_default();
    let back = [stall.path(""), shelf].concat();
    let name = product.name.get(lang).to_owned();
    stall.page(status, &name.clone(), Some(back), &tail, || {
        let text = product.text.get(lang).to_owned();
        view! {
            <article class="pay-card tg-narrow">
                {pictures(&card.photos)}
                <div class="pay-body">
                    <div>
                        <h1 class="pay-title">{name}</h1>
                        {(!text.is_empty()).then(|| view! { <p class="pay-text tg-text">{text}</p> })}
                    </div>
                    {price(card)}
                    {form(stall, card, filled, quantity, &tail)}
                </div>
            </article>
        }
        .into_any()
    })
}

/// One picture, or several that are leafed through sideways; the next one peeps in.
fn pictures(photos: &[FileId]) -> AnyView {
    let picture = |id: &FileId| {
        let (large, small) = (["/files/", id.as_str()].concat(), ["/files/", id.as_str(), "/small"].concat());
        let both = [&small, " 320w, ", &large, " 1280w"].concat();
        view! { <img class="pay-picture" src=large.clone() srcset=both sizes="(min-width: 30rem) 28rem, 100vw" alt=""/> }
    };
    match photos {
        [] => ().into_any(),
        [one] => picture(one).into_any(),
        several => {
            let label = t_with("tg.photos", &[("count", &several.len().to_string())]);
            view! { <div class="tg-photos" role="group" aria-label=label tabindex="0">{several.iter().map(picture).collect_view()}</div> }
                .into_any()
        }
    }
}

fn price(card: &Card) -> Option<AnyView> {
    if card.choices.variants.is_some() {
        return None;
    }
    let sum = |minor: i64| Money::new(minor, card.shop.currency).to_string();
    let price = card.product.price_minor.filter(|_| card.product.kind != ProductKind::Donation)?;
    let was = card.product.compare_at_minor.map(|was| view! { <s>{sum(was)}</s>" " });
    let left = card.product.stock.filter(|left| (1..=5).contains(left));
    let left = left.map(|left| t_with("tg.left", &[("count", &left.to_string())]));
    Some(view! { <div class="pay-sum"><span>{left}</span><strong>{was}{sum(price)}</strong></div> }.into_any())
}

fn form(stall: &Stall<'_>, card: &Card, filled: &Filled, quantity: i64, tail: &str) -> AnyView {
    let product = &card.product;
    if card.most() == 0 {
        return view! { <p class="tg-none">{t("pay.sold_out")}</p> }.into_any();
    }
    let offer = Offer {
        choices: &card.choices,
        kind: Some(product.kind),
        currency: card.shop.currency,
        utc_offset_minutes: card.shop.utc_offset_minutes,
    };
    let donation = product.kind == ProductKind::Donation;
    let beside = |field: &str| {
        matches!(field, "slot" | "variant") || filled.wrong_question.is_some() || (field == "amount" && donation)
    };
    let wrong = filled.error.as_ref().filter(|error| !error.field.is_some_and(beside));
    let put = product.kind.fits_a_cart().then(|| {
        view! { <button class="pay-button tg-inside" data-look="plain" name="act" value="cart">{t("tg.to_cart")}</button> }
    });
    let buy = if donation { t("tg.give") } else { t("tg.buy") };
    view! {
        <form class="pay-form" method="post" action=stall.path(tail)>
            {proof()}
            <input type="hidden" name="once" value=filled.attempt.clone()/>
            {donation.then(|| own_sum(stall, card, filled, tail))}
            {choose::variants(&offer, stall.lang, filled)}
            {choose::times(&offer, filled)}
            {choose::questions(&offer, stall.lang, filled)}
            {many(card.most(), quantity)}
            {error(wrong)}
            {put}
            <button class="pay-button tg-inside" data-main="true" name="act" value="buy">{buy}</button>
        </form>
        {stall.outside(product.id.as_str())}
    }
    .into_any()
}

/// How many, where there is a choice.
fn many(most: i64, quantity: i64) -> Option<AnyView> {
    (most > 1).then(|| {
        view! {
            <label class="pay-field tg-many">
                <span>{t("tg.quantity")}</span>
                <input
                    class="pay-input"
                    name="quantity"
                    type="number"
                    inputmode="numeric"
                    min="1"
                    max=most.to_string()
                    required=true
                    value=quantity.to_string()
                />
            </label>
        }
        .into_any()
    })
}

fn own_sum(stall: &Stall<'_>, card: &Card, filled: &Filled, tail: &str) -> AnyView {
    let shown = |minor: i64| Money::new(minor, card.shop.currency).to_string();
    let terms = card.product.donation.as_ref();
    let suggested = terms.iter().flat_map(|terms| &terms.suggested_minor).map(|minor| {
        let major: String = shown(*minor).chars().filter(|c| c.is_ascii_digit() || *c == ',').collect();
        let current = (major == filled.sum).then_some("true");
        let href = [&stall.path(tail), "&sum=", &major].concat();
        view! { <a href=href aria-current=current>{shown(*minor)}</a> }
    });
    let suggested = suggested.collect_view();
    let wrong = filled.error.as_ref().and_then(|error| error.about("amount"));
    let invalid = wrong.is_some().then_some("true");
    let limits = terms.map(|terms| {
        t_with("pay.own_sum_limits", &[("min", &shown(terms.min_minor)), ("max", &shown(terms.max_minor))])
    });
    view! {
        <div class="pay-amounts">{suggested}</div>
        <label class="pay-field">
            <span>{t("pay.own_sum")}</span>
            <input
                class="pay-input"
                name="sum"
                inputmode="numeric"
                autocomplete="off"
                maxlength="20"
                required=true
                value=filled.sum.clone()
                aria-invalid=invalid
                aria-describedby="sum-note"
            />
        </label>
        <p id="sum-note" class=if invalid.is_some() { "pay-error" } else { "pay-text" }>{wrong.map(Text::from).or(limits)}</p>
    }
    .into_any()
}
