//! How the list of what waits for a person looks: one card each, with the two buttons that solve it.

use leptos::prelude::*;

use super::found::{Found, Stuck, ToReview, Unmade, Waiting};
use crate::{
    rooms::{
        deals::again_path,
        why::{Whether, Why},
    },
    texts::{t, t_with},
    ui::{ButtonLink, Empty, Glyph, Look, Notice, PostButton, RoomHead, Size, StatusBadge, Text, Tone},
};

pub(super) fn room(found: Found, lost: Option<String>) -> AnyView {
    let lost = lost.map(chat_lost);
    let nothing = found.payments.is_empty() && found.stuck.is_empty() && found.deals.is_empty();
    if nothing && found.refunds.is_empty() && found.receipts.is_empty() {
        return view! {
            <RoomHead title=t("room.review")/>
            {lost}
            <div id="list" data-live=true><Empty glyph=Glyph::Check title=t("review.none") text=t("review.none_text")/></div>
        }
        .into_any();
    }
    let (may_resolve, may_refund) = (found.may_resolve, found.may_refund);
    let payments = found.payments.into_iter().map(|payment| to_review(payment, may_resolve, may_refund)).collect();
    let stuck = found.stuck.into_iter().map(|order| stuck(order, may_resolve)).collect();
    let refunds = found.refunds.into_iter().map(|refund| waiting("/refunds/", refund)).collect();
    let deals = found.deals.into_iter().map(|deal| unmade(deal, found.may_set)).collect();
    let receipts = found.receipts.into_iter().map(|receipt| waiting("/receipts/", receipt)).collect();
    view! {
        <RoomHead title=t("room.review")/>
        {lost}
        <div id="list" data-live=true class="stack-wide">
            {group("review.payments", payments)}
            {group("review.stuck", stuck)}
            {group("review.refunds", refunds)}
            {group("review.receipts", receipts)}
            {group("review.deals", deals)}
        </div>
    }
    .into_any()
}

/// What must not wait is told nowhere but here.
fn chat_lost(since: String) -> AnyView {
    view! {
        <Notice tone=Tone::Review text=t_with("settings.chat_lost", &[("time", &since)])/>
        <div class="button-row"><ButtonLink href="/settings/notifications">{t("settings.chat_lost_do")}</ButtonLink></div>
    }
    .into_any()
}

fn group(title: &'static str, cards: Vec<AnyView>) -> Option<AnyView> {
    (!cards.is_empty()).then(|| view! { <section class="stack"><h2>{t(title)}</h2>{cards}</section> }.into_any())
}

fn card(key: String, href: String, title: String, sum: String, when: String, inside: AnyView) -> AnyView {
    view! {
        <article class="card" data-key=key>
            <div class="card-body stack">
                <div class="spread">
                    <div><h3><a href=href>{title}</a></h3><small class="quiet">{when}</small></div>
                    <b class="tabular nowrap">{sum}</b>
                </div>
                {inside}
            </div>
        </article>
    }
    .into_any()
}

fn to_review(payment: ToReview, may_resolve: bool, may_refund: bool) -> AnyView {
    let href = ["/payments/", &payment.id].concat();
    let whole = (payment.duplicate && may_refund).then(|| {
        let action = [&href, "/refund-duplicate"].concat();
        let words = t_with("review.refund_all", &[("sum", &payment.sum)]);
        let text = t_with("review.refund_all_text", &[("sum", &payment.sum)]);
        let ask = Whether::new(["whole-", &payment.id].concat(), action, words, text);
        Whether { size: Size::Small, icon: Some(Glyph::Refunds), ..ask }.button()
    });
    let inside = view! {
        <p>{payment.why}</p>
        <div class="button-row">
            {whole}
            {buttons(&payment.id, payment.deliverable && may_resolve, payment.refundable && !payment.duplicate && may_refund, may_resolve)}
        </div>
    };
    card(payment.id, href, payment.title, payment.sum, payment.when, inside.into_any())
}

/// The ways out of a review.
fn buttons(id: &str, deliver: bool, refund: bool, close: bool) -> AnyView {
    let way = |why: Why| Why { size: Size::Small, ..why }.button();
    let deliver = deliver.then(|| way(deliver_why(id, "list")));
    let refund = refund.then(|| {
        let href = Text::from(["/payments/", id, "/refund"].concat());
        view! { <ButtonLink href=href size=Size::Small icon=Glyph::Refunds>{t("story.refund")}</ButtonLink> }
    });
    let close = close.then(|| way(close_why(id, "list")));
    view! { {deliver} {refund} {close} }.into_any()
}

/// Delivering all the same, with a word why. `back` says where the person is.
pub(in crate::rooms) fn deliver_why(id: &str, back: &'static str) -> Why {
    Why {
        text: Some("review.deliver_text"),
        icon: Some(Glyph::Send),
        ..comment(["deliver-", id].concat(), id, "deliver", "review.deliver", back)
    }
}

/// Closing it, with a word about what was done.
pub(in crate::rooms) fn close_why(id: &str, back: &'static str) -> Why {
    Why { icon: Some(Glyph::Check), ..comment(["close-", id].concat(), id, "close-review", "review.close", back) }
}

fn comment(name: String, id: &str, path: &str, verb: &'static str, back: &'static str) -> Why {
    Why {
        id: name,
        action: ["/payments/", id, "/", path].concat(),
        verb,
        title: verb,
        text: None,
        field: "comment",
        label: "review.comment",
        help: Some("review.comment_help"),
        hidden: vec![("back", back.to_owned())],
        look: Look::Plain,
        size: Size::Normal,
        icon: None,
    }
}

fn stuck(order: Stuck, may_resolve: bool) -> AnyView {
    let href = ["/orders/", &order.order].concat();
    let again = order.again.filter(|_| may_resolve).map(|why| Why { size: Size::Small, ..why }.button());
    let inside = view! { <p>{t("review.stuck_text")}</p><div class="button-row">{again}</div> };
    card(order.order, href, order.title, order.sum, order.since, inside.into_any())
}

fn unmade(deal: Unmade, may_set: bool) -> AnyView {
    let href = ["/orders/", &deal.order].concat();
    let again = may_set.then(|| {
        let action = again_path(&deal.order);
        view! { <PostButton action=action size=Size::Small icon=Glyph::Refresh>{t("deals.again")}</PostButton> }
    });
    let inside = view! { <p>{deal.why}</p><div class="button-row">{again}</div> };
    card(deal.order, href, deal.title, deal.sum, deal.since, inside.into_any())
}

fn waiting(room: &str, refund: Waiting) -> AnyView {
    let href = [room, &refund.id].concat();
    let inside = view! { <p><StatusBadge tone=refund.status.tone text=Text::from(refund.status.text)/></p> };
    card(refund.id, href, refund.title, refund.sum, String::new(), inside.into_any())
}
