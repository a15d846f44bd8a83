//! What lists cost: no page of any list reads more than a page needs, wherever it lies and whatever it is filtered by.
//!
//! Time tells nothing on a busy machine, and a plan tells nothing of rows read in vain. So the work itself is counted:
//! SQLite's steps through its own program, and what PostgreSQL has read of tables and indexes. Both come out the same at
//! every run. A shop is filled whose whole tables cost many times what is allowed.

mod crowd;
mod rest;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::{
    MerchantId, Moment,
    handover::Step,
    job::JobState,
    journal::EntryKind,
    link::LinkKind,
    moment::DAY,
    order::OrderStatus,
    payment::{Decision, PaymentStatus},
    refund::RefundStatus,
};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, Statement,
    TransactionTrait,
};

use crate::{
    api::testing::{Shop, shops},
    customers,
    failure::Outcome,
    jobs, journal, links, orders, payments, refunds,
    reports::{self, OfLink, PaymentQuery, Shelf},
    seed::{self, NewShop, Size},
    staff::{self, audit},
};

const PAGE: u64 = 51;
/// Steps of SQLite, in tens, and rows of PostgreSQL that one page may cost.
const STEPS: u64 = 5_000;
const ROWS: u64 = 2_500;
/// People of one name have some orders each, all of which are looked at: so many times as much.
const NAMED: u64 = 4;
/// Lists of thousands of narrow rows are read by their pages only: so many times less than that would still show it.
const NARROW: u64 = 5;
/// How much more all payments cost at least: the bounds above mean something.
const WHOLE: u64 = 4;

/// Counts what queries cost.
struct Meter {
    db: DatabaseConnection,
    steps: Arc<AtomicU64>,
    merchant: MerchantId,
    wrong: Vec<String>,
    /// What is looked for may be a name.
    named: bool,
    /// The rows are few and narrow.
    narrow: bool,
    /// PostgreSQL plans once for whatever is looked for, as it does for what it is often asked, when it thinks that it will do.
    generic: bool,
}

impl Meter {
    async fn new(shop: &Shop, merchant: MerchantId) -> Self {
        let mut options = ConnectOptions::new(&shop.url);
        options.max_connections(1).sqlx_logging(false);
        let db = Database::connect(options).await.unwrap();
        let steps = Arc::new(AtomicU64::new(0));
        if db.get_database_backend() == DbBackend::Sqlite {
            let mut connection = db.get_sqlite_connection_pool().acquire().await.unwrap();
            let own = steps.clone();
            connection.lock_handle().await.unwrap().set_progress_handler(10, move || {
                own.fetch_add(1, Ordering::Relaxed);
                true
            });
        }
        Self { db, steps, merchant, wrong: Vec::new(), named: false, narrow: false, generic: true }
    }

    fn most(&self) -> u64 {
        let most = if self.db.get_database_backend() == DbBackend::Sqlite { STEPS } else { ROWS };
        let most = if self.narrow { most / NARROW } else { most };
        if self.named { NAMED * most } else { most }
    }

    /// What `work` finds, and what it cost.
    async fn cost<T>(&self, work: impl AsyncFnOnce(&DatabaseTransaction) -> Outcome<T>) -> (T, u64) {
        let tx = self.db.begin().await.unwrap();
        if tx.get_database_backend() == DbBackend::Postgres {
            // Small tables are read whole because they are small; large ones would not be.
            tx.execute_unprepared("SET LOCAL enable_seqscan = off").await.unwrap();
            if self.generic {
                tx.execute_unprepared("SET LOCAL plan_cache_mode = force_generic_plan").await.unwrap();
            }
        }
        let before = self.counted(&tx).await;
        let found = work(&tx).await.unwrap();
        let cost = self.counted(&tx).await - before;
        tx.rollback().await.unwrap();
        (found, cost)
    }

    /// All that was counted so far.
    async fn counted(&self, tx: &DatabaseTransaction) -> u64 {
        if tx.get_database_backend() != DbBackend::Postgres {
            return self.steps.load(Ordering::Relaxed);
        }
        // What an index is asked counts, whether its rows are fetched or not.
        let sql = "SELECT CAST(SUM(pg_stat_get_xact_tuples_returned(oid)) AS BIGINT) AS rows
            FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace";
        let row = tx.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
        row.try_get::<i64>("", "rows").unwrap().unsigned_abs()
    }

    /// `work` is a page, or a number, that must be cheap.
    async fn cheap<T>(&mut self, what: &str, work: impl AsyncFnOnce(&DatabaseTransaction) -> Outcome<T>) -> T {
        let (found, cost) = self.cost(work).await;
        if cost > self.most() {
            self.wrong.push(format!("{what}: {cost}"));
        }
        found
    }

