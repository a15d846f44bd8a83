//! `/tg/{bot}/cart`: what was put aside; line by line what stands in its way.

use axum::{
    Form,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use domain::{BotId, Money, limits};
use leptos::prelude::*;
use server::{
    carts::{self, Seen, Trouble},
    failure::{Failure, Outcome, Refusal, RefusalKind},
    miniapp::{self, Guest},
};

use super::{Asked, Press, Stall, entered, error, field, lost, proof};
use crate::{
    pay::{choose::booked_at, view::outline},
    said::Said,
    texts::{say, t},
    ui::{Glyph, Text},
    web::Faces,
};

/// Whose cart it is stands in the form only: an address alone leads back to the shelf.
pub(super) async fn elsewhere(Path(bot): Path<String>) -> Response {
    match BotId::parse(&bot) {
        Ok(bot) => Redirect::to(&["/tg/", bot.as_str()].concat()).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// How many things lie in it, for the button of every page.
pub(super) async fn count(State(faces): State<Faces>, Path(bot): Path<String>, Form(press): Form<Press>) -> Response {
    match counted(&faces, &bot, &press).await {
        Ok(count) => count.to_string().into_response(),
        Err(Failure::Refused(refusal)) if refusal.kind == RefusalKind::Forbidden => {
            StatusCode::UNAUTHORIZED.into_response()
        }
        Err(failure) => Said::of(domain::Lang::En, &failure).status.into_response(),
    }
}

async fn counted(faces: &Faces, bot: &str, press: &Press) -> Outcome<i64> {
    let guest = miniapp::enter(&faces.services, &BotId::parse(bot)?, field(press, "init_data")).await?;
    carts::count(&faces.services.db, &guest.owner()).await
}

/// The cart, after what the form says was done to it.
pub(super) async fn show(
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
    let said = changed(&faces, &guest, &press).await.err().map(|failure| Said::of(stall.lang, &failure));
    let status = said.as_ref().map_or(StatusCode::OK, |said| said.status);
    match draw(&stall, &guest, status, said.as_ref()).await {
        Ok(response) => response,
        Err(failure) => lost(&faces, &asked, &headers, &failure),
    }
}

async fn changed(faces: &Faces, guest: &Guest, press: &Press) -> Outcome<()> {
    match (field(press, "line").parse(), field(press, "quantity").parse()) {
        (Ok(line), Ok(quantity)) => carts::set(&faces.services, &guest.owner(), line, quantity).await,
        _ => Ok(()),
    }
}

/// Why a line cannot be had as it is, in the words of the checkout.
pub(super) fn refusal(trouble: Trouble) -> Refusal {
    match trouble {
        Trouble::Gone => Refusal::field("product_id", "product_gone"),
        Trouble::SoldOut => Refusal::field("quantity", "sold_out"),
        Trouble::Fewer(left) => Refusal::field("quantity", "quantity_out_of_range").with("max", left),
        Trouble::TimeTaken => Refusal::field("slot", "slot_taken"),
        Trouble::Asked => Refusal::field("answers", "answer_missing"),
    }
}

pub(super) async fn draw(
    stall: &Stall<'_>,
    guest: &Guest,
    status: StatusCode,
    said: Option<&Said>,
) -> Outcome<Response> {
    let cart = carts::look(&stall.faces.services, &guest.owner()).await?;
    let (well, version) = (cart.is_well(), cart.version);
    let sum = cart.lines.iter().map(|line| line.unit_minor.saturating_mul(line.quantity)).fold(0, i64::saturating_add);
    let sum = Money::new(sum, stall.shop.currency).to_string();
    Ok(stall.page(status, &say(stall.lang, "tg.cart"), Some(stall.path("")), "", || {
        if cart.lines.is_empty() {
            return view! {
                {error(said)}
                <div class="pay-state">
                    <div class="pay-mark">{outline(Glyph::Orders)}</div><h1>{t("tg.cart_empty")}</h1><p>{t("tg.cart_empty_text")}</p>
                    <a class="pay-button" href=stall.path("")>{t("tg.to_shelf")}</a>
                </div>
            }
            .into_any();
        }
        let lines = cart.lines.iter().map(|one| line(stall, one)).collect_view();
        let go = well.then(|| {
            view! {
                <form method="post" action=stall.path("/summary")>
                    {proof()}
                    <input type="hidden" name="version" value=version.to_string()/>
                    <button class="pay-button" data-main="true">{t("tg.check_out")}</button>
                </form>
            }
        });
        view! {
            <section class="pay-card tg-narrow">
                <div class="pay-body">
                    <h1 class="pay-title">{t("tg.cart")}</h1>
                    {error(said)}
                    <ul class="pay-lines tg-lines">{lines}</ul>
                    <div class="pay-sum"><span>{t("pay.total")}</span><strong>{sum}</strong></div>
                    {go}
                </div>
            </section>
        }
        .into_any()
    }))
}

fn line(stall: &Stall<'_>, line: &Seen) -> AnyView {
    let sum = Money::new(line.unit_minor.saturating_mul(line.quantity), stall.shop.currency).to_string();
    let trouble = line.trouble.map(|trouble| Said::of(stall.lang, &refusal(trouble).into()));
    let steps = [(line.quantity - 1, "−", "tg.fewer"), (line.quantity + 1, "+", "tg.one_more")];
    let step = |(quantity, sign, label): (i64, &'static str, &'static str)| {
        let most = line.most.min(limits::QUANTITY);
        let off = quantity > most && quantity > line.quantity;
        set(stall, line.number, quantity, sign.into(), t(label), off)
    };
    let [fewer, more] = steps.map(step);
    view! {
        <li>
            <span>{details(stall, line)}</span>
            <span class="tg-sum">{sum}</span>
            <span class="tg-steps">{fewer}<b>{line.quantity}</b>{more}{set(stall, line.number, 0, "×".into(), t("tg.remove"), false)}</span>
            {error(trouble.as_ref())}
        </li>
    }
    .into_any()
}

/// What a line is: its title, its time, its answers.
pub(super) fn details(stall: &Stall<'_>, line: &Seen) -> AnyView {
    let at = line.slot_at.map(|at| view! { <br/><small>{booked_at(at, stall.shop.utc_offset_minutes)}</small> });
    let answer = |(question, answer): &(domain::Localized, domain::Localized)| {
        let words = [question.get(stall.lang), ": ", answer.get(stall.lang)].concat();
        view! { <br/><small>{words}</small> }
    };
    let answers = line.answers.iter().map(answer).collect_view();
    view! { {line.title.get(stall.lang).to_owned()}{at}{answers} }.into_any()
}

fn set(stall: &Stall<'_>, line: i64, quantity: i64, face: Text, label: Text, off: bool) -> AnyView {
    view! {
        <form method="post" action=stall.path("/cart")>
            {proof()}
            <input type="hidden" name="line" value=line.to_string()/>
            <input type="hidden" name="quantity" value=quantity.to_string()/>
            <button class="tg-step" aria-label=label disabled=off>{face}</button>
        </form>
    }
    .into_any()
}

/// How many, on a line of the summary.
pub(super) fn counted_title(stall: &Stall<'_>, line: &Seen) -> AnyView {
    let many = (line.quantity > 1).then(|| [" × ", &line.quantity.to_string()].concat());
    view! { {details(stall, line)}{many} }.into_any()
}
