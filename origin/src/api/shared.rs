//! What all requests of the API share: counters, limiters and places.

use std::{sync::Arc, time::Duration};

use common::{Clock, entropy::Entropy};

use super::{
    limiter::Limiter,
    limits::{READ_MS_MAX, REQUEST_MS_MAX, SIGN_IN_ACCOUNT_MAX, SIGN_IN_PEER_MAX, SIGN_IN_WINDOW_S},
    metrics::Metrics,
    passwords::Passwords,
    rendering::Rendering,
};

/// Held by the state as `api`.
pub struct Shared {
    pub metrics: Metrics,
    pub sign_in_by_account: Limiter,
    pub sign_in_by_peer: Limiter,
    pub passwords: Passwords,
    pub rendering: Rendering,
    /// [`READ_MS_MAX`] and [`REQUEST_MS_MAX`]; tests shorten them.
    pub read_wait_max: Duration,
    pub request_wait_max: Duration,
}

impl Shared {
    /// # Errors
    /// When passwords cannot be hashed.
    pub fn new(clock: Arc<dyn Clock>, entropy: &dyn Entropy) -> Result<Shared, argon2::password_hash::Error> {
        let passwords = Passwords::new(entropy)?;
        let metrics = Metrics::default();
        let rendering = Rendering::new(metrics.html_kept_bytes.clone());
        Ok(Shared {
            metrics,
            sign_in_by_account: Limiter::new("account", SIGN_IN_ACCOUNT_MAX, SIGN_IN_WINDOW_S, clock.clone(), entropy),
            sign_in_by_peer: Limiter::new("peer", SIGN_IN_PEER_MAX, SIGN_IN_WINDOW_S, clock, entropy),
            passwords,
            rendering,
            read_wait_max: Duration::from_millis(READ_MS_MAX),
            request_wait_max: Duration::from_millis(REQUEST_MS_MAX),
        })
    }
}
