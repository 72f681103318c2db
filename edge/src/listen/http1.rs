//! Where an HTTP/1 connection begins.

use std::{future::poll_fn, pin::pin, sync::Arc};

use hyper::{server::conn::http1, service::service_fn};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{ConnectionLimits, Reader, Stage};
use crate::front::{Asking, Gate, HeadLimits, Hits, Turn};

/// hyper's own limit of header fields, and the least buffer it takes.
const HYPER_HEADERS_MAX: usize = 100;
const BUFFER_BYTES_MIN: usize = 8 * 1024;

/// Serves `io` until the reader leaves, an error, or the end of a shutdown's grace. Time limits
/// are kept outside, by what `io` notes and `reader` answers.
///
/// # Errors
/// When the connection ended early: a malformed request, a broken socket.
pub async fn serve_http1<I>(io: I, reader: Reader) -> Result<(), hyper::Error>
where
    I: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut closing = pin!(reader.stop.reached(Stage::Closing));
    let mut closed = false;
    let http = builder(&reader.limits);
    let turn = Arc::<Turn>::default();
    let limits = HeadLimits { bytes: reader.limits.header_bytes_max, fields: reader.limits.header_count_max };
    let gate = Gate::new(io, Hits::new(Arc::clone(&reader.edge), limits), Arc::clone(&turn), reader.stop.clone());
    let reader = Arc::new(reader);
    let service = service_fn(move |request| {
        let (asking, reader) = (Asking::begin(&turn), Arc::clone(&reader));
        async move { reader.answer(request).await.map(|reply| reply.map(|body| asking.track(body))) }
    });
    let mut connection = pin!(http.serve_connection(gate, service));
    poll_fn(|context| {
        if !closed && closing.as_mut().poll(context).is_ready() {
            // Closes it if it is idle, and after the answer that is under way otherwise.
            connection.as_mut().graceful_shutdown();
            closed = true;
        }
        connection.as_mut().poll(context)
    })
    .await
}

fn builder(limits: &ConnectionLimits) -> http1::Builder {
    let mut http = http1::Builder::new();
    // hyper's timer would be set for every request; ours is set when a connection waits.
    http.header_read_timeout(None)
        .max_header_size(limits.header_bytes_max)
        // Reads may run ahead of the head's end, into a body or the next request.
        .max_buf_size(limits.header_bytes_max.saturating_mul(2).max(BUFFER_BYTES_MIN));
    // Saying hyper's own default again would cost an allocation for every request.
    if limits.header_count_max != HYPER_HEADERS_MAX {
        http.max_headers(limits.header_count_max);
    }
    http
}
