//! Schedules decided by dice, on a clock that is only a number: what arrives at Telegram is counted there.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits::TELEGRAM;
const BEGAN: Moment = Moment(1_000_000);

/// One message that somebody wants to send.
#[derive(Clone, Debug)]
struct Wish {
    at: i64,
    bot: u8,
    chat: i64,
    class: Class,
    /// From the start until it arrives, and from there until the answer.
    way: i64,
    back: i64,
}

fn wish(chats: std::ops::Range<i64>, span: i64) -> impl Strategy<Value = Wish> {
    let class = prop_oneof![Just(Class::Notice), Just(Class::Answer), Just(Class::Broadcast)];
    (0..span, 0..2_u8, chats, class, 0..400_i64, 0..400_i64).prop_map(|(at, bot, chat, class, way, back)| Wish {
        at,
        bot,
        chat,
        class,
        way,
        back,
    })
}

/// What happens at a time, in the order of the clock.
enum Event {
    Ask(Wish),
    Ended(u8, i64),
}

struct World {
    sends: Sends<u8>,
    events: BTreeMap<(i64, usize), Event>,
    count: usize,
    /// Bot, chat, when it was wished, when it arrived.
    arrived: Vec<(u8, i64, i64, i64)>,
}

impl World {
    fn new(wishes: Vec<Wish>) -> Self {
        let sends = Sends::new(LIMITS, BEGAN);
        let mut world = Self { sends, events: BTreeMap::new(), count: 0, arrived: Vec::new() };
        for wish in wishes {
            world.put(wish.at, Event::Ask(wish));
        }
        world
    }

    fn put(&mut self, at: i64, event: Event) {
        self.count += 1;
        self.events.insert((at, self.count), event);
    }

    fn run(mut self) -> Vec<(u8, i64, i64, i64)> {
        while let Some(((at, _), event)) = self.events.pop_first() {
            let now = BEGAN.plus(at);
            match event {
                Event::Ended(bot, chat) => self.sends.ended(now, &bot, Some(chat)),
                Event::Ask(wish) => self.ask(at, now, wish),
            }
        }
        self.arrived
    }

    fn ask(&mut self, at: i64, now: Moment, wish: Wish) {
        match self.sends.start(now, &wish.bot, Some(wish.chat), wish.class) {
            Ok(()) => {
                self.arrived.push((wish.bot, wish.chat, wish.at, at + wish.way));
                self.put(at + wish.way + wish.back, Event::Ended(wish.bot, wish.chat));
            }
            Err(earliest) => {
                assert!(earliest > now, "who is turned away is told a time to come");
                // Half of them wait, half come again at a time of their own.
                let again = if self.count.is_multiple_of(2) {
                    earliest
                } else {
                    self.sends.promise(now, &wish.bot, Some(wish.chat), wish.class, earliest)
                };
                assert!(again >= earliest);
                self.put(again.since(BEGAN), Event::Ask(wish));
            }
        }
    }
}

fn most_within(mut times: Vec<i64>, span: i64) -> usize {
    times.sort_unstable();
    (0..times.len()).map(|i| times[i..].iter().take_while(|at| **at - times[i] < span).count()).max().unwrap_or(0)
}

/// What Telegram would count, over all bots and chats.
fn breaks_no_limit(arrived: &[(u8, i64, i64, i64)]) {
    let (mut bots, mut chats) = (HashMap::<u8, Vec<i64>>::new(), HashMap::<(u8, i64), Vec<i64>>::new());
    for (bot, chat, _, at) in arrived {
        bots.entry(*bot).or_default().push(*at);
        chats.entry((*bot, *chat)).or_default().push(*at);
    }
    for times in bots.into_values() {
        assert!(most_within(times, SECOND) <= 30, "30 a second of a bot");
    }
    for ((_, chat), times) in chats {
        assert!(most_within(times.clone(), SECOND) <= 1, "one a second in {chat}");
        assert!(chat > 0 || most_within(times, 60 * SECOND) <= 20, "20 a minute in the group {chat}");
    }
}

proptest! {
    #[test]
    fn no_schedule_of_sends_breaks_a_limit(wishes in prop::collection::vec(wish(-3..60, 8_000), 1..400)) {
        let many = wishes.len();
        let wishes = wishes.into_iter().map(|wish| Wish { chat: if wish.chat == 0 { 60 } else { wish.chat }, ..wish });
        let arrived = World::new(wishes.collect()).run();
        prop_assert_eq!(arrived.len(), many, "and everything is sent at last");
        breaks_no_limit(&arrived);
    }

    #[test]
    fn a_restart_in_the_middle_breaks_no_limit_either(
        before in prop::collection::vec(wish(1..20, 1_500), 30..90),
        after in prop::collection::vec(wish(1..20, 1_500), 30..90),
    ) {
        let mut arrived = World::new(before).run();
        // The process dies when the last message has arrived; the next one begins at once and knows nothing.
        let died = arrived.iter().map(|(.., at)| *at).max().unwrap_or(0);
        let again = World::new(after).run();
        arrived.extend(again.into_iter().map(|(bot, chat, wished, at)| (bot, chat, wished + died, at + died)));
        breaks_no_limit(&arrived);
    }
}

