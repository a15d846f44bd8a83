//! What a bank asks about a payment, in one piece that can be pasted into a letter.

use domain::Moment;
use server::reports::Story;

use crate::{badge::Badge, rooms::settings::zone, web::Desk};

pub(super) fn block(desk: &Desk, story: &Story) -> String {
    let payment = &story.payment;
    let status = Badge::payment(desk.lang, payment.status, false).text;
    let mut lines = vec![
        (desk.say("bank.sum"), [&payment.amount().to_string(), " (", payment.currency.as_str(), ")"].concat()),
        (desk.say("bank.status"), status),
        (desk.say("fact.started"), at(desk, payment.created_at)),
    ];
    lines.extend(payment.paid_at.map(|paid| (desk.say("fact.paid"), at(desk, paid))));
    lines.push((desk.say("fact.merchant_order_id"), payment.merchant_order_id.clone()));
    lines.extend(payment.reference.clone().map(|reference| (desk.say("fact.reference"), reference)));
    lines.push((desk.say("fact.account"), [&story.account, " · ", payment.account_id.as_str()].concat()));
    lines.push((desk.say("fact.payment_id"), payment.id.to_string()));
    for refund in &story.refunds {
        let status = Badge::refund(desk.lang, refund.status).text;
        let ended = at(desk, refund.ended_at.unwrap_or(refund.asked_at));
        let parts = [refund.id.to_string(), refund.amount().to_string(), status, ended];
        lines.push((desk.say("bank.refund"), parts.join(" · ")));
    }
    lines.into_iter().map(|(name, value)| [name, ": ".to_owned(), value].concat()).collect::<Vec<_>>().join("\n")
}

/// To the second, with the year and the zone: it is compared with somebody else's clock.
fn at(desk: &Desk, moment: Moment) -> String {
    let day = desk.at(moment);
    let day = day.split(' ').next().unwrap_or_default();
    [day, " ", &moment.local_time(desk.offset()), " ", &zone(desk.offset())].concat()
}
