//! Payments of people who share a name: of many who buy all the time, and of many of whom hardly one ever bought. Each page
//! shows whom it means, whichever way was taken to them.

use domain::{Moment, PaymentId, moment::DAY};
use sea_orm::{ConnectionTrait, Database};

use super::{Meter, PAGE, filled};
use crate::{
    api::testing::shops,
    reports::{self, PaymentQuery, PaymentRow, Shelf},
};

/// Every second person, and everybody who never bought together with the one of the oldest payment.
const NAMES: &[&str] = &[
    "INSERT INTO search_words (merchant_id, kind, word, id)
        SELECT '{m}', 'cus', 'often', id FROM customers WHERE merchant_id = '{m}' AND telegram_user_id % 2 = 0",
    "INSERT INTO customers (id, merchant_id, telegram_user_id, name, language, created_at)
        SELECT REPLACE(id, 'ord_', 'cus_'), '{m}', 7000000000 + number, 'Z', 'hy', 0 FROM orders
        WHERE merchant_id = '{m}' AND number % 10 = 0",
    "INSERT INTO search_words (merchant_id, kind, word, id)
        SELECT '{m}', 'cus', 'seldom', id FROM customers WHERE merchant_id = '{m}'
        AND (telegram_user_id >= 7000000000 OR telegram_user_id = {oldest})",
];

#[tokio::test]
async fn a_shared_name_finds_everybody_who_has_it() {
    for shop in shops().await {
        let merchant = filled(&shop).await;
        let meter = Meter::new(&shop, merchant).await;
        let all = reports::payment_page(&meter.db, &meter.merchant, &PaymentQuery::default(), 100_000).await.unwrap();
        let oldest = all.last().unwrap().telegram_user_id.unwrap();
        let raw = Database::connect(&shop.url).await.unwrap();
        for sql in NAMES {
            let sql = sql.replace("{m}", meter.merchant.as_str()).replace("{oldest}", &oldest.to_string());
            raw.execute_unprepared(&sql).await.unwrap();
        }
        raw.close().await.unwrap();
        let now = shop.services.clock.now();
        let (old, paid) = ((Moment(0), now.plus(-200 * DAY)), Some(Shelf::Paid));
        let everything = PaymentQuery::default;
        for query in [
            everything(),
            PaymentQuery { shelf: paid, ..everything() },
            PaymentQuery { within: Some(old), ..everything() },
            PaymentQuery { shelf: paid, within: Some(old), ..everything() },
        ] {
            let wanted = pages(&meter, &query).await;
            let often = wanted.iter().filter(|row| row.telegram_user_id.is_some_and(|id| id % 2 == 0));
            assert_eq!(found(&meter, "often", &query).await, ids(often), "{query:?}");
            let seldom = wanted.iter().filter(|row| row.telegram_user_id == Some(oldest));
            assert_eq!(found(&meter, "seldom", &query).await, ids(seldom), "{query:?}");
        }
    }
}

fn ids<'a>(rows: impl Iterator<Item = &'a PaymentRow>) -> Vec<PaymentId> {
    rows.map(|row| row.id.clone()).collect()
}

async fn found(meter: &Meter, search: &str, query: &PaymentQuery) -> Vec<PaymentId> {
    let rows = pages(meter, &PaymentQuery { search: search.to_owned(), ..query.clone() }).await;
    assert!(!rows.is_empty() || query.within.is_some() || query.shelf.is_some(), "{search} finds nobody");
    ids(rows.iter())
}

/// All pages of a list, one after another.
async fn pages(meter: &Meter, query: &PaymentQuery) -> Vec<PaymentRow> {
    let mut all: Vec<PaymentRow> = Vec::new();
    loop {
        let before = all.last().map(|row| row.id.clone());
        let query = PaymentQuery { before, ..query.clone() };
        let page = reports::payment_page(&meter.db, &meter.merchant, &query, PAGE).await.unwrap();
        let last = page.len() < usize::try_from(PAGE).unwrap();
        all.extend(page);
        if last {
            return all;
        }
    }
}
