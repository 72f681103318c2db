//! Accepting readers: from the listening sockets to a request.
//!
//! `accept` takes connections, `http1` is where an HTTP/1 connection begins, `stop` is how all
//! of them end. Everything a stranger can hold open has a limit in `limits`.

mod accept;
mod activity;
mod addresses;
mod body;
mod expiry;
mod http1;
mod http2;
mod limits;
mod metrics;
mod patience;
mod reader;
mod serve;
mod sockets;
mod stop;
mod tls;

pub use self::{
    accept::Entrance,
    activity::Activity,
    addresses::Exempt,
    body::{NotedBody, RequestBodyError},
    http1::serve_http1,
    http2::serve_http2,
    limits::ConnectionLimits,
    metrics::{ConnectionMetrics, GivenUp},
    reader::Reader,
    serve::{Drained, Placement, serve},
    sockets::{InheritError, Inherited, Listeners, bind, on_this_runtime},
    stop::{Stage, Stop},
    tls::{Certificates, TlsError, TlsFiles, acceptor},
};
