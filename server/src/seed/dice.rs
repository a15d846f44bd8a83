//! Repeatable chance: whatever is seeded looks the same every time.

pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.next()).unwrap_or_default() % sides.max(1)
    }

    /// Less than `sides`, to be counted with times and sums.
    pub(crate) fn number(&mut self, sides: i64) -> i64 {
        i64::try_from(self.next()).unwrap_or_default() % sides.max(1)
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.roll(of.len()))
    }

    /// As [`Dice::pick`], the first ones far more often: some links and people are always the popular ones.
    pub(crate) fn favourite<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let reach = self.roll(of.len()) + 1;
        of.get(self.roll(reach))
    }

    pub(crate) fn bytes(&mut self) -> [u8; 10] {
        let mut bytes = [0; 10];
        for part in bytes.chunks_mut(3) {
            part.copy_from_slice(&self.next().to_le_bytes()[..part.len()]);
        }
        bytes
    }

    /// Letters that are easy to read aloud.
    pub(crate) fn code(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        (0..length).filter_map(|_| self.pick(ALPHABET)).map(|byte| char::from(*byte)).collect()
    }
}
