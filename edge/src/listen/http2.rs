//! HTTP/2, over TLS only.

use std::{future::poll_fn, pin::pin, sync::Arc};

use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{ConnectionLimits, Reader, Stage};

// The fixed limits below, and those that h2 has of its own, are listed in `edge/docs/settings.md`.

/// The longest frame that is taken: as much as every peer must take (RFC 9113 §4.2).
const FRAME_BYTES_MAX: u32 = 16 * 1024;
/// What a reader's header compression may have kept here, for the whole connection.
const HEADER_TABLE_BYTES_MAX: u32 = 4096;
/// What a reader may send ahead of being read. Requests' bodies are few and small.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;
/// Of one answer, what is queued ahead of the reader's windows.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// Serves `io` until the reader leaves, an error, or the process drains: then the reader is
/// told which of its requests will be answered, so that it loses none.
///
/// # Errors
/// When the connection ended early: the protocol was violated, or the socket broke.
pub async fn serve_http2<I>(io: I, reader: Reader) -> Result<(), hyper::Error>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut draining = pin!(reader.stop.reached(Stage::Draining));
    let mut leaving = false;
    let http = builder(&reader.limits);
    let activity = Arc::clone(&reader.activity);
    let reader = Arc::new(reader);
    let service = service_fn(move |request| Arc::clone(&reader).answer(request));
    let mut connection = pin!(http.serve_connection(TokioIo::new(io), service));
    poll_fn(|context| {
        if !leaving && (activity.is_leaving() || draining.as_mut().poll(context).is_ready()) {
            connection.as_mut().graceful_shutdown();
            leaving = true;
        }
        connection.as_mut().poll(context)
    })
    .await
}

fn builder(limits: &ConnectionLimits) -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(limits.h2_streams_max)
        .max_pending_accept_reset_streams(limits.h2_pending_resets_max)
        .max_local_error_reset_streams(limits.h2_errors_max)
        .max_header_list_size(u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX))
        .max_frame_size(FRAME_BYTES_MAX)
        .header_table_size(HEADER_TABLE_BYTES_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .keep_alive_interval(limits.h2_ping_every)
        .keep_alive_timeout(limits.h2_ping_timeout);
    http
}
