//! What the rooms around the money cost: receipts, deliveries, deals, conversations, members, goods on their way and so on.
//!
//! Their rows are poured in from the seeded orders and payments, thousands of each. What is rare stands at the end of its
//! list, where a walk through all the others would find it last.

use domain::{
    BroadcastId, DeliveryId, EndpointId, MerchantId, Moment, OrderId, ProductId, ReceiptId, ReconciliationId, RefundId,
    deal::DealState,
    endpoint::DeliveryState,
    handover::Step,
    moment::DAY,
    product::ProductKind,
    receipt::{ReceiptKind, ReceiptState},
    reconcile::Exception,
    refund::RefundStatus,
};
use sea_orm::{ConnectionTrait, Database, DatabaseTransaction};

use super::{Meter, PAGE};
use crate::{
    api::testing::Shop, broadcasts, catalog, clubs, crm, endpoints, fiscal, journal, messages, orders, promos,
    reconcile, refunds,
};

/// Rows of each list, one for an order or a payment. `{m}` is the shop; of `few` there are three, the oldest.
const POURED: &[&str] = &[
    "INSERT INTO bots (id, merchant_id, username, name, token, webhook_secret, next_update_id, active, created_at)
        VALUES ('bot_00000000000000000000000000', '{m}', 'large', 'large', '', '', 0, TRUE, 0)",
    "INSERT INTO receipts (id, merchant_id, kind, state, order_id, payment_id, entry_number, amount_minor, currency,
            pieces, tries, created_at)
        SELECT REPLACE(id, 'pay_', 'rcp_'), '{m}', CASE WHEN n <= 3 THEN 'return' ELSE 'sale' END,
            CASE WHEN n > 60 THEN 'registered' WHEN n > 40 THEN 'refused' WHEN n > 20 THEN 'uncertain' ELSE 'owed' END,
            order_id, id, n, amount_minor, currency, '[]', 0, created_at FROM {payments}",
    "INSERT INTO endpoints (id, merchant_id, url, label, events, active, secret, created_at)
        SELECT REPLACE(id, 'ord_', 'end_'), '{m}', '', '', '[]', TRUE, 0, 0 FROM {orders} WHERE n <= 2000",
    "INSERT INTO deliveries (id, merchant_id, endpoint_id, event_type, order_id, payment_id, state, tries, created_at)
        SELECT REPLACE(id, 'pay_', 'dlv_'), '{m}', (SELECT MAX(id) FROM endpoints WHERE merchant_id = '{m}'), '', order_id, id,
            CASE WHEN n > 40 THEN 'delivered' WHEN n > 20 THEN 'failed' ELSE 'waiting' END, 0, created_at FROM {payments}",
    "INSERT INTO deals (merchant_id, order_id, state, address, amount_minor, currency, tries, created_at)
        SELECT '{m}', id, CASE WHEN n > 20 THEN 'made' WHEN n > 10 THEN 'refused' ELSE 'owed' END, '', amount_minor,
            currency, 0, created_at FROM {orders}",
    "INSERT INTO customers (id, merchant_id, telegram_user_id, name, language, created_at)
        SELECT REPLACE(id, 'ord_', 'cus_'), '{m}', 7000000000 + n, 'Z', 'hy', created_at FROM {orders}",
    "INSERT INTO threads (customer_id, merchant_id, bot_id, state, last_message_id, last_author, last_content, last_words,
            last_at)
        SELECT REPLACE(id, 'ord_', 'cus_'), '{m}', 'bot_00000000000000000000000000',
            CASE WHEN n > 2000 THEN 'waiting' WHEN n > 20 THEN 'answered' ELSE 'closed' END, n, 'customer', 'text', '', 0
            FROM {orders}",
    "INSERT INTO search_words (merchant_id, kind, word, id)
        SELECT '{m}', 'said', CASE WHEN n > 20 THEN 'always' ELSE 'seldom' END, REPLACE(id, 'ord_', 'cus_') FROM {orders}",
    "INSERT INTO messages (merchant_id, customer_id, bot_id, author, content, words, at)
        SELECT '{m}', (SELECT MAX(customer_id) FROM threads WHERE merchant_id = '{m}'),
            'bot_00000000000000000000000000', 'customer', 'text', '', 0 FROM {payments}",
    "INSERT INTO memberships (id, merchant_id, product_id, bot_id, chat_id, customer_id, telegram_user_id, order_id, position,
            from_at, until_at, reminded, exempt, exempt_reason)
        SELECT REPLACE(id, 'ord_', 'mbr_'), '{m}', (SELECT MIN(id) FROM products WHERE merchant_id = '{m}'),
            'bot_00000000000000000000000000', 0, REPLACE(id, 'ord_', 'cus_'), 7000000000 + n, id, 0, 0,
            CASE WHEN n > 60 THEN {now} + 3456000000 WHEN n > 30 THEN {now} + 86400000 ELSE {now} - 86400000 END,
            0, n < 5, '' FROM {orders}",
    "INSERT INTO broadcasts (id, merchant_id, bot_id, texts, segment, state, starts_at, told_at, made_by, made_at)
        SELECT REPLACE(id, 'ord_', 'brc_'), '{m}', '', '{\"hy\":\"\",\"ru\":\"\",\"en\":\"\"}', '{\"who\":\"all\",\"language\":null}',
            'done', 0, 0, '', 0 FROM {orders}",
    "INSERT INTO reconciliations (id, merchant_id, account_id, source, from_ms, until_ms, state, matched, made_by, made_at)
        SELECT REPLACE(id, 'ord_', 'rec_'), '{m}', (SELECT MIN(id) FROM provider_accounts WHERE merchant_id = '{m}'),
            'lookup', 0, 0, 'done', 0, '', 0 FROM {orders}",
    "INSERT INTO reconciliation_exceptions (merchant_id, reconciliation_id, kind, payment_id, theirs, resolved_at)
        SELECT '{m}', (SELECT MAX(id) FROM reconciliations WHERE merchant_id = '{m}'),
            CASE WHEN n > {many} - 20 THEN 'amount_differs' ELSE 'paid_there' END, id, '{}',
            CASE WHEN n > {many} - 40 THEN NULL ELSE 1 END FROM {payments} ORDER BY n",
    "INSERT INTO products (id, merchant_id, kind, name, text, delivery, digital_goods, visible, position, created_at, updated_at)
        SELECT REPLACE(id, 'ord_', 'prd_'), '{m}', CASE WHEN n > 2980 THEN 'club' ELSE 'goods' END,
            '{\"hy\":\"Z\",\"ru\":\"Z\",\"en\":\"Z\"}', '{\"hy\":\"\",\"ru\":\"\",\"en\":\"\"}', '{}', FALSE, n < 2970, 1000 + n, 0, 0
            FROM {orders}",
    "UPDATE orders SET status = 'fulfilled', step = CASE WHEN number < 1021 THEN 'packed' ELSE 'handed_over' END
        WHERE merchant_id = '{m}' AND paid_at IS NOT NULL",
];

