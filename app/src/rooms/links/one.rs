//! One link, ready to hand over: its address and QR code, what it leads to, and its switch.

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::calls::{self, LinkView};
use crate::{
    error::{AppError, trouble},
    form::{FormError, about, beside, kept},
    here::Here,
    live::Live,
    rooms::story::known,
    texts::t,
    ui::{
        Button, ButtonLink, Confirm, Copyable, Crumb, Facts, Glyph, Look, RoomHead, Size, StatusBadge, StorySkeleton,
        Text, TextInput, Toasts, Tone,
    },
};

#[component]
pub fn OneLink() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let number = Live::here().number;
    let changed = RwSignal::new(0_u32);
    let link = Resource::new(move || (id.get(), number.get(), changed.get()), |(id, _, _)| calls::link(id));
    view! {
        <Crumb href="/links" text=t("room.links")/>
        <Transition fallback=|| view! { <StorySkeleton/> }>
            {move || Suspend::new(async move {
                match link.await {
                    Ok(link) => page(link, changed),
                    Err(error) => trouble(error),
                }
            })}
        </Transition>
    }
    .into_any()
}

fn page(link: LinkView, changed: RwSignal<u32>) -> AnyView {
    let qr = ["/links/", &link.id, "/qr.svg"].concat();
    let png = ["/links/", &link.id, "/qr.png"].concat();
    let may = Here::get().may.edit_links;
    let edit = may.then(|| edit(&link, changed));
    let status = view! { <StatusBadge tone=link.status.mood.into() text=Text::from(link.status.text)/> };
    view! {
        <Title text=link.name.clone()/>
        <RoomHead title=Text::from(link.name) number=Text::from(link.sum)>{status}</RoomHead>
        <div class="side">
            <section class="card">
                <div class="card-body handover">
                    <div class="stack">
                        <div class="qr"><img src=qr.clone() alt=t("links.qr")/></div>
                        <div class="button-row">
                            <a class="button" data-size="small" href=qr download="" rel="external">"SVG"</a>
                            <a class="button" data-size="small" href=png download="" rel="external">"PNG"</a>
                        </div>
                    </div>
                    <div class="stack">
                        <Copyable value=Text::from(link.url.clone()) label=t("common.copy") done=t("common.copied") wide=true/>
                        <div class="button-row">
                            <ButtonLink href=Text::from(link.url) icon=Glyph::External outside=true>{t("links.open_page")}</ButtonLink>
                        </div>
                        {link.telegram.map(|address| view! {
                            <p class="field-help">{t("links.telegram_help")}</p>
                            <Copyable value=Text::from(address) label=t("common.copy") done=t("common.copied") wide=true/>
                        })}
                    </div>
                </div>
                {edit.map(|edit| view! { <div class="card-foot">{edit}</div> })}
            </section>
            <aside class="card">
                <div class="card-head"><h2>{t("story.facts")}</h2></div>
                <div class="card-body"><Facts stacked=true>{link.known.into_iter().map(known).collect_view()}</Facts></div>
            </aside>
        </div>
    }
    .into_any()
}

fn edit(link: &LinkView, changed: RwSignal<u32>) -> AnyView {
    let error: FormError = RwSignal::new(None);
    let busy = RwSignal::new(false);
    let toasts = Toasts::here();
    let label = kept(&link.label);
    let id = StoredValue::new(link.id.clone());
    let done = move |answer: Result<(), AppError>| {
        busy.set(false);
        changed.update(|count| *count += 1);
        if let (Ok(()), Some(toasts)) = (&answer, toasts) {
            toasts.say(Tone::Good, t("common.saved"));
        }
        error.set(answer.err());
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        spawn_local(async move { done(calls::label_link(id.get_value(), label.get_untracked()).await) });
    };
    let active = link.active;
    let turn = move |()| {
        busy.set(true);
        spawn_local(async move { done(calls::switch_link(id.get_value(), !active).await) });
    };
    let open = RwSignal::new(false);
    let cancel = move |()| {
        busy.set(true);
        open.set(false);
        spawn_local(async move { done(calls::cancel_link(id.get_value()).await) });
    };
    let switch = if active { t("links.turn_off") } else { t("links.turn_on") };
    let cancellable = link.cancellable;
    view! {
        <form class="stack" on:submit=save>
            <TextInput name="label" label=t("links.label") value=label error=about(error, "label") max_length=80/>
            {beside(error, &["label"])}
            <div class="button-row">
                <Button submit=true size=Size::Small busy=busy>{t("common.save")}</Button>
                {(!link.cancelled).then(|| view! { <Button size=Size::Small busy=busy press=turn>{switch}</Button> })}
                {cancellable.then(|| view! {
                    <Button size=Size::Small look=Look::Danger press=move |()| open.set(true)>{t("links.cancel")}</Button>
                })}
            </div>
        </form>
        <Confirm
            open=open
            title=t("links.cancel_title")
            text=t("links.cancel_text")
            verb=t("links.cancel")
            cancel=t("links.keep")
            busy=busy
            confirm=cancel
        />
    }
    .into_any()
}
