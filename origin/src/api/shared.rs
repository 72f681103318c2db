//! What all requests of the API share: counters, limiters and places.

use std::sync::Arc;

use common::{Clock, entropy::Entropy};

use super::{
    limiter::Limiter,
    limits::{SIGN_IN_ACCOUNT_MAX, SIGN_IN_PEER_MAX, SIGN_IN_WINDOW_S},
    metrics::Metrics,
    moments::Moments,
    passwords::Passwords,
};

/// Held by the state as `api`.
pub struct Shared {
    pub metrics: Metrics,
    pub sign_in_by_account: Limiter,
    pub sign_in_by_peer: Limiter,
    pub passwords: Passwords,
    pub moments: Moments,
}

impl Shared {
    /// # Errors
    /// When passwords cannot be hashed.
    pub fn new(clock: Arc<dyn Clock>, entropy: &dyn Entropy) -> Result<Shared, argon2::password_hash::Error> {
        let passwords = Passwords::new(entropy)?;
        Ok(Shared {
            metrics: Metrics::default(),
            sign_in_by_account: Limiter::new("account", SIGN_IN_ACCOUNT_MAX, SIGN_IN_WINDOW_S, clock.clone(), entropy),
            sign_in_by_peer: Limiter::new("peer", SIGN_IN_PEER_MAX, SIGN_IN_WINDOW_S, clock, entropy),
            passwords,
            moments: Moments::default(),
        })
    }
}
