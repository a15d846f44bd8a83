//! The lane of a register: takes up what is owed first, notes that it is about to ask, asks, and notes the answer.

use domain::{
    MerchantId, Moment, ReceiptId,
    journal::EntryKind,
    moment::{MINUTE, SECOND},
    receipt::{ReceiptKind, ReceiptState},
};
use providers::ehdm::{Ehdm, EhdmSettings, Fault, Item, Print, Receipt as Printed, Return, code};
use serde_json::{Value, json};

use super::{
    Receipt, alone,
    ask::{Asked, Counter, ask},
    connect,
    pieces::{self, Piece},
    promise,
    rows::register,
    store,
};
use crate::{
    clock::Clock,
    db::Tx,
    failure::Outcome,
    jobs::{self, Job, JobEnd, NewJob},
    journal::{self, NewEntry},
    orders,
    payments::tell,
    sabotage,
    services::Services,
};

pub const REGISTER_RECEIPT: &str = "register_receipt";

/// While the register takes nothing at all it is asked again this often.
const TROUBLED: i64 = 5 * MINUTE;
/// Staff hear of an uncertain receipt after so many vain tries.
const VAIN: i64 = 5;
/// Clocks differ: a receipt printed so long before we asked, or after we heard, may still be ours.
const CLOCKS: i64 = 5 * MINUTE;

/// What is to be asked now.
enum Turn {
    /// Nothing is owed, or a person has to decide first.
    Nothing,
    /// It was settled without asking; there may be more.
    Next,
    Ask(Box<Question>),
}

struct Question {
    receipt: Receipt,
    settings: EhdmSettings,
    secrets: String,
    counter: Counter,
    what: Wanted,
}

enum Wanted {
    Sale(Print),
    Return(Return),
    /// Whether the receipt of this number is the one that got no answer.
    Copy(i64),
}

/// The job. Done where nothing is left to do.
pub async fn run(services: Services, job: Job) -> JobEnd {
    match turn(&services, &job.merchant_id).await {
        Ok(end) => end,
        Err(failure) => JobEnd::Retry(failure.into()),
    }
}

async fn turn(services: &Services, merchant: &MerchantId) -> Outcome<JobEnd> {
    let (own, of) = (services.clone(), merchant.clone());
    let taken = services.db.write_quietly(move |tx| async move { take(&tx, &own.clock, &of).await }).await?;
    let question = match taken {
        Turn::Nothing => return Ok(JobEnd::Done),
        Turn::Next => return Ok(JobEnd::Again(services.clock.now())),
        Turn::Ask(question) => question,
    };
    let ehdm = connect::open(services, merchant, &question.settings, &question.secrets)?;
    sabotage::point("ehdm:ask:before");
    let asked = put(&ehdm, &question).await;
    sabotage::point("ehdm:ask:after");
    note(services, *question, asked).await
}

/// What is owed first. That it is about to be asked stands in the receipt and in the register's counter before it is.
async fn take(tx: &Tx, clock: &Clock, merchant: &MerchantId) -> Outcome<Turn> {
    alone(tx, merchant).await?;
    let Some(register) = store::register(&**tx, merchant).await?.filter(|register| register.active) else {
        return Ok(Turn::Nothing);
    };
    if let Some(receipt) = store::first_waiting(&**tx, merchant, true).await? {
        // What a copy could not settle is for a person.
        if receipt.problem.is_some() {
            return Ok(Turn::Nothing);
        }
        let number = register.last_number + 1;
        return asking(tx, register, receipt, Wanted::Copy(number)).await;
    }
    let Some(mut receipt) = store::first_waiting(&**tx, merchant, false).await? else { return Ok(Turn::Nothing) };
    if receipt.sent_at.is_some() {
        // Whoever sent it died over the answer.
        receipt.state = ReceiptState::Uncertain;
        store::change(&**tx, &receipt).await?;
        return Ok(Turn::Next);
    }
    let settings: EhdmSettings = serde_json::from_value(register.settings.clone())?;
    match compose(tx, &settings, &mut receipt).await? {
        Ok(wanted) => {
            receipt.sent_at = Some(clock.now());
            asking(tx, register, receipt, wanted).await
        }
        Err(problem) => {
            refuse(tx, clock, receipt, problem.to_owned(), None).await?;
            Ok(Turn::Next)
        }
    }
}

