//! Members in words.

use domain::{CustomerId, limits, role::Permission};
use serde::Deserialize;
use server::{
    clubs::{self, Club, Filter, Membership, Shelf},
    customers,
    failure::Outcome,
};

use crate::{
    badge::Badge,
    rooms::{PAGE, paged, place::Place, why::Why},
    ui::Tone,
    web::Desk,
};

/// What the list is asked for: the state in its address, as it stands there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    shelf: String,
    before: String,
}

impl Asked {
    pub(super) fn place(&self) -> Place {
        Place::new(super::PATH, &[("q", &self.q), ("shelf", &self.shelf)], &self.before)
    }

    fn filter(&self) -> Filter {
        let words: String = self.q.trim().chars().take(limits::SEARCH).collect();
        let shelf = match self.shelf.as_str() {
            "ending" => Shelf::Ending,
            "ended" => Shelf::Ended,
            "exempt" => Shelf::Exempt,
            _ => Shelf::All,
        };
        Filter { shelf, search: Some(words).filter(|words| !words.is_empty()), before: self.before.parse().ok() }
    }
}

pub(in crate::rooms) struct MemberRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) customer: String,
    pub(super) club: String,
    pub(super) until: String,
    pub(super) state: Badge,
    /// Why the member stays.
    pub(super) reason: Option<String>,
    pub(super) exempt: Option<Why>,
    pub(super) may_unexempt: bool,
    /// Why the membership is to end now, where one customer is looked at.
    pub(super) end: Option<Why>,
}

pub(super) struct Found {
    pub(super) rows: Vec<MemberRow>,
    pub(super) next: Option<String>,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    desk.must(Permission::SeeMoney)?;
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let found = clubs::members(db, merchant, &asked.filter(), desk.now(), PAGE as u64 + 1).await?;
    let (found, next) = paged(found, |member| member.id.to_string());
    let people: Vec<CustomerId> = found.iter().map(|member| member.customer_id.clone()).collect();
    let people = customers::by_ids(db, merchant, people).await?;
    let clubs = clubs::all(db, merchant).await?;
    let row = |member: Membership| {
        let person = people.iter().find(|person| person.id == member.customer_id);
        let name = person.map(|person| person.name.clone()).unwrap_or_default();
        let club = clubs.iter().find(|club| club.product_id == member.product_id);
        row(desk, member, name, club)
    };
    Ok(Found { rows: found.into_iter().map(row).collect(), next })
}

/// What one customer is a member of, or was.
pub(in crate::rooms) async fn of_person(desk: &Desk, person: i64) -> Outcome<Vec<MemberRow>> {
    let found = clubs::of_person(&desk.services.db, desk.merchant(), person).await?;
    let row = |(member, club): (Membership, Club)| {
        let alive = member.is_alive(&club, desk.now());
        let row = row(desk, member, String::new(), Some(&club));
        MemberRow { end: super::end_why(desk, &row.id, desk.place()).filter(|_| alive), ..row }
    };
    Ok(found.into_iter().map(row).collect())
}

fn row(desk: &Desk, member: Membership, name: String, club: Option<&Club>) -> MemberRow {
    let (id, may) = (member.id.to_string(), desk.may(Permission::ResolveReview));
    MemberRow {
        name,
        customer: ["/customers/", member.customer_id.as_str()].concat(),
        club: club.map(|club| club.chat_title.clone()).unwrap_or_default(),
        until: member.until_at.map_or_else(|| desk.say("members.for_ever"), |until| desk.at(until)),
        state: state(desk, &member, club),
        reason: Some(member.exempt_reason.clone()).filter(|reason| !reason.is_empty()),
        exempt: super::why(desk, &id).filter(|_| !member.exempt),
        may_unexempt: member.exempt && may,
        end: None,
        id,
    }
}

fn state(desk: &Desk, member: &Membership, club: Option<&Club>) -> Badge {
    let now = desk.now();
    let over = member.until_at.is_some_and(|until| until <= now);
    let (tone, key) = match club {
        _ if member.exempt => (Tone::Info, "members.state_exempt"),
        Some(club) if !member.is_alive(club, now) => (Tone::Ended, "members.state_ended"),
        None => (Tone::Ended, "members.state_ended"),
        Some(_) if over => (Tone::Waiting, "members.state_grace"),
        Some(_) if member.joined_at.is_none() => (Tone::Waiting, "members.state_invited"),
        Some(_) => (Tone::Good, "members.state_in"),
    };
    Badge { tone, text: desk.say(key) }
}
