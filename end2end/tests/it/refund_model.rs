//! The refund machine against the model in `refund_rules`: histories that the dice decide, and after each step status, held
//! and refunded sums, the journal and the provider's own sum are what the model says; never is more given than was paid.
//! What is done again changes nothing. A seed that fails says how it is replayed.

use std::collections::VecDeque;

use domain::{
    AccountId, Lang, Money, RefundId,
    moment::{HOUR, MINUTE, SECOND},
    role::{Actor, Role},
};
use sandbox::vpos::{Mischief, Status, Trouble};
use sea_orm::{ConnectionTrait, Database};
use serde_json::Value;
use server::{
    alerts::TELL_STAFF,
    failure::{Failure, Outcome},
    jobs::JobEnd,
    journal,
    payments::{self, Payment, Start, tell::TELL_CUSTOMER},
    refunds::{self, NewRefund, Proof, Refund},
    shop::{self, Rules},
};

use crate::{
    dice::{Dice, replay},
    on_both,
    refund_rules::{ALONE, Book, Is, LINES, PAID, PAIR, Person, Way, Wish},
    stage::Stage,
};

const EVENTS: usize = 45;

/// One payment, its story and what it should be.
struct World<'a> {
    stage: &'a Stage,
    account: AccountId,
    payment: Payment,
    staff: [Actor; 4],
    book: Book,
    dice: Dice,
    /// Sums that the provider has told or might have told.
    sums: Vec<i64>,
    /// Numbers for whatever must be told apart.
    next: u64,
}

/// What was refused, by its code.
fn said<T>(outcome: Outcome<T>) -> Result<T, &'static str> {
    outcome.map_err(|failure| match failure {
        Failure::Refused(refusal) => refusal.code,
        Failure::Internal(error) => panic!("{error:#}"),
    })
}

async fn account(stage: &Stage, way: Way) -> AccountId {
    let account = stage.another_account(&stage.merchant).await;
    let change = |settings: &mut Value| {
        settings["words"]["reversed"] = "reversed".into();
        settings["words"]["disputed"] = "disputed".into();
        settings["refund_keyed"] = (way == Way::Keyed).into();
        if way == Way::ByHand {
            settings["refund_path"] = Value::Null;
        }
    };
    stage.settings_of(&account, change).await;
    account
}

/// A payment of two lines, paid.
async fn paid(stage: &Stage, account: &AccountId) -> Payment {
    let link = stage.link(|new| new.expires_at = None).await;
    let start = Start { account: Some(account.clone()), ..Start::of(&link.code, Lang::Hy, "1") };
    let id = payments::start(&stage.services, start).await.unwrap().payment;
    let payment = stage.payment(&id).await;
    let raw = Database::connect(&stage.database_url).await.unwrap();
    let [first, second] = LINES;
    let order = &payment.order_id;
    for sql in [
        format!("UPDATE order_lines SET unit_minor = {first} WHERE order_id = '{order}'"),
        format!(
            "INSERT INTO order_lines (order_id, position, merchant_id, product_id, title, quantity, unit_minor)
            SELECT order_id, 1, merchant_id, product_id, title, quantity, {second} FROM order_lines WHERE order_id = '{order}'"
        ),
    ] {
        raw.execute_unprepared(&sql).await.unwrap();
    }
    raw.close().await.unwrap();
    let never = Mischief { never_send: true, ..Mischief::default() };
    assert!(stage.vpos.end(payment.reference.as_ref().unwrap(), Status::Paid, never));
    let event = stage.event(&format!("evt_{id}"), &payment, "paid");
    assert_eq!(stage.post(account, event.to_string().into_bytes(), |_| ()).await, 200);
    stage.payment(&id).await
}

