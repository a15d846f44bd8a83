//! A day in the life of a shop, five hundred times: sales, silence (of more than a day, too), duplicates, old and unknown words,
//! wrong sums, disputes, time-outs, crashes, refunds by sum, by line and by hand, in an order that a seed decides. Whatever happened, at the end the shop believes what the provider believes, and the
//! customers heard of it.
//!
//! A seed that fails says how it is replayed: `KHANUT_TEST_SEED=17 cargo test -p end2end --test it -- simulation`; other seeds
//! than those of every run are lived with `KHANUT_TEST_SEEDS_FROM`. A seed is the
//! same day then, to the last hash: time stands still until it is moved, and ids, codes and waits come from the seed.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    AccountId, BotId, Lang, Money, OrderId, ProductId, RefundId,
    moment::{HOUR, MINUTE},
    order::OrderStatus,
    payment::{PaymentStatus, ReviewReason},
    refund::RefundStatus,
    role::{Actor, Role},
};
use sandbox::{
    telegram::Fault,
    vpos::{Mischief, Session, Status, Trouble},
};
use sea_orm::ConnectionTrait;
use server::{
    jobs::Workers,
    journal::{self, Verdict},
    orders::{Asked, Order, Piece},
    payments::{self, Payment, Start},
    refunds::{self, NewRefund, Proof, Refund},
};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    bank, buyer,
    dice::{Dice, replay},
    stage::Stage,
};

/// In CI; a tenth of them at the desk.
const SEEDS: u64 = 500;
const AT_ONCE: usize = 8;
/// So long things happen, at least a minute and at most an hour apart.
const LONG: i64 = 24 * HOUR;
const STOCK: i64 = 3;
/// Who buys: strangers to the sandbox, who speak English.
const PEOPLE: [i64; 3] = [2001, 2002, 2003];
const NEVER: Mischief = Mischief {
    send_twice: false,
    send_late: false,
    late_seconds: None,
    out_of_order: false,
    wrong_amount: false,
    wrong_currency: false,
    bad_signature: false,
    never_send: true,
};

struct Day {
    stage: Stage,
    workers: Workers,
    bot: BotId,
    dice: Dice,
    /// The one that is counted, and one that goes with it.
    products: [ProductId; 2],
    /// The one that gives money back by its API, and one at which people do.
    accounts: [AccountId; 2],
    payments: Vec<Payment>,
    /// Refunds that a person has given at the provider, and perhaps not yet written down.
    given: BTreeSet<RefundId>,
    events: u64,
}

/// What each of the two products costs.
const PRICES: [i64; 2] = [450_000, 100_000];
/// A provider may be away for longer than any try of ours waits.
const AWAY: i64 = 30 * HOUR;

/// The workers of the program that runs now, with the bot that writes to customers.
fn workers(stage: &Stage) -> Workers {
    bot::jobs(stage.workers(), stage.services.clone())
}

impl Day {
    async fn new(seed: u64) -> Self {
        let stage = Stage::simulated(seed).await;
        let (workers, bot) = (workers(&stage), buyer::bot(&stage).await);
        let products = [stage.product(PRICES[0], Some(STOCK)).await, stage.product(PRICES[1], None).await];
        let accounts = [stage.account.clone(), stage.another_account(&stage.merchant).await];
        for (account, by_hand) in accounts.iter().zip([false, true]) {
            let change = |settings: &mut serde_json::Value| {
                settings["words"]["reversed"] = "reversed".into();
                settings["words"]["disputed"] = "disputed".into();
                if by_hand {
                    settings["refund_path"] = serde_json::Value::Null;
                }
            };
            stage.settings_of(account, change).await;
        }
        let (dice, payments, given) = (Dice::new(seed), Vec::new(), BTreeSet::new());
        Self { stage, workers, bot, dice, products, accounts, payments, given, events: 0 }
    }

