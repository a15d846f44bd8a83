//! The webhook log: every delivery of a provider, whatever became of it, with what was decided and why.

mod calls;

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

pub use calls::{Asked, DeliveryRow, Found};

use super::payments::pager_of;
use crate::{
    address,
    error::{AppError, trouble},
    here::Here,
    live::Live,
    texts::t,
    ui::{
        Button, ButtonLink, Cell, Chip, Column, Empty, Glyph, Icon, RoomHead, Row, Size, StatusBadge, Table,
        TableSkeleton, Td, Text, Toasts, Tone,
    },
};

const PATH: &str = "/webhooks";
/// The decisions worth a filter of their own.
const FILTERS: [(&str, &str); 8] = [
    ("", "webhooks.all"),
    ("applied", "decision.applied"),
    ("duplicate", "decision.duplicate"),
    ("no_change", "decision.no_change"),
    ("mismatch", "decision.mismatch"),
    ("unknown_payment", "decision.unknown_payment"),
    ("bad_signature", "decision.bad_signature"),
    ("unreadable", "decision.unreadable"),
];

#[component]
pub fn Webhooks() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|query| Asked {
            decision: address::value(query, "decision"),
            before: address::value(query, "before"),
        })
    });
    let number = Live::here().number;
    let replayed = RwSignal::new(0_u32);
    let found = Resource::new(
        move || (asked.get(), number.get(), replayed.get()),
        |(asked, _, _)| calls::find_deliveries(asked),
    );
    let chips = FILTERS.into_iter().map(|(decision, key)| {
        let href = Signal::derive(move || query.with(|query| address::with(PATH, query, "decision", decision)));
        let current = Signal::derive(move || asked.with(|asked| asked.decision == decision));
        view! { <Chip href=href text=t(key) current=current/> }
    });
    view! {
        <Title text=t("room.webhooks").into_owned()/>
        <RoomHead title=t("room.webhooks")/>
        <p class="room-lead">{t("webhooks.lead")}</p>
        <div class="toolbar"><div class="chips">{chips.collect_view()}</div></div>
        <Transition fallback=|| view! { <TableSkeleton/> }>
            {move || Suspend::new(async move { room(found.await, &asked.get_untracked(), replayed) })}
        </Transition>
    }
    .into_any()
}

fn room(found: Result<Found, AppError>, asked: &Asked, replayed: RwSignal<u32>) -> AnyView {
    let found = match found {
        Err(error) => return trouble(error),
        Ok(found) => found,
    };
    if found.rows.is_empty() {
        return view! {
            <Empty glyph=Glyph::Endpoints title=t("webhooks.none") text=t("webhooks.none_text")>
                <ButtonLink href=PATH>{t("list.show_all")}</ButtonLink>
            </Empty>
        }
        .into_any();
    }
    let columns = vec![
        Column::new(Cell::Main, t("webhooks.delivery")),
        Column::new(Cell::Status, t("webhooks.decision")),
        Column::new(Cell::Meta, t("webhooks.payment")),
        Column::new(Cell::Meta, t("webhooks.received")),
        Column::new(Cell::Tools, ""),
    ];
    let rows = found.rows.into_iter().map(|row| line(row, replayed)).collect_view();
    let pager = pager_of(PATH, !asked.before.is_empty(), found.next, use_query_map());
    view! { <Table label=t("room.webhooks") columns=columns>{rows}</Table> {pager} }.into_any()
}

fn line(row: DeliveryRow, replayed: RwSignal<u32>) -> AnyView {
    let payment = row.payment.map(|(id, order)| view! { <a href=["/payments/", &id].concat()>{order}</a> });
    let again = (row.may_replay && Here::get().may.replay_webhooks).then(|| replay(row.id, replayed));
    view! {
        <Row>
            <Td cell=Cell::Main>
                <div class="strong cut mono">{row.external_id}</div>
                <details class="raw">
                    <summary><Icon glyph=Glyph::ChevronRight size="small"/>{row.reason}</summary>
                    <code class="code">{row.raw}</code>
                </details>
            </Td>
            <Td cell=Cell::Status><StatusBadge tone=row.decision.mood.into() text=Text::from(row.decision.text)/></Td>
            <Td cell=Cell::Meta>{payment}</Td>
            <Td cell=Cell::Meta>{row.when}</Td>
            <Td cell=Cell::Tools><div class="row-tools">{again}</div></Td>
        </Row>
    }
    .into_any()
}

/// Weighs the delivery again, as it was received: it can only do what it could have done then.
fn replay(id: String, replayed: RwSignal<u32>) -> AnyView {
    let busy = RwSignal::new(false);
    let toasts = Toasts::here();
    let press = move |()| {
        busy.set(true);
        let id = id.clone();
        spawn_local(async move {
            let answer = calls::replay_delivery(id).await;
            busy.set(false);
            replayed.update(|count| *count += 1);
            let Some(toasts) = toasts else { return };
            match answer {
                Ok(decision) => toasts.say(decision.mood.into(), decision.text),
                Err(error) => toasts.say(Tone::Bad, error.text),
            }
        });
    };
    view! { <Button icon=Glyph::Refresh size=Size::Small busy=busy press=press>{t("webhooks.replay")}</Button> }
        .into_any()
}
