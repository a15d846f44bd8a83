//! A week of a product's times: days beside each other, hours below each other, and in each cell how many places are free.

use std::collections::BTreeSet;

use domain::{Day, Moment, ProductId, role::Permission};
use leptos::prelude::*;
use server::{
    catalog::slots::{self, Slot},
    failure::Outcome,
};

use crate::{
    texts::{WEEKDAYS, t, t_with},
    ui::{ButtonLink, Glyph, Icon, Look, Size, Text},
    web::Desk,
};

/// More times than stand in one week.
const MOST: u64 = 7 * 200;

pub(super) struct Week {
    /// The addresses of this room in the weeks beside.
    earlier: String,
    later: String,
    title: String,
    /// Weekday and date; whether it is today.
    days: Vec<(&'static str, String, bool)>,
    /// An hour, and what stands in it on each day.
    hours: Vec<(String, Vec<Option<Free>>)>,
}

struct Free {
    /// Where it is changed, for those who may.
    href: Option<String>,
    left: i64,
    places: i64,
    past: bool,
}

/// The Monday of the week that `asked` lies in; this week where nothing is asked.
pub(super) fn monday(desk: &Desk, asked: &str) -> Day {
    let day: Day = asked.parse().unwrap_or_else(|_| Day::of(desk.now(), desk.offset()));
    day.plus(-i64::try_from(day.weekday()).unwrap_or_default())
}

pub(super) async fn find(desk: &Desk, product: &ProductId, monday: Day) -> Outcome<Week> {
    let (from, until) = (monday.span(desk.offset()).0, monday.plus(7).span(desk.offset()).0);
    let mut found = slots::list(&desk.services.db, desk.merchant(), product, from, MOST).await?;
    found.retain(|slot| slot.starts_at < until);
    let at = |week: Day| ["/products/", product.as_str(), "/times?week=", &week.to_string()].concat();
    let today = Day::of(desk.now(), desk.offset());
    let days = (0..7).map(|step| monday.plus(step));
    Ok(Week {
        earlier: at(monday.plus(-7)),
        later: at(monday.plus(7)),
        title: [&monday.local(), " – ", &monday.plus(6).local()].concat(),
        days: days.map(|day| (WEEKDAYS[day.weekday()], short(day), day == today)).collect(),
        hours: hours(desk, monday, &found),
    })
}

/// `28.11`
fn short(day: Day) -> String {
    day.local().chars().take(5).collect()
}

fn hour(at: Moment, offset: i32) -> String {
    at.local_time(offset).chars().take(5).collect()
}

fn hours(desk: &Desk, monday: Day, slots: &[Slot]) -> Vec<(String, Vec<Option<Free>>)> {
    let offset = desk.offset();
    let all: BTreeSet<String> = slots.iter().map(|slot| hour(slot.starts_at, offset)).collect();
    let cell = |time: &str, day: Day| {
        let here = |slot: &&Slot| Day::of(slot.starts_at, offset) == day && hour(slot.starts_at, offset) == time;
        let slot = slots.iter().find(here)?;
        let href = (desk.may(Permission::EditCatalog) && slot.starts_at > desk.now())
            .then(|| [&super::path(slot.product_id.as_str()), "/", slot.id.as_str()].concat());
        Some(Free { href, left: slot.left(), places: slot.places, past: slot.starts_at <= desk.now() })
    };
    let row = |time: String| {
        let cells = (0..7).map(|step| cell(&time, monday.plus(step))).collect();
        (time, cells)
    };
    all.into_iter().map(row).collect()
}

pub(super) fn shown(week: Week) -> AnyView {
    let days = week.days.into_iter().map(|(weekday, date, today)| {
        view! { <th scope="col" aria-current=today.then_some("date")>{t(weekday)}<br/><small>{date}</small></th> }
    });
    let none = week.hours.is_empty().then(|| view! { <p class="quiet">{t("times.week_none")}</p> });
    let rows = week.hours.into_iter().map(|(time, cells)| {
        let cells = cells.into_iter().map(cell).collect_view();
        view! { <tr><th scope="row">{time}</th>{cells}</tr> }
    });
    view! {
        <div class="week">
            <div class="spread">
                <b class="tabular">{week.title}</b>
                <span class="button-row">
                    <ButtonLink href=Text::from(week.earlier) size=Size::Small look=Look::Quiet><Icon glyph=Glyph::ArrowLeft size="small"/><span class="hear">{t("times.earlier")}</span></ButtonLink>
                    <ButtonLink href=Text::from(week.later) size=Size::Small look=Look::Quiet><Icon glyph=Glyph::ArrowRight size="small"/><span class="hear">{t("times.later")}</span></ButtonLink>
                </span>
            </div>
            <div class="week-scroll">
                <table><thead><tr><td></td>{days.collect_view()}</tr></thead><tbody>{rows.collect_view()}</tbody></table>
            </div>
            {none}
        </div>
    }
    .into_any()
}

fn cell(free: Option<Free>) -> AnyView {
    let Some(Free { href, left, places, past }) = free else { return view! { <td></td> }.into_any() };
    let state = if past {
        "past"
    } else if left == 0 {
        "full"
    } else {
        "free"
    };
    let values = [("free", left.to_string()), ("places", places.to_string())];
    let words = t_with("times.free", &[(values[0].0, &values[0].1), (values[1].0, &values[1].1)]);
    let words = match href {
        Some(href) => view! { <a href=href>{words}</a> }.into_any(),
        None => words.into_any(),
    };
    view! { <td data-state=state>{words}</td> }.into_any()
}