    async fn happens(&mut self) {
        self.events += 1;
        match self.dice.roll(20) {
            0..=3 => self.customer_comes().await,
            4..=6 => self.provider_decides(),
            7..=9 => self.webhook_comes().await,
            10 => self.provider_falters(),
            11 => self.program_dies().await,
            12 => self.staff_refund().await,
            13 => self.customer_looks().await,
            14 => self.telegram_is_busy(),
            15 => self.staff_give_by_hand().await,
            16 => self.staff_write_down().await,
            17 => self.staff_close_reviews().await,
            _ => drop(self.workers.drain().await.unwrap()),
        }
        bank::look(self.stage.services.db.read(), &self.stage.vpos).await.unwrap();
        let pause = i64::try_from(1 + self.dice.roll(60)).unwrap() * MINUTE;
        self.stage.clock.advance(pause);
    }

    async fn customer_comes(&mut self) {
        let wanted = self.dice.roll(2) == 0 && self.stock().await > 0;
        let asked = if wanted {
            let count = 1 + self.dice.roll(2) as usize;
            self.products.iter().take(count).cloned().map(|id| Asked::Product(Piece::one(id))).collect()
        } else {
            vec![Asked::Free { title: "Սուրճ".to_owned(), amount: Money::amd(500_000) }]
        };
        let account = if self.dice.roll(4) == 0 { &self.accounts[1] } else { &self.accounts[0] };
        let account = Some(account.clone());
        let (person, cause) = (*self.dice.pick(&PEOPLE).unwrap(), format!("update {}", self.events));
        let placed = buyer::orders(&self.stage, &self.bot, person, asked, cause).await.unwrap();
        // Sold out, or a provider that does not answer: no sale now, as in life.
        let start = Start { account, ..Start::of(&placed.link.code, Lang::Ru, "1") };
        let _ = payments::start(&self.stage.services, start).await;
        let all = payments::of_order(&self.stage.services.db, &self.stage.merchant, &placed.order.id).await.unwrap();
        self.payments.extend(all);
    }

    async fn stock(&self) -> i64 {
        let product = server::catalog::get(&self.stage.services.db, &self.stage.merchant, &self.products[0]).await;
        product.unwrap().stock.unwrap()
    }

    fn provider_decides(&mut self) {
        // Nobody pays long after the time to pay has passed.
        let now = self.stage.clock.now();
        let open = self.stage.vpos.sessions().into_iter().filter(|session| now.since(session.created_at) < 6 * HOUR);
        let open: Vec<_> = open.map(|session| session.id).collect();
        let Some(id) = self.dice.pick(&open).cloned() else { return };
        let status = [Status::Paid, Status::Paid, Status::Paid, Status::Failed, Status::Expired];
        let status = *self.dice.pick(&status).unwrap();
        // Webhooks are brought by hand, so that a seed is the same day each time.
        self.stage.vpos.end(&id, status, NEVER);
    }

    /// The provider's word of now, or an old one, or an odd one; once, or three times.
    async fn webhook_comes(&mut self) {
        let sessions = self.stage.vpos.sessions();
        let Some(session) = self.dice.pick(&sessions) else { return };
        let session = session.clone();
        let odd = self.dice.roll(24);
        let word = match session.status {
            _ if odd == 0 => "settling",
            _ if odd == 1 => "paid",
            Status::Paid | Status::Refunded | Status::PartiallyRefunded if odd == 2 => "disputed",
            Status::Paid | Status::Refunded | Status::PartiallyRefunded if odd == 3 => "reversed",
            _ if self.dice.roll(4) == 0 => "pending",
            Status::Pending => "pending",
            Status::Paid => "paid",
            Status::Failed => "failed",
            Status::Expired => "expired",
            Status::Refunded => "refunded",
            Status::PartiallyRefunded => "paid",
        };
        let (less, number) = (if odd == 1 { 100 } else { 0 }, self.dice.roll(3));
        let back = (self.dice.roll(2) == 0).then(|| session.refunded_minor());
        let event = serde_json::json!({
            "id": format!("evt_{}_{word}_{number}_{less}_{back:?}", session.id),
            "type": "payment.status_changed",
            "data": {
                "sessionId": session.id,
                "merchantOrderId": session.merchant_order_id,
                "amountMinor": session.amount_minor - less,
                "refundedMinor": back,
                "currency": session.currency,
                "status": word,
            }
        });
        for _ in 0..=self.dice.roll(3) {
            let account = self.account_of(&session);
            assert_eq!(self.stage.post(&account, event.to_string().into_bytes(), |_| ()).await, 200);
        }
    }

