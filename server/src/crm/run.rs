//! The lane of a CRM: notes that a deal is about to be added, looks for it, adds it or says how it stands, and notes the answer.

use domain::{
    MerchantId, Moment, OrderId,
    deal::{CrmKind, DealState, Stages},
    moment::{MINUTE, SECOND},
};
use providers::crm::{self, Crm, Fault};

use super::{
    Deal, alone, connect,
    face::{self, Face},
    promise,
    rows::crm as connection,
    store,
};
use crate::{
    clock::Clock,
    db::Tx,
    failure::Outcome,
    jobs::{self, Job, JobEnd, NewJob},
    news, orders, sabotage,
    services::Services,
};

pub const SYNC_DEAL: &str = "sync_deal";

/// While the CRM takes nothing from us it is asked again this often.
const TROUBLED: i64 = 5 * MINUTE;
/// A request may last a minute there: what got no answer is looked for once that has passed.
const UNDER_WAY: i64 = MINUTE;
/// After so many vain tries the CRM is away, and staff hear of it.
const VAIN: i64 = 5;

/// What is to be done now.
enum Turn {
    /// The deal stands as its order does, or there is no CRM for it.
    Nothing,
    At(Moment),
    Ask(Box<Question>),
}

struct Question {
    deal: Deal,
    face: Face,
    kind: CrmKind,
    stages: Stages,
    crm: Box<dyn Crm>,
    /// Since when it was not known whether the deal had been added.
    doubt: Option<Moment>,
}

/// What the CRM said: the deal there, and nothing or why not.
struct Asked {
    there: Option<crm::Deal>,
    /// It may have been added all the same.
    adding: bool,
    said: Result<(), Fault>,
}

/// The job. Done where nothing is left to do.
pub async fn run(services: Services, job: Job) -> JobEnd {
    let Some(order) = job.order_id else { return JobEnd::Done };
    match turn(&services, &job.merchant_id, &order).await {
        Ok(end) => end,
        Err(failure) => JobEnd::Retry(failure.into()),
    }
}

async fn turn(services: &Services, merchant: &MerchantId, order: &OrderId) -> Outcome<JobEnd> {
    let order = orders::get(&services.db, merchant, order).await?.order;
    let Some(face) = face::of(services, &order).await? else { return Ok(JobEnd::Done) };
    let own = services.clone();
    let question = match services.db.write_quietly(move |tx| async move { take(&tx, &own, face).await }).await? {
        Turn::Nothing => return Ok(JobEnd::Done),
        Turn::At(time) => return Ok(JobEnd::Again(time)),
        Turn::Ask(question) => question,
    };
    let known = match &question.deal.customer_id {
        Some(customer) => store::contact(services.db.read(), merchant, customer, &question.deal.address).await?,
        None => None,
    };
    sabotage::point("crm:ask:before");
    let asked = put(&question, known).await;
    sabotage::point("crm:ask:after");
    note(services, *question, asked).await
}

/// That a deal may be added from now on stands in its row before it is.
async fn take(tx: &Tx, services: &Services, face: Face) -> Outcome<Turn> {
    let (order, now) = (&face.order, services.clock.now());
    alone(tx, &order.merchant_id).await?;
    let Some(row) = store::crm(&**tx, &order.merchant_id).await? else { return Ok(Turn::Nothing) };
    let Some(stages) = connect::stages(&row)? else { return Ok(Turn::Nothing) };
    let known = store::get(&**tx, &order.merchant_id, &order.id).await?;
    if known.is_none() && !face.step.makes(stages.ordered.is_some()) {
        return Ok(Turn::Nothing);
    }
    let fresh = || promise::fresh(order.merchant_id.clone(), order.id.clone(), face.amount, now);
    let mut deal = known.unwrap_or_else(fresh);
    let there = deal.external_id.is_some();
    // The deal of an order that another CRM had stays there.
    let elsewhere = there && deal.address != row.address;
    let done = there && deal.state == DealState::Made && deal.put.as_deref() == Some(&*face.mark(&stages));
    if elsewhere || done {
        return Ok(Turn::Nothing);
    }
    let doubt = deal.sent_at;
    if let Some(until) = doubt.map(|sent| sent.plus(UNDER_WAY)).filter(|until| now < *until) {
        return Ok(Turn::At(until));
    }
    deal.address.clone_from(&row.address);
    deal.customer_id.clone_from(&order.customer_id);
    deal.tries += 1;
    if !there {
        deal.sent_at = Some(now);
    }
    store::keep(&**tx, deal.clone()).await?;
    let crm = connect::open(services, &row)?;
    Ok(Turn::Ask(Box::new(Question { deal, face, kind: row.kind, stages, crm, doubt })))
}

/// Looked for before it is added, always.
async fn put(question: &Question, known: Option<String>) -> Asked {
    let Question { deal, face, stages, crm, .. } = question;
    let change = face.change(stages, deal.put.as_deref());
    if let Some(id) = &deal.external_id {
        let said = crm.change(id, &change).await;
        return Asked { there: None, adding: false, said };
    }
    match crm.find(face.order.id.as_str()).await {
        Ok(Some(found)) => {
            let said = crm.change(&found.id, &change).await;
            Asked { there: Some(found), adding: false, said }
        }
        Ok(None) => match crm.add(&face.new_deal(stages, known)).await {
            Ok(made) => Asked { there: Some(made), adding: true, said: Ok(()) },
            Err(fault) => Asked { there: None, adding: true, said: Err(fault) },
        },
        Err(fault) => Asked { there: None, adding: false, said: Err(fault) },
    }
}

