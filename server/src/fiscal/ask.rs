//! Asking the register: the numbers of its requests are tried from the highest that may be right down, since a wrong one is
//! refused for certain, and only what the register has said settles which it was.

use std::future::Future;

use providers::ehdm::{Fault, code};

/// What a request came to, and what is known of the register's counter after it.
pub(super) struct Asked<T> {
    pub(super) said: Result<T, Fault>,
    pub(super) counter: Counter,
}

/// The last number that was certainly taken, and how many after it may have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counter {
    pub(super) seq: i64,
    pub(super) doubt: i64,
}

impl Counter {
    /// A request is about to be sent: it may be taken without our hearing of it.
    pub(super) const fn with_one_more(self) -> Self {
        Self { seq: self.seq, doubt: self.doubt + 1 }
    }
}

/// Asks with each number that may be the next. `counter` is what was known before; one request more was noted as in doubt.
pub(super) async fn ask<T, W>(numbered: bool, counter: Counter, call: impl Fn(Option<i64>) -> W) -> Asked<T>
where
    W: Future<Output = Result<T, Fault>>,
{
    if !numbered {
        return Asked { said: call(None).await, counter };
    }
    let (mut said, mut left) = (None, counter);
    for next in (counter.seq + 1..=counter.seq + 1 + counter.doubt).rev() {
        let answer = call(Some(next)).await;
        let after = match &answer {
            Ok(_) => Counter { seq: next, doubt: 0 },
            Err(Fault::Register { code: code::WRONG_SEQ, .. }) => {
                left.doubt -= 1;
                said = Some(answer);
                continue;
            }
            // An answer in words uses no number up, and does not say that this one was right.
            Err(Fault::NotSent(_) | Fault::Refused { .. } | Fault::Register { .. }) => left,
            Err(Fault::Unknown(_)) => left.with_one_more(),
        };
        return Asked { said: answer, counter: after };
    }
    let none = || Err(Fault::NotSent("there is no number to ask with".to_owned()));
    Asked { said: said.unwrap_or_else(none), counter }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A register whose last number is `last`; what it is asked with is noted.
    async fn asked(last: i64, counter: Counter, then: Result<(), Fault>) -> (Vec<i64>, Asked<()>) {
        let tried = Mutex::new(Vec::new());
        let call = |seq: Option<i64>| {
            let seq = seq.unwrap();
            tried.lock().unwrap().push(seq);
            let wrong = Err(Fault::Register { code: code::WRONG_SEQ, words: String::new() });
            let answer = if seq == last + 1 { then.clone() } else { wrong };
            async move { answer }
        };
        let asked = ask(true, counter, call).await;
        (tried.into_inner().unwrap(), asked)
    }

    #[tokio::test]
    async fn a_counter_in_doubt_is_settled_by_what_the_register_refuses() {
        let (tried, asked) = self::asked(7, Counter { seq: 7, doubt: 0 }, Ok(())).await;
        assert_eq!((tried, asked.counter), (vec![8], Counter { seq: 8, doubt: 0 }));
        let doubt = Counter { seq: 7, doubt: 1 };
        let (tried, asked) = self::asked(8, doubt, Ok(())).await;
        assert_eq!((tried, asked.counter), (vec![9], Counter { seq: 9, doubt: 0 }), "it had been taken");
        let refused = Err(Fault::Refused { code: code::NO_SUCH_RECEIPT, words: String::new() });
        let (tried, asked) = self::asked(7, doubt, refused).await;
        assert_eq!((tried, asked.counter), (vec![9, 8], Counter { seq: 7, doubt: 0 }), "it had not");
        let (tried, asked) = self::asked(20, doubt, Ok(())).await;
        assert!(matches!(asked.said, Err(Fault::Register { code: code::WRONG_SEQ, .. })), "another has counted on");
        assert_eq!((tried, asked.counter), (vec![9, 8], doubt));
        let (tried, asked) = self::asked(7, doubt, Err(Fault::Unknown(String::new()))).await;
        assert_eq!((tried, asked.counter), (vec![9, 8], Counter { seq: 7, doubt: 1 }), "in doubt again");
    }
}
