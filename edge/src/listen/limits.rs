//! What one connection, one address and all readers together may take.

use std::time::Duration;

/// The limits of readers' connections. `edge/docs/settings.md` has their names and defaults.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// Open connections; further ones wait in the kernel's accept queue.
    pub connections_max: usize,
    /// Open connections from one address (IPv6: one /64); further ones are closed at once.
    pub connections_per_address_max: usize,
    /// From the first byte of a request to the end of its head.
    pub header_read: Duration,
    /// How long a connection may stay open without a request.
    pub keep_alive: Duration,
    /// How long a request's body may make no progress.
    pub body_read: Duration,
    /// Header fields of one request; more are answered 431.
    pub header_count_max: usize,
    /// Bytes of one request's head; more are answered 431.
    pub header_bytes_max: usize,
    /// How long written bytes may lie unread at the reader before the connection is closed.
    pub write_stall: Duration,
    /// From a connection to agreement on TLS.
    pub tls_handshake: Duration,
    /// Requests under way on one HTTP/2 connection; further ones are refused.
    pub h2_streams_max: u32,
    /// Requests that a reader has reset before they were looked at; beyond it the connection
    /// is closed.
    pub h2_pending_resets_max: usize,
    /// Requests that a reader has reset before their answers; beyond it, when they are the
    /// most of its requests, the connection is closed.
    pub h2_resets_max: u32,
    /// Requests that violated the protocol; beyond it the connection is closed.
    pub h2_errors_max: usize,
    /// How often a silent HTTP/2 connection is asked whether it is alive.
    pub h2_ping_every: Duration,
    /// How long it may take to say so.
    pub h2_ping_timeout: Duration,
    /// From the shutdown to the moment unfinished requests are cut off. For its first half
    /// connections stay open for a last request each.
    pub drain: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> ConnectionLimits {
        ConnectionLimits {
            connections_max: 10_000,
            connections_per_address_max: 1024,
            header_read: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            body_read: Duration::from_secs(10),
            header_count_max: 100,
            header_bytes_max: 32 * 1024,
            write_stall: Duration::from_secs(30),
            tls_handshake: Duration::from_secs(10),
            h2_streams_max: 100,
            h2_pending_resets_max: 20,
            h2_resets_max: 100,
            h2_errors_max: 64,
            h2_ping_every: Duration::from_secs(30),
            h2_ping_timeout: Duration::from_secs(10),
            drain: Duration::from_secs(10),
        }
    }
}
