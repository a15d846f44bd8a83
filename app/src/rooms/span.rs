//! The days that a list keeps to: a chip that opens a drawer with shortcuts and two dates.

use domain::Day;
use leptos::prelude::*;
use server::reports::Period;

use super::{period, place::Place};
use crate::{
    texts::t,
    ui::{Button, Chip, DateRange, Dialog, DialogChip, Glyph, Look, close_button},
    web::Desk,
};

const DRAWER: &str = "days";

/// Days that are asked for often: the key of their text, and the days.
pub struct Choices([(&'static str, Period); 4]);

impl Choices {
    pub(super) fn of(desk: &Desk) -> Self {
        Self::on(Day::of(desk.now(), desk.offset()))
    }

    fn on(today: Day) -> Self {
        Self([
            ("overview.today", Period::up_to(today, 1)),
            ("overview.days_7", Period::up_to(today, 7)),
            ("overview.days_30", Period::up_to(today, 30)),
            ("overview.month", Period::between(today.first_of_month(), today)),
        ])
    }
}

/// The chip, and what it opens. `path` is the list's own address.
pub(super) fn days(place: &Place, path: &'static str, choices: &Choices) -> AnyView {
    let (from, until) = (place.value("from").to_owned(), place.value("until").to_owned());
    let asked = period::read(&from, &until);
    let chip = |(key, days): &(&'static str, Period)| {
        let href = place.within(&days.first.to_string(), &days.last.to_string());
        view! { <Chip href=href text=t(key) current=asked == Some(*days)/> }
    };
    let chips = choices.0.iter().map(chip).collect_view();
    let kept = place.state_without(&["from", "until", "before"]);
    let kept =
        kept.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    view! {
        <DialogChip dialog=DRAWER icon=Glyph::Clock text=t("range.days")/>
        <Dialog id=DRAWER title=t("range.days") drawer=true>
            <form class="form" action=path method="get">
                {kept}
                <DateRange label=t("range.days") from=from until=until>{chips}</DateRange>
                <div class="dialog-actions">
                    {close_button(DRAWER, t("common.cancel"))}
                    <Button look=Look::Primary>{t("overview.show")}</Button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_often_ends_today() {
        let Choices(all) = Choices::on("2026-11-26".parse().unwrap());
        let days = all.map(|(_, days)| [days.first.to_string(), days.last.to_string()].join(" "));
        assert_eq!(
            days,
            ["2026-11-26 2026-11-26", "2026-11-20 2026-11-26", "2026-10-28 2026-11-26", "2026-11-01 2026-11-26"]
        );
    }
}
