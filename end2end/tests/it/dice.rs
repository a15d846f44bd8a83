//! Chance that a seed decides, and the seeds of a run.

use std::ops::Range;

/// SplitMix64: small, and the same everywhere.
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.roll(all.len() as u64) as usize) }
    }
}

/// The first `count` seeds, the same in every run; or as many others, from `KHANUT_TEST_SEEDS_FROM` on; or the one that is
/// to be replayed, `KHANUT_TEST_SEED`.
pub fn replay(count: u64) -> Range<u64> {
    let first = number("KHANUT_TEST_SEEDS_FROM").unwrap_or(0);
    number("KHANUT_TEST_SEED").map_or(first..first + count, |seed| seed..seed + 1)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|seed| seed.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}
