//! Endpoints and deliveries in words.

use domain::{
    DeliveryId,
    endpoint::{DeliveryState, TEST, kind_of},
    role::Permission,
};
use serde::Deserialize;
use server::{
    endpoints::{self, Delivery, Endpoint, Filter},
    failure::Outcome,
};

use super::{SENT, at};
use crate::{
    badge::Badge,
    rooms::{PAGE, paged, place::Place, story::Known},
    web::Desk,
};

/// Of the deliveries so many stand on an endpoint's own page.
const LATEST: u64 = 5;

pub(super) struct EndpointRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) url: String,
    /// What it is told of, in words.
    pub(super) events: String,
    pub(super) active: bool,
}

pub(super) struct All {
    pub(super) rows: Vec<EndpointRow>,
    pub(super) may_edit: bool,
}

pub(super) async fn all(desk: &Desk) -> Outcome<All> {
    let found = endpoints::list(&desk.services, &desk.actor, desk.merchant()).await?;
    let rows = found.into_iter().map(|endpoint| EndpointRow {
        name: name(&endpoint),
        events: match endpoint.events().as_slice() {
            [] => desk.say("endpoints.all_events"),
            some => some.iter().map(|told| what(desk, told)).collect::<Vec<_>>().join(" · "),
        },
        active: endpoint.active,
        url: endpoint.url,
        id: endpoint.id.into(),
    });
    Ok(All { rows: rows.collect(), may_edit: desk.may(Permission::EditEndpoints) })
}

fn name(endpoint: &Endpoint) -> String {
    if endpoint.label.is_empty() { endpoint.url.clone() } else { endpoint.label.clone() }
}

/// What a type of event tells of.
fn what(desk: &Desk, event_type: &str) -> String {
    match kind_of(event_type) {
        Some(kind) => desk.say(&["entry.", kind.as_str()].concat()),
        None if event_type == TEST => desk.say("endpoints.a_test"),
        None => event_type.to_owned(),
    }
}

/// One endpoint, whole.
pub(super) struct One {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) active: bool,
    /// For who may read it.
    pub(super) secret: Option<String>,
    /// Until when the one before signs too.
    pub(super) before_until: Option<String>,
    pub(super) latest: Vec<DeliveryRow>,
    pub(super) more: String,
}

pub(super) async fn one(desk: &Desk, endpoint: Endpoint) -> Outcome<One> {
    let filter = Filter { endpoint: Some(endpoint.id.clone()), ..Filter::default() };
    let latest = endpoints::deliveries(&desk.services, &desk.actor, desk.merchant(), &filter, LATEST).await?;
    let may = desk.may(Permission::EditEndpoints);
    let both = endpoint.secret_before_until.filter(|until| desk.now() < *until);
    Ok(One {
        title: name(&endpoint),
        active: endpoint.active,
        secret: may.then(|| endpoints::secret(&desk.services, &desk.actor, &endpoint)).transpose()?,
        before_until: both.map(|until| desk.at(until)),
        latest: latest.into_iter().map(|delivery| row(desk, delivery, &[])).collect(),
        more: [SENT, "?endpoint=", endpoint.id.as_str()].concat(),
        id: endpoint.id.into(),
    })
}

/// What the list of deliveries is asked for: the state in its address.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    endpoint: String,
    order: String,
    state: String,
    before: String,
}

impl Asked {
    pub(super) fn place(&self) -> Place {
        let state = [("endpoint", self.endpoint.as_str()), ("order", &self.order), ("state", &self.state)];
        Place::new(SENT, &state, &self.before)
    }
}

pub(super) struct DeliveryRow {
    pub(super) id: String,
    pub(super) what: String,
    pub(super) event_type: String,
    pub(super) state: Badge,
    /// What the receiver said last.
    pub(super) said: String,
    pub(super) to: String,
    pub(super) when: String,
    pub(super) may_resend: bool,
}

pub(super) struct Sent {
    pub(super) rows: Vec<DeliveryRow>,
    pub(super) next: Option<String>,
}