    fn account_of(&self, session: &Session) -> AccountId {
        let own = self.payments.iter().find(|payment| payment.merchant_order_id == session.merchant_order_id);
        own.map_or_else(|| self.accounts[0].clone(), |payment| payment.account_id.clone())
    }

    fn provider_falters(&mut self) {
        let troubles = [Trouble::Answer(503), Trouble::Answer(429), Trouble::LoseAnswer];
        let count = 1 + self.dice.roll(3);
        let chosen: Vec<_> = (0..count).map(|_| self.dice.pick(&troubles).copied().unwrap()).collect();
        self.stage.vpos.trouble(chosen);
    }

    fn telegram_is_busy(&mut self) {
        let (seconds, times) = (self.dice.roll(90), 1 + self.dice.roll(3));
        self.stage.telegram.heal();
        self.stage.telegram.fail(Fault {
            method: "sendMessage".to_owned(),
            error_code: 429,
            description: format!("Too Many Requests: retry after {seconds}"),
            retry_after: Some(seconds),
            times: u32::try_from(times).unwrap(),
        });
    }

    /// Something due was taken up, and the program died with it and with all it had in memory.
    async fn program_dies(&mut self) {
        let now = self.stage.clock.now().0;
        let sql = format!(
            "UPDATE jobs SET state = 'running', attempts = attempts + 1, lease_until = {} WHERE id IN (
               SELECT id FROM jobs WHERE state IN ('queued', 'retrying') AND run_at <= {now} ORDER BY id LIMIT 2)",
            now + 120_000
        );
        let raw = sea_orm::Database::connect(&self.stage.database_url).await.unwrap();
        raw.execute_unprepared(&sql).await.unwrap();
        raw.close().await.unwrap();
        self.stage.restart().await;
        self.workers = workers(&self.stage);
    }

    async fn staff_refund(&mut self) {
        let Some(payment) = self.dice.pick(&self.payments).cloned() else { return };
        let payment = self.stage.payment(&payment.id).await;
        let amount = i64::try_from(1 + self.dice.roll(5)).unwrap() * 100_000;
        let by_line = self.dice.roll(3) == 0;
        let new = NewRefund {
            payment: payment.id,
            amount: (!by_line).then(|| Money::amd(amount)),
            lines: if by_line { vec![i32::try_from(self.dice.roll(2)).unwrap()] } else { Vec::new() },
            reason: "a day in the life".to_owned(),
            made_by: None,
        };
        let owner = self.owner();
        // Not paid, or not so much left.
        let _ = refunds::ask(&self.stage.services, &owner, &self.stage.merchant, new).await;
    }

    fn owner(&self) -> Actor {
        Actor::Staff { id: self.stage.clock.id(), role: Role::Owner }
    }

    /// Refunds that wait for a person, with their payments' names at the provider.
    async fn in_hands(&self) -> Vec<(Refund, String)> {
        let filter = refunds::Filter { status: Some(RefundStatus::ManualRequired), ..Default::default() };
        let all = refunds::list(&self.stage.services.db, &self.stage.merchant, &filter, 100).await.unwrap();
        let mut found = Vec::new();
        for refund in all {
            let payment = self.stage.payment(&refund.payment_id).await;
            found.push((refund, payment.reference.unwrap()));
        }
        found
    }

    /// The money is there, whether by the key of the refund or by a person.
    fn is_given(&self, refund: &Refund, there: &str) -> bool {
        let session = self.stage.vpos.session(there).unwrap();
        let by_key = session.refunds.iter().any(|given| given.key.as_deref() == Some(refund.id.as_str()));
        by_key || self.given.contains(&refund.id)
    }

    async fn staff_give_by_hand(&mut self) {
        let all = self.in_hands().await;
        let Some((refund, there)) = self.dice.pick(&all) else { return };
        if !self.is_given(refund, there) && self.stage.vpos.give_back(there, refund.amount_minor) {
            self.given.insert(refund.id.clone());
        }
    }

    /// Of what waits for a person, what was given is written down, and now and then the rest is given up.
    async fn staff_write_down(&mut self) {
        for (refund, there) in self.in_hands().await {
            let is_given = self.is_given(&refund, &there);
            if is_given || self.dice.roll(4) == 0 {
                self.conclude(&refund, is_given).await;
            }
        }
    }

    async fn conclude(&self, refund: &Refund, is_given: bool) {
        let (services, merchant, owner) = (&self.stage.services, &self.stage.merchant, self.owner());
        if is_given {
            let proof = Proof { text: "seen at the provider".to_owned(), file: None };
            refunds::done_by_hand(services, &owner, merchant, &refund.id, proof).await.unwrap();
        } else {
            refunds::failed_by_hand(services, &owner, merchant, &refund.id, "not given back").await.unwrap();
        }
    }

    /// A wrong sum was asked about, or the bank was answered: there is nothing more to look at. What was paid and could not
    /// be delivered stays.
    async fn staff_close_reviews(&self) {
        use ReviewReason as R;
        for payment in &self.payments {
            let now = self.stage.payment(&payment.id).await;
            let settled =
                now.status != PaymentStatus::Paid || self.stage.order(&now.order_id).await.fulfilled_at.is_some();
            if settled && matches!(now.review_reason, Some(R::AmountMismatch | R::Disputed | R::Reversed)) {
                let (services, merchant) = (&self.stage.services, &self.stage.merchant);
                payments::close_review(services, &self.owner(), merchant, &now.id, "seen to").await.unwrap();
            }
        }
    }

    /// No call is answered for longer than a day; the shop goes on as it can.
    async fn provider_is_away(&mut self) {
        self.stage.vpos.be_silent(true);
        for _ in 0..AWAY / HOUR {
            self.stage.clock.advance(HOUR);
            self.workers.drain().await.unwrap();
        }
        self.stage.vpos.be_silent(false);
    }

    async fn customer_looks(&mut self) {
        let Some(payment) = self.dice.pick(&self.payments).cloned() else { return };
        let _ = payments::check_for_customer(&self.stage.services, &self.stage.merchant, &payment.id).await;
    }

    /// Everything calms down: no more trouble, and a day and a half for what is owed.
    async fn calms_down(&mut self) {
        self.stage.vpos.trouble([]);
        self.stage.telegram.heal();
        self.stage.vpos.expire(NEVER);
        self.staff_close_reviews().await;
        for _ in 0..36 {
            self.stage.clock.advance(HOUR);
            self.workers.drain().await.unwrap();
        }
    }

    /// What nobody could tell is for a person: who looks at the provider, and writes down what is true.
    async fn staff_clear_up(&self) {
        for (refund, there) in self.in_hands().await {
            self.conclude(&refund, self.is_given(&refund, &there)).await;
        }
        self.workers.drain().await.unwrap();
    }

    async fn is_right(&self) {
        let mut sold = 0;
        for payment in &self.payments {
            let now = self.stage.payment(&payment.id).await;
            let order = self.stage.order(&now.order_id).await;
            let there = now.reference.as_ref().and_then(|id| self.stage.vpos.session(id));
            let paid_there = there.as_ref().is_some_and(|session| session.paid_at.is_some());
            assert_eq!(now.status.was_paid(), paid_there, "{now:?}");
            assert!(!now.status.is_open(), "nothing waits for ever: {now:?}");
            assert_eq!(now.refunded_minor, there.map_or(0, |session| session.refunded_minor()), "{now:?}");
            let refunds = refunds::of_payment(&self.stage.services.db, &self.stage.merchant, &now.id).await.unwrap();
            assert_eq!(now.refund_held_minor, 0, "{refunds:?}");
            if now.status == PaymentStatus::Paid && !now.needs_review {
                assert_eq!(order.status, OrderStatus::Fulfilled, "paid is given: {order:?}");
            }
            self.was_told(&order);
            let given = server::fulfilment::of_order(&self.stage.services.db, &self.stage.merchant, &order.id).await;
            let given: Vec<_> = given.unwrap().iter().map(|given| given.position).collect();
            assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), given.len(), "each line is given once");
            let counted = [PRICES[0], PRICES[0] + PRICES[1]].contains(&order.amount_minor);
            sold += i64::from(order.holds_stock && counted);
        }
        assert_eq!(self.stock().await + sold, STOCK, "every piece is somewhere");
        let owed = self
            .stage
            .count("SELECT COUNT(*) FROM jobs WHERE state = 'dead' OR (state <> 'done' AND kind IN ('refund', 'fulfil_order', 'tell_customer'))")
            .await;
        assert_eq!(owed, 0, "every promise is kept");
        bank::at_rest(self.stage.services.db.read(), &self.stage.vpos).await;
        self.stage.audit().await;
    }

    /// Who paid and was given it heard so once; nobody heard anything twice.
    fn was_told(&self, order: &Order) {
        let person = order.telegram_user_id.unwrap();
        let heard = buyer::heard(&self.stage, person, &format!("Payment received. Order no. {},", order.number));
        let wanted = usize::from(order.status == OrderStatus::Fulfilled);
        assert!((wanted..=1).contains(&heard), "heard {heard} times of {order:?}");
    }

    async fn ended(&self) -> End {
        let (db, merchant) = (&self.stage.services.db, &self.stage.merchant);
        let entries = journal::list(db, merchant, &Default::default(), 10_000).await.unwrap();
        let Verdict::Whole { head, .. } = journal::verify(db, merchant).await.unwrap() else { panic!("broken") };
        let mut payments = Vec::new();
        for payment in &self.payments {
            let now = self.stage.payment(&payment.id).await;
            payments.push((now.order_id, now.status, now.refunded_minor));
        }
        let said = |person: &i64| self.stage.telegram.messages(buyer::TOKEN, *person).into_iter().map(|m| m.text);
        End {
            events: self.events,
            kinds: entries.iter().rev().map(|entry| entry.kind.to_string()).collect(),
            payments,
            said: PEOPLE.iter().flat_map(said).collect(),
            head,
        }
    }
}

