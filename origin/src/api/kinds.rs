//! The kinds of problem this API answers with. `type` and `status` are promises: add, never
//! change.

use common::problem::Kind;
use http::StatusCode;

pub const BAD_REQUEST: Kind = Kind::new(StatusCode::BAD_REQUEST, "bad-request", "The request cannot be understood");
pub const BAD_PATH: Kind = Kind::new(StatusCode::BAD_REQUEST, "bad-path", "The path cannot be understood");
pub const BAD_QUERY: Kind = Kind::new(StatusCode::BAD_REQUEST, "bad-query", "The query parameters are wrong");
pub const NOT_JSON: Kind = Kind::new(StatusCode::BAD_REQUEST, "not-json", "The body is not JSON");
pub const BAD_MIN_SEQ: Kind = Kind::new(StatusCode::BAD_REQUEST, "bad-min-seq", "Rcr-Min-Seq names no write of this log");
pub const IDEMPOTENCY_KEY_MISSING: Kind =
    Kind::new(StatusCode::BAD_REQUEST, "idempotency-key-missing", "An Idempotency-Key is required");
pub const UNAUTHENTICATED: Kind = Kind::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in first");
pub const BAD_CREDENTIALS: Kind = Kind::new(StatusCode::UNAUTHORIZED, "bad-credentials", "The address or the password is wrong");
pub const FORBIDDEN: Kind = Kind::new(StatusCode::FORBIDDEN, "forbidden", "Your role does not allow this");
pub const NOT_FOUND: Kind = Kind::new(StatusCode::NOT_FOUND, "not-found", "There is nothing here");
pub const METHOD_NOT_ALLOWED: Kind =
    Kind::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "The method is not allowed here");
pub const TIMEOUT: Kind = Kind::new(StatusCode::REQUEST_TIMEOUT, "timeout", "The body took too long to arrive");
pub const CONFLICT: Kind = Kind::new(StatusCode::CONFLICT, "conflict", "The request conflicts with what is there");
pub const IN_FLIGHT: Kind =
    Kind::new(StatusCode::CONFLICT, "in-flight", "A request with this Idempotency-Key is still in progress");
pub const LOG_GONE: Kind = Kind::new(StatusCode::GONE, "log-gone", "The log cannot be resumed from there");
pub const STALE: Kind = Kind::new(StatusCode::PRECONDITION_FAILED, "stale", "It has changed since you read it");
pub const TOO_LARGE: Kind = Kind::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large");
pub const URI_TOO_LONG: Kind = Kind::new(StatusCode::URI_TOO_LONG, "uri-too-long", "The address is too long");
pub const UNSUPPORTED_TYPE: Kind =
    Kind::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-type", "The body's type is not supported");
pub const VALIDATION: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "validation", "The body has mistakes");
pub const IDEMPOTENCY_KEY_REUSED: Kind =
    Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", "The Idempotency-Key was used for another request");
pub const PRECONDITION_REQUIRED: Kind =
    Kind::new(StatusCode::PRECONDITION_REQUIRED, "precondition-required", "An If-Match header is required");
pub const RATE_LIMITED: Kind = Kind::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Too many attempts");
pub const HEADERS_TOO_LARGE: Kind =
    Kind::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", "The header fields are too large");
pub const INTERNAL: Kind = Kind::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side");
pub const UNAVAILABLE: Kind = Kind::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Something this needs cannot be reached");