    /// Every page of a list, from its first to its last row.
    async fn list<T>(
        &mut self,
        what: &str,
        work: impl AsyncFn(&DatabaseTransaction, &MerchantId, Option<T>) -> Outcome<Vec<T>>,
    ) where
        T: Clone,
    {
        let (mut before, mut rows, merchant) = (None, 0, self.merchant.clone());
        loop {
            let after = before.clone();
            let place = format!("{what}, after {rows} rows");
            let page = self.cheap(&place, async |tx| work(tx, &merchant, after).await).await;
            rows += page.len();
            before = page.last().cloned();
            if page.len() < usize::try_from(PAGE).unwrap() {
                return;
            }
        }
    }
}

async fn filled(shop: &Shop) -> MerchantId {
    let new = NewShop {
        name: "Մեծ խանութ".to_owned(),
        email: "owner@large.am".to_owned(),
        password: "large-large-large".to_owned(),
    };
    let size = Size { orders: 3_000, entries: 26_000, links: 300 };
    let seeded = seed::seed(&shop.services, new, size, |_| {}).await.unwrap();
    let analyze = if shop.services.db.is_postgres() { "VACUUM ANALYZE" } else { "ANALYZE" };
    let raw = Database::connect(&shop.url).await.unwrap();
    raw.execute_unprepared(analyze).await.unwrap();
    raw.close().await.unwrap();
    seeded.merchant
}

#[tokio::test]
async fn every_page_of_every_list_costs_what_a_page_costs() {
    for shop in shops().await {
        let merchant = filled(&shop).await;
        let mut meter = Meter::new(&shop, merchant).await;
        let m = meter.merchant.clone();
        let everything = PaymentQuery::default();
        let (_, all) = meter.cost(async |tx| reports::payment_page(tx, &m, &everything, 100_000).await).await;
        assert!(all > WHOLE * meter.most(), "the shop is too small to tell: {all}");
        let now = shop.services.clock.now();
        payments_list(&mut meter, now).await;
        orders_list(&mut meter, now).await;
        others(&mut meter, now).await;
        meter.cheap("what waits in review", async |tx| reports::count_to_review(tx, &m).await).await;
        let late = now.plus(-DAY);
        meter.cheap("jobs owed", async |tx| jobs::store::counts(tx, &m).await).await;
        meter.cheap("what stands around a page", async |tx| reports::what_stands_around(tx, &m, late).await).await;
        meter.narrow = true;
        meter.named = false;
        rest::pour(&shop, &m).await;
        rest::measure(&mut meter, now).await;
        assert!(meter.wrong.is_empty(), "allowed {}: {:#?}", meter.most(), meter.wrong);
    }
}

async fn payments_list(meter: &mut Meter, now: Moment) {
    let m = meter.merchant.clone();
    let (link, account, name) = {
        let fixed = links::Filter { kind: Some(LinkKind::Fixed), ..links::Filter::default() };
        let links = links::store::list(&meter.db, &m, &fixed, 300).await.unwrap();
        let popular = links.into_iter().max_by_key(|link| link.paid_count).unwrap();
        let people = customers::store::list(&meter.db, &m, &customers::Filter::default(), 1).await.unwrap();
        let account = payments::store::accounts(&meter.db, &m).await.unwrap().remove(1).id;
        (popular.id, account, people[0].name.clone())
    };
    let year = Some((now.plus(-365 * DAY), now.plus(-DAY)));
    let plain = PaymentQuery::default;
    let mut asked = vec![
        ("payments", plain()),
        ("payments of a link", PaymentQuery { link: Some(OfLink::One(link)), ..plain() }),
        ("payments by single links", PaymentQuery { link: Some(OfLink::Single), ..plain() }),
        ("payments of an account", PaymentQuery { account: Some(account), ..plain() }),
        ("payments of a year", PaymentQuery { within: year, ..plain() }),
    ];
    for shelf in Shelf::ALL {
        asked.push(("payments on a shelf", PaymentQuery { shelf: Some(shelf), ..plain() }));
        asked.push(("payments of a year on a shelf", PaymentQuery { shelf: Some(shelf), within: year, ..plain() }));
    }
    for search in ["2100", "4500", "K1042", "pay_01jd", "CRM-10", "zzzz", "ան", &name, "Սարգսյան", "5000000007"]
    {
        asked.push(("payments searched for", PaymentQuery { search: search.to_owned(), ..plain() }));
    }
    // PostgreSQL weighs by statistics: in a shop as small as this it may walk to the few rows of a rare status.
    let postgres = meter.db.get_database_backend() == DbBackend::Postgres;
    asked.retain(|(_, query)| !postgres || query.shelf.is_none_or(|shelf| shelf.statuses().len() < 2));
    for (what, query) in asked {
        let what = format!("{what}: {:?} {:?}", query.shelf, query.search);
        meter.named = query.search.chars().any(char::is_alphabetic);
        let page = async |tx: &DatabaseTransaction, m: &MerchantId, before: Option<domain::PaymentId>| {
            let rows = reports::payment_page(tx, m, &PaymentQuery { before, ..query.clone() }, PAGE).await?;
            Ok(rows.into_iter().map(|row| row.id).collect())
        };
        meter.list(&what, page).await;
    }
}

