//! The rules of refunds as a model, written from them and not from the code: who may decide, what is held, what is known of
//! the money, and what an answer of the provider (or its silence) means. It knows no database and no network.

mod answers;

use std::collections::VecDeque;

use domain::{Moment, RefundId};

pub const PAID: i64 = 500_000;
pub const LINES: [i64; 2] = [300_000, 200_000];
/// What support, and what one person who approves, may give back alone.
pub const ALONE: i64 = 100_000;
pub const PAIR: i64 = 300_000;

/// How an account gives money back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Keyed,
    Unkeyed,
    ByHand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    Owner,
    Manager,
    Support,
    Accountant,
}

impl Person {
    pub const ALL: [Self; 4] = [Self::Owner, Self::Manager, Self::Support, Self::Accountant];

    const fn approves(self) -> bool {
        matches!(self, Self::Owner | Self::Manager)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    Requested,
    Approved,
    Processing,
    Manual,
    Succeeded,
    ByHand,
    Failed,
    Rejected,
}

impl Is {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Processing => "processing",
            Self::Manual => "manual_required",
            Self::Succeeded => "succeeded",
            Self::ByHand => "manual_done",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
        }
    }

    pub const fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Approved | Self::Processing | Self::Manual)
    }

    const fn is_done(self) -> bool {
        matches!(self, Self::Succeeded | Self::ByHand)
    }
}

/// How much is wished back.
#[derive(Clone, Debug)]
pub enum Wish {
    All,
    Sum(i64),
    Lines(Vec<usize>),
}

/// The provider was asked at this time; what had gone back by then is none of this one's.
#[derive(Clone, Copy, Debug)]
struct Sent {
    at: Moment,
    before: i64,
}

#[derive(Clone, Debug)]
pub struct Refund {
    pub id: Option<RefundId>,
    pub amount: i64,
    pub is: Is,
    lines: Vec<usize>,
    by: Person,
    cause: Option<u64>,
    approved_at: Moment,
    sent: Option<Sent>,
    due: Moment,
}

/// Everything about one payment: the refunds, what is known here, and what is true there.
#[derive(Clone, Debug)]
pub struct Book {
    pub way: Way,
    pub refunds: Vec<Refund>,
    /// The bank has taken the money back, or is about to.
    pub taken: Option<&'static str>,
    pub flagged: bool,
    /// Known here: given back in all, and of it what no refund of ours explains.
    pub refunded: i64,
    outside: i64,
    /// True: given back at the provider in all, under the keys of which refunds, and by hand elsewhere.
    pub there: i64,
    pub keys: Vec<usize>,
    pub elsewhere: i64,
    /// Given by a person, and not yet written down.
    pub unwritten: Vec<usize>,
    /// The highest sum that the provider has told us.
    pub heard: i64,
    /// Kinds and sums of the journal, oldest first.
    pub journal: Vec<(&'static str, i64)>,
    /// Approved refunds wait for each other.
    queue: VecDeque<usize>,
}

type Said<T> = Result<T, &'static str>;

impl Book {
    pub const fn new(way: Way) -> Self {
        Self {
            way,
            refunds: Vec::new(),
            taken: None,
            flagged: false,
            refunded: 0,
            outside: 0,
            there: 0,
            keys: Vec::new(),
            elsewhere: 0,
            unwritten: Vec::new(),
            heard: 0,
            journal: Vec::new(),
            queue: VecDeque::new(),
        }
    }

    fn sum(&self, fits: impl Fn(&Refund) -> bool) -> i64 {
        self.refunds.iter().filter(|refund| fits(refund)).map(|refund| refund.amount).sum()
    }

    fn done(&self) -> i64 {
        self.sum(|refund| refund.is.is_done())
    }

    /// With the provider or with a person: its money may be back at any moment.
    fn in_hands(&self) -> i64 {
        self.sum(|refund| refund.is == Is::Manual || (refund.is == Is::Processing && refund.sent.is_some()))
    }

    /// Of what is open, what is not known to be back already; never more than is left.
    pub fn held(&self) -> i64 {
        let seen = (self.refunded - self.done() - self.outside).max(0);
        (self.sum(|refund| refund.is.is_open()) - seen).clamp(0, PAID - self.refunded)
    }

    pub fn status(&self) -> &'static str {
        match (self.taken, self.refunded) {
            (Some(word), _) => word,
            (None, 0) => "paid",
            (None, PAID) => "refunded",
            (None, _) => "partially_refunded",
        }
    }

    /// What nobody here gave is seen, and staff are told.
    fn explain(&mut self, in_hands: i64) {
        let unexplained = self.refunded - self.done() - in_hands;
        if unexplained > self.outside {
            (self.outside, self.flagged) = (unexplained, true);
        }
    }

    /// So much went back in all, says somebody who must know.
    fn is_back(&mut self, total: i64) {
        if total > self.refunded {
            self.journal.push(("payment_refunded", total - self.refunded));
            self.refunded = total;
            self.explain(self.in_hands());
        }
    }

    /// The provider's own sum, told by a webhook or a look-up.
    pub fn hears(&mut self, sum: i64) {
        self.heard = self.heard.max(sum);
        self.is_back(sum);
    }

    pub fn is_taken(&mut self, word: &'static str) {
        if self.taken != Some("disputed") && self.taken != Some(word) {
            self.taken = Some(word);
            self.journal.push((if word == "disputed" { "payment_disputed" } else { "payment_reversed" }, PAID));
            self.flagged = true;
        }
    }

