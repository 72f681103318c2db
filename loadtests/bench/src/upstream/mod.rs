//! What stands behind every server under test: pages made on demand, the same for all, and the
//! change feed that an edge follows in production.

mod answer;
mod feed;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use common::{LogId, Seq};
use http::{Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::LocalSet;

use crate::error::{Context, Error, Result};
use crate::page::{Page, Prose};

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The one log of a run. Nothing is written here, so its head stays where it is.
const LOG: &str = "01JD7Q0000000000000000BENC";
const HEAD: Seq = match Seq::new(1000) {
    Some(seq) => seq,
    None => Seq::ZERO,
};

struct Upstream {
    prose: Prose,
    log: LogId,
    pages_served: AtomicU64,
}

/// Serves until the process is ended.
///
/// # Errors
/// When it cannot listen.
pub async fn serve(address: SocketAddr) -> Result<()> {
    let listener = TcpListener::bind(address).await.context(|| format!("listening on {address}"))?;
    let log = LogId::parse(LOG).map_err(|error| Error::Usage(format!("{LOG}: {error}")))?;
    let upstream = Rc::new(Upstream { prose: Prose::default(), log, pages_served: AtomicU64::new(0) });
    let tasks = LocalSet::new();
    tasks
        .run_until(async {
            loop {
                let (stream, _) = listener.accept().await.context(|| "accepting".to_owned())?;
                stream.set_nodelay(true).context(|| "TCP_NODELAY".to_owned())?;
                let upstream = Rc::clone(&upstream);
                tokio::task::spawn_local(async move {
                    let service = service_fn(move |request| {
                        let response = upstream.answer(&request);
                        async move { Ok::<_, Infallible>(response) }
                    });
                    // A server under test that ends its connection is not an error here.
                    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
                });
            }
        })
        .await
}

impl Upstream {
    fn answer(&self, request: &Request<Incoming>) -> Response<Body> {
        if let Some(page) = Page::parse(request.uri().path()) {
            self.pages_served.fetch_add(1, Ordering::Relaxed);
            return answer::page(self, &page, request.headers());
        }
        match request.uri().path() {
            // How many pages were asked for: in a run of hits, none.
            "/bench/count" => answer::text(StatusCode::OK, self.pages_served.load(Ordering::Relaxed).to_string()),
            "/internal/feed" => feed::open(self.log),
            "/internal/head" => feed::head(self.log),
            "/internal/receipts" => answer::text(StatusCode::NO_CONTENT, String::new()),
            _ => answer::text(StatusCode::NOT_FOUND, "no such page\n".to_owned()),
        }
    }
}
