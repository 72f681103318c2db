//! Where an HTTP/1 connection begins.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
};

use futures_util::FutureExt as _;
use hyper::{server::conn::http1, service::service_fn};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use super::{
    ConnectionLimits, Reader, Stage,
    metrics::GivenUp,
    patience::{Farewell, patiently},
};
use crate::{
    front::{Asking, Gate, HeadLimits, Hits, Turn, begins},
    policy::to_http_date,
};

/// hyper's own limit of header fields, and the least buffer it takes.
const HYPER_HEADERS_MAX: usize = 100;
const BUFFER_BYTES_MIN: usize = 8 * 1024;

/// Serves `io` within its limits until the reader leaves, an error, or the end of a shutdown's
/// grace. Time limits are kept outside of hyper, by what `io` notes and `reader` answers.
///
/// # Errors
/// With the limit that ran out. Inside, when the connection ended early: a malformed request, a
/// broken socket.
pub async fn serve_http1<I>(io: I, reader: Reader) -> Result<Result<(), hyper::Error>, GivenUp>
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
    let asked = Arc::clone(&reader);
    let service = service_fn(move |request| {
        let (asking, reader) = (Asking::begin(&turn), Arc::clone(&asked));
        async move { reader.answer(request).await.map(|reply| reply.map(|body| asking.track(body))) }
    });
    let mut connection = http.serve_connection(gate, service);
    let serving = poll_fn(|context| {
        if !closed && closing.as_mut().poll(context).is_ready() {
            // Closes it if it is idle, and after the answer that is under way otherwise.
            Pin::new(&mut connection).graceful_shutdown();
            closed = true;
        }
        Pin::new(&mut connection).poll(context)
    });
    let served = patiently(serving, &reader.activity, &reader.limits, Farewell::Close).await;
    if let Err(GivenUp::Head) = served {
        let parts = connection.into_parts();
        // Who has said nothing, as browsers that connect ahead do, would take it for the answer
        // to what they ask next.
        if parts.io.is_begun() || begins(&parts.read_buf) {
            let now = reader.edge.filler.clock.wall().unix_ms().div_euclid(1000);
            // Nothing was on its way: the socket takes it at once, or its reader has no use for it.
            too_late(parts.io.into_io(), now).now_or_never();
        }
    }
    served
}

/// Says that the head did not come in time.
async fn too_late<I: AsyncWrite + Unpin>(mut io: I, now: i64) -> std::io::Result<()> {
    let mut answer = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n".to_vec();
    if let Some(date) = to_http_date(now) {
        answer.extend([b"date: ", date.as_bytes(), b"\r\n"].concat());
    }
    answer.extend(b"\r\n");
    io.write_all(&answer).await?;
    io.shutdown().await
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
