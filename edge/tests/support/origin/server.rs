//! Accepting, and answering everything but the feed.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use common::{Clock as _, Head, SystemClock};
use futures_util::{StreamExt as _, stream};
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::{HoldAt, Mood, Page, Recorded, Shared, State, TOKEN, feed, tls::Watched};

pub type Body = UnsyncBoxBody<Bytes, Infallible>;

pub async fn start(shared: Arc<Shared>, stop: CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(stop.run_until_cancelled_owned(accept(listener, shared)));
    address
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let number = {
            let mut state = shared.state.lock();
            state.connections += 1;
            state.connections
        };
        let end = shared.connections.lock().clone();
        if shared.state.lock().down {
            continue;
        }
        stream.set_nodelay(true).unwrap();
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            // An edge that leaves in the middle is its own business.
            end.run_until_cancelled(connection(stream, shared, number)).await;
        });
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>, number: usize) {
    let answering = Arc::clone(&shared);
    let service = service_fn(move |request| answer(Arc::clone(&answering), request, number));
    let Some(tls) = &shared.tls else {
        drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        return;
    };
    let Ok(stream) = tls.acceptor.accept(stream).await else { return };
    let frozen = Arc::clone(&shared.frozen.lock());
    let stream = Watched::new(stream, frozen, Arc::clone(&shared.pings));
    if stream.is_http2() {
        drop(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await);
    } else {
        drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
    }
}

pub fn empty(status: u16) -> Response<Body> {
    let mut response = whole(Bytes::new());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

fn whole(bytes: Bytes) -> Response<Body> {
    Response::new(Full::from(bytes).boxed_unsync())
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>, connection: usize) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let target = head.uri.path_and_query().unwrap().as_str().to_owned();
    let recorded =
        Recorded { method: head.method.to_string(), target, headers: head.headers, body, version: head.version, connection };
    shared.state.lock().requests.push(recorded.clone());

    if !recorded.target.starts_with("/internal/") {
        return Ok(public(&shared, &recorded).await);
    }
    if recorded.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
        return Ok(empty(401));
    }
    Ok(match (recorded.method.as_str(), recorded.target.split('?').next().unwrap()) {
        ("GET", "/internal/feed") => match mood(&shared, |state| state.feed_mood).await {
            Some(refusal) => refusal,
            None => feed::open(&shared, &recorded),
        },
        ("GET", "/internal/head") => match mood(&shared, |state| state.heads_mood).await {
            Some(refusal) => refusal,
            None => {
                let head = {
                    let state = shared.state.lock();
                    Head { log: state.log, seq: state.head, from: None, at: SystemClock.wall() }
                };
                whole(serde_json::to_vec(&head).unwrap().into())
            }
        },
        ("GET", "/internal/pages") => public(&shared, &recorded).await,
        ("POST", "/internal/receipts") => {
            shared.state.lock().receipts.push(serde_json::from_slice(&recorded.body).unwrap());
            empty(204)
        }
        _ => empty(404),
    })
}

/// Waits out a silence; a refusal, if there is to be one.
async fn mood(shared: &Shared, of: impl Fn(&State) -> Mood) -> Option<Response<Body>> {
    let mut changed = shared.changed.subscribe();
    loop {
        changed.mark_unchanged();
        match of(&shared.state.lock()) {
            Mood::Well => return None,
            Mood::Status(status) => return Some(empty(status)),
            Mood::Silent => {}
        }
        changed.changed().await.unwrap();
    }
}

async fn public(shared: &Arc<Shared>, request: &Recorded) -> Response<Body> {
    if let Some(refusal) = mood(shared, |state| state.pages_mood).await {
        return refusal;
    }
    if request.target.starts_with("/echo") {
        return echo(request);
    }
    let (response, has_length, gate) = {
        let mut state = shared.state.lock();
        let (log, now) = (state.log, state.head);
        let lagging = state.lagging.get_mut(&request.target).and_then(std::collections::VecDeque::pop_front);
        let (page, as_of) = lagging.unwrap_or_else(|| {
            let page = state.pages.get(&request.target).cloned();
            (page.unwrap_or_else(|| Page::new("missing").status(404)), now)
        });
        let gate = state.gates.iter().position(|gate| gate.path == request.target);
        (page.answer(&request.headers, as_of, log), page.has_length, gate.map(|at| state.gates.remove(at)))
    };
    let Some(gate) = gate else {
        return response.map(|body| if has_length { Full::from(body).boxed_unsync() } else { of_unknown_length(body) });
    };
    // A 304 is all head.
    if gate.at == HoldAt::Head || response.status() == StatusCode::NOT_MODIFIED {
        gate.arrived.cancel();
        gate.released.cancelled().await;
        return response.map(|body| Full::from(body).boxed_unsync());
    }
    let (mut head, body) = response.into_parts();
    head.headers.insert(header::CONTENT_LENGTH, body.len().into());
    let released = gate.released;
    let later = stream::once(async move {
        released.cancelled().await;
        Ok(Frame::data(body))
    });
    gate.arrived.cancel();
    Response::from_parts(head, StreamBody::new(later.boxed()).boxed_unsync())
}

fn of_unknown_length(body: Bytes) -> Body {
    StreamBody::new(stream::once(async { Ok(Frame::data(body)) }).boxed()).boxed_unsync()
}

/// Says what it was asked.
fn echo(request: &Recorded) -> Response<Body> {
    let text = format!("{} {}", request.method, String::from_utf8_lossy(&request.body));
    let mut response = whole(text.into());
    response.headers_mut().insert("x-method", request.method.parse().unwrap());
    response
}
