//! A summary from JSON, for baselines. What does not fit is named by its place.

use std::fmt;

use serde_json::Value;

use super::{Check, FORMAT, Held, HeldPoint, Kind, Limit, OriginPoint, Point, Region, Span, Summary, Unit, Verdict, What};
use crate::error::{Error, Result};
use crate::load::stats::Percentiles;

impl Summary {
    pub fn from_json(value: &Value) -> Result<Self> {
        let all = Node { value, place: String::new() };
        let format = all.get("format")?.count()?;
        if format != FORMAT {
            return Err(Error::failed(format!("a summary of format {format}; this program reads format {FORMAT}: run it anew")));
        }
        Ok(Self {
            workload: all.get("workload")?.text()?,
            wan: all.get("wan")?.text()?,
            parts: all.get("parts")?.text()?,
            commit: all.get("commit")?.text()?,
            date: all.get("date")?.text()?,
            machine: all.get("machine")?.text()?,
            cores: all.get("cores")?.count()?,
            seconds: all.get("seconds")?.number()?,
            busy: all.get("busy")?.number()?,
            load_share: all.get("load_share")?.number()?,
            notes: all.get("notes")?.list(|note| note.text())?,
            regions: all.get("regions")?.list(region)?,
            origin: all.get("origin")?.list(origin_point)?,
            // Runs before it was looked at have none.
            held: value.get("held").map_or(Ok(Vec::new()), |_| all.get("held")?.list(held))?,
            spans: all.get("spans")?.list(span)?,
            checks: all.get("checks")?.list(check)?,
        })
    }
}

fn region(node: &Node<'_>) -> Result<Region> {
    let kind = |name: &str, of: &Node<'_>| Ok((Kind::from_key(name).ok_or_else(|| of.not("a known kind"))?, percentiles(of)?));
    Ok(Region {
        name: node.get("name")?.text()?,
        leg_ms: node.get("leg_ms")?.number()?,
        origin_rtt_ms: node.get("origin_rtt_ms")?.number()?,
        promise_ms: node.get("promise_ms")?.number()?,
        requests: node.get("requests")?.count()?,
        errors: node.get("errors")?.count()?,
        errors_in_window: node.get("errors_in_window")?.count()?,
        kinds: node.get("kinds")?.map(kind)?,
        cache_status: node.get("cache_status")?.map(|reason, of| Ok((reason.to_owned(), of.count()?)))?,
        applied_ms: node.get("applied_ms")?.optional(percentiles)?,
        visible_ms: node.get("visible_ms")?.optional(percentiles)?,
        unconfirmed: node.get("unconfirmed")?.count()?,
        origin_requests: node.get("origin_requests")?.count()?,
        series: node.get("series")?.list(point)?,
    })
}

fn percentiles(node: &Node<'_>) -> Result<Percentiles> {
    let number = |key: &str| node.get(key)?.number();
    Ok(Percentiles {
        n: node.get("n")?.count()?,
        p50: number("p50")?,
        p90: number("p90")?,
        p95: number("p95")?,
        p99: number("p99")?,
        max: number("max")?,
    })
}

fn point(node: &Node<'_>) -> Result<Point> {
    let (number, count) = (|key: &str| node.get(key)?.number(), |key: &str| node.get(key)?.count());
    Ok(Point {
        t_s: number("t_s")?,
        n: count("n")?,
        p50: number("p50")?,
        p95: number("p95")?,
        p99: number("p99")?,
        hits: count("hits")?,
        errors: count("errors")?,
    })
}

fn origin_point(node: &Node<'_>) -> Result<OriginPoint> {
    let number = |key: &str| node.get(key)?.number();
    Ok(OriginPoint { t_s: number("t_s")?, requests_per_s: number("requests_per_s")?, cpu_share: number("cpu_share")? })
}

fn held(node: &Node<'_>) -> Result<Held> {
    let point = |node: &Node<'_>| {
        let number = |key: &str| node.get(key)?.number();
        let lag_ms = node.get("lag_ms")?.optional(Node::number)?;
        // Summaries of before it was counted have none.
        let stored_mb = node.value.get("stored_mb").and_then(Value::as_f64);
        Ok(HeldPoint {
            t_s: number("t_s")?,
            memory_mb: number("memory_mb")?,
            stored_mb,
            descriptors: number("descriptors")?,
            lag_ms,
        })
    };
    Ok(Held { name: node.get("name")?.text()?, points: node.get("points")?.list(point)? })
}

fn span(node: &Node<'_>) -> Result<Span> {
    let number = |key: &str| node.get(key)?.number();
    Ok(Span { from_s: number("from_s")?, to_s: number("to_s")?, what: node.get("what")?.text()? })
}

fn check(node: &Node<'_>) -> Result<Check> {
    let (limit_is, unit, verdict) = (node.get("limit_is")?, node.get("unit")?, node.get("verdict")?);
    let limit = Limit::from_key(&limit_is.text()?, node.get("limit")?.number()?);
    Ok(Check {
        what: What::from_key(&node.get("what")?.text()?),
        region: node.get("region")?.optional(Node::text)?,
        limit: limit.ok_or_else(|| limit_is.not("a kind of limit"))?,
        unit: Unit::from_key(&unit.text()?).ok_or_else(|| unit.not("a unit"))?,
        value: node.get("value")?.optional(Node::number)?,
        n: node.get("n")?.count()?,
        verdict: match verdict.text()?.as_str() {
            "met" => Verdict::Met,
            "not_met" => Verdict::NotMet,
            "invalid" => Verdict::Invalid(node.get("reason")?.text()?),
            _ => return Err(verdict.not("a verdict")),
        },
    })
}

/// A value and where it stands, `regions[2].leg_ms`.
struct Node<'a> {
    value: &'a Value,
    place: String,
}

impl<'a> Node<'a> {
    fn get(&self, key: &str) -> Result<Self> {
        let place = if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) };
        let missing = || Error::failed(format!("the summary has no `{place}`: it is of another program, or damaged"));
        Ok(Self { value: self.value.get(key).ok_or_else(missing)?, place })
    }

    fn text(&self) -> Result<String> {
        Ok(self.value.as_str().ok_or_else(|| self.not("a text"))?.to_owned())
    }

    fn number(&self) -> Result<f64> {
        self.value.as_f64().ok_or_else(|| self.not("a number"))
    }

    fn count(&self) -> Result<u64> {
        self.value.as_u64().ok_or_else(|| self.not("a count"))
    }

    fn optional<T>(&self, read: impl FnOnce(&Self) -> Result<T>) -> Result<Option<T>> {
        if self.value.is_null() { Ok(None) } else { read(self).map(Some) }
    }

    fn list<T>(&self, read: impl Fn(&Self) -> Result<T>) -> Result<Vec<T>> {
        let items = self.value.as_array().ok_or_else(|| self.not("a list"))?.iter().enumerate();
        items.map(|(index, value)| read(&Self { value, place: format!("{}[{index}]", self.place) })).collect()
    }

    fn map<T, C: FromIterator<T>>(&self, read: impl Fn(&str, &Self) -> Result<T>) -> Result<C> {
        let fields = self.value.as_object().ok_or_else(|| self.not("an object"))?;
        fields.iter().map(|(key, value)| read(key, &Self { value, place: format!("{}.{key}", self.place) })).collect()
    }

    fn not(&self, what: impl fmt::Display) -> Error {
        Error::failed(format!("`{}` of the summary is not {what}", self.place))
    }
}
