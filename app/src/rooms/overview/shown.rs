//! How the overview looks.

use leptos::prelude::*;

use super::{
    asked::CHOICES,
    found::{DayBar, Numbers, SourceView, Stage, TileView},
};
use crate::{
    rooms::start,
    texts::t,
    ui::{
        Bar, Bars, Button, Cell, Chip, Column, DateRange, Glyph, Icon, RoomHead, Row, RowLink, Share, Shares, Size,
        Table, Td, Text, Tile, Tiles,
    },
};

pub(super) fn page(numbers: Numbers) -> AnyView {
    let next = numbers.next.map(|step| {
        view! { <section class="stack-tight"><h2>{t("start.next_title")}</h2><ol class="way">{start::next_card(step)}</ol></section> }
    });
    let picker = picker(&numbers);
    let before = [&t("overview.compared"), " ", &*numbers.before].concat();
    let tiles = numbers.tiles.into_iter().map(tile).collect_view();
    let bars = numbers.bars.iter().map(bar).collect();
    let stages = numbers.stages.into_iter().map(stage).collect();
    view! {
        <div class="overview">
            <RoomHead title=t("room.overview") number=Text::from(numbers.days)/>
            {next}
            {picker}
            <div class="overview" id="numbers" data-live=true>
            <Tiles>{tiles}</Tiles>
            <p class="quiet small">{before}</p>
            <div class="overview-pair">
                <section class="card">
                    <div class="card-head"><h2>{t("overview.days")}</h2></div>
                    <div class="card-body stack">
                        <Bars label=t("overview.days") bars=bars/>
                        <details class="raw">
                            <summary><Icon glyph=Glyph::ChevronRight size="small"/>{t("overview.table")}</summary>
                            {table(numbers.bars)}
                        </details>
                    </div>
                </section>
                <section class="card">
                    <div class="card-head"><h2>{t("overview.funnel")}</h2></div>
                    <div class="card-body stack"><Shares rows=stages/><p class="quiet small">{t("overview.funnel_note")}</p></div>
                </section>
            </div>
            <div class="overview-sources">
                {sources("overview.by_product", "overview.orders", numbers.products)}
                {sources("overview.by_link", "overview.payments", numbers.links)}
                {sources("overview.by_account", "overview.payments", numbers.accounts)}
            </div>
            <p class="quiet small">{t("overview.sources_note")}</p>
            </div>
        </div>
    }
    .into_any()
}

/// The days: by a word, or by hand.
fn picker(numbers: &Numbers) -> AnyView {
    let chip = |(word, key): &(&'static str, &'static str)| {
        let href = Text::from(["/?period=", word].concat());
        view! { <Chip href=href text=t(key) current=numbers.chosen == Some(*word)/> }
    };
    let chips = CHOICES.iter().map(chip).collect_view();
    let (from, until) = (numbers.from.clone(), numbers.until.clone());
    view! {
        <div class="overview-days">
            <div class="chips">{chips}</div>
            <form class="days" action="/" method="get">
                <DateRange label=t("range.days") from=from until=until required=true in_line=true/>
                <Button size=Size::Small>{t("overview.show")}</Button>
            </form>
        </div>
    }
    .into_any()
}

fn tile(tile: TileView) -> AnyView {
    let note = (!tile.note.is_empty()).then(|| Text::from(tile.note));
    let (label, value, href) = (Text::from(tile.label), Text::from(tile.value), Text::from(tile.href));
    match tile.tone {
        Some(tone) => view! { <Tile label=label value=value href=href nostrip:note=note tone=tone/> }.into_any(),
        None => view! { <Tile label=label value=value href=href nostrip:note=note/> }.into_any(),
    }
}

fn bar(day: &DayBar) -> Bar {
    Bar {
        href: Text::from(day.href.clone()),
        label: Text::from(day.label.clone()),
        value: day.value,
        shown: Text::from(day.short.clone()),
        marked: day.marked,
    }
}

fn stage(stage: Stage) -> Share {
    Share {
        label: Text::from(stage.label),
        shown: Text::from(stage.shown),
        before: Text::from(stage.before),
        permille: stage.permille,
        marked: stage.marked,
        href: Text::from(stage.href),
    }
}

fn table(days: Vec<DayBar>) -> AnyView {
    let columns = vec![
        Column::new(Cell::Main, t("overview.day")),
        Column::new(Cell::Meta, t("overview.payments")),
        Column::new(Cell::Sum, t("overview.income")),
    ];
    let rows = days.into_iter().rev().map(|day| {
        view! {
            <Row>
                <Td cell=Cell::Main><RowLink href=Text::from(day.href) text=Text::from(day.days)/></Td>
                <Td cell=Cell::Meta label=t("overview.payments")>{day.payments}</Td>
                <Td cell=Cell::Sum>{day.shown}</Td>
            </Row>
        }
    });
    let rows = rows.collect_view();
    view! { <Table label=t("overview.days") columns=columns>{rows}</Table> }.into_any()
}

/// What sales came from; nothing where nothing was sold.
fn sources(title: &'static str, counted: &'static str, rows: Vec<SourceView>) -> Option<AnyView> {
    if rows.is_empty() {
        return None;
    }
    let columns = vec![
        Column::new(Cell::Main, t(title)),
        Column::new(Cell::Meta, t(counted)),
        Column::new(Cell::Sum, t("overview.received")),
    ];
    let rows = rows.into_iter().map(move |row| {
        view! {
            <Row>
                <Td cell=Cell::Main><RowLink href=Text::from(row.href) text=Text::from(row.name)/></Td>
                <Td cell=Cell::Meta label=t(counted)>{row.count}</Td>
                <Td cell=Cell::Sum>{row.sum}</Td>
            </Row>
        }
    });
    let table = view! { <Table titled=true label=t(title) columns=columns>{rows.collect_view()}</Table> };
    Some(view! { <section>{table}</section> }.into_any())
}
