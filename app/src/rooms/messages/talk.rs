//! How a conversation looks: what was written, the form that answers, and the customer's orders beside.

use leptos::prelude::*;

use super::{
    PATH,
    thread::{AnswerForm, Line, TalkView},
};
use crate::{
    rooms::{orders::OrderRow, shown::known},
    said::Wrong,
    texts::{t, t_with},
    ui::{
        Button, ButtonLink, Crumb, Facts, Glyph, Look, Notice, PostButton, RoomHead, Size, StatusBadge, Text, TextArea,
        Tone,
    },
};

pub(super) fn page(talk: TalkView, form: &AnswerForm, wrong: &Wrong) -> AnyView {
    let status = talk.status.as_ref().map(|badge| {
        view! { <StatusBadge tone=badge.tone text=Text::from(badge.text.clone())/> }
    });
    let blocked = talk.blocked.as_ref().map(|badge| {
        view! { <StatusBadge tone=badge.tone text=Text::from(badge.text.clone())/> }
    });
    let ways = ways(&talk);
    let answer = answer(&talk, form, wrong);
    let facts = talk.known.into_iter().map(known).collect_view();
    view! {
        <Crumb href=PATH text=t("room.messages")/>
        <RoomHead title=Text::from(talk.name)>{status} {blocked} {ways}</RoomHead>
        <div class="side">
            <section class="stack">
                <div id="thread" data-live=true>{thread(talk.lines, talk.earlier)}</div>
                {answer}
            </section>
            <aside class="stack">
                <section class="card">
                    <div class="card-head"><h2>{t("story.facts")}</h2></div>
                    <div class="card-body" id="facts" data-live=true><Facts stacked=true>{facts}</Facts></div>
                </section>
                <section class="card" id="orders" data-live=true>{bought(talk.orders)}</section>
            </aside>
        </div>
    }
    .into_any()
}

/// What can be done with the conversation.
fn ways(talk: &TalkView) -> Option<AnyView> {
    let to = |way: &str| Text::from([PATH, "/", &talk.id, "/", way].concat());
    let mine = if talk.mine {
        view! { <PostButton action=to("let-go") look=Look::Quiet>{t("messages.let_go")}</PostButton> }.into_any()
    } else {
        view! { <PostButton action=to("take")>{t("messages.take")}</PostButton> }.into_any()
    };
    let end = if talk.closed {
        view! { <PostButton action=to("reopen")>{t("messages.reopen")}</PostButton> }.into_any()
    } else {
        view! { <PostButton action=to("close") icon=Glyph::Check>{t("messages.close")}</PostButton> }.into_any()
    };
    talk.begun.then(|| view! { {mine} {end} }.into_any())
}

fn thread(lines: Vec<Line>, earlier: Option<String>) -> AnyView {
    if lines.is_empty() {
        return view! { <p class="quiet">{t("messages.nothing_yet")}</p> }.into_any();
    }
    let earlier = earlier.map(|href| {
        view! { <ButtonLink href=Text::from(href) size=Size::Small look=Look::Quiet>{t("messages.earlier")}</ButtonLink> }
    });
    view! { {earlier} <ol class="talk">{lines.into_iter().map(line).collect_view()}</ol> }.into_any()
}

fn line(line: Line) -> AnyView {
    let side = if line.ours { "ours" } else { "theirs" };
    let order = line.order.map(|(href, words)| view! { <a class="talk-order" href=href>{words}</a> });
    let photo = line.photo.map(|address| {
        let full = address.clone();
        view! { <a href=full><img class="talk-photo" src=address alt=line.kind.clone() loading="lazy"/></a> }
    });
    let kind = (!line.kind.is_empty()).then(|| view! { <p class="talk-kind">{line.kind}</p> });
    let words = (!line.words.is_empty()).then(|| view! { <p class="talk-words">{line.words}</p> });
    let delivery = line.delivery.map(|badge| {
        view! { <StatusBadge tone=badge.tone text=Text::from(badge.text) plain=true/> }
    });
    view! {
        <li class="talk-line" data-side=side data-key=line.id.to_string()>
            {order}
            <div class="talk-bubble">{kind} {photo} {words}</div>
            <div class="talk-note"><span>{line.note}</span> {delivery}</div>
        </li>
    }
    .into_any()
}

fn answer(talk: &TalkView, form: &AnswerForm, wrong: &Wrong) -> AnyView {
    if talk.blocked.is_some() {
        return view! { <div id="answer"><Notice tone=Tone::Ended text=t("messages.cannot_write")/></div> }.into_any();
    }
    let about = talk.about.as_ref().map(|about| {
        view! {
            <p class="field-help">{t_with("messages.about", &[("order", about)])}</p>
            <input type="hidden" name="order" value=form.order.clone()/>
        }
    });
    let label = if talk.begun { t("messages.answer") } else { t("messages.write") };
    view! {
        <form class="form" id="answer" method="post" action=[PATH, "/", &talk.id].concat() data-send=true>
            <input type="hidden" name="once" value=form.once.clone()/>
            {about}
            <TextArea name="words" label=label value=form.words.clone() error=wrong.about("words") max_length=3800/>
            {wrong.beside(&["words"])}
            <div class="form-actions"><Button look=Look::Primary icon=Glyph::Send>{t("messages.send")}</Button></div>
        </form>
    }
    .into_any()
}

fn bought(orders: Vec<OrderRow>) -> AnyView {
    let rows = orders.into_iter().map(|order| {
        view! {
            <li class="talk-bought">
                <a href=["/orders/", &order.id].concat()>{order.what}</a>
                <span class="spread">
                    <span class="tabular nowrap">{order.sum}</span>
                    <StatusBadge tone=order.status.tone text=Text::from(order.status.text)/>
                </span>
            </li>
        }
    });
    let rows: Vec<_> = rows.collect();
    let list = if rows.is_empty() {
        view! { <p class="quiet">{t("customers.no_orders")}</p> }.into_any()
    } else {
        view! { <ul class="stack-tight">{rows}</ul> }.into_any()
    };
    view! {
        <div class="card-head"><h2>{t("room.orders")}</h2></div>
        <div class="card-body">{list}</div>
    }
    .into_any()
}
