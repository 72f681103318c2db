//! `floor-hyper --listen 127.0.0.1:PORT --bytes N`: a plain hyper service with nothing behind it. It
//! answers every request with the same body and about as many header fields as a cache sends.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;

use bench::{
    args::Args,
    error::{Context as _, Result, report},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, header};
use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::LocalSet;

fn main() -> ExitCode {
    report(run())
}

fn run() -> Result<()> {
    let mut args = Args::from_env()?;
    let (listen, bytes) = (args.required("listen")?, args.required("bytes")?);
    args.finish()?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_io().build().context(|| "starting a runtime".to_owned())?;
    LocalSet::new().block_on(&runtime, serve(listen, bytes))
}

async fn serve(listen: SocketAddr, bytes: usize) -> Result<()> {
    let listener = TcpListener::bind(listen).await.context(|| format!("listening on {listen}"))?;
    let body = Bytes::from(vec![b'x'; bytes]);
    let headers = Rc::new(fields());
    loop {
        let (stream, _) = listener.accept().await.context(|| "accepting".to_owned())?;
        stream.set_nodelay(true).context(|| "TCP_NODELAY".to_owned())?;
        let (body, headers) = (body.clone(), Rc::clone(&headers));
        tokio::task::spawn_local(async move {
            let service = service_fn(move |_request| {
                let mut response = Response::new(Full::new(body.clone()));
                *response.headers_mut() = HeaderMap::clone(&headers);
                async move { Ok::<_, Infallible>(response) }
            });
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

fn fields() -> HeaderMap {
    let mut fields = HeaderMap::new();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    fields.insert(header::ETAG, HeaderValue::from_static("\"floor\""));
    fields.insert(header::AGE, HeaderValue::from_static("1"));
    fields.insert("cache-status", HeaderValue::from_static("floor; hit"));
    fields
}
