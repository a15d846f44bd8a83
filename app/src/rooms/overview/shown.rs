//! How the overview looks.

use leptos::prelude::*;

use super::found::{DayBar, Numbers, Stage, TileView};
use crate::{
    texts::t,
    ui::{Bar, Bars, Cell, Column, Glyph, Icon, RoomHead, Row, RowLink, Share, Shares, Table, Td, Text, Tile, Tiles},
};

pub(super) fn page(numbers: Numbers) -> AnyView {
    let tiles = numbers.tiles.into_iter().map(tile).collect_view();
    let bars = numbers.days.iter().map(bar).collect();
    let stages = numbers.stages.into_iter().map(stage).collect();
    view! {
        <div class="overview" id="numbers" data-live=true>
        <RoomHead title=t("room.overview") number=Text::from(numbers.today)/>
        <Tiles>{tiles}</Tiles>
        <div class="overview-pair">
            <section class="card">
                <div class="card-head"><h2>{t("overview.days")}</h2></div>
                <div class="card-body stack">
                    <Bars label=t("overview.days") bars=bars/>
                    <details class="raw">
                        <summary><Icon glyph=Glyph::ChevronRight size="small"/>{t("overview.table")}</summary>
                        {table(numbers.days)}
                    </details>
                </div>
            </section>
            <section class="card">
                <div class="card-head"><h2>{t("overview.funnel")}</h2></div>
                <div class="card-body stack"><Shares rows=stages/><p class="quiet small">{t("overview.funnel_note")}</p></div>
            </section>
        </div>
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
        label: Text::from(day.label.clone()),
        value: day.value,
        shown: Text::from(day.short.clone()),
        marked: day.today,
    }
}

fn stage(stage: Stage) -> Share {
    Share {
        label: Text::from(stage.label),
        shown: Text::from(stage.shown),
        permille: stage.permille,
        marked: stage.marked,
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
                <Td cell=Cell::Main><RowLink href=Text::from(day.href) text=Text::from(day.label)/></Td>
                <Td cell=Cell::Meta>{day.payments}</Td>
                <Td cell=Cell::Sum>{day.shown}</Td>
            </Row>
        }
    });
    let rows = rows.collect_view();
    view! { <Table label=t("overview.days") columns=columns>{rows}</Table> }.into_any()
}
