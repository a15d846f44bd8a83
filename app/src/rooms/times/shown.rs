//! How times look: days with their hours, and the form of a timetable.

use leptos::prelude::*;

use super::{
    found::{DayOfTimes, Found, Time, TimesForm},
    path, week,
};
use crate::{
    said::Wrong,
    texts::{t, t_with},
    ui::{Button, ButtonLink, Chip, Crumb, DateRange, Empty, Glyph, Look, RoomHead, Text, TextInput},
    web::Desk,
};

const FIELDS: &[&str] = &["from", "until", "first", "last", "minutes", "every", "places"];

pub(super) fn room(desk: &Desk, found: Found, wrong: &Wrong) -> AnyView {
    let product = Text::from(["/products/", &found.product].concat());
    let may_edit = found.may_edit;
    let form = may_edit.then(|| form(desk, &found.product, &found.form, wrong));
    let list = Text::from(path(&found.product));
    let looks =
        [(list, "times.list", found.week.is_none()), (found.this_week.into(), "times.week", found.week.is_some())];
    let looks = looks.map(|(href, key, current)| view! { <Chip href=href text=t(key) current=current/> });
    let days = if let Some(week) = found.week {
        week::shown(week)
    } else if found.days.is_empty() {
        view! { <Empty glyph=Glyph::Clock title=t("times.none") text=t("times.none_text")/> }.into_any()
    } else {
        found.days.into_iter().map(|one| day(&found.product, one, may_edit)).collect_view().into_any()
    };
    view! {
        <Crumb href=product text=Text::from(found.title)/>
        <RoomHead title=t("times.title")>
            // On a phone the form stands below all days.
            {may_edit.then(|| view! { <span class="narrow-only"><ButtonLink href="#offer" icon=Glyph::Plus>{t("times.offer")}</ButtonLink></span> })}
        </RoomHead>
        <div class="toolbar"><div class="chips">{looks.into_iter().collect_view()}</div></div>
        <div class="side">
            <section class="times" id="times" data-live=true>{days}</section>
            <aside id="offer">{form}</aside>
        </div>
    }
    .into_any()
}

fn day(product: &str, day: DayOfTimes, may_edit: bool) -> AnyView {
    let times = day.times.into_iter().map(|one| time(product, one, may_edit)).collect_view();
    view! {
        <section class="times-day">
            <h2>{day.name}</h2>
            <ul class="times-list">{times}</ul>
        </section>
    }
    .into_any()
}

fn time(product: &str, time: Time, may_edit: bool) -> AnyView {
    let counts = [("taken", time.taken.to_string()), ("places", time.places.to_string())];
    let words = t_with("times.taken", &[(counts[0].0, &counts[0].1), (counts[1].0, &counts[1].1)]);
    let full = (time.taken >= time.places).then_some("true");
    let inner = view! { <b class="tabular">{time.at}</b><small>{words}</small> };
    if !may_edit || time.past {
        return view! { <li class="time" data-full=full>{inner}</li> }.into_any();
    }
    let href = [&path(product), "/", &time.id].concat();
    view! { <li class="time" data-full=full><a class="time-link" href=href>{inner}</a></li> }.into_any()
}

fn form(desk: &Desk, product: &str, form: &TimesForm, wrong: &Wrong) -> AnyView {
    let weekdays = form.weekdays().map(|(name, key, on)| {
        view! { <label class="check"><input type="checkbox" name=name checked=on/><span>{desk.say(key)}</span></label> }
    });
    view! {
        <form class="card" method="post" action=path(product) data-send=true>
            <div class="card-head"><h2>{t("times.offer")}</h2></div>
            <div class="card-body stack">
                <DateRange label=t("range.days") from=form.from.clone() until=form.until.clone() from_error=wrong.about("from") until_error=wrong.about("until") required=true/>
                <fieldset class="field">
                    <legend class="field-label">{t("times.weekdays")}</legend>
                    <div class="times-weekdays">{weekdays.into_iter().collect_view()}</div>
                </fieldset>
                <div class="form-pair">
                    <TextInput name="first" label=t("times.first") kind="time" value=form.first.clone() error=wrong.about("first") required=true/>
                    <TextInput name="last" label=t("times.last") kind="time" value=form.last.clone() error=wrong.about("last")/>
                </div>
                <div class="form-pair">
                    <TextInput name="minutes" label=t("times.minutes") inputmode="numeric" value=form.minutes.clone() error=wrong.about("minutes") max_length=5 required=true/>
                    <TextInput name="every" label=t("times.every") aside=t("common.optional") inputmode="numeric" value=form.every.clone() error=wrong.about("every") max_length=5/>
                </div>
                <TextInput name="places" label=t("times.places") inputmode="numeric" value=form.places.clone() help=t("times.places_help") error=wrong.about("places") max_length=4 required=true/>
                {wrong.beside(FIELDS)}
                <div><Button look=Look::Primary icon=Glyph::Plus>{t("times.add")}</Button></div>
            </div>
        </form>
    }
    .into_any()
}