async fn asking(tx: &Tx, mut register: register::Model, mut receipt: Receipt, what: Wanted) -> Outcome<Turn> {
    let settings: EhdmSettings = serde_json::from_value(register.settings.clone())?;
    let (counter, secrets) = (counter(&register), register.secrets.clone());
    receipt.tries += 1;
    store::change(&**tx, &receipt).await?;
    if settings.numbered {
        register.doubt = counter.with_one_more().doubt;
        store::keep_register(&**tx, register).await?;
    }
    Ok(Turn::Ask(Box::new(Question { receipt, settings, secrets, counter, what })))
}

const fn counter(register: &register::Model) -> Counter {
    Counter { seq: register.seq, doubt: register.doubt }
}

/// What is to be printed, or why it cannot be.
async fn compose(tx: &Tx, settings: &EhdmSettings, receipt: &mut Receipt) -> Outcome<Result<Wanted, &'static str>> {
    if receipt.kind == ReceiptKind::Sale {
        let whole = orders::whole(tx, &receipt.merchant_id, &receipt.order_id).await?;
        let pieces = pieces::of_sale(&whole, receipt.amount_minor);
        receipt.pieces = serde_json::to_value(&pieces)?;
        let items = pieces.into_iter().map(|piece| item(settings, piece)).collect();
        return Ok(Ok(Wanted::Sale(Print { cashier: settings.cashier, amount_minor: receipt.amount_minor, items })));
    }
    let all = store::of_payments(&**tx, &receipt.merchant_id, vec![receipt.payment_id.clone()]).await?;
    let sale = all.iter().find(|other| other.kind == ReceiptKind::Sale);
    let Some((sale, number)) = sale.and_then(|sale| Some((sale, sale.number?))) else {
        return Ok(Err("sale_not_registered"));
    };
    let earlier = |other: &&Receipt| other.kind == ReceiptKind::Return && other.state == ReceiptState::Registered;
    let before: Vec<Value> = all.iter().filter(earlier).map(|other| other.pieces.clone()).collect();
    let Some(back) = pieces::of_return(&sale.pieces, &before, receipt.amount_minor, settings.partial) else {
        return Ok(Err("inexact"));
    };
    receipt.pieces = serde_json::to_value(&back)?;
    let items = back.iter().map(|back| (back.position, back.quantity)).collect();
    Ok(Ok(Wanted::Return(Return { number, amount_minor: receipt.amount_minor, items })))
}

fn item(settings: &EhdmSettings, piece: Piece) -> Item {
    Item {
        adg_code: settings.adg_code.clone(),
        department: settings.department,
        code: piece.code,
        name: piece.name,
        quantity: piece.quantity,
        unit: settings.unit.clone(),
        price_minor: piece.price_minor,
    }
}

async fn put(ehdm: &Ehdm, question: &Question) -> Asked<Printed> {
    let (numbered, counter) = (question.settings.numbered, question.counter);
    match &question.what {
        Wanted::Sale(print) => ask(numbered, counter, |seq| ehdm.print(seq, print)).await,
        Wanted::Return(back) => ask(numbered, counter, |seq| ehdm.give_back(seq, back)).await,
        Wanted::Copy(number) => ask(numbered, counter, |seq| ehdm.copy(seq, *number)).await,
    }
}

/// Notes what the register said, unless somebody has decided about the receipt meanwhile; its counter counts either way.
async fn note(services: &Services, question: Question, asked: Asked<Printed>) -> Outcome<JobEnd> {
    let own = services.clone();
    let write = move |tx| async move {
        let merchant = question.receipt.merchant_id.clone();
        alone(&tx, &merchant).await?;
        let missing = || anyhow::anyhow!("the register of {merchant} is gone");
        let mut register = store::register(&*tx, &merchant).await?.ok_or_else(missing)?;
        // Somebody may have set the counter meanwhile: then it is theirs.
        if register.seq == question.counter.seq {
            (register.seq, register.doubt) = (asked.counter.seq, asked.counter.doubt);
        }
        let trouble = weigh_register(&mut register, &own.clock, &asked.said);
        let receipt = current(&tx, &question.receipt).await?;
        let end = match receipt {
            Some(receipt) => settle(&tx, &own.clock, &mut register, receipt, &question, asked.said).await?,
            None => JobEnd::Again(own.clock.now()),
        };
        store::keep_register(&*tx, register).await?;
        if let Some(alert) = trouble {
            jobs::enqueue(&tx, own.clock.now(), vec![alert?]).await?;
        }
        Ok(end)
    };
    services.db.write(write).await
}

