//! What staff send a customer a second time: the message about a payment, or what was bought. Asked with a reason, on the
//! payment's story, on the order and among what waits for a person.

use axum::{Form, Router, extract::Path, response::Response, routing::post};
use domain::{OrderId, PaymentId, role::Permission};
use serde::Deserialize;
use server::{
    failure::Outcome,
    fulfilment,
    payments::{self, tell::Again},
};

use super::why::Why;
use crate::{
    ui::{Glyph, Look, Size},
    web::{Desk, Faces, Flash, own_path},
};

pub(super) fn routes() -> Router<Faces> {
    Router::new()
        .route("/payments/{id}/say-again", post(say_again))
        .route("/orders/{id}/deliver-again", post(deliver_again))
}

/// The button that tells the customer once more how the payment stands; `back` is the page that it stands on.
pub(super) fn say(desk: &Desk, payment: &str, back: &str) -> Option<Why> {
    desk.may(Permission::AnswerCustomers).then(|| Why {
        id: ["say-", payment].concat(),
        action: ["/payments/", payment, "/say-again"].concat(),
        verb: "again.say",
        title: "again.say",
        text: Some("again.say_text"),
        icon: Some(Glyph::Messages),
        ..asked(desk, back)
    })
}

/// The button that gives once more what the order bought.
pub(super) fn deliver(desk: &Desk, order: &str, back: &str) -> Option<Why> {
    desk.may(Permission::ResolveReview).then(|| Why {
        id: ["again-", order].concat(),
        action: ["/orders/", order, "/deliver-again"].concat(),
        verb: "again.deliver",
        title: "again.deliver",
        text: Some("again.deliver_text"),
        icon: Some(Glyph::Send),
        ..asked(desk, back)
    })
}

fn asked(desk: &Desk, back: &str) -> Why {
    Why {
        id: String::new(),
        action: String::new(),
        verb: "",
        title: "",
        text: None,
        field: "reason",
        label: "again.reason",
        help: Some("again.reason_help"),
        // Pressed twice, it is sent once.
        hidden: vec![("once", desk.services.clock.code(20)), ("back", back.to_owned())],
        look: Look::Plain,
        size: Size::Normal,
        icon: None,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sent {
    reason: String,
    once: String,
    back: String,
}

impl Sent {
    fn again(&self) -> Again {
        let once: String = self.once.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
        Again { reason: self.reason.clone(), once: Some(once).filter(|once| !once.is_empty()) }
    }

    /// The same form again, with the name of this asking.
    fn kept(&self, why: Option<Why>) -> Option<Why> {
        why.map(|mut why| {
            why.hidden[0].1.clone_from(&self.once);
            why
        })
    }
}

async fn say_again(desk: Desk, Path(id): Path<String>, Form(sent): Form<Sent>) -> Response {
    let back = own_path(&sent.back).to_owned();
    let said = async || -> Outcome<Flash> {
        let payment = PaymentId::parse(&id)?;
        payments::say_again(&desk.services, &desk.actor, desk.merchant(), &payment, sent.again()).await?;
        Ok(Flash::good(desk.say("again.said")))
    };
    match (said().await, sent.kept(say(&desk, &id, &back))) {
        (Err(failure), Some(why)) => why.refused(&desk, &back, &sent.reason, &failure).await,
        (done, _) => desk.done(done, &back),
    }
}

async fn deliver_again(desk: Desk, Path(id): Path<String>, Form(sent): Form<Sent>) -> Response {
    let back = own_path(&sent.back).to_owned();
    let delivered = async || -> Outcome<Flash> {
        let order = OrderId::parse(&id)?;
        fulfilment::again(&desk.services, &desk.actor, desk.merchant(), &order, sent.again()).await?;
        Ok(Flash::good(desk.say("review.delivering")))
    };
    match (delivered().await, sent.kept(deliver(&desk, &id, &back))) {
        (Err(failure), Some(why)) => why.refused(&desk, &back, &sent.reason, &failure).await,
        (done, _) => desk.done(done, &back),
    }
}
