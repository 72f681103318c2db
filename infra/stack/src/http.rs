//! A plain HTTP client for loopback: every status is an answer, no redirect is followed, every call has a limit.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request};

use crate::error::{Error, Result};

const CALL_LIMIT: Duration = Duration::from_secs(30);
const BODY_LIMIT: u64 = 32 * 1024 * 1024;

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The request line, for messages.
    pub asked: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).map_err(|error| Error::failed(format!("{}: not JSON ({error})", self.summary())))
    }

    /// Only if the status is this one.
    pub fn expect(self, status: u16) -> Result<Self> {
        if self.status == status { Ok(self) } else { Err(Error::failed(format!("expected {status}; {}", self.summary()))) }
    }

    pub fn summary(&self) -> String {
        let text = self.text();
        let shown: String = text.chars().take(600).collect();
        format!("{} answered {}: {}", self.asked, self.status, if shown.is_empty() { "(empty)" } else { &shown })
    }
}

/// A request under construction.
pub struct Call {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    limit: Duration,
}

impl Call {
    pub fn new(method: &'static str, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: Vec::new(), limit: CALL_LIMIT }
    }

    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    pub fn json(self, value: &Value) -> Self {
        self.body("application/json", value.to_string())
    }

    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub fn send(self) -> Result<Answer> {
        let asked = format!("{} {}", self.method, self.url);
        let wrap = |error: &dyn std::fmt::Display| Error::failed(format!("{asked}: {error}"));
        let mut request = Request::builder().method(method(self.method)?).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(self.body).map_err(|error| wrap(&error))?;
        let agent = agent();
        let request = agent.configure_request(request).timeout_global(Some(self.limit)).build();
        let mut response = agent.run(request).map_err(|error| wrap(&error))?;
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let headers = headers.collect();
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(BODY_LIMIT).read_to_vec().map_err(|error| wrap(&error))?;
        Ok(Answer { status, headers, body, asked })
    }
}

fn method(name: &str) -> Result<Method> {
    name.parse().map_err(|_| Error::failed(format!("{name} is not a method")))
}

fn agent() -> Agent {
    thread_local! {
        // Each thread has connections of its own, as each reader has.
        static AGENT: Agent = {
            // No proxy: every address here is loopback. Bodies with any method: the calls are the tour's to choose.
            let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).max_redirects_will_error(false);
            config.proxy(None).allow_non_standard_methods(true).user_agent("stack").build().into()
        };
    }
    AGENT.with(Agent::clone)
}