/// What a day came to.
#[derive(Debug, PartialEq, Eq)]
struct End {
    events: u64,
    kinds: Vec<String>,
    payments: Vec<(OrderId, PaymentStatus, i64)>,
    said: Vec<String>,
    /// The hash of the journal's last entry: it holds all that was written, ids and times too.
    head: String,
}

async fn live(seed: u64) -> End {
    let mut day = Day::new(seed).await;
    let begun = day.stage.clock.now();
    while day.stage.clock.now().since(begun) < LONG {
        day.happens().await;
    }
    assert!(day.events >= 24, "nothing is more than an hour apart: {}", day.events);
    if day.dice.roll(6) == 0 {
        day.provider_is_away().await;
    }
    day.calms_down().await;
    day.staff_clear_up().await;
    day.is_right().await;
    day.ended().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_days_end_as_the_provider_believes() {
    let count = if std::env::var_os("CI").is_some() { SEEDS } else { SEEDS / 10 };
    let seeds: Vec<u64> = replay(count).collect();
    let (count, room) = (seeds.len(), Arc::new(Semaphore::new(AT_ONCE)));
    let mut days = JoinSet::new();
    for seed in seeds {
        let room = room.clone();
        days.spawn(async move {
            let _turn = room.acquire().await.unwrap();
            tokio::spawn(live(seed)).await.unwrap_or_else(|_| {
                panic!(
                    "seed {seed} ends wrong; replay it: KHANUT_TEST_SEED={seed} cargo test -p end2end --test it -- simulation"
                )
            })
        });
    }
    let ends = days.join_all().await;
    let sold = ends.iter().filter(|end| end.kinds.iter().any(|kind| kind == "payment_paid")).count();
    assert!(count == 1 || sold > count / 2, "days on which nothing is sold prove little: {sold}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seed_is_the_same_day_again() {
    for seed in replay(3) {
        let (first, again) = (live(seed).await, live(seed).await);
        assert_eq!(first, again, "seed {seed}");
    }
    assert_ne!(live(1).await.head, live(2).await.head, "another seed is another day");
}