async fn orders_list(meter: &mut Meter, now: Moment) {
    let (m, plain) = (meter.merchant.clone(), orders::Filter::default);
    let year = Some((now.plus(-365 * DAY), now.plus(-DAY)));
    let mut asked = vec![
        ("orders", plain()),
        ("orders to review", orders::Filter { needs_review: Some(true), ..plain() }),
        ("orders of a year", orders::Filter { within: year, ..plain() }),
        (
            "orders of a year at checkout",
            orders::Filter { within: year, stage: Some(orders::Stage::Checkout), ..plain() },
        ),
        ("orders at checkout", orders::Filter { stage: Some(orders::Stage::Checkout), ..plain() }),
        ("orders of a year, paid", orders::Filter { within: year, stage: Some(orders::Stage::Paid), ..plain() }),
        ("orders paid in a year", orders::Filter { paid_within: year, ..plain() }),
        ("orders by external id", orders::Filter { external_order_id: Some("CRM-10".to_owned()), ..plain() }),
    ];
    let bought = orders::list_store::list(&meter.db, &m, &plain(), 300).await.unwrap();
    let ids = bought.iter().map(|order| order.id.clone()).collect();
    let lines = orders::store::lines(&meter.db, &m, ids).await.unwrap();
    for product in lines.into_iter().filter_map(|line| line.product_id).collect::<BTreeSet<_>>() {
        asked.push(("orders of a product", orders::Filter { product: Some(product), ..plain() }));
    }
    let (link, customer) =
        (bought.iter().find_map(|o| o.link_id.clone()), bought.iter().find_map(|o| o.customer_id.clone()));
    asked.push(("orders of a link", orders::Filter { link, ..plain() }));
    asked.push(("orders of a customer", orders::Filter { customer, ..plain() }));
    for status in OrderStatus::ALL {
        asked.push(("orders of a status", orders::Filter { status: Some(*status), ..plain() }));
    }
    for goods in [orders::Goods::Owed, orders::Goods::At(Step::Packed)] {
        asked.push(("orders to hand over", orders::Filter { goods: Some(goods), ..plain() }));
    }
    for search in ["2100", "CRM-10", "zzzz", "ան", "Սարգսյան", "5000000007"] {
        asked.push(("orders searched for", orders::Filter { search: Some(search.to_owned()), ..plain() }));
    }
    for (what, filter) in asked {
        let what = format!("{what}: {:?} {:?}", filter.status, filter.search);
        meter.named = filter.search.iter().flat_map(|words| words.chars()).any(char::is_alphabetic);
        let page = async |tx: &DatabaseTransaction, m: &MerchantId, before: Option<domain::OrderId>| {
            let rows = orders::list_store::list(tx, m, &orders::Filter { before, ..filter.clone() }, PAGE).await?;
            Ok(rows.into_iter().map(|row| row.id).collect())
        };
        meter.list(&what, page).await;
    }
}

