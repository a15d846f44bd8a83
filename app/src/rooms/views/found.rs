//! The tabs of a list: which there are, and which one the address is.

use domain::Day;
use server::{failure::Outcome, views};

use crate::{rooms::place::Place, web::Desk};

pub struct Tab {
    pub href: String,
    pub text: String,
    pub current: bool,
}

pub struct Tabs {
    pub room: &'static str,
    pub all: Vec<Tab>,
    /// The kept list that is shown: its id and its name.
    pub own: Option<(String, String)>,
    /// What could be saved: the list's state, where it is no tab's.
    pub state: Option<String>,
}

/// The tabs of the room at `place`.
pub(in crate::rooms) async fn find(desk: &Desk, room: &'static str, place: &Place) -> Outcome<Tabs> {
    let read = views::of_room(&desk.services.db, &desk.actor, desk.merchant(), room);
    let kept = desk.recent(("views", &desk.actor, room), read).await?;
    let state = place.state();
    let today = Day::of(desk.now(), desk.offset()).to_string();
    let offered = offered(room, &today).into_iter().map(|(query, key)| (query, desk.say(key)));
    let own = kept.iter().find(|view| view.query == state);
    let own = own.map(|view| (view.id.to_string(), view.name.clone()));
    let all = offered.chain(kept.iter().map(|view| (view.query.clone(), view.name.clone())));
    let tab = |(query, text): (String, String)| Tab {
        current: query == state,
        href: if query.is_empty() { ["/", room].concat() } else { ["/", room, "?", &query].concat() },
        text,
    };
    let all: Vec<Tab> = all.map(tab).collect();
    let known = all.iter().any(|tab| tab.current);
    Ok(Tabs { room, all, own, state: Some(state).filter(|_| !known) })
}

/// What the house offers: the list's state, and the key of its name.
fn offered(room: &str, today: &str) -> Vec<(String, &'static str)> {
    let days = ["from=", today, "&until=", today].concat();
    let mut all = vec![(String::new(), "views.all")];
    match room {
        "payments" => all.extend([
            (["status=received&", &days].concat(), "views.paid_today"),
            ("status=review".to_owned(), "payments.review"),
        ]),
        "orders" => all.extend([(days, "views.today"), ("status=paid".to_owned(), "views.to_deliver")]),
        _ => {}
    }
    all
}
