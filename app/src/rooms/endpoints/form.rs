//! The form of an endpoint.

use domain::{endpoint::event_type, journal::EntryKind};
use leptos::prelude::*;
use server::endpoints::{Changes, Endpoint, NewEndpoint};

use super::{NEW, PATH};
use crate::{
    said::Wrong,
    texts::t,
    ui::{Button, ButtonLink, Crumb, Glyph, Icon, Look, Notice, RoomHead, Switch, Text, TextInput, Tone},
};

/// As typed and ticked.
#[derive(Default)]
pub(super) struct EndpointForm {
    url: String,
    label: String,
    /// Words of kinds of entries; none: all.
    kinds: Vec<String>,
}

impl EndpointForm {
    pub(super) fn of(endpoint: &Endpoint) -> Self {
        let kinds = endpoint.events().into_iter().filter_map(|told| domain::endpoint::kind_of(&told));
        Self {
            url: endpoint.url.clone(),
            label: endpoint.label.clone(),
            kinds: kinds.map(|kind| kind.as_str().to_owned()).collect(),
        }
    }

    pub(super) fn read(sent: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in sent {
            match name.as_str() {
                "url" => form.url = value,
                "label" => form.label = value,
                _ => form.kinds.push(name),
            }
        }
        form
    }

    fn events(&self) -> Vec<String> {
        let ticked = EntryKind::ALL.iter().filter(|kind| self.kinds.iter().any(|word| word == kind.as_str()));
        ticked.map(|kind| event_type(*kind)).collect()
    }

    pub(super) fn new_endpoint(&self) -> NewEndpoint {
        let (url, label) = (self.url.clone(), self.label.clone());
        NewEndpoint { url, label, events: self.events(), made_by: None }
    }

    pub(super) fn changes(&self) -> Changes {
        Changes {
            url: Some(self.url.clone()),
            label: Some(self.label.clone()),
            events: Some(self.events()),
            active: None,
        }
    }
}

pub(super) fn fresh(form: &EndpointForm, wrong: &Wrong) -> AnyView {
    view! {
        <Crumb href=PATH text=t("room.endpoints")/>
        <RoomHead title=t("endpoints.new")/>
        {fields(form, NEW.to_owned(), "endpoints.add", wrong)}
    }
    .into_any()
}

pub(super) fn fields(form: &EndpointForm, action: String, verb: &'static str, wrong: &Wrong) -> AnyView {
    let tick = |kind: &EntryKind| {
        let word = kind.as_str();
        let on = form.kinds.iter().any(|ticked| ticked == word);
        let note = Text::from(event_type(*kind));
        view! { <Switch name=word label=t(&["entry.", word].concat()) value=on note=note tick=true/> }
    };
    let ticks = EntryKind::ALL.iter().map(tick).collect_view();
    let unknown = wrong.about("events").map(|text| view! { <Notice tone=Tone::Bad text=Text::from(text)/> });
    view! {
        <form class="form" method="post" action=action data-send=true>
            <div class="form-section">
                <TextInput name="url" label=t("endpoints.url") help=t("endpoints.url_help") kind="url" value=form.url.clone() error=wrong.about("url") autocomplete="off" inputmode="url" max_length=500 required=true/>
                <TextInput name="label" label=t("endpoints.label") help=t("endpoints.label_help") value=form.label.clone() error=wrong.about("label") autocomplete="off" max_length=80/>
            </div>
            <div class="form-section">
                <h2>{t("endpoints.events")}</h2>
                <p class="quiet">{t("endpoints.events_text")}</p>
                <details class="raw" open=!form.kinds.is_empty()>
                    <summary><Icon glyph=Glyph::ChevronRight/>{t("endpoints.choose")}</summary>
                    <div class="ticks">{ticks}</div>
                </details>
                {unknown}
            </div>
            {wrong.beside(&["url", "label", "events"])}
            <div class="form-actions">
                <Button look=Look::Primary icon=Glyph::Check>{t(verb)}</Button>
                <ButtonLink href=PATH look=Look::Quiet>{t("common.cancel")}</ButtonLink>
            </div>
        </form>
    }
    .into_any()
}
