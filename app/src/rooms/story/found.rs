//! One payment's story, in words.

use domain::{
    PaymentId,
    endpoint::DeliveryState,
    job::JobState,
    order::OrderStatus,
    payment::{PaymentStatus, ReviewReason},
    role::Permission,
};
use server::{
    clubs::{self, Club, Membership},
    codes,
    failure::Outcome,
    fulfilment::FULFIL_ORDER,
    jobs::Job,
    payments::Payment,
    reports::{self, Story},
};

use super::{bank, raw::Raw, sentences};
use crate::{
    badge::Badge,
    rooms::{again, deals, members, orders::answered, receipts, why::Why},
    ui::{Size, Tone},
    web::Desk,
};

/// A fact about the payment: label and value, already in words.
pub struct Known {
    pub label: String,
    pub value: String,
    /// Something to take along, such as an id.
    pub copy: bool,
    pub href: Option<String>,
}

/// Something that happened, in a sentence; `raws` is the truth behind it.
pub(in crate::rooms) struct Happened {
    pub tone: Tone,
    pub text: String,
    pub note: String,
    pub at: String,
    pub datetime: String,
    pub raws: Vec<Raw>,
    /// The job to be tried again.
    pub retry: Option<i64>,
}

pub(super) struct StoryView {
    pub id: String,
    pub sum: String,
    pub status: Badge,
    /// The order, what was bought, and by whom.
    pub who: String,
    /// What to do next.
    pub todo: Option<Badge>,
    pub may_check: bool,
    /// Something is left to give back, and this person may ask for it.
    pub may_refund: bool,
    /// The ways out of a review: deliver all the same, close it.
    pub may_deliver: bool,
    pub may_close: bool,
    /// The message about it, and what was bought, once more.
    pub say_again: Option<Why>,
    pub deliver_again: Option<Why>,
    /// Memberships that go on although the money went back.
    pub end_membership: Vec<Why>,
    /// Everything that the bank asks for, ready to be pasted.
    pub bank: String,
    /// Address, words, status.
    pub refunds: Vec<(String, String, Badge)>,
    /// The same of its fiscal receipts.
    pub receipts: Vec<(String, String, Badge)>,
    /// The order's in the CRM.
    pub deals: Vec<(String, String, Badge)>,
    pub pay_page: Option<String>,
    pub known: Vec<Known>,
    /// Oldest first.
    pub happened: Vec<Happened>,
    /// Other attempts to pay the same order: address, words, status.
    pub others: Vec<(String, String, Badge)>,
}

pub(super) async fn story(desk: &Desk, id: &str) -> Outcome<StoryView> {
    let id = PaymentId::parse(id)?;
    let story = reports::story(&desk.services.db, desk.merchant(), &id).await?;
    let (payment, whole) = (&story.payment, &story.whole);
    let title = whole.title();
    let number = ["№ ", &whole.order.number.to_string()].concat();
    let person = story.customer.as_ref().map(|customer| customer.name.clone());
    let others = story.others.iter().map(|other| {
        let words = [&desk.when(other.created_at), " · ", &other.amount().to_string()].concat();
        (["/payments/", other.id.as_str()].concat(), words, Badge::payment(desk.lang, other.status, other.needs_review))
    });
    let refunds = story.refunds.iter().map(|refund| {
        let words = [&desk.when(refund.asked_at), " · ", &refund.amount().to_string()].concat();
        (["/refunds/", refund.id.as_str()].concat(), words, Badge::refund(desk.lang, refund.status))
    });
    let receipts = story.receipts.iter().map(|receipt| {
        let words = receipts::numbers(desk, receipt).unwrap_or_else(|| receipt.amount().to_string());
        let words = [&receipts::kind(desk, receipt.kind), " · ", &words].concat();
        (["/receipts/", receipt.id.as_str()].concat(), words, Badge::receipt(desk.lang, receipt.state))
    });
    let in_clubs = unpaid_members(desk, payment).await?;
    let resolves = payment.needs_review && desk.may(Permission::ResolveReview);
    let who = [Some(number), Some(title.get(desk.lang).to_owned()), person].into_iter().flatten();
    Ok(StoryView {
        id: id.to_string(),
        sum: payment.amount().to_string(),
        status: Badge::payment(desk.lang, payment.status, payment.needs_review),
        who: who.collect::<Vec<_>>().join(" · "),
        todo: todo(desk, &story).or_else(|| in_clubs.first().map(|(member, club)| member_stays(desk, member, club))),
        may_check: desk.may(Permission::CheckPayments),
        may_refund: desk.may(Permission::RequestRefund)
            && payment.refundable_minor() > 0
            && matches!(payment.status, PaymentStatus::Paid | PaymentStatus::PartiallyRefunded),
        may_deliver: resolves && payment.review_reason == Some(ReviewReason::LateUndeliverable),
        may_close: resolves,
        say_again: again::say(desk, id.as_str(), desk.place()).filter(|_| story.may_be_told()),
        deliver_again: again::deliver(desk, payment.order_id.as_str(), desk.place()).filter(|_| story.may_be_given()),
        end_membership: in_clubs
            .iter()
            .filter_map(|(member, _)| members::end_why(desk, member.id.as_str(), desk.place()))
            .map(|why| Why { size: Size::Normal, ..why })
            .collect(),
        bank: bank::block(desk, &story),
        refunds: refunds.collect(),
        receipts: receipts.collect(),
        deals: story.deal.iter().map(|deal| deals::line(desk, deal)).collect(),
        pay_page: story.link.as_ref().map(|link| ["/pay/", &link.code].concat()),
        known: known(desk, &story).into_iter().chain(codes(desk, &story).await?).collect(),
        happened: sentences::tell(desk, &story).await?,
        others: others.collect(),
    })
}

