//! Filters that no chip offers, such as the product that a number of the overview leads from: what the list keeps to, and
//! the way to leave it.

use domain::{CategoryId, LinkId};
use leptos::prelude::*;
use server::{catalog::categories, failure::Outcome, links};

use super::{period, place::Place};
use crate::{
    ui::{Chip, Text},
    web::Desk,
};

pub struct Kept {
    /// Its parts in the address.
    pub(super) names: &'static [&'static str],
    pub(super) text: String,
}

impl Kept {
    pub(super) fn days(from: &str, until: &str) -> Option<Self> {
        period::read(from, until).map(|days| Self { names: &["from", "until"], text: period::words(days) })
    }

    pub(super) async fn category(desk: &Desk, id: &str) -> Outcome<Option<Self>> {
        let Ok(category) = id.parse::<CategoryId>() else { return Ok(None) };
        let all = categories::list(&desk.services.db, desk.merchant()).await?;
        let name = all.into_iter().find(|one| one.id == category).map(|one| one.name.get(desk.lang).to_owned());
        Ok(Some(Self { names: &["category"], text: name.unwrap_or_else(|| id.to_owned()) }))
    }

    pub(super) async fn link(desk: &Desk, id: &str) -> Outcome<Option<Self>> {
        let Ok(link) = id.parse::<LinkId>() else { return Ok(None) };
        let link = links::by_ids(&desk.services.db, desk.merchant(), vec![link]).await?.pop();
        let name = link.map(|link| if link.label.is_empty() { link.code } else { link.label });
        Ok(Some(Self { names: &["link"], text: name.unwrap_or_else(|| id.to_owned()) }))
    }
}

pub(super) fn kept(place: &Place, all: &[Kept]) -> AnyView {
    let chip = |kept: &Kept| {
        let text = Text::from([&kept.text, " ✕"].concat());
        view! { <Chip href=place.without(kept.names) text=text current=true/> }
    };
    all.iter().map(chip).collect_view().into_any()
}
