//! Every limit of the API, named once, so that tests, problems and documentation agree.

use crate::store::idempotency::IN_FLIGHT_S_MAX;

/// Bytes of a query string; more are answered 414 before anything is parsed.
pub const QUERY_BYTES_MAX: usize = 2_048;
/// Query parameters of one request; no route has half as many.
pub const QUERY_PARAMS_MAX: usize = 16;
/// Bytes of a path. The longest legal one (a media address) needs less than half.
pub const PATH_BYTES_MAX: usize = 512;

/// A JSON body that holds a few fields: sign-in, a role, an offer, a receipt.
pub const SMALL_BODY_BYTES_MAX: usize = 16 * 1024;
/// A JSON body that holds a manuscript, every character of which may be escaped.
pub const MANUSCRIPT_BODY_BYTES_MAX: usize = 1024 * 1024;
/// A report of an edge: a thousand receipts of some fifty bytes.
pub const REPORT_BODY_BYTES_MAX: usize = 128 * 1024;
/// From the head of a request to the last byte of its body.
pub const BODY_READ_MS_MAX: u64 = 30_000;

/// From the head of a public request to the head of its answer. A photograph may be waited
/// for 15 s (`objects::OPERATION_WAIT_MAX`); an edge gives up long before.
pub const READ_MS_MAX: u64 = 20_000;
/// The same for any other request: its body, an upload's turn and the stores. A handler that
/// takes longer is stopped, so that no request outlives its idempotency key.
pub const REQUEST_MS_MAX: u64 = 55_000;
const _: () = assert!(READ_MS_MAX < REQUEST_MS_MAX && BODY_READ_MS_MAX < REQUEST_MS_MAX);
const _: () = assert!(REQUEST_MS_MAX < IN_FLIGHT_S_MAX as u64 * 1_000, "a key must outlive its request");

/// Characters of a new password, at least.
pub const PASSWORD_CHARS_MIN: usize = 12;
pub const PASSWORD_BYTES_MAX: usize = 1_024;
pub const EMAIL_BYTES_MAX: usize = 254;
pub const TITLE_CHARS_MAX: usize = 200;
pub const SUMMARY_CHARS_MAX: usize = 500;
pub const ALT_CHARS_MAX: usize = 300;
pub const NAME_CHARS_MAX: usize = 120;
pub const BIO_CHARS_MAX: usize = 2_000;

/// Passwords hashed at the same time: each takes tens of milliseconds of a core and 19 MiB.
pub const PASSWORD_HASHES_MAX: usize = 2;
/// Sign-ins that wait for such a place; further ones are answered 503.
pub const PASSWORD_WAITERS_MAX: usize = 32;

/// Manuscripts rendered at the same time, and those that wait for a place; further ones are
/// answered 503.
pub const RENDERS_MAX: usize = 2;
pub const RENDER_WAITERS_MAX: usize = 256;
/// Bytes of rendered manuscripts that are kept: some thousand long reviews.
pub const HTML_KEPT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Sign-in attempts per account and per peer, and the window they are counted in.
pub const SIGN_IN_ACCOUNT_MAX: u32 = 10;
pub const SIGN_IN_PEER_MAX: u32 = 100;
pub const SIGN_IN_WINDOW_S: u64 = 60;
/// Places of a limiter's table; accounts that share a place share its limit.
pub const LIMITER_SLOTS: usize = 16_384;

/// How long `/readyz` waits for the database.
pub const READY_WAIT_MS_MAX: u64 = 500;
/// How long a browser may remember an answer to OPTIONS.
pub const PREFLIGHT_AGE_S: u64 = 86_400;