#[test]
fn ten_thousand_messages_that_may_wait_delay_no_payment_by_two_seconds() {
    for seed in 1..20_u64 {
        let dice = |n: u64, most: u64| ((n * 7 + 3).wrapping_mul(seed * 2_654_435_761) >> 7) % most;
        let many = (0..10_000_u64).map(|n| Wish {
            at: 0,
            bot: 0,
            chat: 10_000 + n.cast_signed(),
            class: Class::Broadcast,
            way: dice(n, 300).cast_signed(),
            back: dice(n + 1, 300).cast_signed(),
        });
        // Somebody pays now and then, also such who have just got the news.
        let paid = (0..100_u64).map(|n| Wish {
            at: 2_000 + dice(n + 2, 300_000).cast_signed(),
            chat: 10_000 + dice(n + 3, 10_000).cast_signed(),
            class: Class::Notice,
            ..Wish { at: 0, bot: 0, chat: 0, class: Class::Notice, way: 100, back: 100 }
        });
        let paid: Vec<_> = paid.collect();
        let wished: Vec<_> = paid.iter().map(|wish| (wish.at, wish.chat)).collect();
        let arrived = World::new(many.chain(paid).collect()).run();
        assert_eq!(arrived.len(), 10_100);
        breaks_no_limit(&arrived);
        let delays = arrived.iter().filter(|(_, chat, at, _)| wished.contains(&(*at, *chat)));
        let slowest = delays.map(|(_, _, wished, at)| at - wished).max().unwrap();
        assert!(slowest <= 2_000, "seed {seed}: {slowest} ms");
    }
}

#[test]
fn the_more_urgent_class_finds_room_where_the_other_finds_none() {
    let mut sends = Sends::new(LIMITS, BEGAN);
    let now = BEGAN.plus(5_000);
    let mut filled = |class: Class, chats: std::ops::Range<i64>| {
        chats.filter(|chat| sends.start(now, &0, Some(*chat), class).is_ok()).count()
    };
    assert_eq!(filled(Class::Broadcast, 1..100), 20);
    assert_eq!(filled(Class::Answer, 100..200), 7);
    assert_eq!(filled(Class::Notice, 200..300), 3);
    assert_eq!(Limits::TELEGRAM.shared_by(2).room(Class::Notice), 15);
    assert_eq!(Limits::TELEGRAM.shared_by(2).chat_gap, 2 * SECOND);
}

#[test]
fn a_told_pause_closes_the_bot_or_only_the_group_for_everyone() {
    let mut sends = Sends::new(LIMITS, BEGAN);
    let now = BEGAN.plus(5_000);
    sends.close(now, &0, Some(-7), 40);
    let until = now.plus(40 * SECOND);
    assert_eq!(sends.start(now, &0, Some(-7), Class::Notice), Err(until));
    assert_eq!(sends.start(now, &0, Some(7), Class::Broadcast), Ok(()));
    assert_eq!(sends.closed(now, &0), None);
    sends.close(now, &0, Some(7), 10);
    // A shorter pause does not open what a longer one has closed.
    sends.close(now, &0, None, 1);
    for class in Class::ALL {
        assert_eq!(sends.start(now, &0, Some(8), class), Err(now.plus(10 * SECOND)));
    }
    assert_eq!((sends.closed(now, &0), sends.closed(now, &1)), (Some(now.plus(10 * SECOND)), None));
    assert_eq!(sends.start(now.plus(10 * SECOND), &0, Some(8), Class::Broadcast), Ok(()));
    sends.close(now, &1, None, u64::MAX);
    assert_eq!(sends.closed(now, &1), Some(now.plus(86_400 * SECOND)), "no pause is believed for ever");
}

#[test]
fn a_clock_that_is_put_back_stops_nobody_for_long() {
    let mut sends = Sends::new(LIMITS, BEGAN);
    let now = BEGAN.plus(3_600 * SECOND);
    assert_eq!(sends.start(now, &0, Some(7), Class::Notice), Ok(()));
    sends.ended(now, &0, Some(7));
    let back = BEGAN.plus(-SECOND);
    assert_eq!(sends.start(back, &0, Some(7), Class::Notice), Err(back.plus(SECOND)));
}

#[test]
fn who_is_turned_away_gets_a_time_of_his_own_and_what_is_over_is_forgotten() {
    let mut sends = Sends::new(LIMITS, BEGAN);
    let now = BEGAN.plus(5_000);
    assert_eq!(sends.start(now, &0, Some(-7), Class::Notice), Ok(()));
    let mut next = || match sends.start(now, &0, Some(-7), Class::Notice) {
        Ok(()) => panic!("it is under way"),
        Err(at) => sends.promise(now, &0, Some(-7), Class::Notice, at).since(now),
    };
    assert_eq!([next(), next(), next()], [3_000, 6_000, 9_000]);
    sends.tidy(now.plus(60 * SECOND));
    assert_eq!(sends.bots(), 1, "what is under way is not forgotten");
    sends.ended(now.plus(60 * SECOND), &0, Some(-7));
    sends.tidy(now.plus(70 * SECOND));
    assert_eq!(sends.bots(), 0);
}
