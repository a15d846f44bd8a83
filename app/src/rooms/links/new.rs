//! A new link: fixed, to be used again and again, or dynamic, for one order.

use leptos::prelude::*;

use super::{
    PATH,
    found::{Choice, LinkForm},
};
use crate::{
    rooms::sign,
    said::Wrong,
    texts::t,
    ui::{Button, ButtonLink, Crumb, Look, MoneyInput, RoomHead, Segments, Select, Text, TextInput},
    web::Desk,
};

/// The fields whose mistakes are said beside them.
const FIELDS: &[&str] =
    &["title", "amount", "label", "expires_at", "max_payments", "telegram_user_id", "external_order_id", "product_id"];

pub(super) fn page(desk: &Desk, form: &LinkForm, choices: Vec<Choice>, wrong: &Wrong) -> AnyView {
    let kinds = vec![("fixed".to_owned(), t("links.fixed")), ("dynamic".to_owned(), t("links.dynamic"))];
    view! {
        <Crumb href=PATH text=t("room.links")/>
        <RoomHead title=t("links.new")/>
        <form class="form" method="post" action="/links/new" data-send=true>
            <div class="form-section">
                <div class="stack-tight">
                    <Segments name="kind" label=t("links.kind") options=kinds value=form.kind.clone()/>
                    <p class="field-help when-fixed">{t("links.fixed_help")}</p>
                    <p class="field-help when-dynamic">{t("links.dynamic_help")}</p>
                </div>
                {what(sign(desk), form, choices, wrong)}
            </div>
            <div class="form-section">{more(form, wrong)}</div>
            {wrong.beside(FIELDS)}
            <div class="form-actions">
                <Button look=Look::Primary>{t("links.make")}</Button>
                <ButtonLink href=PATH look=Look::Quiet>{t("common.cancel")}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}

/// What money is asked for: a product, or a title and a sum of one's own.
fn what(sign: &'static str, form: &LinkForm, choices: Vec<Choice>, wrong: &Wrong) -> AnyView {
    let own = std::iter::once((String::new(), t("links.own_sum"), Some("own")));
    let choices =
        choices.into_iter().map(|choice| (choice.id, Text::from(choice.name), choice.donation.then_some("donation")));
    view! {
        <Select name="product" label=t("links.what") options=own.chain(choices).collect() value=form.product.clone() error=wrong.about("product_id")/>
        <div class="when-own">
            <TextInput name="title" label=t("links.title") value=form.title.clone() help=t("links.title_help") error=wrong.about("title") max_length=60/>
        </div>
        <div class="when-sum">
            <MoneyInput name="amount" label=t("links.amount") sign=sign value=form.amount.clone() error=wrong.about("amount")/>
        </div>
    }
    .into_any()
}

fn more(form: &LinkForm, wrong: &Wrong) -> AnyView {
    view! {
        <TextInput name="label" label=t("links.label") aside=t("common.optional") value=form.label.clone() help=t("links.label_help") error=wrong.about("label") max_length=80/>
        <TextInput name="expires_at" label=t("links.expires_at") aside=t("common.optional") kind="datetime-local" value=form.expires_at.clone() help=t("links.expires_help") error=wrong.about("expires_at")/>
        <div class="form-pair when-dynamic">
            <TextInput name="external_order_id" label=t("links.external_order_id") aside=t("common.optional") value=form.external_order_id.clone() help=t("links.external_order_id_help") error=wrong.about("external_order_id") max_length=64/>
            <TextInput name="telegram_user_id" label=t("links.telegram_user_id") aside=t("common.optional") value=form.telegram_user_id.clone() inputmode="numeric" error=wrong.about("telegram_user_id") max_length=20/>
        </div>
        <div class="when-fixed">
            <TextInput name="max_payments" label=t("links.max_payments") aside=t("common.optional") value=form.max_payments.clone() inputmode="numeric" help=t("links.max_payments_help") error=wrong.about("max_payments") max_length=7/>
        </div>
    }
    .into_any()
}
