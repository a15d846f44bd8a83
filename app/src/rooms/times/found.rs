//! Times in words, and a timetable as typed.

use domain::{Day, Moment, ProductId, moment::DAY, product::ProductKind, role::Permission, timetable};
use serde::Deserialize;
use server::{
    catalog::{
        self,
        slots::{self, NewSlots, Slot},
    },
    failure::{Outcome, Refusal},
};

use super::week::{self, Week};
use crate::{rooms::PAGE, texts::WEEKDAYS, web::Desk};

/// More days than a page shows are found by going on.
const SHOWN: u64 = 10 * PAGE as u64;

/// As typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TimesForm {
    pub(super) from: String,
    pub(super) until: String,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) minutes: String,
    pub(super) every: String,
    pub(super) places: String,
    pub(super) mon: String,
    pub(super) tue: String,
    pub(super) wed: String,
    pub(super) thu: String,
    pub(super) fri: String,
    pub(super) sat: String,
    pub(super) sun: String,
}

impl TimesForm {
    /// The next four weeks of working days, an hour each: a start that is easily changed.
    fn blank(desk: &Desk) -> Self {
        let day = |days: i64| Day::of(desk.now().plus(days * DAY), desk.offset()).to_string();
        let on = || "on".to_owned();
        Self {
            from: day(1),
            until: day(28),
            first: "10:00".to_owned(),
            last: "17:00".to_owned(),
            minutes: "60".to_owned(),
            places: "1".to_owned(),
            mon: on(),
            tue: on(),
            wed: on(),
            thu: on(),
            fri: on(),
            ..Self::default()
        }
    }

    /// Name and state of each day of the week, Monday first.
    pub(super) fn weekdays(&self) -> [(&'static str, &'static str, bool); 7] {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let on = [&self.mon, &self.tue, &self.wed, &self.thu, &self.fri, &self.sat, &self.sun];
        std::array::from_fn(|day| (names[day], WEEKDAYS[day], !on[day].is_empty()))
    }

    pub(super) fn read(&self, desk: &Desk) -> Result<NewSlots, Refusal> {
        let day = |field, text: &str| text.trim().parse().map_err(|_| Refusal::field(field, "day_unreadable"));
        let clock =
            |field, text: &str| timetable::clock_time(text).ok_or_else(|| Refusal::field(field, "clock_unreadable"));
        let number = |field, text: &str| text.trim().parse().map_err(|_| Refusal::field(field, "not_a_number"));
        let minutes = number("minutes", &self.minutes)?;
        let every = if self.every.trim().is_empty() { minutes } else { number("every", &self.every)? };
        let first = clock("first", &self.first)?;
        let (from, until) = (day("from", &self.from)?, day("until", &self.until)?);
        if until < from {
            return Err(Refusal::field("until", "days_backwards"));
        }
        let table = timetable::Timetable {
            from,
            until,
            weekdays: self.weekdays().map(|(_, _, on)| on),
            first,
            last: if self.last.trim().is_empty() { first } else { clock("last", &self.last)? },
            every,
        };
        Ok(NewSlots { starts_at: table.starts(desk.offset()), minutes, places: number("places", &self.places)? })
    }
}

pub(super) struct Time {
    pub(super) id: String,
    pub(super) at: String,
    pub(super) past: bool,
    pub(super) taken: i64,
    pub(super) places: i64,
}

pub(super) struct DayOfTimes {
    pub(super) name: String,
    pub(super) times: Vec<Time>,
}

pub(super) struct Found {
    pub(super) product: String,
    pub(super) title: String,
    pub(super) days: Vec<DayOfTimes>,
    /// In the place of the days, where a week is asked for.
    pub(super) week: Option<Week>,
    /// The address of this week.
    pub(super) this_week: String,
    pub(super) form: TimesForm,
    pub(super) may_edit: bool,
}

pub(super) async fn find(desk: &Desk, id: &str, asked: &str, form: Option<TimesForm>) -> Outcome<Found> {
    let product = catalog::get(&desk.services.db, desk.merchant(), &ProductId::parse(id)?).await?;
    if product.kind != ProductKind::Booking {
        return Err(Refusal::not_found().into());
    }
    let today = desk.now().start_of_day(desk.offset());
    let ahead = slots::list(&desk.services.db, desk.merchant(), &product.id, today, SHOWN).await?;
    Ok(Found {
        product: id.to_owned(),
        title: product.name.get(desk.lang).to_owned(),
        days: by_day(desk, &ahead),
        week: match asked {
            "" => None,
            asked => Some(week::find(desk, &product.id, week::monday(desk, asked)).await?),
        },
        this_week: ["/products/", id, "/times?week=", &week::monday(desk, "").to_string()].concat(),
        form: form.unwrap_or_else(|| TimesForm::blank(desk)),
        may_edit: desk.may(Permission::EditCatalog),
    })
}

fn by_day(desk: &Desk, slots: &[Slot]) -> Vec<DayOfTimes> {
    let day = |at: Moment| Day::of(at, desk.offset());
    let days = slots.chunk_by(|a, b| day(a.starts_at) == day(b.starts_at));
    let one = |slots: &[Slot]| {
        let day = day(slots.first()?.starts_at);
        let name = [&desk.say(WEEKDAYS[day.weekday()]), " ", &day.local()].concat();
        Some(DayOfTimes { name, times: slots.iter().map(|slot| time(desk, slot)).collect() })
    };
    days.filter_map(one).collect()
}

fn time(desk: &Desk, slot: &Slot) -> Time {
    let at = slot.starts_at.local_time(desk.offset());
    Time {
        id: slot.id.to_string(),
        at: at.get(..5).unwrap_or_default().to_owned(),
        past: slot.starts_at <= desk.now(),
        taken: slot.taken,
        places: slot.places,
    }
}