/// The receipt, where it still stands as it was asked about.
async fn current(tx: &Tx, asked: &Receipt) -> Outcome<Option<Receipt>> {
    let now = store::get(&**tx, &asked.merchant_id, &asked.id).await?;
    Ok(now.filter(|now| now.state == asked.state && now.tries == asked.tries && now.sent_at == asked.sent_at))
}

/// What the answer says of the register itself; its staff hear of a new trouble.
fn weigh_register(
    register: &mut register::Model,
    clock: &Clock,
    said: &Result<Printed, Fault>,
) -> Option<Outcome<NewJob>> {
    match said {
        Ok(_) | Err(Fault::Refused { .. }) => {
            (register.trouble, register.trouble_words, register.trouble_at) = (None, None, None);
            None
        }
        Err(Fault::Register { code, words }) => {
            let now = clock.now();
            let known = register.trouble.as_deref() == Some(&*code.to_string());
            if !known {
                register.trouble_at = Some(now);
            }
            (register.trouble, register.trouble_words) = (Some(code.to_string()), Some(words.clone()));
            (!known).then(|| promise::trouble(now, &register.merchant_id, *code, words))
        }
        Err(Fault::NotSent(_) | Fault::Unknown(_)) => None,
    }
}

async fn settle(
    tx: &Tx,
    clock: &Clock,
    register: &mut register::Model,
    mut receipt: Receipt,
    question: &Question,
    said: Result<Printed, Fault>,
) -> Outcome<JobEnd> {
    let (now, copy) = (clock.now(), matches!(question.what, Wanted::Copy(_)));
    match said {
        Ok(printed) if copy && !is_same(&receipt, &printed, now) => {
            receipt.problem_words = Some(shown(&printed));
            hold(tx, now, receipt, "other_receipt").await?;
            Ok(JobEnd::Done)
        }
        Ok(printed) => {
            register.last_number = register.last_number.max(printed.number);
            let how = if copy { "found" } else { "registered" };
            let crn = question.settings.crn.clone();
            registered(tx, clock, "system", with(receipt, crn, printed), how).await?;
            Ok(JobEnd::Again(now))
        }
        Err(Fault::Refused { code: code::NO_SUCH_RECEIPT, .. }) if copy => {
            // It is certainly not registered: it is sent as if for the first time.
            (receipt.state, receipt.sent_at) = (ReceiptState::Owed, None);
            store::change(&**tx, &receipt).await?;
            Ok(JobEnd::Again(now))
        }
        Err(Fault::Refused { code, words }) if copy => {
            receipt.problem_words = Some(words);
            hold(tx, now, receipt, &code.to_string()).await?;
            Ok(JobEnd::Done)
        }
        Err(Fault::Refused { code, words }) => {
            refuse(tx, clock, receipt, code.to_string(), Some(words)).await?;
            Ok(JobEnd::Again(now))
        }
        Err(Fault::Unknown(_)) => {
            let wait = pause(receipt.tries);
            receipt.state = ReceiptState::Uncertain;
            store::change(&**tx, &receipt).await?;
            if receipt.tries == VAIN {
                jobs::enqueue(tx, now, vec![promise::alert(now, &receipt)?]).await?;
            }
            Ok(JobEnd::Again(if copy { now.plus(wait) } else { now }))
        }
        Err(fault @ (Fault::NotSent(_) | Fault::Register { .. })) => {
            let wait = if matches!(fault, Fault::NotSent(_)) { pause(receipt.tries) } else { TROUBLED };
            if !copy {
                receipt.sent_at = None;
                store::change(&**tx, &receipt).await?;
            }
            Ok(JobEnd::Again(now.plus(wait)))
        }
    }
}