    pub fn ask(&mut self, by: Person, wish: Wish, cause: Option<u64>, now: Moment) -> Said<usize> {
        if by == Person::Accountant {
            return Err("forbidden");
        }
        if let Some(first) = self.refunds.iter().position(|refund| cause.is_some() && refund.cause == cause) {
            return Ok(first);
        }
        if self.taken.is_some() {
            return Err("refund_after_dispute");
        }
        let left = PAID - self.refunded - self.held();
        let (amount, lines) = match wish {
            Wish::All => (left, Vec::new()),
            Wish::Sum(sum) => (sum, Vec::new()),
            Wish::Lines(lines) => (self.of_lines(&lines)?, lines),
        };
        if amount <= 0 && left > 0 {
            return Err("amount_out_of_range");
        }
        if !(1..=left).contains(&amount) {
            return Err("refund_too_much");
        }
        // A sum is not smaller for being asked in parts.
        let in_all = self.refunded + self.held() + amount;
        let (approved_at, due) = (now, now);
        let refund = Refund { id: None, amount, is: Is::Requested, lines, by, cause, approved_at, sent: None, due };
        self.refunds.push(refund);
        self.journal.push(("refund_requested", amount));
        let place = self.refunds.len() - 1;
        if in_all <= if by.approves() { PAIR } else { ALONE } {
            self.is_approved(place, now);
        }
        Ok(place)
    }

    fn of_lines(&self, lines: &[usize]) -> Said<i64> {
        let is_taken = |line: &usize| {
            let given = |refund: &&Refund| !matches!(refund.is, Is::Failed | Is::Rejected);
            self.refunds.iter().filter(given).any(|refund| refund.lines.contains(line))
        };
        if lines.iter().any(is_taken) {
            return Err("line_refunded_already");
        }
        Ok(lines.iter().map(|line| LINES[*line]).sum())
    }

    fn is_approved(&mut self, place: usize, now: Moment) {
        let refund = &mut self.refunds[place];
        (refund.is, refund.approved_at, refund.due) = (Is::Approved, now, now);
        self.journal.push(("refund_approved", refund.amount));
        self.queue.push_back(place);
    }

    pub fn approve(&mut self, by: Person, place: usize, now: Moment) -> Said<()> {
        if !by.approves() {
            return Err("forbidden");
        }
        if self.refunds[place].by == by {
            return Err("refund_own_approval");
        }
        self.must_be(place, Is::Requested)?;
        if self.taken.is_some() {
            return Err("refund_after_dispute");
        }
        self.is_approved(place, now);
        Ok(())
    }

    /// Also by who asked: what was asked for may be taken back.
    pub fn reject(&mut self, by: Person, place: usize) -> Said<()> {
        if !by.approves() && self.refunds[place].by != by {
            return Err("forbidden");
        }
        self.must_be(place, Is::Requested)?;
        self.ends(place, Is::Rejected, "refund_rejected");
        Ok(())
    }

    fn must_be(&self, place: usize, is: Is) -> Said<()> {
        if self.refunds[place].is == is { Ok(()) } else { Err("refund_moved_on") }
    }

    fn ends(&mut self, place: usize, is: Is, kind: &'static str) {
        self.refunds[place].is = is;
        self.explain(self.in_hands());
        self.journal.push((kind, self.refunds[place].amount));
    }

    /// Whether a person may write down that it was given: never more than was paid.
    pub fn may_be_done_by_hand(&self, by: Person, place: usize) -> Said<()> {
        if !by.approves() {
            return Err("forbidden");
        }
        self.must_be(place, Is::Manual)?;
        let total = self.done() + self.outside + self.refunds[place].amount;
        if total > PAID { Err("refund_too_much") } else { Ok(()) }
    }

    pub fn done_by_hand(&mut self, by: Person, place: usize) -> Said<()> {
        self.may_be_done_by_hand(by, place)?;
        self.ends(place, Is::ByHand, "refund_manual_done");
        self.unwritten.retain(|given| *given != place);
        self.is_not_of_others(place);
        self.is_back(self.done() + self.outside);
        Ok(())
    }

    /// What one refund gave is none of another's that is with the provider now.
    fn is_not_of_others(&mut self, place: usize) {
        let amount = self.refunds[place].amount;
        let sent = self.refunds.iter_mut().filter(|refund| refund.is == Is::Processing);
        for sent in sent.filter_map(|refund| refund.sent.as_mut()) {
            sent.before += amount;
        }
    }

    /// The money of this refund is there, by its own key or by a person.
    pub fn is_given(&self, place: usize) -> bool {
        self.keys.contains(&place) || self.unwritten.contains(&place)
    }

    /// So much must be back before it is this one's for certain: every other that is in somebody's hands may have been
    /// given since, unless its money was back before and is nobody's yet.
    fn certain_from(&self, place: usize, before: i64) -> i64 {
        let nobodys = (before - self.done() - self.outside).max(0);
        let others = self.in_hands() - self.refunds[place].amount;
        before + self.refunds[place].amount + (others - nobodys).max(0)
    }

    /// Only what is in a person's hands can be given up by one: elsewhere the money may be on its way.
    pub fn give_up(&mut self, by: Person, place: usize) -> Said<()> {
        if !by.approves() {
            return Err("forbidden");
        }
        self.must_be(place, Is::Manual)?;
        self.ends(place, Is::Failed, "refund_failed");
        Ok(())
    }
}