/// What the person who opened this page should do, if anything.
fn todo(desk: &Desk, story: &Story) -> Option<Badge> {
    let payment = &story.payment;
    if payment.needs_review {
        let key = payment.review_reason.map_or("", ReviewReason::as_str);
        return Some(Badge { tone: Tone::Review, text: desk.say(&["review.", key].concat()) });
    }
    let until = desk.at(payment.expires_at);
    match payment.status {
        PaymentStatus::Created | PaymentStatus::Pending => {
            Some(Badge { tone: Tone::Waiting, text: desk.say_with("story.todo_waiting", &[("until", &until)]) })
        }
        _ if is_stuck(story) => Some(Badge { tone: Tone::Review, text: desk.say("story.todo_stuck") }),
        _ => None,
    }
}

/// Memberships of which the money went back, and that go on.
async fn unpaid_members(desk: &Desk, payment: &Payment) -> Outcome<Vec<(Membership, Club)>> {
    let back = matches!(payment.status, PaymentStatus::Refunded | PaymentStatus::Reversed | PaymentStatus::Disputed);
    if !back {
        return Ok(Vec::new());
    }
    let mut members = clubs::of_order(&desk.services.db, desk.merchant(), &payment.order_id).await?;
    members.retain(|(member, club)| member.is_alive(club, desk.now()));
    Ok(members)
}

fn member_stays(desk: &Desk, member: &Membership, club: &Club) -> Badge {
    let until = member.until_at.map_or_else(|| desk.say("members.for_ever"), |until| desk.at(until));
    let values = [("club", &*club.chat_title), ("until", &*until)];
    Badge { tone: Tone::Review, text: desk.say_with("story.todo_member", &values) }
}

/// Paid, and what was bought did not reach the customer by itself.
fn is_stuck(story: &Story) -> bool {
    let given_up = |job: &Job| job.kind == FULFIL_ORDER && job.state == JobState::Dead;
    story.whole.order.status == OrderStatus::Paid && story.jobs.iter().any(given_up)
}

/// The codes that were given, for those who may deliver again.
async fn codes(desk: &Desk, story: &Story) -> Outcome<impl Iterator<Item = Known>> {
    let codes = codes::shown(&desk.services, &desk.actor, desk.merchant(), &story.whole.order.id).await?;
    let label = desk.say("fact.code");
    Ok(codes.into_iter().map(move |value| Known { label: label.clone(), value, copy: true, href: None }))
}

/// What the shop's own programs were told.
fn told(desk: &Desk, story: &Story) -> Option<Known> {
    let state = |state| story.deliveries.iter().filter(|delivery| delivery.state == state).count();
    let failed = state(DeliveryState::Failed);
    let mut value = story.deliveries.len().to_string();
    if failed > 0 {
        value = [&value, " · ", &failed.to_string(), " ", &desk.say("deliveries.failed")].concat();
    }
    let href = Some(["/deliveries?order=", story.payment.order_id.as_str()].concat());
    let known = Known { label: desk.say("fact.deliveries"), value, copy: false, href };
    (!story.deliveries.is_empty()).then_some(known)
}

fn known(desk: &Desk, story: &Story) -> Vec<Known> {
    let (payment, order) = (&story.payment, &story.whole.order);
    let plain = |key: &str, value: String| Known { label: desk.say(key), value, copy: false, href: None };
    let copied = |key: &str, value: String| Known { copy: true, ..plain(key, value) };
    let href = Some(["/orders/", order.id.as_str()].concat());
    let mut known = vec![Known { href, ..plain("fact.order", ["№ ", &order.number.to_string()].concat()) }];
    for line in &story.whole.lines {
        let words = [line.title.get(desk.lang), " × ", &line.quantity.to_string(), " · ", &line.sum(order).to_string()]
            .concat();
        known.push(plain("fact.line", words));
        known.extend(line.slot_at.map(|at| plain("fact.booked", desk.at(at))));
    }
    known.extend(story.answers.iter().map(|answer| answered(desk, answer)));
    known.push(plain("fact.account", story.account.clone()));
    known.push(plain("fact.started", desk.at(payment.created_at)));
    known.extend(payment.paid_at.map(|at| plain("fact.paid", desk.at(at))));
    if let Some(customer) = &story.customer {
        let name = customer.username.as_ref().map(|name| [" @", name].concat()).unwrap_or_default();
        let href = Some(["/customers/", customer.id.as_str()].concat());
        known.push(Known { href, ..plain("fact.customer", [&customer.name, name.as_str()].concat()) });
    }
    known.extend(order.telegram_user_id.map(|id| copied("fact.telegram", id.to_string())));
    known.push(copied("fact.payment_id", payment.id.to_string()));
    known.push(copied("fact.merchant_order_id", payment.merchant_order_id.clone()));
    known.extend(payment.reference.clone().map(|reference| copied("fact.reference", reference)));
    known.extend(told(desk, story));
    known.extend(order.external_order_id.clone().map(|id| copied("fact.external_order_id", id)));
    if let Some(link) = &story.link {
        let href = Some(["/links/", link.id.as_str()].concat());
        let value = if link.label.is_empty() { link.code.clone() } else { link.label.clone() };
        known.push(Known { href, ..plain("fact.link", value) });
    }
    known
}
