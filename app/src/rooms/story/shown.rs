//! How a payment's story looks.

use leptos::prelude::*;

use super::{
    found::{Happened, StoryView},
    raw::Raw,
};
use crate::{
    badge::Badge,
    rooms::{
        jobs::retry_button,
        review::{close_why, deliver_why},
        shown::known,
    },
    texts::t,
    ui::{
        ButtonLink, Crumb, Facts, Glyph, Icon, Notice, PostButton, StatusBadge, Text, Timeline, TimelineItem,
        copy_words,
    },
};

pub(super) fn page(story: StoryView) -> AnyView {
    let place = ["/payments/", &story.id].concat();
    let happened = story.happened.into_iter().map(|moment| happened(moment, &place)).collect_view();
    let others = story.others.into_iter().map(|(href, text, status)| {
        view! { <li class="spread"><a href=href>{text}</a><StatusBadge tone=status.tone text=Text::from(status.text)/></li> }
    });
    let others: Vec<_> = others.collect();
    let others = (!others.is_empty()).then_some(others);
    let check = story.may_check.then(|| check(&story.id));
    let refund = story.may_refund.then(|| {
        let href = Text::from(["/payments/", &story.id, "/refund"].concat());
        view! { <ButtonLink href=href icon=Glyph::Refunds>{t("story.refund")}</ButtonLink> }
    });
    let anyway = (story.may_close && story.may_deliver).then(|| deliver_why(&story.id, "story").button());
    let close = story.may_close.then(|| close_why(&story.id, "story").button());
    let (say, deliver) = (story.say_again.map(|why| why.button()), story.deliver_again.map(|why| why.button()));
    let end_membership = story.end_membership.iter().map(|why| why.button()).collect_view();
    let bank = bank(story.bank);
    let refunds = (!story.refunds.is_empty()).then(|| lines("room.refunds", story.refunds));
    let deals = (!story.deals.is_empty()).then(|| lines("settings.crm", story.deals));
    let receipts = (!story.receipts.is_empty()).then(|| lines("room.receipts", story.receipts));
    view! {
        <Crumb href="/payments" text=t("room.payments")/>
        <div id="story" data-live=true>
        <div class="story-head">
            <div>
                <div class="story-sum">
                    <h1>{story.sum}</h1>
                    <StatusBadge tone=story.status.tone text=Text::from(story.status.text)/>
                </div>
                <p class="story-who">{story.who}</p>
            </div>
            <div class="story-actions">{check} {refund} {anyway} {close} {end_membership} {say} {deliver} {story.pay_page.map(pay_page)}</div>
            {story.todo.map(|todo| view! {
                <div class="story-next"><Notice tone=todo.tone text=Text::from(todo.text)/></div>
            })}
        </div>
        <div class="side">
            <section class="stack">
                <h2>{t("story.happened")}</h2>
                <Timeline>{happened}</Timeline>
            </section>
            <aside class="stack">
                <section class="card">
                    <div class="card-head"><h2>{t("story.facts")}</h2></div>
                    <div class="card-body"><Facts stacked=true>{story.known.into_iter().map(known).collect_view()}</Facts></div>
                </section>
                {refunds}
                {receipts}
                {deals}
                {bank}
                {others.map(|others| view! {
                    <section class="card">
                        <div class="card-head"><h2>{t("story.others")}</h2></div>
                        <div class="card-body"><ul class="stack-tight">{others}</ul></div>
                    </section>
                })}
            </aside>
        </div>
        </div>
    }
    .into_any()
}

fn lines(title: &'static str, all: Vec<(String, String, Badge)>) -> AnyView {
    let lines = all.into_iter().map(|(href, text, status)| {
        view! { <li class="spread"><a href=href>{text}</a><StatusBadge tone=status.tone text=Text::from(status.text)/></li> }
    });
    view! {
        <section class="card">
            <div class="card-head"><h2>{t(title)}</h2></div>
            <div class="card-body"><ul class="stack-tight">{lines.collect_view()}</ul></div>
        </section>
    }
    .into_any()
}

fn pay_page(href: String) -> impl IntoView {
    view! { <ButtonLink href=Text::from(href) icon=Glyph::External>{t("story.pay_page")}</ButtonLink> }
}

/// What the bank asks for, as it is copied.
fn bank(text: String) -> AnyView {
    view! {
        <section class="card">
            <div class="card-head"><h2>{t("bank.title")}</h2></div>
            <div class="card-body stack-tight">
                <code class="code" tabindex="0">{text.clone()}</code>
                <div>{copy_words(text, t("bank.copy"))}</div>
            </div>
        </section>
    }
    .into_any()
}

/// `back` is the page it stands on.
pub(in crate::rooms) fn happened(moment: Happened, back: &str) -> AnyView {
    let key = [&moment.datetime, " ", &moment.text].concat();
    let note = (!moment.note.is_empty()).then(|| Text::from(moment.note));
    let retry = moment.retry.map(|job| retry_button(job, back));
    let raw = (!moment.raws.is_empty()).then(|| raws(moment.raws));
    view! {
        <TimelineItem
            tone=moment.tone
            text=Text::from(moment.text)
            at=Text::from(moment.at)
            datetime=Text::from(moment.datetime)
            nostrip:note=note
            key=key
        >
            {retry} {raw}
        </TimelineItem>
    }
    .into_any()
}

/// The truth behind it, a press away.
fn raws(all: Vec<Raw>) -> AnyView {
    let raw = |(label, text): Raw| {
        view! {
            <details class="raw">
                <summary><Icon glyph=Glyph::ChevronRight size="small"/>{t(label)}</summary>
                <code class="code" tabindex="0">{text}</code>
            </details>
        }
    };
    all.into_iter().map(raw).collect_view().into_any()
}

/// Asks the provider now.
fn check(id: &str) -> AnyView {
    let action = Text::from(["/payments/", id, "/check"].concat());
    view! { <PostButton action=action icon=Glyph::Refresh>{t("story.check")}</PostButton> }.into_any()
}
