//! One connection's way to the answers.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use hyper::body::Incoming;

use super::{
    ConnectionLimits, Stage, Stop,
    activity::{Activity, Answering},
    body::{NotedBody, RequestBody},
};
use crate::serve::{Edge, ReplyBody};

/// What a connection needs, whatever its protocol.
pub struct Reader {
    pub edge: Arc<Edge>,
    pub peer: SocketAddr,
    pub limits: Arc<ConnectionLimits>,
    pub stop: Stop,
    /// This connection's.
    pub activity: Arc<Activity>,
}

impl Reader {
    /// Answers one request. While the process drains, an HTTP/1 connection's next answer is
    /// its last: the client learns of it with the answer, and no request of its is lost.
    pub async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<NotedBody>, Infallible> {
        // HTTP/1's are counted while they are parsed.
        if request.headers().len() > self.limits.header_count_max {
            let mut refusal = Response::new(NotedBody::new(ReplyBody::empty(), Answering::begin(&self.activity)));
            *refusal.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return Ok(refusal);
        }
        let closes = request.version() < Version::HTTP_2;
        let answering = Answering::begin(&self.activity);
        let request = request.map(|body| RequestBody::new(body, self.limits.body_read));
        let mut reply = Arc::clone(&self.edge).serve(request, self.peer).await?;
        if closes && self.stop.is(Stage::Draining) {
            reply.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(reply.map(|body| NotedBody::new(body, answering)))
    }
}