/// Fills the rooms around the money.
pub(super) async fn pour(shop: &Shop, merchant: &MerchantId) {
    let db = Database::connect(&shop.url).await.unwrap();
    let from = |table: &str| {
        ["(SELECT t.*, ROW_NUMBER() OVER (ORDER BY id) AS n FROM ", table, " t WHERE merchant_id = '{m}') numbered"]
            .concat()
    };
    let payments = "SELECT COUNT(*) AS many FROM payments WHERE merchant_id = '".to_owned() + merchant.as_str() + "'";
    let backend = db.get_database_backend();
    let many = db.query_one_raw(sea_orm::Statement::from_string(backend, payments)).await.unwrap().unwrap();
    let many = many.try_get::<i64>("", "many").unwrap().to_string();
    for statement in POURED {
        let sql = statement.replace("{payments}", &from("payments")).replace("{orders}", &from("orders"));
        let sql = sql.replace("{many}", &many).replace("{m}", merchant.as_str());
        let sql = sql.replace("{now}", &shop.services.clock.now().0.to_string());
        db.execute_unprepared(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    let analyze = if shop.services.db.is_postgres() { "VACUUM ANALYZE" } else { "ANALYZE" };
    db.execute_unprepared(analyze).await.unwrap();
    db.close().await.unwrap();
}

type Tx = DatabaseTransaction;

pub(super) async fn measure(meter: &mut Meter, now: Moment) {
    receipts_and_deals(meter).await;
    outgoing(meter).await;
    talks(meter).await;
    members(meter, now).await;
    reconciled(meter).await;
    shelf(meter).await;
    owed(meter, now).await;
}

async fn receipts_and_deals(meter: &mut Meter) {
    for state in ReceiptState::ALL.iter().map(|state| Some(*state)).chain([None]) {
        for kind in ReceiptKind::ALL.iter().map(|kind| Some(*kind)).chain([None]) {
            let filter = fiscal::Filter { state, kind, ..fiscal::Filter::default() };
            let page = async |tx: &Tx, m: &MerchantId, before: Option<ReceiptId>| {
                let rows = fiscal::store::list(tx, m, &fiscal::Filter { before, ..filter.clone() }, PAGE).await?;
                Ok(rows.into_iter().map(|row| row.id).collect())
            };
            meter.list(&format!("receipts {state:?} {kind:?}"), page).await;
        }
    }
    let m = meter.merchant.clone();
    for state in [DealState::Owed, DealState::Refused] {
        meter.cheap("deals", async |tx| crm::store::in_state(tx, &m, state, PAGE).await).await;
        meter.cheap("deals that wait", async |tx| crm::store::count(tx, &m, state).await).await;
    }
}

async fn outgoing(meter: &mut Meter) {
    let m = meter.merchant.clone();
    let page = async |tx: &Tx, m: &MerchantId, before: Option<EndpointId>| {
        let rows = endpoints::store::page(tx, m, before.as_ref(), PAGE).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    };
    meter.list("endpoints", page).await;
    let all = endpoints::store::page(&meter.db, &m, None, 3_000).await.unwrap();
    let busy = all.first().map(|endpoint| endpoint.id.clone());
    let idle = all.last().map(|endpoint| endpoint.id.clone());
    let order = orders::list_store::list(&meter.db, &m, &orders::Filter::default(), 1).await.unwrap().remove(0).id;
    for state in DeliveryState::ALL.iter().map(|state| Some(*state)).chain([None]) {
        for (endpoint, order) in [(None, None), (busy.clone(), None), (idle.clone(), None), (None, Some(order.clone()))]
        {
            let filter = endpoints::Filter { endpoint, order, state, before: None };
            let page = async |tx: &Tx, m: &MerchantId, before: Option<DeliveryId>| {
                let filter = endpoints::Filter { before, ..filter.clone() };
                let rows = endpoints::store::deliveries(tx, m, &filter, PAGE).await?;
                Ok(rows.into_iter().map(|row| row.id).collect())
            };
            let what = format!("deliveries {state:?} {:?} {:?}", filter.endpoint, filter.order);
            meter.list(&what, page).await;
        }
    }
}

/// What was written is read through where somebody looks for a word of it, so that is not among these.
async fn talks(meter: &mut Meter) {
    use messages::{Filter, Place, Shelf};
    for shelf in [Shelf::Open, Shelf::Waiting, Shelf::Closed, Shelf::All] {
        let page = async |tx: &Tx, m: &MerchantId, after: Option<Place>| {
            let rows = messages::store::list(tx, m, &Filter { shelf, search: None, after }, PAGE).await?;
            let place = |row: messages::Thread| Place {
                waiting: row.state == domain::message::ThreadState::Waiting,
                last_message_id: row.last_message_id,
            };
            Ok(rows.into_iter().map(place).collect())
        };
        meter.list(&format!("conversations {shelf:?}"), page).await;
    }
    let m = meter.merchant.clone();
    for shelf in [Shelf::Open, Shelf::Closed, Shelf::All] {
        let said = Filter { shelf, search: Some("Seldom".to_owned()), after: None };
        let found =
            meter.cheap("what was seldom said", async |tx| messages::store::list(tx, &m, &said, PAGE).await).await;
        assert!(shelf == Shelf::Open || found.len() == 20, "{shelf:?}: {}", found.len());
    }
    let all = Filter { shelf: Shelf::All, ..Filter::default() };
    let longest = messages::store::list(&meter.db, &m, &all, 1).await.unwrap().remove(0).customer_id;
    let page = async |tx: &Tx, m: &MerchantId, before: Option<i64>| {
        let rows = messages::store::of_customer(tx, m, &longest, before, PAGE).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    };
    meter.list("a conversation", page).await;
    let page = async |tx: &Tx, m: &MerchantId, before: Option<BroadcastId>| {
        let rows = broadcasts::store::list(tx, m, before.as_ref(), PAGE).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    };
    meter.list("broadcasts", page).await;
}

async fn members(meter: &mut Meter, now: Moment) {
    use clubs::{Filter, Shelf};
    for shelf in [Shelf::All, Shelf::Ending, Shelf::Ended, Shelf::Exempt] {
        let page = async |tx: &Tx, m: &MerchantId, before: Option<domain::MembershipId>| {
            let rows = clubs::store::members(tx, m, &Filter { shelf, search: None, before }, now, PAGE).await?;
            Ok(rows.into_iter().map(|row| row.id).collect())
        };
        meter.list(&format!("members {shelf:?}"), page).await;
    }
}

async fn reconciled(meter: &mut Meter) {
    let page = async |tx: &Tx, m: &MerchantId, before: Option<ReconciliationId>| {
        let rows = reconcile::store::list(tx, m, before.as_ref(), PAGE).await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    };
    meter.list("reconciliations", page).await;
    let m = meter.merchant.clone();
    let one = reconcile::store::list(&meter.db, &m, None, 1).await.unwrap().remove(0).id;
    for kind in [None, Some(Exception::PaidThere), Some(Exception::AmountDiffers), Some(Exception::NoOrderId)] {
        for open in [false, true] {
            let page = async |tx: &Tx, m: &MerchantId, after: Option<i64>| {
                let filter = reconcile::Filter { kind, open, after };
                let rows = reconcile::store::exceptions(tx, m, &one, &filter, PAGE).await?;
                Ok(rows.into_iter().map(|row| row.id).collect())
            };
            meter.list(&format!("exceptions {kind:?} {open}"), page).await;
        }
    }
}

async fn shelf(meter: &mut Meter) {
    let plain = catalog::Filter::default;
    let asked = [
        ("products", plain()),
        ("clubs", catalog::Filter { kind: Some(ProductKind::Club), ..plain() }),
        ("donations", catalog::Filter { kind: Some(ProductKind::Donation), ..plain() }),
        ("products that are hidden", catalog::Filter { visible: Some(false), ..plain() }),
        ("products that are shown", catalog::Filter { visible: Some(true), ..plain() }),
        ("products of no category", catalog::Filter { category: Some(None), ..plain() }),
    ];
    for (what, filter) in asked {
        let page = async |tx: &Tx, m: &MerchantId, after: Option<(i64, ProductId)>| {
            let rows = catalog::store::list(tx, m, &catalog::Filter { after, ..filter.clone() }, PAGE).await?;
            Ok(rows.into_iter().map(|row| (row.position, row.id)).collect())
        };
        meter.list(what, page).await;
    }
    let m = meter.merchant.clone();
    meter.cheap("promo codes", async |tx| promos::store::of_merchant(tx, &m).await).await;
}

/// What a person has to do, and the days.
async fn owed(meter: &mut Meter, now: Moment) {
    for goods in [orders::Goods::Owed, orders::Goods::At(Step::Packed), orders::Goods::At(Step::HandedOver)] {
        let page = async |tx: &Tx, m: &MerchantId, before: Option<OrderId>| {
            let filter = orders::Filter { goods: Some(goods), before, ..orders::Filter::default() };
            let rows = orders::list_store::list(tx, m, &filter, PAGE).await?;
            Ok(rows.into_iter().map(|row| row.id).collect())
        };
        meter.list(&format!("goods {goods:?}"), page).await;
    }
    for status in RefundStatus::ALL.iter().map(|status| Some(*status)).chain([None]) {
        let page = async |tx: &Tx, m: &MerchantId, before: Option<RefundId>| {
            let rows = refunds::store::list(tx, m, &refunds::Filter { status, open: true, before }, PAGE).await?;
            Ok(rows.into_iter().map(|row| row.id).collect())
        };
        meter.list(&format!("open refunds {status:?}"), page).await;
    }
    let m = meter.merchant.clone();
    meter.cheap("orders that hang", async |tx| orders::store::undelivered(tx, &m, now, PAGE).await).await;
    // A month of a shop's days costs what was sold in it.
    meter.named = true;
    let first = now.plus(-30 * DAY);
    let sums = async |tx: &Tx| journal::sums::by_day(tx, &m, first, domain::Currency::Amd).await;
    meter.cheap("sums of a month's days", sums).await;
    meter.cheap("entries of a month's days", async |tx| journal::sums::entries_by_day(tx, &m, first).await).await;
}
