//! What a customer hears of what was given: the text, each file, and booked times as a calendar file, a message each, so
//! that none is sent twice because another could not be.

use domain::Moment;

use super::Fulfilment;
use crate::{
    jobs::NewJob,
    orders::{Line, Order},
    payments::tell::{self, Tell, What},
};

/// In the order in which they are told.
pub(super) fn tells(order: &Order, given: &[Fulfilment], lines: &[Line]) -> Vec<Tell> {
    let tell = |what, position| Tell { order: order.id.clone(), what, amount_minor: None, position };
    let mut all = vec![tell(What::Delivered, None)];
    let files = given.iter().filter(|row| row.order_id == order.id && row.file_id.is_some());
    all.extend(files.map(|row| tell(What::File, Some(row.position))));
    if lines.iter().any(|line| line.order_id == order.id && line.slot_at.is_some()) {
        all.push(tell(What::Calendar, None));
    }
    all
}

/// The promises to tell them, once for each order.
pub(super) fn jobs(now: Moment, order: &Order, given: &[Fulfilment], lines: &[Line]) -> Vec<NewJob> {
    tells(order, given, lines).into_iter().filter_map(|tell| tell::given(now, order, tell)).collect()
}
