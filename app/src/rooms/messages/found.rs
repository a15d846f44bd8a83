//! The list of conversations in words.

use std::collections::HashMap;

use domain::{
    CustomerId, limits,
    message::{Content, ThreadState},
    role::Permission,
};
use serde::Deserialize;
use server::{
    customers::{self, Customer},
    failure::Outcome,
    messages::{self, CUSTOMER, Filter, Shelf, Thread},
};

use crate::{
    badge::Badge,
    rooms::{PAGE, paged, people::People, place::Place},
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
        Filter {
            shelf: match self.shelf.as_str() {
                "waiting" => Shelf::Waiting,
                "closed" => Shelf::Closed,
                "all" => Shelf::All,
                _ => Shelf::Open,
            },
            search: Some(words).filter(|words| !words.is_empty()),
            after: read_place(&self.before),
        }
    }
}

/// `w17`: behind the waiting conversation whose last message is 17; `o17`: behind another one.
fn read_place(text: &str) -> Option<messages::Place> {
    let (waiting, number) = match text.split_at_checked(1)? {
        ("w", number) => (true, number),
        ("o", number) => (false, number),
        _ => return None,
    };
    Some(messages::Place { waiting, last_message_id: number.parse().ok()? })
}

fn place_of(thread: &Thread) -> String {
    let part = if thread.state == ThreadState::Waiting { "w" } else { "o" };
    [part, &thread.last_message_id.to_string()].concat()
}

pub(super) struct ThreadRow {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) last: String,
    pub(super) status: Badge,
    pub(super) blocked: Option<Badge>,
    pub(super) owner: String,
    pub(super) when: String,
}

pub(super) struct Found {
    pub(super) rows: Vec<ThreadRow>,
    pub(super) next: Option<String>,
}

pub(super) async fn find(desk: &Desk, asked: &Asked) -> Outcome<Found> {
    desk.must(Permission::AnswerCustomers)?;
    let (db, merchant) = (&desk.services.db, desk.merchant());
    let found = messages::list(db, merchant, &asked.filter(), PAGE as u64 + 1).await?;
    let (found, next) = paged(found, place_of);
    let ids = found.iter().map(|thread| thread.customer_id.clone()).collect();
    let customers = customers::by_ids(db, merchant, ids).await?;
    let customers: HashMap<CustomerId, Customer> = customers.into_iter().map(|c| (c.id.clone(), c)).collect();
    let people = People::of(desk).await?;
    let rows = found.into_iter().map(|thread| row(desk, &people, customers.get(&thread.customer_id), &thread));
    Ok(Found { rows: rows.collect(), next })
}

fn row(desk: &Desk, people: &People, customer: Option<&Customer>, thread: &Thread) -> ThreadRow {
    let status = Badge::thread(desk.lang, thread.state);
    let words = words_of(desk, thread.last_content, &thread.last_words);
    let last = match thread.last_author.as_str() {
        CUSTOMER => words,
        _ => desk.say_with("messages.from_shop", &[("words", &words)]),
    };
    ThreadRow {
        id: thread.customer_id.to_string(),
        key: [thread.customer_id.as_str(), " ", &thread.last_message_id.to_string(), " ", &status.text].concat(),
        name: customer.map(|customer| customer.name.clone()).unwrap_or_default(),
        blocked: customer.and_then(|customer| blocked(desk, customer)),
        owner: thread.owner_id.as_ref().map(|id| people.name(desk, id.as_str())).unwrap_or_default(),
        when: desk.when(thread.last_at),
        last,
        status,
    }
}

pub(super) fn blocked(desk: &Desk, customer: &Customer) -> Option<Badge> {
    customer.blocked_at.map(|_| Badge { tone: Tone::Ended, text: desk.say("customers.blocked") })
}

/// What was sent, in words: a picture is named before what stands under it.
pub(super) fn words_of(desk: &Desk, content: Content, words: &str) -> String {
    let kind = kind_of(desk, content);
    match (kind.is_empty(), words.is_empty()) {
        (true, _) => words.to_owned(),
        (false, true) => kind,
        (false, false) => [&kind, ": ", words].concat(),
    }
}

/// Empty for plain text.
pub(super) fn kind_of(desk: &Desk, content: Content) -> String {
    match content {
        Content::Text => String::new(),
        other => desk.say(&["content.", other.as_str()].concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_garbage_is_the_first_page() {
        let place = messages::Place { waiting: true, last_message_id: 17 };
        assert_eq!(read_place("w17"), Some(place));
        assert_eq!(read_place("o4"), Some(messages::Place { waiting: false, last_message_id: 4 }));
        for wrong in ["", "w", "x1", "17", "wx", "ա"] {
            assert_eq!(read_place(wrong), None, "{wrong}");
        }
    }
}