impl<'a> World<'a> {
    async fn new(stage: &'a Stage, accounts: &[(Way, AccountId)], seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let (way, account) = dice.pick(accounts).unwrap().clone();
        let payment = paid(stage, &account).await;
        let roles = [Role::Owner, Role::Manager, Role::Support, Role::Accountant];
        let staff = roles.map(|role| Actor::Staff { id: stage.clock.id(), role });
        let world = Self { stage, account, payment, staff, book: Book::new(way), dice, sums: vec![0], next: 0 };
        world.drain([]).await;
        world
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn actor(&self, person: Person) -> &Actor {
        &self.staff[Person::ALL.iter().position(|known| *known == person).unwrap()]
    }

    fn person(&mut self) -> Person {
        *self.dice.pick(&Person::ALL).unwrap()
    }

    /// One of the refunds, and what it is called here.
    fn some(&mut self) -> Option<(usize, RefundId)> {
        let count = self.book.refunds.len() as u64;
        let place = (count > 0).then(|| self.dice.roll(count) as usize)?;
        Some((place, self.book.refunds[place].id.clone().unwrap()))
    }

    async fn drain(&self, troubles: impl IntoIterator<Item = Trouble>) {
        let workers = self.stage.workers().with(TELL_CUSTOMER, |_| async { JobEnd::Done });
        let workers = workers.with(TELL_STAFF, |_| async { JobEnd::Done });
        self.stage.vpos.trouble(troubles);
        workers.drain().await.unwrap();
        self.stage.vpos.trouble([]);
    }

    async fn happens(&mut self) -> &'static str {
        match self.dice.roll(20) {
            0..=4 => self.somebody_asks().await,
            5..=6 => self.somebody_decides().await,
            7..=10 => self.workers_work().await,
            11..=13 => self.time_passes(),
            14..=15 => self.by_hand().await,
            16 => self.outside().await,
            17..=18 => self.provider_tells().await,
            _ => self.everything_again().await,
        }
    }

    fn wish(&mut self) -> Wish {
        let tenths = i64::try_from(self.dice.roll(12)).unwrap() - 1;
        match self.dice.roll(8) {
            0 => Wish::All,
            1 => Wish::Lines(vec![self.dice.roll(2) as usize]),
            2 => Wish::Lines(vec![0, 1]),
            3 => Wish::Sum(PAIR + 1),
            _ => Wish::Sum(tenths * 50_000),
        }
    }

