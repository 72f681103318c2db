//! What is counted of connections.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// Counted by all listeners together.
#[derive(Clone, Debug)]
pub struct ConnectionMetrics {
    accepted: Counter,
    open: Gauge,
    given_up: Family<Reason, Counter>,
    certificate_failures: Counter,
    certificate_usable: Gauge,
    certificate_expiry: Gauge<f64, AtomicU64>,
}

impl Default for ConnectionMetrics {
    fn default() -> ConnectionMetrics {
        let metrics = ConnectionMetrics {
            accepted: Counter::default(),
            open: Gauge::default(),
            given_up: Family::default(),
            certificate_failures: Counter::default(),
            certificate_usable: Gauge::default(),
            certificate_expiry: Gauge::default(),
        };
        // Without TLS nothing is wrong, and nothing expires.
        metrics.certificate_usable.set(1);
        metrics.certificate_expiry.set(f64::NAN);
        metrics
    }
}

/// Why a connection was ended by this side, other than by an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.as_str())]
pub enum GivenUp {
    /// A request's head was begun, or a connection opened, and not completed in time.
    Head,
    /// No request came.
    Idle,
    /// What was answered was not taken.
    Stalled,
    /// Its address has as many as it may.
    AddressLimit,
    /// TLS was not agreed on in time.
    HandshakeTimedOut,
    /// TLS was not agreed on.
    Handshake,
    /// It reset most of its requests.
    Resets,
    /// The shutdown's time ran out.
    CutOff,
}

impl GivenUp {
    pub fn as_str(self) -> &'static str {
        match self {
            GivenUp::Head => "head-timed-out",
            GivenUp::Idle => "idle",
            GivenUp::Stalled => "write-stalled",
            GivenUp::AddressLimit => "address-limit",
            GivenUp::HandshakeTimedOut => "handshake-timed-out",
            GivenUp::Handshake => "handshake-failed",
            GivenUp::Resets => "resets",
            GivenUp::CutOff => "cut-off",
        }
    }
}

/// A connection that is open; no longer when it is dropped.
#[derive(Debug)]
pub struct Open(Gauge);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl ConnectionMetrics {
    pub fn register(&self, registry: &mut Registry) {
        registry.register("connections_accepted", "Connections that readers have opened", self.accepted.clone());
        registry.register("connections", "Readers' connections that are open", self.open.clone());
        registry.register("connections_given_up", "Connections ended by a limit, by reason", self.given_up.clone());
        registry.register(
            "certificate_failures",
            "Times that a new certificate could not be used",
            self.certificate_failures.clone(),
        );
        let usable = self.certificate_usable.clone();
        registry.register("certificate_usable", "0 while the certificate in the files cannot be used", usable);
        registry.register_with_unit(
            "certificate_expiry_timestamp",
            "When the certificate that is shown expires",
            Unit::Seconds,
            self.certificate_expiry.clone(),
        );
    }

    pub fn opened(&self) -> Open {
        self.accepted.inc();
        self.open.inc();
        Open(self.open.clone())
    }

    pub fn given_up(&self, why: GivenUp) {
        self.given_up.get_or_create(&Reason { reason: why.as_str() }).inc();
    }

    /// A certificate is shown from now on that expires at this second since 1970, if that is known.
    pub fn certificate_shown(&self, expires: Option<i64>) {
        self.certificate_usable.set(1);
        self.certificate_expiry.set(expires.map_or(f64::NAN, |seconds| seconds as f64));
    }

    pub fn certificate_failed(&self) {
        self.certificate_failures.inc();
        self.certificate_usable.set(0);
    }
}
