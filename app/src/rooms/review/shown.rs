//! How the list of what waits for a person looks: one card each, with the two buttons that solve it.

use leptos::prelude::*;

use super::found::{Found, Stuck, ToReview, Waiting};
use crate::{
    texts::{t, t_with},
    ui::{
        Button, ButtonLink, Dialog, DialogButton, Empty, Glyph, Look, PostButton, RoomHead, Size, StatusBadge, Text,
        TextArea, close_button,
    },
};

pub(super) fn room(found: Found) -> AnyView {
    if found.payments.is_empty() && found.stuck.is_empty() && found.refunds.is_empty() {
        return view! {
            <RoomHead title=t("room.review")/>
            <div id="list" data-live=true><Empty glyph=Glyph::Check title=t("review.none") text=t("review.none_text")/></div>
        }
        .into_any();
    }
    let (may_resolve, may_refund) = (found.may_resolve, found.may_refund);
    let payments = found.payments.into_iter().map(|payment| to_review(payment, may_resolve, may_refund)).collect();
    let stuck = found.stuck.into_iter().map(|order| stuck(order, may_resolve)).collect();
    let refunds = found.refunds.into_iter().map(waiting).collect();
    view! {
        <RoomHead title=t("room.review")/>
        <div id="list" data-live=true class="stack-wide">
            {group("review.payments", payments)}
            {group("review.stuck", stuck)}
            {group("review.refunds", refunds)}
        </div>
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
        let action = Text::from([&href, "/refund-duplicate"].concat());
        let words = t_with("review.refund_all", &[("sum", &payment.sum)]);
        view! { <PostButton action=action look=Look::Primary size=Size::Small icon=Glyph::Refunds>{words}</PostButton> }
    });
    let inside = view! {
        <p>{payment.why}</p>
        <div class="button-row">
            {whole}
            {buttons(&payment.id, "list", payment.deliverable && may_resolve, payment.refundable && !payment.duplicate && may_refund, may_resolve)}
        </div>
    };
    card(payment.id, href, payment.title, payment.sum, payment.when, inside.into_any())
}

/// The ways out of a review. `back` says where the person is.
pub(in crate::rooms) fn buttons(id: &str, back: &'static str, deliver: bool, refund: bool, close: bool) -> AnyView {
    let path = |what: &str| ["/payments/", id, "/", what].concat();
    let deliver = deliver.then(|| comment_dialog(["deliver-", id].concat(), path("deliver"), back, "review.deliver"));
    let refund = refund.then(|| {
        let href = Text::from(path("refund"));
        view! { <ButtonLink href=href size=Size::Small icon=Glyph::Refunds>{t("story.refund")}</ButtonLink> }
    });
    let close = close.then(|| comment_dialog(["close-", id].concat(), path("close-review"), back, "review.close"));
    view! { {deliver} {refund} {close} }.into_any()
}

fn comment_dialog(id: String, action: String, back: &'static str, verb: &'static str) -> AnyView {
    let close = close_button(&id, t("common.cancel"));
    let own = Text::from(id);
    view! {
        <DialogButton dialog=own.clone() size=Size::Small>{t(verb)}</DialogButton>
        <Dialog id=own title=t(verb)>
            <form method="post" action=action class="stack">
                <input type="hidden" name="back" value=back/>
                <TextArea name="comment" label=t("review.comment") help=t("review.comment_help") max_length=300/>
                <div class="dialog-actions">{close}<Button look=Look::Primary>{t(verb)}</Button></div>
            </form>
        </Dialog>
    }
    .into_any()
}

fn stuck(order: Stuck, may_resolve: bool) -> AnyView {
    let href = ["/orders/", &order.order].concat();
    let action = Text::from(["/orders/", &order.order, "/deliver-again"].concat());
    let again = may_resolve.then(|| {
        view! { <PostButton action=action size=Size::Small icon=Glyph::Refresh>{t("review.deliver_again")}</PostButton> }
    });
    let inside = view! { <p>{t("review.stuck_text")}</p><div class="button-row">{again}</div> };
    card(order.order, href, order.title, order.sum, order.since, inside.into_any())
}

fn waiting(refund: Waiting) -> AnyView {
    let href = ["/refunds/", &refund.id].concat();
    let inside = view! { <p><StatusBadge tone=refund.status.tone text=Text::from(refund.status.text)/></p> };
    card(refund.id, href, refund.title, refund.sum, String::new(), inside.into_any())
}
