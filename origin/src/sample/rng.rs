//! Chance with a fixed seed: the sample data is the same on every machine and in every year.

use ulid::Ulid;

/// SplitMix64. Not for secrets; chosen because its dozen lines never change under us.
#[derive(Clone, Debug)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// A stream of its own for each purpose, so that adding one changes no other.
    pub fn new(seed: u64, purpose: &str) -> SplitMix64 {
        let mut state = seed;
        for byte in purpose.bytes() {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        SplitMix64(state)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below `end`, which is not zero. The bias of the remainder does not matter here.
    pub fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    pub fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let at = usize::try_from(self.below(list.len() as u64)).unwrap_or(0);
        &list[at]
    }

    /// A ULID whose time says in which order it was made.
    pub fn ulid(&mut self, unix_ms: u64) -> Ulid {
        Ulid::from_parts(unix_ms, u128::from(self.roll()) << 64 | u128::from(self.roll()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_published_generator_and_apart_for_each_purpose() {
        // The reference implementation's first numbers for the seed 1234567.
        let mut rng = SplitMix64(1_234_567);
        assert_eq!([rng.roll(), rng.roll()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
        assert_ne!(SplitMix64::new(1, "a").roll(), SplitMix64::new(1, "b").roll());
    }
}
