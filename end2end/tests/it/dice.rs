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

/// The first `count` seeds, or the one that is to be replayed.
pub fn replay(count: u64) -> Range<u64> {
    let only = std::env::var("KHANUT_TEST_SEED").ok();
    let only = only.map(|seed| seed.parse::<u64>().expect("KHANUT_TEST_SEED is a number"));
    only.map_or(0..count, |seed| seed..seed + 1)
}
