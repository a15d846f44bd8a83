//! What a customer hears of what was given: the text, what the merchant's program answered, each file, booked times as a calendar file, the way into a club; a
//! message each, so that none is sent twice because another could not be.

use domain::{Moment, OrderId};

use super::Fulfilment;
use crate::{
    jobs::NewJob,
    orders::{Line, Order},
    payments::tell::{self, Tell, What},
};

/// Lines of orders that have something of their own to tell.
pub(super) struct Lines<'a> {
    /// Those that made somebody a member of a club.
    pub(super) entered: &'a [(OrderId, i32)],
    /// Those for which the merchant's program has answered a text.
    pub(super) answered: &'a [(OrderId, i32)],
}

/// In the order in which they are told.
pub(super) fn tells(order: &Order, given: &[Fulfilment], lines: &[Line], of: &Lines<'_>) -> Vec<Tell> {
    let tell = |what, position| Tell { order: order.id.clone(), what, amount_minor: None, position, receipt: None };
    let mut all = vec![tell(What::Delivered, None)];
    let answered = of.answered.iter().filter(|(id, _)| *id == order.id);
    all.extend(answered.map(|(_, position)| tell(What::Answer, Some(*position))));
    let files = given.iter().filter(|row| row.order_id == order.id && row.file_id.is_some());
    all.extend(files.map(|row| tell(What::File, Some(row.position))));
    if lines.iter().any(|line| line.order_id == order.id && line.slot_at.is_some()) {
        all.push(tell(What::Calendar, None));
    }
    let own = of.entered.iter().filter(|(id, _)| *id == order.id);
    all.extend(own.map(|(_, position)| tell(What::Club, Some(*position))));
    all
}

/// The promises to tell them, once for each order.
pub(super) fn jobs(now: Moment, order: &Order, given: &[Fulfilment], lines: &[Line], of: &Lines<'_>) -> Vec<NewJob> {
    tells(order, given, lines, of).into_iter().filter_map(|tell| tell::given(now, order, tell)).collect()
}
