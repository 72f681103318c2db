//! `Rcr-Min-Seq`: a reader's wish to see a certain write.

use common::{
    LogId, Problem, Seq,
    headers::{RCR_LOG, RCR_MIN_SEQ},
};
use http::{HeaderMap, HeaderName};

use super::kinds;

/// What the reader asked for. Checked before the snapshot, so that a malformed number costs
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinSeq {
    seq: Seq,
    log: Option<LogId>,
}

impl MinSeq {
    /// # Errors
    /// 400 when either header is malformed or repeated.
    pub fn from_headers(headers: &HeaderMap) -> Result<Option<MinSeq>, Problem> {
        let log = single(headers, &RCR_LOG)?;
        let Some(seq) = single(headers, &RCR_MIN_SEQ)? else { return Ok(None) };
        let seq = Seq::parse(seq.as_bytes()).map_err(|error| malformed(&RCR_MIN_SEQ, &error))?;
        let log = log.map(LogId::parse).transpose().map_err(|error| malformed(&RCR_LOG, &error))?;
        Ok(Some(MinSeq { seq, log }))
    }

    /// Judged against the head (rule R12: by the primary only). A number of another log means
    /// nothing here and is ignored.
    ///
    /// # Errors
    /// 400 when the number is above the head of its own log.
    pub fn check(self, head: Seq, log: LogId) -> Result<(), Problem> {
        let of_this_log = self.log.is_none_or(|own| own == log);
        if of_this_log && self.seq > head {
            return Err(Problem::new(kinds::BAD_MIN_SEQ)
                .detail(format!("{} is above the head, {head}.", self.seq))
                .extension("head", head.get()));
        }
        Ok(())
    }
}

fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(malformed(name, &"given more than once"));
    }
    value.to_str().map(Some).map_err(|_| malformed(name, &"not ASCII"))
}

fn malformed(name: &HeaderName, why: &dyn std::fmt::Display) -> Problem {
    Problem::new(kinds::BAD_MIN_SEQ).detail(format!("{name}: {why}."))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const OURS: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const OTHER: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAW";

    fn check(min_seq: &'static str, log: Option<&'static str>) -> Result<(), Problem> {
        let mut headers = HeaderMap::from_iter([(RCR_MIN_SEQ, HeaderValue::from_static(min_seq))]);
        if let Some(log) = log {
            headers.insert(RCR_LOG, HeaderValue::from_static(log));
        }
        let head = Seq::new(10).unwrap();
        MinSeq::from_headers(&headers)?.map_or(Ok(()), |wish| wish.check(head, LogId::parse(OURS).unwrap()))
    }

    #[test]
    fn only_a_number_above_the_head_of_the_same_log_is_refused() {
        assert!(check("10", None).is_ok());
        assert!(check("10", Some(OURS)).is_ok());
        assert!(check("11", Some(OTHER)).is_ok());
        assert!(check("11", None).is_err());
        assert!(check("11", Some(OURS)).is_err());
    }

    #[test]
    fn malformed_numbers_and_logs_are_refused() {
        for (min_seq, log) in [("-1", None), ("", None), ("1 ", None), ("x", Some(OTHER)), ("1", Some("log"))] {
            assert!(check(min_seq, log).is_err(), "{min_seq:?} {log:?}");
        }
    }
}