    async fn somebody_asks(&mut self) -> &'static str {
        let (person, wish) = (self.person(), self.wish());
        // Now and then the cause of an earlier one.
        let cause = if self.dice.roll(3) == 0 { 1 + self.dice.roll(self.next + 1) } else { self.number() };
        let times = 1 + self.dice.roll(2);
        for _ in 0..times {
            self.ask(person, wish.clone(), cause).await;
        }
        "somebody asks"
    }

    async fn ask(&mut self, person: Person, wish: Wish, cause: u64) {
        let (amount, lines) = match &wish {
            Wish::All => (None, Vec::new()),
            Wish::Sum(sum) => (Some(Money::amd(*sum)), Vec::new()),
            Wish::Lines(lines) => (None, lines.iter().map(|line| i32::try_from(*line).unwrap()).collect()),
        };
        let new = NewRefund {
            payment: self.payment.id.clone(),
            amount,
            lines,
            reason: "as the dice fell".to_owned(),
            made_by: Some(format!("{}:{cause}", self.payment.id)),
        };
        let stage = self.stage;
        let asked = said(refunds::ask(&stage.services, self.actor(person), &stage.merchant, new).await);
        let wanted = self.book.ask(person, wish.clone(), Some(cause), stage.clock.now());
        match (asked, wanted) {
            (Ok(refund), Ok(place)) => {
                let known = self.book.refunds[place].id.get_or_insert(refund.id.clone());
                assert_eq!(*known, refund.id, "the same cause asks once");
            }
            (asked, wanted) => assert_eq!(asked.err(), wanted.err(), "{person:?} asks for {wish:?}"),
        }
    }

    async fn somebody_decides(&mut self) -> &'static str {
        let Some((place, id)) = self.some() else { return "nothing to decide" };
        let (person, stage) = (self.person(), self.stage);
        if self.dice.roll(4) == 0 {
            let no = refunds::reject(&stage.services, self.actor(person), &stage.merchant, &id, "no").await;
            assert_eq!(said(no).map(drop), self.book.reject(person, place), "{person:?} rejects {place}");
        } else {
            let yes = refunds::approve(&stage.services, self.actor(person), &stage.merchant, &id).await;
            let now = stage.clock.now();
            assert_eq!(said(yes).map(drop), self.book.approve(person, place, now), "{person:?} approves {place}");
        }
        "somebody decides"
    }

    async fn workers_work(&mut self) -> &'static str {
        let kinds = [
            Trouble::LoseAnswer,
            Trouble::LoseAnswer,
            Trouble::Answer(503),
            Trouble::Answer(503),
            Trouble::Answer(429),
            Trouble::Answer(422),
            Trouble::Fine,
            Trouble::Fine,
            Trouble::TakeUp,
            Trouble::OtherSum,
        ];
        let mut troubles = VecDeque::new();
        while troubles.len() < 4 && self.dice.roll(3) > 0 {
            troubles.push_back(*self.dice.pick(&kinds).unwrap());
        }
        self.drain(troubles.clone()).await;
        self.book.works(self.stage.clock.now(), troubles);
        "workers work"
    }

    fn time_passes(&mut self) -> &'static str {
        let steps = [5 * SECOND, 15 * SECOND, 3 * MINUTE, 3 * MINUTE, HOUR, 25 * HOUR];
        self.stage.clock.advance(*self.dice.pick(&steps).unwrap());
        "time passes"
    }

    /// The provider gives so much back under a key of which we know nothing: in its cabinet.
    async fn in_the_cabinet(&mut self, amount: i64) -> bool {
        let reference = self.payment.reference.clone().unwrap();
        let url = format!("{}/sandbox/vpos/v1/payment-sessions/{reference}/refunds", self.stage.url);
        let number = self.number();
        let key = format!("cabinet-{}-{number}", self.payment.id);
        let body = serde_json::json!({ "amountMinor": amount, "currency": "AMD" });
        let request = self.stage.http.post(url).bearer_auth("token").header("Idempotency-Key", key).json(&body);
        let is_given = request.send().await.unwrap().status().is_success();
        self.book.there += if is_given { amount } else { 0 };
        is_given
    }

    async fn by_hand(&mut self) -> &'static str {
        let manual: Vec<_> =
            self.book.refunds.iter().enumerate().filter(|(_, refund)| refund.is == Is::Manual).collect();
        let manual: Vec<usize> = manual.into_iter().map(|(place, _)| place).collect();
        // Mostly one that is in somebody's hands; others are refused.
        let manual = self.dice.pick(&manual).copied();
        let place = if self.dice.roll(3) == 0 { self.some().map(|(place, _)| place) } else { manual };
        let Some(place) = place else { return "nothing by hand" };
        let person = self.person();
        match self.dice.roll(5) {
            0..=1 => self.gives_by_hand(place).await,
            2..=3 => self.writes_down(place, person).await,
            _ if self.book.is_given(place) => return "nothing by hand",
            _ => {
                // Who gives up has looked: the provider has not done it.
                let (id, stage) = (self.book.refunds[place].id.clone().unwrap(), self.stage);
                let gave_up =
                    refunds::failed_by_hand(&stage.services, self.actor(person), &stage.merchant, &id, "no").await;
                assert_eq!(said(gave_up).map(drop), self.book.give_up(person, place), "{person:?} gives {place} up");
            }
        }
        "by hand"
    }

    /// Given, and written down at some other time: in the provider's cabinet, of which we may hear before, after or never; or,
    /// where that is the only way, in cash.
    async fn gives_by_hand(&mut self, place: usize) {
        let amount = self.book.refunds[place].amount;
        if self.book.is_given(place) || self.book.may_be_done_by_hand(Person::Owner, place).is_err() {
            return;
        }
        if self.book.way == Way::ByHand && self.dice.roll(2) == 0 {
            self.book.elsewhere += amount;
        } else if !self.in_the_cabinet(amount).await {
            return;
        } else if self.dice.roll(2) == 0 {
            self.hears(self.book.there).await;
        }
        self.book.unwritten.push(place);
    }

    /// Written down by somebody who has seen it, or gives it now.
    async fn writes_down(&mut self, place: usize, person: Person) {
        self.gives_by_hand(place).await;
        if self.book.refunds[place].is == Is::Manual && !self.book.is_given(place) {
            return;
        }
        let (id, stage) = (self.book.refunds[place].id.clone().unwrap(), self.stage);
        let proof = Proof { text: "slip 17".to_owned(), file: None };
        let done = refunds::done_by_hand(&stage.services, self.actor(person), &stage.merchant, &id, proof).await;
        assert_eq!(said(done).map(drop), self.book.done_by_hand(person, place), "{person:?} gave {place} by hand");
    }

    /// Somebody gives money back in the provider's cabinet, and it is none of our refunds. Where a refund of ours is in a
    /// person's hands, or was given in cash, nobody could tell the two apart.
    async fn outside(&mut self) -> &'static str {
        let is_manual = self.book.refunds.iter().any(|refund| refund.is == Is::Manual);
        if is_manual || self.book.elsewhere > 0 {
            return "nothing outside";
        }
        let amount = 50_000 * i64::try_from(1 + self.dice.roll(6)).unwrap();
        if self.in_the_cabinet(amount).await && (self.book.way != Way::Keyed || self.dice.roll(2) == 0) {
            self.hears(self.book.there).await;
        }
        "outside"
    }

    /// A webhook or a look-up, now and then an old webhook; rarely the bank takes the money back.
    async fn provider_tells(&mut self) -> &'static str {
        match self.dice.roll(12) {
            0 => {
                let word = if self.dice.roll(2) == 0 { "disputed" } else { "reversed" };
                self.event(word, None).await;
                self.book.is_taken(word);
            }
            1..=5 => {
                let old = *self.dice.pick(&self.sums).unwrap();
                self.webhook(old).await;
                self.book.hears(old);
            }
            _ => self.hears(self.book.there).await,
        }
        "the provider tells"
    }

    async fn hears(&mut self, sum: i64) {
        if self.dice.roll(2) == 0 {
            self.webhook(sum).await;
        } else {
            let stage = self.stage;
            let owner = &self.staff[0];
            payments::check(&stage.services, owner, &stage.merchant, &self.payment.id).await.unwrap();
        }
        self.book.hears(sum);
    }

    async fn webhook(&mut self, sum: i64) {
        self.sums.push(sum);
        let word = match sum {
            0 => "paid",
            PAID => "refunded",
            _ => "partially_refunded",
        };
        self.event(word, Some(sum)).await;
    }

    async fn event(&mut self, word: &str, sum: Option<i64>) {
        let number = self.number();
        let mut event = self.stage.event(&format!("evt_{}_{number}", self.payment.id), &self.payment, word);
        if let Some(sum) = sum {
            event["data"]["refundedMinor"] = sum.into();
        }
        for _ in 0..2 {
            let body = event.to_string().into_bytes();
            assert_eq!(self.stage.post(&self.account, body, |_| ()).await, 200, "{event}");
        }
    }

    /// The jobs that are done are done once more.
    async fn everything_again(&mut self) -> &'static str {
        let (now, payment) = (self.stage.clock.now(), &self.payment.id);
        let raw = Database::connect(&self.stage.database_url).await.unwrap();
        let again = format!(
            "UPDATE jobs SET state = 'queued', attempts = 0, run_at = {} WHERE kind = 'refund' AND state = 'done' AND payment_id = '{payment}'",
            now.0
        );
        raw.execute_unprepared(&again).await.unwrap();
        raw.close().await.unwrap();
        self.drain([]).await;
        self.book.works(now, VecDeque::new());
        "everything again"
    }

    async fn compare(&self) {
        let (stage, book) = (self.stage, &self.book);
        let now = stage.payment(&self.payment.id).await;
        assert_eq!(
            (now.status.as_str(), now.refunded_minor, now.refund_held_minor, now.needs_review),
            (book.status(), book.refunded, book.held(), book.flagged),
            "status, refunded, held, flagged"
        );
        let refunds = refunds::of_payment(&stage.services.db, &stage.merchant, &now.id).await.unwrap();
        let stands = |refund: &Refund| (refund.id.clone(), refund.status.as_str(), refund.amount_minor);
        let mut wanted: Vec<_> =
            book.refunds.iter().map(|refund| (refund.id.clone().unwrap(), refund.is.word(), refund.amount)).collect();
        wanted.sort();
        assert_eq!(refunds.iter().map(stands).collect::<Vec<_>>(), wanted);
        assert_eq!(self.journaled().await, book.journal);
        let there = stage.vpos.session(now.reference.as_ref().unwrap()).unwrap();
        assert_eq!(there.refunded_minor(), book.there, "what the provider gave");
        assert!(book.there + book.elsewhere <= PAID, "more was given than was paid");
        let keys = refunds
            .iter()
            .filter(|ours| there.refunds.iter().any(|given| given.key.as_deref() == Some(ours.id.as_str())));
        assert_eq!(keys.count(), book.keys.len(), "each key gave once");
    }

    async fn journaled(&self) -> Vec<(&'static str, i64)> {
        let filter = journal::Filter { payment: Some(self.payment.id.clone()), ..Default::default() };
        let entries = journal::list(&self.stage.services.db, &self.stage.merchant, &filter, 1_000).await.unwrap();
        let about = |kind: &str| kind.contains("refund") || kind.contains("reversed") || kind.contains("disputed");
        let money = entries.iter().rev().filter(|entry| about(entry.kind.as_str()));
        money.map(|entry| (entry.kind.as_str(), entry.amount_minor.unwrap())).collect()
    }

    /// Nothing goes wrong any more, and everybody does what waits for them.
    async fn comes_to_rest(&mut self) {
        for place in 0..self.book.refunds.len() {
            if self.book.refunds[place].is == Is::Requested {
                let (id, stage) = (self.book.refunds[place].id.clone().unwrap(), self.stage);
                refunds::reject(&stage.services, &self.staff[0], &stage.merchant, &id, "no").await.unwrap();
                self.book.reject(Person::Owner, place).unwrap();
            }
        }
        while self.book.refunds.iter().any(|refund| matches!(refund.is, Is::Approved | Is::Processing)) {
            self.stage.clock.advance(HOUR);
            self.drain([]).await;
            self.book.works(self.stage.clock.now(), VecDeque::new());
            self.compare().await;
        }
        for place in 0..self.book.refunds.len() {
            while self.book.refunds[place].is == Is::Manual {
                let (id, stage) = (self.book.refunds[place].id.clone().unwrap(), self.stage);
                if self.book.is_given(place) {
                    self.writes_down(place, Person::Owner).await;
                } else {
                    refunds::failed_by_hand(&stage.services, &self.staff[0], &stage.merchant, &id, "no").await.unwrap();
                    self.book.give_up(Person::Owner, place).unwrap();
                }
                self.compare().await;
            }
        }
        self.hears(self.book.there).await;
        self.compare().await;
        assert_eq!(self.book.held(), 0, "at rest nothing is held");
        assert_eq!(self.book.refunded, self.book.there + self.book.elsewhere, "at rest all is known that was given");
    }
}

