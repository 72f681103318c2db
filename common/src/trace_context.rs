//! W3C Trace Context: one id for a request across edge and origin.

use std::fmt;

use http::{HeaderMap, HeaderValue};

use crate::{entropy::Entropy, headers::TRACEPARENT};

/// A position in a trace. The trace id doubles as the request id that problems and logs name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    pub trace_id: u128,
    pub span_id: u64,
    pub sampled: bool,
}

impl TraceContext {
    /// Starts a trace.
    pub fn new(entropy: &dyn Entropy) -> TraceContext {
        let trace_id = u128::from(entropy.u64()) << 64 | u128::from(entropy.u64());
        // Zero is "no trace" on the wire.
        TraceContext { trace_id: trace_id.max(1), span_id: entropy.u64().max(1), sampled: true }
    }

    /// The caller's position, or the start of a trace if the caller has none or a broken one.
    pub fn from_headers(headers: &HeaderMap, entropy: &dyn Entropy) -> TraceContext {
        let caller = headers.get(TRACEPARENT).and_then(|value| TraceContext::parse(value.as_bytes()));
        caller.unwrap_or_else(|| TraceContext::new(entropy))
    }

    /// `00-<32 hex>-<16 hex>-<2 hex>`, lower case; later versions may append more.
    pub fn parse(text: &[u8]) -> Option<TraceContext> {
        let text = std::str::from_utf8(text).ok()?;
        let mut parts = text.split('-');
        let version = hex(parts.next()?, 2)?;
        let trace_id = hex(parts.next()?, 32)?;
        let span_id = hex(parts.next()?, 16)?;
        let flags = hex(parts.next()?, 2)?;
        let exact = version != 0 || parts.next().is_none();
        (version != 0xff && trace_id != 0 && span_id != 0 && exact).then_some(TraceContext {
            trace_id,
            span_id: u64::try_from(span_id).ok()?,
            sampled: flags & 1 == 1,
        })
    }

    /// The id that logs and problems name.
    pub fn request_id(&self) -> String {
        format!("{:032x}", self.trace_id)
    }

    pub fn header_value(&self) -> HeaderValue {
        // Hexadecimal digits and dashes are always a legal header value.
        HeaderValue::from_str(&self.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled))
    }
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let legal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == digits && text.bytes().all(legal)).then(|| u128::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn reads_back_what_it_writes() {
        let parsed = TraceContext::parse(EXAMPLE.as_bytes()).map(|context| context.to_string());
        assert_eq!(parsed.as_deref(), Some(EXAMPLE));
    }

    #[test]
    fn refuses_broken_ones() {
        for bad in [
            "",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        ] {
            assert_eq!(TraceContext::parse(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
