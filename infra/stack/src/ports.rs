//! Private ports on loopback, never a standard one. They come from below the range that the kernel hands out
//! for outgoing connections (32768 on Linux), so nothing takes one by accident between this check and the
//! service's own bind.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::random;

const FIRST: u16 = 11_000;
const LAST: u16 = 19_999;
/// SeaweedFS derives each gRPC port from the HTTP port by adding this.
pub const GRPC_OFFSET: u16 = 10_000;
/// By the offset it would shadow MongoDB's standard port.
const SHADOWS_MONGODB: u16 = 17_017;
const TRIES: usize = 500;

/// Ports already promised in this process: a promise outlives the moment the port was seen to be free.
static PROMISED: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

pub fn free() -> Result<u16> {
    pick(is_free)
}

/// A port whose `port + GRPC_OFFSET` is free too.
pub fn free_with_grpc() -> Result<u16> {
    pick(|port| is_free(port) && is_free(port + GRPC_OFFSET))
}

fn pick(suits: impl Fn(u16) -> bool) -> Result<u16> {
    let mut promised = PROMISED.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..TRIES {
        let port = FIRST + random::below(LAST - FIRST)?;
        if port != SHADOWS_MONGODB && !promised.contains(&port) && suits(port) {
            promised.insert(port);
            return Ok(port);
        }
    }
    Err(Error::failed(format!("no free port between {FIRST} and {LAST} in {TRIES} tries")))
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_promises_a_port_twice() {
        let ports: Vec<u16> = (0..200).map(|_| free_with_grpc().unwrap()).collect();
        let distinct: BTreeSet<u16> = ports.iter().copied().collect();
        assert_eq!(distinct.len(), ports.len());
        assert!(ports.iter().all(|port| (FIRST..=LAST).contains(port)));
    }

    #[test]
    fn a_port_in_use_is_not_free() {
        let port = free().unwrap();
        let _held = TcpListener::bind(("127.0.0.1", port)).unwrap();
        assert!(!is_free(port));
    }
}