async fn live(stage: &Stage, accounts: &[(Way, AccountId)], seed: u64) {
    let mut world = World::new(stage, accounts, seed).await;
    let is_told = std::env::var_os("KHANUT_TEST_SEED").is_some();
    for _ in 0..EVENTS {
        let what = world.happens().await;
        if is_told {
            let stands: Vec<_> = world.book.refunds.iter().map(|refund| (refund.is.word(), refund.amount)).collect();
            eprintln!("{what}: {stands:?}, back {}, there {}", world.book.refunded, world.book.there);
        }
        world.compare().await;
    }
    world.comes_to_rest().await;
}

async fn refunds_do_what_the_rules_say(stage: Stage) {
    let rules = Rules { refund_alone_minor: ALONE, refund_pair_minor: Some(PAIR), stuck_minutes: 10 };
    shop::set_rules(&stage.services, &stage.owner(), &stage.merchant, rules).await.unwrap();
    let mut accounts = Vec::new();
    for way in [Way::Keyed, Way::Unkeyed, Way::ByHand] {
        accounts.push((way, account(&stage, way).await));
    }
    for seed in replay(30) {
        eprintln!("seed {seed}: KHANUT_TEST_SEED={seed} cargo test -p end2end --test it -- refund_model");
        live(&stage, &accounts, seed).await;
    }
    stage.audit().await;
}

on_both!(refunds_do_what_the_rules_say);