async fn others(meter: &mut Meter, now: Moment) {
    meter.named = false;
    for search in [None, Some("ան"), Some("Սարգսյան"), Some("zzzz"), Some("5000000007")] {
        for blocked in [false, true] {
            let filter = customers::Filter { search: search.map(str::to_owned), blocked, before: None };
            let page = async |tx: &DatabaseTransaction, m: &MerchantId, before: Option<domain::CustomerId>| {
                let rows = customers::store::list(tx, m, &customers::Filter { before, ..filter.clone() }, PAGE).await?;
                Ok(rows.into_iter().map(|row| row.id).collect())
            };
            meter.list(&format!("customers {search:?} {blocked}"), page).await;
        }
    }
    for kind in [None, Some(LinkKind::Fixed), Some(LinkKind::Dynamic)] {
        for (search, active) in [(None, None), (None, Some(false)), (Some("insta"), None), (Some("17"), None)] {
            let filter = links::Filter { kind, active, search: search.map(str::to_owned), ..links::Filter::default() };
            let page = async |tx: &DatabaseTransaction, m: &MerchantId, before: Option<domain::LinkId>| {
                let rows = links::store::list(tx, m, &links::Filter { before, ..filter.clone() }, PAGE).await?;
                Ok(rows.into_iter().map(|row| row.id).collect())
            };
            meter.list(&format!("links {kind:?} {active:?} {search:?}"), page).await;
        }
    }
    // Of what is rare PostgreSQL knows better than to plan it so.
    meter.generic = false;
    let today = domain::Day::of(now, 0);
    for days in [(today.plus(-800), today), (today.plus(-1), today)] {
        let filter = links::Filter { opened: Some(days), ..links::Filter::default() };
        let page = async |tx: &DatabaseTransaction, m: &MerchantId, before: Option<domain::LinkId>| {
            let rows = links::store::list(tx, m, &links::Filter { before, ..filter.clone() }, PAGE).await?;
            Ok(rows.into_iter().map(|row| row.id).collect())
        };
        meter.list(&format!("links opened {days:?}"), page).await;
    }
    let m = meter.merchant.clone();
    let labelled = links::store::labels(&meter.db, &m, 1).await.unwrap().remove(0).label;
    for (label, selling) in [(labelled, None), ("no such label".to_owned(), Some(Moment(0)))] {
        let filter = links::Filter { label: Some(label), selling, ..links::Filter::default() };
        meter.cheap("links of a label", async |tx| links::store::list(tx, &m, &filter, PAGE).await).await;
    }
    for status in RefundStatus::ALL.iter().map(|status| Some(*status)).chain([None]) {
        let filter = refunds::Filter { status, open: false, before: None };
        let page = async |tx: &DatabaseTransaction, m: &MerchantId, before: Option<domain::RefundId>| {
            let rows = refunds::store::list(tx, m, &refunds::Filter { before, ..filter.clone() }, PAGE).await?;
            Ok(rows.into_iter().map(|row| row.id).collect())
        };
        meter.list(&format!("refunds {status:?}"), page).await;
    }
    for decision in Decision::ALL.iter().map(|decision| Some(*decision)).chain([None]) {
        let filter = payments::EventFilter { decision, ..payments::EventFilter::default() };
        let page = async |tx: &DatabaseTransaction, m: &MerchantId, before: Option<domain::EventId>| {
            let rows =
                payments::store::events(tx, m, &payments::EventFilter { before, ..filter.clone() }, PAGE).await?;
            Ok(rows.into_iter().map(|row| row.id).collect())
        };
        meter.list(&format!("webhooks {decision:?}"), page).await;
    }
    for status in PaymentStatus::ALL {
        let filter = payments::Filter { status: Some(*status), ..payments::Filter::default() };
        let page = async |tx: &DatabaseTransaction, m: &MerchantId, before: Option<domain::PaymentId>| {
            let rows = payments::store::list(tx, m, &payments::Filter { before, ..filter.clone() }, PAGE).await?;
            Ok(rows.into_iter().map(|row| row.id).collect())
        };
        meter.list(&format!("payments of the API {status}"), page).await;
    }
    for state in JobState::ALL.iter().map(|state| Some(*state)).chain([None]) {
        let page = async |tx: &DatabaseTransaction, m: &MerchantId, before: Option<i64>| {
            let rows = jobs::store::list(tx, m, state, before, PAGE).await?;
            Ok(rows.into_iter().map(|row| row.id).collect())
        };
        meter.list(&format!("jobs {state:?}"), page).await;
    }
    for kind in EntryKind::ALL.iter().map(|kind| Some(*kind)).chain([None]) {
        let page = async |tx: &DatabaseTransaction, m: &MerchantId, before: Option<i64>| {
            let filter = journal::Filter { kind, before, ..journal::Filter::default() };
            let rows = journal::store::list(tx, m, &filter, PAGE).await?;
            Ok(rows.into_iter().map(|row| row.number).collect())
        };
        meter.list(&format!("journal {kind:?}"), page).await;
    }
    let asked = |actor: Option<&str>, action: Option<&str>, subject: Option<&str>| audit::Filter {
        actor: actor.map(str::to_owned),
        action: action.map(str::to_owned),
        subject: subject.map(str::to_owned),
        ..audit::Filter::default()
    };
    let always = Some((Moment(1), Moment(4_000_000_000_000)));
    let span = audit::Filter { within: always, ..audit::Filter::default() };
    let filters = [
        ("all", asked(None, None, None)),
        ("of nobody", asked(Some("stf_00000000000000000000000000"), None, None)),
        ("of an action", asked(None, Some("link_created"), None)),
        ("of an object", asked(None, None, Some("lnk_00000000000000000000000000"))),
        ("of a span", span),
    ];
    for (name, filter) in filters {
        let page = async |tx: &DatabaseTransaction, m: &MerchantId, before: Option<domain::AuditId>| {
            let rows = staff::store::audit_log(tx, m, &audit::Filter { before, ..filter.clone() }, PAGE).await?;
            Ok(rows.into_iter().map(|row| row.id).collect())
        };
        meter.list(&format!("audit {name}"), page).await;
    }
}