/// Longer after each vain try, at most five minutes.
fn pause(tries: i64) -> i64 {
    let doubled = u32::try_from(tries.clamp(0, 8)).unwrap_or(8);
    (SECOND * 2_i64.pow(doubled)).min(5 * MINUTE)
}

/// The copy is of the receipt that got no answer: the same sum, printed while we were asking.
fn is_same(receipt: &Receipt, printed: &Printed, now: Moment) -> bool {
    let Some((sent, at)) = receipt.sent_at.zip(printed.printed_at) else { return false };
    let meanwhile = sent.plus(-CLOCKS) <= at && at <= now.plus(CLOCKS);
    meanwhile && printed.total_minor == Some(receipt.amount_minor)
}

/// For a person who has to compare.
fn shown(printed: &Printed) -> String {
    let sum = printed.total_minor.map(|minor| domain::Money::amd(minor).to_string()).unwrap_or_default();
    let at = printed.printed_at.map(Moment::rfc3339).unwrap_or_default();
    format!("№ {} · {sum} · {at}", printed.number)
}

fn with(receipt: Receipt, crn: String, printed: Printed) -> Receipt {
    Receipt {
        crn: Some(crn),
        number: Some(printed.number),
        fiscal: printed.fiscal,
        qr: printed.qr,
        printed_at: printed.printed_at,
        ..receipt
    }
}

/// It has its number: journal, and the customer is told.
pub(super) async fn registered(tx: &Tx, clock: &Clock, actor: &str, receipt: Receipt, how: &str) -> Outcome<()> {
    let now = clock.now();
    let receipt = Receipt {
        state: ReceiptState::Registered,
        sent_at: None,
        problem: None,
        problem_words: None,
        registered_at: Some(now),
        ..receipt
    };
    store::change(&**tx, &receipt).await?;
    let data = json!({ "how": how, "number": receipt.number, "fiscal": receipt.fiscal, "crn": receipt.crn });
    journal::append(tx, clock, vec![entry(&receipt, EntryKind::ReceiptRegistered, actor, data)]).await?;
    let order = orders::whole(tx, &receipt.merchant_id, &receipt.order_id).await?.order;
    jobs::enqueue(tx, now, tell::receipt(now, &order, &receipt.payment_id, &receipt.id).into_iter().collect()).await
}

async fn refuse(tx: &Tx, clock: &Clock, receipt: Receipt, problem: String, words: Option<String>) -> Outcome<()> {
    let now = clock.now();
    let receipt = Receipt {
        state: ReceiptState::Refused,
        sent_at: None,
        problem: Some(problem),
        problem_words: words,
        ..receipt
    };
    store::change(&**tx, &receipt).await?;
    let data = json!({ "problem": receipt.problem, "words": receipt.problem_words });
    journal::append(tx, clock, vec![entry(&receipt, EntryKind::ReceiptRefused, "system", data)]).await?;
    jobs::enqueue(tx, now, vec![promise::alert(now, &receipt)?]).await
}

/// What is uncertain waits for a person.
async fn hold(tx: &Tx, now: Moment, mut receipt: Receipt, problem: &str) -> Outcome<()> {
    receipt.problem = Some(problem.to_owned());
    store::change(&**tx, &receipt).await?;
    jobs::enqueue(tx, now, vec![promise::alert(now, &receipt)?]).await
}

/// Of a receipt: the sum stands in what is said, since no money moves.
fn entry(receipt: &Receipt, kind: EntryKind, actor: &str, mut data: Value) -> NewEntry {
    let id: &ReceiptId = &receipt.id;
    data["receipt"] = id.as_str().into();
    data["kind"] = receipt.kind.as_str().into();
    data["sum_minor"] = receipt.amount_minor.into();
    NewEntry {
        merchant: receipt.merchant_id.clone(),
        kind,
        order: Some(receipt.order_id.clone()),
        payment: Some(receipt.payment_id.clone()),
        amount: None,
        actor: actor.to_owned(),
        data,
    }
}
