//! What waits for a person, in words.

use domain::{
    deal::DealState,
    payment::{PaymentStatus, ReviewReason},
    receipt::ReceiptState,
    role::Permission,
};
use server::{
    alerts, crm,
    failure::Outcome,
    fiscal, orders,
    refunds::{self, Filter},
    reports::{self, PaymentQuery, Shelf},
};

use crate::{
    badge::Badge,
    rooms::{PAGE, again, deals, receipts, why::Why},
    web::Desk,
};

pub(super) struct ToReview {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) sum: String,
    pub(super) why: String,
    pub(super) when: String,
    /// Late, and all that is missing is the goods.
    pub(super) deliverable: bool,
    pub(super) refundable: bool,
    /// Paid twice: what came is to go back as it is.
    pub(super) duplicate: bool,
}

pub(super) struct Stuck {
    pub(super) order: String,
    pub(super) title: String,
    pub(super) sum: String,
    pub(super) since: String,
    /// The button that delivers it again.
    pub(super) again: Option<Why>,
}

pub(super) struct Waiting {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) sum: String,
    pub(super) status: Badge,
}

/// A deal that the CRM refused.
pub(super) struct Unmade {
    pub(super) order: String,
    pub(super) title: String,
    pub(super) sum: String,
    pub(super) why: String,
    pub(super) since: String,
}

pub(super) struct Found {
    pub(super) payments: Vec<ToReview>,
    pub(super) stuck: Vec<Stuck>,
    pub(super) refunds: Vec<Waiting>,
    pub(super) receipts: Vec<Waiting>,
    pub(super) deals: Vec<Unmade>,
    pub(super) may_set: bool,
    pub(super) may_resolve: bool,
    pub(super) may_refund: bool,
}

pub(super) async fn find(desk: &Desk) -> Outcome<Found> {
    let query = PaymentQuery { shelf: Some(Shelf::Review), ..PaymentQuery::default() };
    let rows = reports::payment_rows(&desk.services.db, desk.merchant(), &query, PAGE as u64).await?;
    let payments = rows.into_iter().map(|row| ToReview {
        title: ["№ ", &row.order_number.to_string(), " · ", row.title.as_ref().map_or("", |own| own.get(desk.lang))]
            .concat(),
        sum: row.amount().to_string(),
        why: row.review_reason.map(|why| desk.say(&["review.", why.as_str()].concat())).unwrap_or_default(),
        when: desk.when(row.created_at),
        deliverable: row.review_reason == Some(ReviewReason::LateUndeliverable),
        duplicate: row.review_reason == Some(ReviewReason::DuplicatePayment) && row.status == PaymentStatus::Paid,
        refundable: matches!(row.status, PaymentStatus::Paid | PaymentStatus::PartiallyRefunded),
        id: row.id.to_string(),
    });
    Ok(Found {
        payments: payments.collect(),
        stuck: stuck(desk).await?,
        refunds: waiting(desk).await?,
        receipts: unregistered(desk).await?,
        deals: unmade(desk).await?,
        may_set: desk.may(Permission::EditSettings),
        may_resolve: desk.may(Permission::ResolveReview),
        may_refund: desk.may(Permission::RequestRefund),
    })
}

async fn stuck(desk: &Desk) -> Outcome<Vec<Stuck>> {
    let all = alerts::stuck(&desk.services.db, desk.merchant(), desk.now()).await?;
    let wholes = orders::by_ids(&desk.services.db, desk.merchant(), all.into_iter().map(|order| order.id).collect());
    let stuck = wholes.await?.into_iter().map(|whole| Stuck {
        title: ["№ ", &whole.order.number.to_string(), " · ", whole.title().get(desk.lang)].concat(),
        sum: whole.order.amount().to_string(),
        since: whole.order.paid_at.map(|at| desk.when(at)).unwrap_or_default(),
        again: again::deliver(desk, whole.order.id.as_str(), "/review").map(never_given),
        order: whole.order.id.to_string(),
    });
    Ok(stuck.collect())
}

/// What was never given is not given "again".
fn never_given(again: Why) -> Why {
    Why { verb: "again.give", title: "again.give", text: None, ..again }
}

/// Receipts that the register refused, or of which it is not known.
async fn unregistered(desk: &Desk) -> Outcome<Vec<Waiting>> {
    let mut found = Vec::new();
    for state in [ReceiptState::Uncertain, ReceiptState::Refused] {
        let filter = fiscal::Filter { state: Some(state), ..fiscal::Filter::default() };
        found.extend(
            fiscal::list(&desk.services, &desk.actor, desk.merchant(), &filter, PAGE as u64).await?.into_iter().map(
                |receipt| Waiting {
                    title: [
                        &receipts::kind(desk, receipt.kind),
                        " · ",
                        &receipts::problem(desk, &receipt).unwrap_or_else(|| desk.when(receipt.created_at)),
                    ]
                    .concat(),
                    sum: receipt.amount().to_string(),
                    status: Badge::receipt(desk.lang, receipt.state),
                    id: receipt.id.to_string(),
                },
            ),
        );
    }
    Ok(found)
}

async fn unmade(desk: &Desk) -> Outcome<Vec<Unmade>> {
    let (services, merchant) = (&desk.services, desk.merchant());
    let all = crm::waiting(services, &desk.actor, merchant, DealState::Refused, PAGE as u64).await?;
    let orders = all.iter().map(|deal| deal.order_id.clone()).collect();
    let orders = orders::by_ids(&services.db, merchant, orders).await?;
    let deals = all.into_iter().map(|deal| {
        let whole = orders.iter().find(|whole| whole.order.id == deal.order_id);
        let title =
            whole.map(|whole| ["№ ", &whole.order.number.to_string(), " · ", whole.title().get(desk.lang)].concat());
        Unmade {
            title: title.unwrap_or_default(),
            sum: deal.amount().to_string(),
            why: deals::problem(desk, &deal).unwrap_or_default(),
            since: desk.when(deal.created_at),
            order: deal.order_id.to_string(),
        }
    });
    Ok(deals.collect())
}

async fn waiting(desk: &Desk) -> Outcome<Vec<Waiting>> {
    let filter = Filter { open: true, ..Filter::default() };
    let open = refunds::list(&desk.services.db, desk.merchant(), &filter, PAGE as u64).await?;
    let orders = open.iter().map(|refund| refund.order_id.clone()).collect();
    let orders = orders::by_ids(&desk.services.db, desk.merchant(), orders).await?;
    let row = |refund: refunds::Refund| {
        let whole = orders.iter().find(|whole| whole.order.id == refund.order_id);
        let number = whole.map(|whole| whole.order.number.to_string()).unwrap_or_default();
        Waiting {
            title: ["№ ", &number, " · ", &refund.reason].concat(),
            sum: refund.amount().to_string(),
            status: Badge::refund(desk.lang, refund.status),
            id: refund.id.to_string(),
        }
    };
    Ok(open.into_iter().map(row).collect())
}
