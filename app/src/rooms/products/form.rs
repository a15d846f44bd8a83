//! The form of a product. What its kind does not have is not asked for; nothing typed is lost when the server says no.

use domain::Lang;
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;

use super::{
    calls::{self, ProductForm, Three},
    photo,
};
use crate::{
    form::{FormError, about, beside, kept},
    here::Here,
    rooms::links::sign,
    texts::t,
    ui::{
        Button, ButtonLink, FilePicker, Look, MoneyInput, Notice, Segments, Switch, Text, TextArea, TextInput, Toasts,
        Tone,
    },
};

/// The fields whose mistakes are said beside them.
const FIELDS: &[&str] = &["name", "category", "text", "delivery", "price", "compare_at", "stock", "donation", "photo"];

type Texts = [RwSignal<String>; 3];

fn texts(three: &Three) -> Texts {
    three.each_ref().map(|text| kept(text))
}

fn read_texts(texts: Texts) -> Three {
    texts.map(|text| text.get_untracked())
}

#[derive(Clone, Copy)]
struct Fields {
    kind: RwSignal<String>,
    name: Texts,
    category: Texts,
    text: Texts,
    delivery: Texts,
    price: RwSignal<String>,
    compare_at: RwSignal<String>,
    stock: RwSignal<String>,
    donation_min: RwSignal<String>,
    donation_max: RwSignal<String>,
    donation_suggested: RwSignal<String>,
    digital_goods: RwSignal<bool>,
    visible: RwSignal<bool>,
}

impl Fields {
    fn new(form: &ProductForm) -> Self {
        Self {
            kind: kept(&form.kind),
            name: texts(&form.name),
            category: texts(&form.category),
            text: texts(&form.text),
            delivery: texts(&form.delivery),
            price: kept(&form.price),
            compare_at: kept(&form.compare_at),
            stock: kept(&form.stock),
            donation_min: kept(&form.donation_min),
            donation_max: kept(&form.donation_max),
            donation_suggested: kept(&form.donation_suggested),
            digital_goods: RwSignal::new(form.digital_goods),
            visible: RwSignal::new(form.visible),
        }
    }

    fn is(self, kind: &'static str) -> bool {
        self.kind.with(|own| own == kind)
    }

    fn read(self) -> ProductForm {
        ProductForm {
            title: String::new(),
            kind: self.kind.get_untracked(),
            name: read_texts(self.name),
            category: read_texts(self.category),
            text: read_texts(self.text),
            delivery: read_texts(self.delivery),
            price: self.price.get_untracked(),
            compare_at: self.compare_at.get_untracked(),
            stock: self.stock.get_untracked(),
            donation_min: self.donation_min.get_untracked(),
            donation_max: self.donation_max.get_untracked(),
            donation_suggested: self.donation_suggested.get_untracked(),
            digital_goods: self.digital_goods.get_untracked(),
            visible: self.visible.get_untracked(),
            picture: None,
        }
    }
}

pub(super) fn form(id: Option<String>, product: ProductForm) -> AnyView {
    let fields = Fields::new(&product);
    let error: FormError = RwSignal::new(None);
    let busy = RwSignal::new(false);
    let chosen = photo::Chosen::new();
    let may = Here::get().may.edit_catalog;
    let send = send(id, fields, chosen, error, busy);
    let pressed = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        send.run(());
    };
    let kinds = ["goods", "service", "booking", "digital", "club", "donation"];
    let kinds = kinds.map(|kind| (kind.to_owned(), t(&["kind.", kind].concat()))).to_vec();
    view! {
        <form class="form" on:submit=pressed>
            <div class="form-section">
                <Segments name="kind" label=t("products.kind") options=kinds value=fields.kind/>
                {digital_notice(fields)}
                {photo_field(product.picture, chosen, error)}
            </div>
            <div class="form-section">{words(fields, error)}</div>
            <div class="form-section">{price(fields, error)}</div>
            <div class="form-section">
                <Switch name="visible" label=t("products.visible") value=fields.visible note=t("products.visible_note")/>
                <Switch name="digital_goods" label=t("products.digital") value=fields.digital_goods tick=true note=t("products.digital_note")/>
            </div>
            {beside(error, FIELDS)}
            {may.then(|| view! {
                <div class="form-actions">
                    <Button look=Look::Primary submit=true busy=busy>{t("products.save")}</Button>
                    <ButtonLink href="/products" look=Look::Quiet>{t("common.cancel")}</ButtonLink>
                </div>
            })}
        </form>
    }
    .into_any()
}

