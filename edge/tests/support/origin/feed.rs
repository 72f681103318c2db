//! `GET /internal/feed`.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use common::{Clock as _, Event, Head, LogId, Seq, SystemClock, sse};
use futures_util::{StreamExt as _, stream};
use http::{HeaderValue, Response, header};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tokio::{sync::mpsc, time::MissedTickBehavior};

use super::{
    Recorded, Shared, State,
    server::{Body, empty},
};

const HEAD_EVERY: Duration = Duration::from_secs(1);

pub fn open(shared: &Arc<Shared>, request: &Recorded) -> Response<Body> {
    let (log, from) = {
        let state = shared.state.lock();
        match start(&state, request) {
            Some(from) => (state.log, from),
            None => return empty(410),
        }
    };
    let (out, mut pieces) = mpsc::channel(64);
    tokio::spawn(follow(Arc::clone(shared), log, from, out));
    let frames = stream::poll_fn(move |context| pieces.poll_recv(context)).map(|piece| Ok(Frame::data(piece)));
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

/// After which number the rows begin; `None` for 410.
fn start(state: &State, request: &Recorded) -> Option<Seq> {
    if let Some(resume) = request.header("last-event-id") {
        let from = Seq::parse(resume.as_bytes()).unwrap();
        let log: LogId = request.header("rcr-log").unwrap().parse().unwrap();
        return (log == state.log && from <= state.head && from >= state.forgotten).then_some(from);
    }
    let back = request.target.strip_prefix("/internal/feed?back=").map(|n| n.parse().unwrap());
    Some(back.map_or(state.head, |back| state.head.back(back).max(state.forgotten)))
}

/// Ends when the log changes or nobody reads any more.
async fn follow(shared: Arc<Shared>, log: LogId, from: Seq, out: mpsc::Sender<Bytes>) {
    let mut changed = shared.changed.subscribe();
    let mut ticks = tokio::time::interval(HEAD_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sent = from;
    let (mut head_due, mut begins) = (true, Some(from));
    loop {
        changed.mark_unchanged();
        let pieces = {
            let mut state = shared.state.lock();
            if state.log != log {
                return;
            }
            let mut pieces = Vec::new();
            if head_due {
                let head = Head { log, seq: state.head, from: begins.take(), at: SystemClock.wall() };
                pieces.push(sse::encode_head(&head).unwrap());
            }
            events(&mut state, &mut sent, &mut pieces);
            pieces
        };
        for piece in pieces {
            if out.send(piece).await.is_err() {
                return;
            }
        }
        head_due = tokio::select! {
            _ = changed.changed() => false,
            _ = ticks.tick() => true,
            () = out.closed() => return,
        };
    }
}

fn events(state: &mut State, sent: &mut Seq, pieces: &mut Vec<Bytes>) {
    if state.feed_paused {
        return;
    }
    // The events are contiguous, so a number is a position.
    let first = usize::try_from(sent.since(state.forgotten)).unwrap();
    let due: Vec<Event> = state.events.iter().skip(first).cloned().collect();
    for event in due {
        *sent = event.seq;
        if state.feed_skips == Some(event.seq) {
            state.feed_skips = None;
            continue;
        }
        pieces.push(sse::encode_event(&event).unwrap());
        if state.feed_repeats == Some(event.seq) {
            state.feed_repeats = None;
            pieces.push(sse::encode_event(&event).unwrap());
        }
    }
}
