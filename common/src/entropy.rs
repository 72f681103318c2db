//! Randomness, passed in.

use rand::{TryRng as _, rngs::SysRng};
use ulid::Ulid;

use crate::Timestamp;

/// A source of random bytes.
pub trait Entropy: Send + Sync + 'static {
    fn fill(&self, bytes: &mut [u8]);

    /// A uniformly distributed number.
    fn u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A new ULID for something made at `at`.
    fn ulid(&self, at: Timestamp) -> Ulid {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        Ulid::from_parts(u64::try_from(at.unix_ms()).unwrap_or(0), u128::from_le_bytes(bytes))
    }
}

/// The operating system's generator: fit for keys and tokens.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness no token is safe to hand out: there is nothing to fall back to.
        if let Err(error) = SysRng.try_fill_bytes(bytes) {
            panic!("the operating system gives no random bytes: {error}");
        }
    }
}