/// Telegram wants Stars for digital goods sold in bots: the merchant is told before deciding.
fn digital_notice(fields: Fields) -> impl IntoView {
    move || {
        let digital = fields.is("digital") || fields.is("club") || fields.digital_goods.get();
        digital.then(|| view! { <Notice tone=Tone::Info text=t("products.stars_notice")/> })
    }
}

fn photo_field(picture: Option<String>, chosen: photo::Chosen, error: FormError) -> impl IntoView {
    let take = move |event| chosen.take(&event);
    let picture = picture.map(Text::from);
    view! {
        <FilePicker name="photo" label=t("products.photo") note=t("products.photo_note") nostrip:picture=picture error=about(error, "photo") chosen=Callback::new(take)/>
    }
}

/// Names and texts, one language in sight at a time.
fn words(fields: Fields, error: FormError) -> AnyView {
    let shown = kept(&Here::get().lang);
    let options = Lang::ALL.iter().map(|lang| (lang.as_str().to_owned(), Text::from(lang.own_name())));
    let names = [
        ["name_hy", "category_hy", "text_hy", "delivery_hy"],
        ["name_ru", "category_ru", "text_ru", "delivery_ru"],
        ["name_en", "category_en", "text_en", "delivery_en"],
    ];
    let groups = Lang::ALL.iter().zip(names).enumerate().map(|(place, (lang, [name, category, text, delivery]))| {
        let own = lang.as_str();
        view! {
            <div lang=own hidden=move || shown.with(|shown| shown != own)><div class="stack">
                <TextInput name=name label=t("products.name") value=fields.name[place] error=about(error, "name") max_length=60/>
                <TextInput name=category label=t("products.category") aside=t("common.optional") value=fields.category[place] error=about(error, "category") max_length=60/>
                <TextArea name=text label=t("products.text") aside=t("common.optional") value=fields.text[place] error=about(error, "text") max_length=2000/>
                <TextArea name=delivery label=t("products.delivery") aside=t("common.optional") value=fields.delivery[place] help=t("products.delivery_help") error=about(error, "delivery") max_length=2000/>
            </div></div>
        }
    });
    view! {
        <div class="stack-tight">
            <Segments name="words" label=t("products.language") options=options.collect() value=shown/>
            <p class="field-help">{t("products.language_help")}</p>
        </div>
        {groups.collect_view()}
    }
    .into_any()
}

/// What it costs and how many there are, by kind.
fn price(fields: Fields, error: FormError) -> AnyView {
    let sign = sign();
    let by_kind = move || {
        if fields.is("donation") {
            return view! {
                <div class="form-pair">
                    <MoneyInput name="donation_min" label=t("products.donation_min") sign=sign value=fields.donation_min/>
                    <MoneyInput name="donation_max" label=t("products.donation_max") sign=sign value=fields.donation_max/>
                </div>
                <TextInput name="donation_suggested" label=t("products.donation_suggested") aside=t("common.optional") value=fields.donation_suggested help=t("products.donation_help") error=about(error, "donation") max_length=120/>
            }
            .into_any();
        }
        view! {
            <div class="form-pair">
                <MoneyInput name="price" label=t("products.price") sign=sign value=fields.price error=about(error, "price")/>
                <MoneyInput name="compare_at" label=t("products.compare_at") aside=t("common.optional") sign=sign value=fields.compare_at help=t("products.compare_at_help") error=about(error, "compare_at")/>
            </div>
        }
        .into_any()
    };
    let stock = move || {
        fields.is("goods").then(|| {
            view! {
                <TextInput name="stock" label=t("products.stock") aside=t("common.optional") value=fields.stock inputmode="numeric" help=t("products.stock_help") error=about(error, "stock") max_length=7/>
            }
        })
    };
    view! { {by_kind} {stock} }.into_any()
}

fn send(
    id: Option<String>,
    fields: Fields,
    chosen: photo::Chosen,
    error: FormError,
    busy: RwSignal<bool>,
) -> Callback<()> {
    let (go, toasts) = (use_navigate(), Toasts::here());
    let known = StoredValue::new(id);
    Callback::new(move |()| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let go = go.clone();
        spawn_local(async move {
            let before = known.get_value();
            let saved = async {
                let id: String = calls::save_product(before.clone(), fields.read()).await?.read()?;
                // Saved once, it is the same product when only its photo has to be sent again.
                known.set_value(Some(id.clone()));
                chosen.send(&id).await?;
                Ok(id)
            };
            match saved.await {
                Ok(id) => {
                    error.set(None);
                    if let Some(toasts) = toasts {
                        toasts.say(Tone::Good, t("common.saved"));
                    }
                    if before.is_none() {
                        go(&["/products/", &id].concat(), Default::default());
                    }
                }
                Err(wrong) => error.set(Some(wrong)),
            }
            busy.set(false);
        });
    })
}