async fn note(services: &Services, question: Question, asked: Asked) -> Outcome<JobEnd> {
    let own = services.clone();
    let write = move |tx: Tx| async move {
        let merchant = question.deal.merchant_id.clone();
        alone(&tx, &merchant).await?;
        let now = own.clock.now();
        let (deal, end, told) = settle(&own.clock, &question, &asked)?;
        let trouble = weigh(&deal, &asked.said);
        store::keep(&*tx, deal).await?;
        let mut told: Vec<NewJob> = told.into_iter().collect();
        if let Some(row) = store::crm(&*tx, &merchant).await?.filter(|row| row.address == question.deal.address) {
            told.extend(troubled(&tx, now, row, trouble).await?);
        }
        jobs::enqueue(&tx, now, told).await?;
        news::tell(&tx, &merchant).await?;
        Ok(end)
    };
    services.db.write(write).await
}

/// The deal as it is kept now, when to go on, and what staff hear.
fn settle(clock: &Clock, question: &Question, asked: &Asked) -> Outcome<(Deal, JobEnd, Option<NewJob>)> {
    let (mut deal, now) = (question.deal.clone(), clock.now());
    if let Some(there) = &asked.there {
        deal.url = Some(question.crm.link(&there.id));
        deal.external_id = Some(there.id.clone());
        deal.contact_id.clone_from(&there.contact);
        deal.sent_at = None;
    }
    let mut told = None;
    let end = match &asked.said {
        Ok(()) => {
            (deal.state, deal.problem, deal.problem_words) = (DealState::Made, None, None);
            (deal.tries, deal.sent_at, deal.synced_at) = (0, None, Some(now));
            deal.put = Some(question.face.mark(&question.stages));
            deal.amount_minor = question.face.amount.amount_minor;
            // Once more, and at the CRM's pace: the order may have moved on meanwhile.
            JobEnd::Again(now.plus(question.kind.pace()))
        }
        Err(Fault::Refused { code, words }) => {
            deal.sent_at = None;
            told = Some(refused(&mut deal, now, question, code, words)?);
            JobEnd::Done
        }
        Err(Fault::Gone) => {
            told = Some(refused(&mut deal, now, question, "gone", "")?);
            JobEnd::Done
        }
        Err(Fault::Unknown(_)) => {
            if deal.external_id.is_none() && !asked.adding {
                // It was only looked for.
                deal.sent_at = question.doubt;
            }
            JobEnd::Again(now.plus(if asked.adding { UNDER_WAY } else { pause(deal.tries) }))
        }
        Err(fault @ (Fault::NotSent(_) | Fault::Wait { .. } | Fault::Keys { .. })) => {
            deal.sent_at = if asked.adding { None } else { question.doubt };
            JobEnd::Again(now.plus(match fault {
                Fault::Wait { seconds } => i64::from(*seconds) * SECOND,
                Fault::Keys { .. } => TROUBLED,
                _ => pause(deal.tries),
            }))
        }
    };
    Ok((deal, end, told))
}

fn refused(deal: &mut Deal, now: Moment, question: &Question, code: &str, words: &str) -> Outcome<NewJob> {
    deal.state = DealState::Refused;
    (deal.problem, deal.problem_words) = (Some(code.to_owned()), Some(words.to_owned()));
    promise::alert(now, deal, question.face.order.number)
}

/// What the answer says of the CRM itself: `None` where it says nothing, else the trouble it has, if any.
fn weigh(deal: &Deal, said: &Result<(), Fault>) -> Option<Option<(String, String)>> {
    match said {
        Ok(()) | Err(Fault::Refused { .. } | Fault::Gone) => Some(None),
        Err(Fault::Keys { code, words }) => Some(Some((code.clone(), words.clone()))),
        Err(fault @ (Fault::NotSent(_) | Fault::Unknown(_))) if deal.tries >= VAIN => {
            Some(Some(("away".to_owned(), fault.to_string())))
        }
        Err(_) => None,
    }
}

/// Notes the CRM's trouble or its end; staff hear of a new one.
async fn troubled(
    tx: &Tx,
    now: Moment,
    row: connection::Model,
    trouble: Option<Option<(String, String)>>,
) -> Outcome<Option<NewJob>> {
    let Some(trouble) = trouble else { return Ok(None) };
    let code = trouble.as_ref().map(|(code, _)| code.clone());
    if row.trouble == code {
        return Ok(None);
    }
    let told =
        trouble.as_ref().map(|(code, words)| promise::trouble(now, &row.merchant_id, code, words)).transpose()?;
    let at = trouble.is_some().then_some(now);
    let words = trouble.map(|(_, words)| words);
    let row = connection::Model { trouble: code, trouble_words: words, trouble_at: at, ..row };
    store::keep_crm(&**tx, row).await?;
    Ok(told)
}

/// Longer after each vain try, at most five minutes.
fn pause(tries: i64) -> i64 {
    let doubled = u32::try_from(tries.clamp(0, 8)).unwrap_or(8);
    (SECOND * 2_i64.pow(doubled)).min(5 * MINUTE)
}
