//! A new link: fixed, to be used again and again, or dynamic, for one order.

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::calls::{self, Choice, LinkForm};
use crate::{
    address,
    form::{FormError, about, beside, kept},
    here::Here,
    texts::t,
    ui::{Button, ButtonLink, Crumb, Look, MoneyInput, RoomHead, Segments, Select, Text, TextInput},
    wire,
};

/// The fields whose mistakes are said beside them.
const FIELDS: &[&str] =
    &["title", "amount", "label", "expires_at", "max_payments", "telegram_user_id", "external_order_id", "product_id"];

#[derive(Clone, Copy)]
struct Fields {
    kind: RwSignal<String>,
    product: RwSignal<String>,
    title: RwSignal<String>,
    amount: RwSignal<String>,
    label: RwSignal<String>,
    expires_at: RwSignal<String>,
    max_payments: RwSignal<String>,
    telegram_user_id: RwSignal<String>,
    external_order_id: RwSignal<String>,
}

impl Fields {
    fn new(product: &str) -> Self {
        Self {
            kind: kept("fixed"),
            product: kept(product),
            title: kept(""),
            amount: kept(""),
            label: kept(""),
            expires_at: kept(""),
            max_payments: kept(""),
            telegram_user_id: kept(""),
            external_order_id: kept(""),
        }
    }

    fn is_dynamic(self) -> bool {
        self.kind.with(|kind| kind == "dynamic")
    }

    /// What the form says; what its kind does not ask for is left out.
    fn read(self) -> LinkForm {
        let dynamic = self.kind.with_untracked(|kind| kind == "dynamic");
        let when = |wanted: bool, value: RwSignal<String>| if wanted { value.get_untracked() } else { String::new() };
        LinkForm {
            kind: self.kind.get_untracked(),
            product: self.product.get_untracked(),
            title: self.title.get_untracked(),
            amount: self.amount.get_untracked(),
            label: self.label.get_untracked(),
            expires_at: self.expires_at.get_untracked(),
            max_payments: when(!dynamic, self.max_payments),
            telegram_user_id: when(dynamic, self.telegram_user_id),
            external_order_id: when(dynamic, self.external_order_id),
        }
    }
}

#[component]
pub fn NewLink() -> impl IntoView {
    let choices = wire::ask(String::new, calls::link_choices);
    let product = use_query_map().with_untracked(|query| address::value(query, "product"));
    let fields = Fields::new(&product);
    let show = move |choices: Vec<Choice>| form(fields, choices);
    view! {
        <Title text=t("links.new").into_owned()/>
        <Crumb href="/links" text=t("room.links")/>
        <RoomHead title=t("links.new")/>
        {wire::form(choices, show)}
    }
    .into_any()
}

fn form(fields: Fields, choices: Vec<Choice>) -> AnyView {
    let error: FormError = RwSignal::new(None);
    let busy = RwSignal::new(false);
    let send = send(fields, error, busy);
    let pressed = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        send.run(());
    };
    let kinds = vec![("fixed".to_owned(), t("links.fixed")), ("dynamic".to_owned(), t("links.dynamic"))];
    let kind_help = move || if fields.is_dynamic() { t("links.dynamic_help") } else { t("links.fixed_help") };
    view! {
        <form class="form" on:submit=pressed>
            <div class="form-section">
                <div class="stack-tight">
                    <Segments name="kind" label=t("links.kind") options=kinds value=fields.kind/>
                    <p class="field-help">{kind_help}</p>
                </div>
                {what(fields, choices, error)}
            </div>
            <div class="form-section">{more(fields, error)}</div>
            {beside(error, FIELDS)}
            <div class="form-actions">
                <Button look=Look::Primary submit=true busy=busy>{t("links.make")}</Button>
                <ButtonLink href="/links" look=Look::Quiet>{t("common.cancel")}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}

/// What money is asked for: a product, or a title and a sum of one's own.
fn what(fields: Fields, choices: Vec<Choice>, error: FormError) -> AnyView {
    let donations: Vec<String> =
        choices.iter().filter(|choice| choice.donation).map(|choice| choice.id.clone()).collect();
    let options = std::iter::once((String::new(), t("links.own_sum")))
        .chain(choices.into_iter().map(|choice| (choice.id, Text::from(choice.name))));
    let sign = sign();
    let own = move || fields.product.with(String::is_empty);
    let donation = move || fields.is_dynamic() && fields.product.with(|id| donations.contains(id));
    let title = move || {
        own().then(|| {
            view! { <TextInput name="title" label=t("links.title") value=fields.title help=t("links.title_help") error=about(error, "title") max_length=60/> }
        })
    };
    let amount = move || {
        (own() || donation()).then(|| {
            view! { <MoneyInput name="amount" label=t("links.amount") sign=sign value=fields.amount error=about(error, "amount")/> }
        })
    };
    view! {
        <Select name="product" label=t("links.what") options=options.collect() value=fields.product error=about(error, "product_id")/>
        {title}
        {amount}
    }
    .into_any()
}

pub(in crate::rooms) fn sign() -> &'static str {
    match Here::get().sign.as_str() {
        "$" => "$",
        "€" => "€",
        "₽" => "₽",
        _ => "֏",
    }
}

fn more(fields: Fields, error: FormError) -> AnyView {
    let by_kind = move || {
        if fields.is_dynamic() {
            view! {
                <div class="form-pair">
                    <TextInput name="external_order_id" label=t("links.external_order_id") aside=t("common.optional") value=fields.external_order_id help=t("links.external_order_id_help") error=about(error, "external_order_id") max_length=64/>
                    <TextInput name="telegram_user_id" label=t("links.telegram_user_id") aside=t("common.optional") value=fields.telegram_user_id inputmode="numeric" error=about(error, "telegram_user_id") max_length=20/>
                </div>
            }
            .into_any()
        } else {
            view! {
                <TextInput name="max_payments" label=t("links.max_payments") aside=t("common.optional") value=fields.max_payments inputmode="numeric" help=t("links.max_payments_help") error=about(error, "max_payments") max_length=7/>
            }
            .into_any()
        }
    };
    view! {
        <TextInput name="label" label=t("links.label") aside=t("common.optional") value=fields.label help=t("links.label_help") error=about(error, "label") max_length=80/>
        <TextInput name="expires_at" label=t("links.expires_at") aside=t("common.optional") kind="datetime-local" value=fields.expires_at help=t("links.expires_help") error=about(error, "expires_at")/>
        {by_kind}
    }
    .into_any()
}

fn send(fields: Fields, error: FormError, busy: RwSignal<bool>) -> Callback<()> {
    let go = use_navigate();
    Callback::new(move |()| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let go = go.clone();
        spawn_local(async move {
            match calls::create_link(fields.read()).await.and_then(|wire| wire.read::<String>()) {
                Ok(id) => go(&["/links/", &id].concat(), Default::default()),
                Err(wrong) => error.set(Some(wrong)),
            }
            busy.set(false);
        });
    })
}
