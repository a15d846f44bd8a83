//! The form of a product. What its kind does not have is not shown; nothing typed is lost when the server says no.

use domain::Lang;
use leptos::prelude::*;

use crate::{
    rooms::{
        sign,
        typed::{Typed, in_language},
    },
    said::Wrong,
    texts::t,
    ui::{
        Button, ButtonLink, FilePicker, Look, MoneyInput, Notice, Segments, Select, Switch, Text, TextArea, TextInput,
        Tone,
    },
    web::Desk,
};

/// The fields whose mistakes are said beside them.
const FIELDS: &[&str] =
    &["name", "category", "sku", "text", "delivery", "price", "compare_at", "stock", "donation", "photo", "kind"];
const KINDS: [&str; 6] = ["goods", "service", "booking", "digital", "club", "donation"];

pub(super) fn form(
    desk: &Desk,
    action: String,
    form: &Typed,
    shelves: Vec<(String, String)>,
    picture: Option<String>,
    may_edit: bool,
    wrong: &Wrong,
) -> AnyView {
    let kinds = KINDS.map(|kind| (kind.to_owned(), t(&["kind.", kind].concat()))).to_vec();
    let (has_photo, picture) = (picture.is_some(), picture.map(Text::from));
    view! {
        <form class="form" method="post" action=action enctype="multipart/form-data" data-send=true>
            <div class="form-section">
                <Segments name="kind" label=t("products.kind") options=kinds value=form.get("kind") error=wrong.about("kind")/>
                // Telegram wants Stars for digital goods sold in bots: the merchant is told before deciding.
                <div class="when-digital"><Notice tone=Tone::Info text=t("products.stars_notice")/></div>
            </div>
            <div class="form-section">{words(desk.lang, form, wrong)}</div>
            <div class="form-section">{price(sign(desk), form, wrong)}</div>
            <div class="form-section">{place(form, shelves, wrong)}</div>
            // Behind what is typed: of a file that is too large to arrive, nothing behind it arrives either.
            <div class="form-section">
                <FilePicker name="photo" label=t("products.photo") note=t("products.photo_note") nostrip:picture=picture error=wrong.about("photo")/>
                {has_photo.then(|| view! { <Switch name="photo_gone" label=t("products.photo_gone") value=form.on("photo_gone") tick=true/> })}
            </div>
            <div class="form-section">
                <Switch name="visible" label=t("products.visible") value=form.on("visible") note=t("products.visible_note")/>
                <Switch name="digital_goods" label=t("products.digital") value=form.on("digital_goods") tick=true note=t("products.digital_note")/>
            </div>
            {wrong.beside(FIELDS)}
            {may_edit.then(|| view! {
                <div class="form-actions" data-sticky="true">
                    <Button look=Look::Primary>{t("products.save")}</Button>
                    <ButtonLink href="/products" look=Look::Quiet>{t("common.cancel")}</ButtonLink>
                </div>
            })}
        </form>
    }
    .into_any()
}

/// Names and texts, one language in sight at a time.
fn words(lang: Lang, form: &Typed, wrong: &Wrong) -> AnyView {
    let options = Lang::ALL.iter().map(|lang| (lang.as_str().to_owned(), Text::from(lang.own_name())));
    let names = [
        ["name_hy", "text_hy", "delivery_hy"],
        ["name_ru", "text_ru", "delivery_ru"],
        ["name_en", "text_en", "delivery_en"],
    ];
    let groups = Lang::ALL.iter().zip(names).map(|(lang, [name, text, delivery])| {
        let value = |field: &str| form.get(&in_language(field, *lang)).to_owned();
        view! {
            <div class="stack when-language" lang=lang.as_str() data-language=lang.as_str()>
                <TextInput name=name label=t("products.name") value=value("name") error=wrong.about("name") max_length=60/>
                <TextArea name=text label=t("products.text") aside=t("common.optional") value=value("text") error=wrong.about("text") max_length=2000/>
                <TextArea name=delivery label=t("products.delivery") aside=t("common.optional") value=value("delivery") help=t("products.delivery_help") error=wrong.about("delivery") max_length=2000/>
            </div>
        }
    });
    let shown = if form.get("words").is_empty() { lang.as_str() } else { form.get("words") };
    view! {
        <div class="stack-tight">
            <Segments name="words" label=t("products.language") options=options.collect() value=shown/>
            <p class="field-help">{t("products.language_help")}</p>
        </div>
        {groups.collect_view()}
    }
    .into_any()
}

/// Where it stands: its category and the shop's own code.
fn place(form: &Typed, shelves: Vec<(String, String)>, wrong: &Wrong) -> AnyView {
    let none = std::iter::once((String::new(), t("products.no_category"), None));
    let all = none.chain(shelves.into_iter().map(|(id, name)| (id, Text::from(name), None)));
    view! {
        <div class="form-pair">
            <Select name="category" label=t("products.category") options=all.collect() value=form.get("category").to_owned() error=wrong.about("category")/>
            <TextInput name="sku" label=t("products.sku") aside=t("common.optional") value=form.get("sku") help=t("products.sku_help") error=wrong.about("sku") max_length=40/>
        </div>
    }
    .into_any()
}

/// What it costs and how many there are, by kind.
fn price(sign: &'static str, form: &Typed, wrong: &Wrong) -> AnyView {
    view! {
        <div class="stack when-donation">
            <div class="form-pair">
                <MoneyInput name="donation_min" label=t("products.donation_min") sign=sign value=form.get("donation_min")/>
                <MoneyInput name="donation_max" label=t("products.donation_max") sign=sign value=form.get("donation_max")/>
            </div>
            <TextInput name="donation_suggested" label=t("products.donation_suggested") aside=t("common.optional") value=form.get("donation_suggested") help=t("products.donation_help") error=wrong.about("donation") max_length=120/>
        </div>
        <div class="form-pair unless-donation">
            <MoneyInput name="price" label=t("products.price") sign=sign value=form.get("price") error=wrong.about("price")/>
            <MoneyInput name="compare_at" label=t("products.compare_at") aside=t("common.optional") sign=sign value=form.get("compare_at") help=t("products.compare_at_help") error=wrong.about("compare_at")/>
        </div>
        <div class="when-goods">
            <input type="hidden" name="stock_shown" value=form.get("stock_shown").to_owned()/>
            <TextInput name="stock" label=t("products.stock") aside=t("common.optional") value=form.get("stock") inputmode="numeric" help=t("products.stock_help") error=wrong.about("stock") max_length=7/>
        </div>
    }
    .into_any()
}
