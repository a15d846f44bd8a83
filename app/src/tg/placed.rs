//! `/tg/{bot}/placed/{code}`: the order that was placed, and the same link to pay it that the chat would show.

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use domain::{BotId, Money, link};
use leptos::prelude::*;
use server::{
    bots::Bot,
    failure::{Outcome, Refusal},
    links::{self, Link},
    miniapp,
    orders::{self, Line, Whole},
    shop::Merchant,
};

use super::{Asked, Stall, lost};
use crate::{
    pay::{choose::booked_at, view::outline},
    texts::{say_with, t, t_with},
    ui::Glyph,
    web::Faces,
};

/// An order with its link, of the shop of this bot.
struct Found {
    bot: Bot,
    shop: Merchant,
    whole: Whole,
    link: Link,
}

pub(super) async fn show(
    State(faces): State<Faces>,
    Path((bot, code)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    match look(&faces, &bot, &code).await {
        Ok(found) => {
            let lang = asked.language(&found.shop, &headers);
            draw(&Stall { faces: &faces, bot: &found.bot, shop: &found.shop, lang }, &found)
        }
        Err(failure) => lost(&faces, &asked, &headers, &failure),
    }
}

async fn look(faces: &Faces, bot: &str, code: &str) -> Outcome<Found> {
    let db = &faces.services.db;
    let (bot, shop) = miniapp::host(&faces.services, &BotId::parse(bot)?).await?;
    let link = links::by_code(db, &bot.merchant, code).await?.ok_or_else(Refusal::not_found)?;
    let order = link.order_id.clone().ok_or_else(Refusal::not_found)?;
    let whole = orders::get(db, &bot.merchant, &order).await?;
    Ok(Found { bot, shop, whole, link })
}

fn draw(stall: &Stall<'_>, found: &Found) -> Response {
    let number = found.whole.order.number.to_string();
    let open = link::open(&found.link.state(), stall.faces.services.clock.now());
    let (tone, glyph, text) = match open {
        Ok(()) => ("waiting", Glyph::Clock, "tg.placed_text"),
        Err(link::LinkClosed::AlreadyPaid) => ("good", Glyph::Check, "tg.paid_text"),
        Err(_) => ("ended", Glyph::Bar, "tg.ended_text"),
    };
    let waits = open.is_ok();
    let title = say_with(stall.lang, "tg.placed", &[("number", &number)]);
    let tail = ["/placed/", &found.link.code].concat();
    stall.page(StatusCode::OK, &title, Some(stall.path("")), &tail, || {
        let sum = found.whole.order.amount().to_string();
        let pay = waits.then(|| {
            let href = found.link.url(&stall.faces.services);
            view! {
                <a class="pay-button" data-main="true" data-open="true" href=href target="_blank" rel="noopener">
                    {t_with("pay.button", &[("sum", &sum)])}
                </a>
            }
        });
        let lines = found.whole.lines.iter().map(|one| line(stall, one)).collect_view();
        view! {
            <section class="pay-card tg-narrow" id="state" data-waits=waits.then_some("true")>
                <div class="pay-state tg-placed">
                    <div class="pay-mark" data-tone=tone>{outline(glyph)}</div>
                    <h1>{title.clone()}</h1>
                    <p>{t(text)}</p>
                </div>
                <div class="pay-body">
                    <ul class="pay-lines">{lines}</ul>
                    <div class="pay-sum"><span>{t("pay.total")}</span><strong>{sum.clone()}</strong></div>
                    {pay}
                    <a class="pay-button" data-look="plain" href=stall.path("")>{t("tg.to_shelf")}</a>
                </div>
            </section>
        }
        .into_any()
    })
}

fn line(stall: &Stall<'_>, line: &Line) -> AnyView {
    let currency = stall.shop.currency;
    let sum = Money::new(line.full_minor().saturating_sub(line.off_minor), currency).to_string();
    let was = (line.off_minor > 0).then(|| view! { <s>{Money::new(line.full_minor(), currency).to_string()}</s>" " });
    let many = (line.quantity > 1).then(|| [" × ", &line.quantity.to_string()].concat());
    let at = line.slot_at.map(|at| view! { <br/><small>{booked_at(at, stall.shop.utc_offset_minutes)}</small> });
    view! { <li><span>{line.title.get(stall.lang).to_owned()}{many}{at}</span><span>{was}{sum}</span></li> }.into_any()
}
