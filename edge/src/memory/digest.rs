//! What stands for a key in memory.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hash, Hasher},
};

use siphasher::sip128::{Hasher128 as _, SipHasher13};

/// 128 bits of a key, under a secret of the process. Keys are long and of all lengths, and a table of
/// them costs a pointer, an allocation and a comparison each. Whoever does not know the
/// secret cannot look for two keys that share a digest, and by chance none of 10^9 do (10^-21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest([u64; 2]);

impl Digest {
    /// One of `parts`, a power of two.
    pub fn part(self, parts: usize) -> usize {
        // The other half's: the tables inside a part go by this one's.
        usize::try_from(self.0[1] >> 32).unwrap_or(0) & (parts - 1)
    }

    /// Its own among `slots`, a power of two.
    pub fn place(self, slots: usize) -> usize {
        usize::try_from(self.0[0]).unwrap_or(0) & (slots - 1)
    }

    #[cfg(test)]
    pub const fn of(halves: [u64; 2]) -> Digest {
        Digest(halves)
    }
}

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0[0]);
    }
}

/// The process's secret.
#[derive(Clone, Copy, Debug)]
pub struct Secret([u64; 2]);

impl Secret {
    pub fn random() -> Secret {
        // What the standard library seeds its own tables with.
        let random = RandomState::new();
        Secret([random.hash_one(0), random.hash_one(1)])
    }

    pub fn digest(&self, key: &str) -> Digest {
        let mut hasher = SipHasher13::new_with_keys(self.0[0], self.0[1]);
        hasher.write(key.as_bytes());
        let hash = hasher.finish128();
        Digest([hash.h1, hash.h2])
    }
}

/// For tables of digests: they are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsItIs(u64);

impl BuildHasher for AsItIs {
    type Hasher = AsItIs;

    fn build_hasher(&self) -> AsItIs {
        AsItIs(0)
    }
}

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        // Never called for a digest.
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    /// A digest alone stays as it is. moka hashes its own keys with this, too: a digest, and something behind it.
    fn write_u64(&mut self, hash: u64) {
        self.0 = self.0.rotate_left(32) ^ hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_a_digest_does_not_hide_it() {
        let secret = Secret::random();
        let hash = |key: &str| AsItIs::default().hash_one((secret.digest(key), 7_u64));
        assert_ne!(hash("h/a"), hash("h/b"));
        assert_eq!(hash("h/a"), hash("h/a"));
        let (one, other) = (Secret::random().digest("h/a"), secret.digest("h/a"));
        assert_ne!(one, other, "the secret is the process's");
    }
}
