//! The verbs of staff, pressed from outside in the server under test: `POST /staff/{merchant}/{verb}/{id}`. What has moved on
//! already is answered like what was done now: people press again until they are answered.

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::post,
};
use domain::{
    Day, MerchantId, Money,
    moment::DAY,
    role::{Actor, Role},
};
use providers::vpos::VposSettings;
use server::{
    failure::{Failure, Outcome},
    fulfilment, jobs, journal, links,
    payments::{self, AccountInput},
    reconcile::{self, How, Period},
    refunds::{self, NewRefund, Proof},
    services::Services,
    shop,
};

use crate::{crash::persist, stage::Stage};

pub fn routes(services: Services) -> Router {
    Router::new().route("/staff/{merchant}/{verb}/{id}", post(press)).with_state(services)
}

/// Presses until it is answered; gives what the verb made, or the code of its refusal.
pub async fn pressed(stage: &Stage, port: u16, verb: &str, id: &str, body: String) -> String {
    let url = format!("http://127.0.0.1:{port}/staff/{}/{verb}/{id}", stage.merchant);
    persist(|| stage.http.post(&url).body(body.clone())).await
}

type Place = (String, String, String);

async fn press(State(services): State<Services>, Path(place): Path<Place>, body: String) -> (StatusCode, String) {
    let (merchant, verb, id) = place;
    match act(&services, &merchant.parse().unwrap(), &verb, id, body).await {
        Ok(made) => (StatusCode::OK, made),
        Err(Failure::Refused(refusal)) => (StatusCode::OK, refusal.code.to_owned()),
        Err(Failure::Internal(error)) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}

/// Each press is somebody else's, so that two of them are two people.
async fn act(services: &Services, merchant: &MerchantId, verb: &str, id: String, body: String) -> Outcome<String> {
    let who = &Actor::Staff { id: services.clock.id(), role: Role::Owner };
    let made = match verb {
        "ask" => {
            let new = NewRefund {
                payment: id.parse()?,
                amount: Some(Money::amd(100_000)),
                lines: Vec::new(),
                reason: "broken".to_owned(),
                made_by: Some(body),
            };
            refunds::ask(services, who, merchant, new).await?.id.to_string()
        }
        "approve" => refunds::approve(services, who, merchant, &id.parse()?).await?.id.to_string(),
        "reject" => refunds::reject(services, who, merchant, &id.parse()?, "no").await?.id.to_string(),
        "write_down" => {
            let proof = Proof { text: "slip 17".to_owned(), file: None };
            refunds::done_by_hand(services, who, merchant, &id.parse()?, proof).await?.id.to_string()
        }
        "give_up" => refunds::failed_by_hand(services, who, merchant, &id.parse()?, "no").await?.id.to_string(),
        "close_review" => made(payments::close_review(services, who, merchant, &id.parse()?, "seen").await?),
        "deliver_anyway" => made(payments::deliver_anyway(services, who, merchant, &id.parse()?, "found").await?),
        "check" => payments::check(services, who, merchant, &id.parse()?).await?.id.to_string(),
        "replay" => payments::replay(services, who, merchant, &id.parse()?).await?.event.to_string(),
        "deliver_again" => {
            let asked = payments::tell::Again { reason: "the chat was deleted".to_owned(), once: None };
            made(fulfilment::again(services, who, merchant, &id.parse()?, asked).await?)
        }
        "retry" => jobs::retry(services, who, merchant, None).await?.to_string(),
        "cancel" => links::cancel(services, who, merchant, &id.parse()?).await?.id.to_string(),
        "close_day" => {
            let shop = shop::get(&services.db, merchant).await?;
            let day = Day::of(services.clock.now().plus(-DAY), shop.utc_offset_minutes);
            journal::close_day(services, who, &shop, day).await?.day
        }
        "connect" => payments::connect(services, who, merchant, another(&body)).await?.to_string(),
        "switch" => made(payments::switch(services, who, merchant, &id.parse()?, body == "on").await?),
        _ => books(services, who, merchant, verb, id, body).await?,
    };
    Ok(made)
}

async fn books(
    services: &Services,
    who: &Actor,
    merchant: &MerchantId,
    verb: &str,
    id: String,
    body: String,
) -> Outcome<String> {
    let now = services.clock.now();
    let period = Period { from: now.plus(-DAY), until: now.plus(DAY) };
    let open = async |id: &domain::ReconciliationId| -> Outcome<Vec<i64>> {
        let filter = reconcile::Filter { open: true, ..Default::default() };
        let rows = reconcile::exceptions(&services.db, merchant, id, &filter, 100).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    };
    let made = match verb {
        "upload" => {
            let name = "bank.csv";
            reconcile::upload(services, who, merchant, &id.parse()?, period, name, body.into_bytes()).await?.to_string()
        }
        "look_up" => reconcile::begin_lookup(services, who, merchant, &id.parse()?, period).await?.to_string(),
        "name_columns" => {
            let id = id.parse()?;
            let mapping = reconcile::get(&services.db, merchant, &id).await?.mapping.unwrap_or_default();
            made(reconcile::name_columns(services, who, merchant, &id, serde_json::from_value(mapping)?).await?)
        }
        "begin_again" => made(reconcile::again(services, who, merchant, &id.parse()?).await?),
        "take" => {
            let id = id.parse()?;
            made(reconcile::own(services, who, merchant, &id, open(&id).await?, Some(body.parse()?)).await?)
        }
        "accept" => {
            let id = id.parse()?;
            let chosen = open(&id).await?;
            reconcile::resolve(services, who, merchant, &id, chosen, How::Accept, "as the bank says").await?.to_string()
        }
        other => panic!("no verb {other}"),
    };
    Ok(made)
}

fn made((): ()) -> String {
    "done".to_owned()
}

/// An account at the sandbox, which stands at `url`.
fn another(url: &str) -> AccountInput {
    let settings = VposSettings::assumed(&format!("{url}/sandbox/vpos"));
    let secrets = [("token", "token"), ("webhook_secret", crate::stage::SECRET)];
    let secrets: BTreeMap<_, _> =
        secrets.into_iter().map(|(name, secret)| (name.to_owned(), secret.to_owned())).collect();
    AccountInput { name: "Another".to_owned(), settings: serde_json::to_value(settings).unwrap_or_default(), secrets }
}
