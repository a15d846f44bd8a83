//! How goods are handed over: picked up, brought, and what that costs.

use axum::{Form, Router, response::Response, routing::get};
use domain::{Lang, Money, role::Permission};
use leptos::prelude::*;
use server::{
    failure::{Outcome, Refusal},
    shop::{self, HandingOver},
};

use super::{
    super::{sign, typed::Typed},
    page,
};
use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, Look, MoneyInput, Segments, Switch, Text, TextArea},
    web::{Desk, Faces, Flash},
};

pub(super) const PATH: &str = "/settings/handover";
const FIELDS: &[&str] = &["pickup_address", "delivery_price", "delivery_free", "delivery_note"];
/// The fields of each language.
const WORDS: [[&str; 2]; 3] = [
    ["pickup_address_hy", "delivery_note_hy"],
    ["pickup_address_ru", "delivery_note_ru"],
    ["pickup_address_en", "delivery_note_en"],
];

pub(super) fn routes() -> Router<Faces> {
    Router::new().route(PATH, get(show).post(save))
}

fn of(desk: &Desk) -> Typed {
    let (shop, mut form) = (&desk.shop, Typed::default());
    let money = |minor| Money::new(minor, desk.shop.currency);
    form.set("pickup", if shop.pickup { "on" } else { "" });
    form.set("delivery", if shop.delivery { "on" } else { "" });
    form.set_localized("pickup_address", &shop.pickup_address);
    form.set_localized("delivery_note", &shop.delivery_note);
    form.set_sum("delivery_price", Some(money(shop.delivery_minor)));
    form.set_sum("delivery_free", shop.delivery_free_from_minor.map(money));
    form
}

fn read(desk: &Desk, form: &Typed) -> Result<HandingOver, Refusal> {
    Ok(HandingOver {
        pickup: form.on("pickup"),
        pickup_address: form.localized("pickup_address"),
        delivery: form.on("delivery"),
        delivery_minor: form.sum("delivery_price", desk.shop.currency)?.unwrap_or(0),
        delivery_free_from_minor: form.sum("delivery_free", desk.shop.currency)?,
        delivery_note: form.localized("delivery_note"),
    })
}

async fn show(desk: Desk) -> Response {
    draw(&desk, &of(&desk), Wrong::default()).await
}

async fn save(desk: Desk, Form(fields): Form<Vec<(String, String)>>) -> Response {
    let form = Typed::from(fields);
    let saved = async || -> Outcome<Flash> {
        desk.must(Permission::EditSettings)?;
        shop::set_handing_over(&desk.services, &desk.actor, desk.merchant(), read(&desk, &form)?).await?;
        Ok(Flash::good(desk.say("common.saved")))
    };
    match saved().await {
        Ok(flash) => desk.done(Ok(flash), PATH),
        Err(failure) => draw(&desk, &form, desk.wrong(&failure)).await,
    }
}

async fn draw(desk: &Desk, form: &Typed, wrong: Wrong) -> Response {
    desk.form(&desk.say("room.settings"), wrong, |wrong| page(PATH, parts(desk, form, wrong))).await
}

fn parts(desk: &Desk, form: &Typed, wrong: &Wrong) -> AnyView {
    let save = desk.may(Permission::EditSettings).then(|| {
        view! { <div class="form-actions"><Button look=Look::Primary>{t("common.save")}</Button></div> }
    });
    let sum = |name: &str| form.get(name).to_owned();
    view! {
        <form class="form" method="post" action=PATH data-send=true>
            <div class="form-section">
                <h2>{t("settings.handover")}</h2>
                <p class="quiet">{t("handover.text")}</p>
                <Switch name="pickup" label=t("handover.pickup") value=form.on("pickup")/>
                <Switch name="delivery" label=t("handover.delivery") value=form.on("delivery")/>
                <MoneyInput name="delivery_price" label=t("handover.price") sign=sign(desk) value=sum("delivery_price") error=wrong.about("delivery_price")/>
                <MoneyInput name="delivery_free" label=t("handover.free_from") aside=t("common.optional") sign=sign(desk) value=sum("delivery_free") help=t("handover.free_from_help") error=wrong.about("delivery_free")/>
            </div>
            <div class="form-section">{words(desk.lang, form, wrong)}</div>
            {wrong.beside(FIELDS)}
            {save}
        </form>
    }
    .into_any()
}

/// Address and note, one language in sight at a time.
fn words(lang: Lang, form: &Typed, wrong: &Wrong) -> AnyView {
    let options = Lang::ALL.iter().map(|lang| (lang.as_str().to_owned(), Text::from(lang.own_name())));
    let groups = Lang::ALL.iter().zip(WORDS).map(|(lang, [address, note])| {
        let value = |name: &str| form.get(name).to_owned();
        view! {
            <div class="stack when-language" lang=lang.as_str() data-language=lang.as_str()>
                <TextArea name=address label=t("handover.address") value=value(address) help=t("handover.address_help") error=wrong.about("pickup_address") max_length=300/>
                <TextArea name=note label=t("handover.note") aside=t("common.optional") value=value(note) help=t("handover.note_help") error=wrong.about("delivery_note") max_length=300/>
            </div>
        }
    });
    let shown = if form.on("words") { form.get("words").to_owned() } else { lang.as_str().to_owned() };
    view! {
        <Segments name="words" label=t("products.language") options=options.collect() value=shown/>
        {groups.collect_view()}
    }
    .into_any()
}