pub(super) async fn sent(desk: &Desk, asked: &Asked) -> Outcome<Sent> {
    let filter = Filter {
        endpoint: asked.endpoint.parse().ok(),
        order: asked.order.parse().ok(),
        state: asked.state.parse().ok(),
        before: asked.before.parse().ok(),
    };
    let (services, merchant) = (&desk.services, desk.merchant());
    let found = endpoints::deliveries(services, &desk.actor, merchant, &filter, PAGE as u64 + 1).await?;
    let (found, next) = paged(found, |delivery| delivery.id.to_string());
    let names = endpoints::list(services, &desk.actor, merchant).await?;
    Ok(Sent { rows: found.into_iter().map(|delivery| row(desk, delivery, &names)).collect(), next })
}

fn row(desk: &Desk, delivery: Delivery, endpoints: &[Endpoint]) -> DeliveryRow {
    let to = endpoints.iter().find(|endpoint| endpoint.id == delivery.endpoint_id);
    DeliveryRow {
        what: what(desk, &delivery.event_type),
        state: Badge::delivery_out(desk.lang, delivery.state),
        said: said(desk, &delivery),
        to: to.map(name).unwrap_or_default(),
        when: desk.when(delivery.tried_at.unwrap_or(delivery.created_at)),
        may_resend: may_resend(desk, &delivery),
        event_type: delivery.event_type,
        id: delivery.id.into(),
    }
}

fn may_resend(desk: &Desk, delivery: &Delivery) -> bool {
    desk.may(Permission::ReplayWebhooks) && delivery.state != DeliveryState::Waiting
}

/// The status of the last answer, else why there was none.
fn said(desk: &Desk, delivery: &Delivery) -> String {
    match (delivery.last_status, &delivery.last_said) {
        (Some(status), _) => ["HTTP ", &status.to_string()].concat(),
        (None, Some(said)) => said.clone(),
        (None, None) => desk.say("deliveries.not_tried"),
    }
}

/// One delivery, whole.
pub(super) struct OneSent {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) state: Badge,
    pub(super) known: Vec<Known>,
    pub(super) body: String,
    /// The beginning of the last answer.
    pub(super) answer: String,
    pub(super) may_resend: bool,
}

pub(super) async fn delivery(desk: &Desk, id: &str) -> Outcome<OneSent> {
    desk.must(Permission::SeeWebhooks)?;
    let delivery = endpoints::delivery(&desk.services.db, desk.merchant(), &DeliveryId::parse(id)?).await?;
    let (webhook_id, body) = endpoints::body(&desk.services.db, &delivery).await?;
    let endpoint = endpoints::get(&desk.services, &desk.actor, desk.merchant(), &delivery.endpoint_id).await.ok();
    let plain = |key: &str, value: String| Known { label: desk.say(key), value, copy: false, href: None };
    let mut known = vec![plain("deliveries.type", delivery.event_type.clone())];
    if let Some(endpoint) = endpoint {
        known.push(Known { href: Some(at(endpoint.id.as_str())), ..plain("deliveries.to", name(&endpoint)) });
    }
    if let Some(payment) = &delivery.payment_id {
        let href = Some(["/payments/", payment.as_str()].concat());
        known.push(Known { href, ..plain("webhooks.payment", desk.say("webhooks.open_payment")) });
    }
    known.push(plain("deliveries.tries", delivery.tries.to_string()));
    known.push(plain("deliveries.said", said(desk, &delivery)));
    known.extend(delivery.tried_at.map(|at| plain("deliveries.tried", desk.at_second(at))));
    known.push(Known { copy: true, ..plain("deliveries.webhook_id", webhook_id) });
    Ok(OneSent {
        title: what(desk, &delivery.event_type),
        state: Badge::delivery_out(desk.lang, delivery.state),
        answer: delivery.last_status.and(delivery.last_said.clone()).unwrap_or_default(),
        may_resend: may_resend(desk, &delivery),
        id: delivery.id.into(),
        known,
        body: pretty(&body),
    })
}

/// Easier to read; what is sent has no spaces.
fn pretty(body: &str) -> String {
    let read = serde_json::from_str::<serde_json::Value>(body);
    read.and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_else(|_| body.to_owned())
}
