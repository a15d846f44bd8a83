//! What the provider's answers to refunds mean, and its silence.

use std::collections::VecDeque;

use domain::{
    Moment,
    moment::{HOUR, MINUTE, SECOND},
};
use sandbox::vpos::Trouble;

use super::{Book, Is, PAID, Sent, Way};

/// Looked for again so soon, and for so long before more is done; after a day a person decides.
const LOOK_AGAIN: i64 = 10 * SECOND;
const UNCLEAR: i64 = 2 * MINUTE;
const TOO_LONG: i64 = 24 * HOUR;
/// What the sandbox asks for when it has too much to do.
const BUSY: i64 = 2 * SECOND;

/// What the provider answered when it was asked for a refund.
enum Answer {
    /// With what went back in all.
    Told(i64),
    Refused,
    Busy,
    Lost,
    /// It speaks of another sum than was paid.
    Mismatched,
}

impl Book {
    /// Everything due is done; the provider's next answers go wrong as `troubles` say.
    pub fn works(&mut self, now: Moment, mut troubles: VecDeque<Trouble>) {
        while let Some(place) = self.queue.front().copied().filter(|place| self.refunds[*place].due <= now) {
            match self.turn(place, now, &mut troubles) {
                Some(due) => self.refunds[place].due = due,
                None => {
                    self.queue.pop_front();
                }
            }
        }
    }

    fn turn(&mut self, place: usize, now: Moment, troubles: &mut VecDeque<Trouble>) -> Option<Moment> {
        let refund = &self.refunds[place];
        match (refund.is, refund.sent) {
            (Is::Approved | Is::Processing, None) if self.taken.is_some() => self.fails(place),
            (Is::Approved, None) if self.way == Way::ByHand => self.needs_hands(place, false),
            (Is::Approved | Is::Processing, None) => {
                let answer = self.is_sent(place, now, troubles.pop_front());
                match answer {
                    Answer::Refused => self.fails(place),
                    Answer::Busy => {
                        self.is_not_there(place);
                        Some(now.plus(BUSY))
                    }
                    other => self.is_answered(place, now, other),
                }
            }
            (Is::Processing, Some(sent)) => self.is_looked_for(place, sent, now, troubles),
            _ => None,
        }
    }

    fn fails(&mut self, place: usize) -> Option<Moment> {
        self.ends(place, Is::Failed, "refund_failed");
        None
    }

    /// A person decides; after a dispute nobody starts anything new.
    fn needs_hands(&mut self, place: usize, is_not_done: bool) -> Option<Moment> {
        if is_not_done {
            self.is_not_there(place);
        }
        if self.taken.is_some() {
            return self.fails(place);
        }
        self.refunds[place].is = Is::Manual;
        self.journal.push(("refund_manual_required", self.refunds[place].amount));
        None
    }

    /// The provider has not done it: what is known to be back by now is not this one's.
    fn is_not_there(&mut self, place: usize) {
        self.refunds[place].sent = None;
        self.explain(self.in_hands());
    }

    fn is_sent(&mut self, place: usize, now: Moment, trouble: Option<Trouble>) -> Answer {
        self.refunds[place].is = Is::Processing;
        self.refunds[place].sent = Some(Sent { at: now, before: self.refunded });
        match trouble {
            None | Some(Trouble::Fine) if self.gives(place) => Answer::Told(self.there),
            None | Some(Trouble::Fine | Trouble::Answer(422)) => Answer::Refused,
            Some(Trouble::LeaveOutSum) => panic!("refund_proofs plays it"),
            Some(Trouble::OtherSum) if !self.gives(place) => Answer::Refused,
            Some(Trouble::OtherSum) => Answer::Mismatched,
            Some(Trouble::TakeUp) => Answer::Told(self.there),
            Some(Trouble::Answer(429)) => Answer::Busy,
            Some(Trouble::Answer(_)) => Answer::Lost,
            Some(Trouble::LoseAnswer) => {
                self.gives(place);
                Answer::Lost
            }
        }
    }

    /// Only a sum that can be nobody else's shows that it is done; else it is looked for.
    fn is_answered(&mut self, place: usize, now: Moment, answer: Answer) -> Option<Moment> {
        let before = self.refunds[place].sent.map_or(0, |sent| sent.before);
        match answer {
            Answer::Told(sum) if sum >= self.certain_from(place, before) => return self.succeeds(place, sum),
            Answer::Mismatched => self.flagged = true,
            _ => {}
        }
        Some(now.plus(LOOK_AGAIN))
    }

    /// The provider gives once under one key, and never more than came.
    fn gives(&mut self, place: usize) -> bool {
        let amount = self.refunds[place].amount;
        if self.keys.contains(&place) {
            return true;
        }
        let gives = amount <= PAID - self.there;
        if gives {
            self.there += amount;
            self.keys.push(place);
        }
        gives
    }

    fn succeeds(&mut self, place: usize, told: i64) -> Option<Moment> {
        self.heard = self.heard.max(told);
        self.ends(place, Is::Succeeded, "refund_succeeded");
        self.is_not_of_others(place);
        self.is_back(told.max(self.done() + self.outside));
        None
    }

    fn is_looked_for(
        &mut self,
        place: usize,
        sent: Sent,
        now: Moment,
        troubles: &mut VecDeque<Trouble>,
    ) -> Option<Moment> {
        let certain = self.certain_from(place, sent.before);
        if self.refunded >= certain {
            return self.succeeds(place, self.heard);
        }
        let (waited, is_late) = (now.since(sent.at), now.since(self.refunds[place].approved_at) >= TOO_LONG);
        match troubles.pop_front() {
            Some(Trouble::Answer(_) | Trouble::LoseAnswer) => {
                let wait = (waited / 2).clamp(LOOK_AGAIN, HOUR);
                return if is_late { self.needs_hands(place, false) } else { Some(now.plus(wait)) };
            }
            Some(Trouble::OtherSum) => {
                self.flagged = true;
                return if waited < UNCLEAR { Some(now.plus(LOOK_AGAIN)) } else { self.needs_hands(place, false) };
            }
            _ => {}
        }
        if self.there >= certain {
            return self.succeeds(place, self.there);
        }
        let is_missing = self.there < sent.before + self.refunds[place].amount;
        self.hears(self.there);
        if waited < UNCLEAR {
            return Some(now.plus(LOOK_AGAIN));
        }
        if !is_missing || self.way != Way::Keyed || is_late {
            return self.needs_hands(place, is_missing);
        }
        if self.taken.is_some() {
            return self.fails(place);
        }
        match self.is_sent(place, now, troubles.pop_front()) {
            // It may be refused because it was done the first time: a person decides.
            Answer::Refused => self.needs_hands(place, false),
            // The first time is not forgotten.
            Answer::Busy => Some(now.plus(BUSY)),
            other => self.is_answered(place, now, other),
        }
    }
}
