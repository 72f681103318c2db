//! Reading a request's body, bounded in bytes and in time.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use common::Problem;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::{kinds, limits::BODY_READ_MS_MAX};

/// What a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    Nothing,
    /// `application/json`, at most this many bytes.
    Json(usize),
    /// The same; the body holds a password, which nothing that is stored may give away.
    SecretJson(usize),
    /// A photograph: its content is sniffed, whatever the header says. Read only once there
    /// is a place to work on it.
    Upload(usize),
}

/// # Errors
/// 413 beyond the limit (before reading, if the length is announced), 415 when JSON is
/// wanted and something else announced, 408 when it does not arrive.
pub async fn read(accepts: Accepts, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let limit_bytes = match accepts {
        // Whatever came along is not looked at.
        Accepts::Nothing => return Ok(Bytes::new()),
        Accepts::Json(limit_bytes) | Accepts::SecretJson(limit_bytes) => {
            require_json(headers)?;
            limit_bytes
        }
        Accepts::Upload(limit_bytes) => limit_bytes,
    };
    let too_large = || Problem::new(kinds::TOO_LARGE).extension("limit_bytes", limit_bytes);
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit_bytes as u64) {
        return Err(too_large());
    }
    let reading = Limited::new(body, limit_bytes).collect();
    match tokio::time::timeout(Duration::from_millis(BODY_READ_MS_MAX), reading).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::new(kinds::BAD_REQUEST).detail("The body ended early.")),
        Err(_) => Err(Problem::new(kinds::TIMEOUT)),
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let essence = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = essence.map(|value| value.split(';').next().unwrap_or_default().trim());
    if essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        return Ok(());
    }
    Err(Problem::new(kinds::UNSUPPORTED_TYPE).detail("Send application/json."))
}
