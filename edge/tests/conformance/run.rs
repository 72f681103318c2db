//! Runs cases, each with an edge, an upstream and a clock of its own.

use futures_util::{StreamExt as _, stream};

use crate::{
    script::{self, Case, Seen, Step},
    support::{EdgeBuilder, Reply, TestEdge, s, until},
    upstream::Upstream,
};

/// Cases under way at once, in each family.
const AT_ONCE: usize = 4;
/// No case is about a slow origin: on a busy machine none may become one.
const FILL_TIMEOUT_MS: u64 = 14_000;

/// Fails with every case that does, by its section and its name.
pub async fn all(cases: &'static [Case]) {
    let running = cases.iter().map(|case| async move { case_fails(case).await.map(|why| (case, why)) });
    let failed: Vec<_> = stream::iter(running).buffer_unordered(AT_ONCE).filter_map(async |failed| failed).collect().await;
    let text: String = failed.iter().map(|((section, name, _), why)| format!("\n[{section}] {name}\n{why}")).collect();
    assert!(failed.is_empty(), "{} of {} cases failed:{text}", failed.len(), cases.len());
}

/// Why a case fails, if it does.
async fn case_fails((_, _, text): &Case) -> Option<String> {
    let upstream = Upstream::start().await;
    let edge = EdgeBuilder::at(upstream.address)
        .set("EDGE_FEED", "off")
        .set("EDGE_FILL_TIMEOUT_MS", FILL_TIMEOUT_MS)
        .manual_clock()
        .start()
        .await;
    for step in script::steps(text) {
        let (asked_before, reply) = take(&step, &upstream, &edge).await;
        let wrong = wrong(&step, &upstream, upstream.count() > asked_before, &reply);
        if !wrong.is_empty() {
            return Some(format!("  {}\n  {}\n  {reply:?}\n", step.line, wrong.join("\n  ")));
        }
    }
    None
}

/// Returns how often the upstream had been asked before, and what the reader got.
async fn take(step: &Step, upstream: &Upstream, edge: &TestEdge) -> (usize, Reply) {
    edge.jumps(s(step.wait_s));
    upstream.answers(&step.answers);
    let asked_before = upstream.count();
    let headers: Vec<_> = step.request.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let reply = edge.send(step.method, step.target, &headers, &step.request_body).await;
    if step.seen == Seen::Stale {
        let refreshed = || upstream.count() > asked_before && edge.epoch().fills.in_flight() == 0;
        until("the copy is refreshed behind", refreshed).await;
    }
    (asked_before, reply)
}

fn wrong(step: &Step, upstream: &Upstream, asked: bool, reply: &Reply) -> Vec<String> {
    let mut wrong = Vec::new();
    let did = reply.did();
    let as_seen = match step.seen {
        Seen::Hit => !asked && did.contains("; hit"),
        Seen::Forwarded => asked && (did.contains("; fwd=") || did.contains("; hit; detail=stale-if-error")),
        Seen::Stale => asked && did.contains("; hit") && did.contains("detail=stale"),
        Seen::Refused => !asked && !did.contains("; hit"),
    };
    if !as_seen {
        wrong.push(format!("expected {:?}, asked: {asked}, cache-status: {did}", step.seen));
    }
    if reply.status != step.status {
        wrong.push(format!("expected the status {}", step.status));
    }
    if step.body.as_deref().is_some_and(|body| body != reply.text()) {
        wrong.push(format!("expected the body {:?}, not {:?}", step.body, reply.text()));
    }
    for (name, expected) in &step.reply {
        let value = reply.headers.contains_key(name.as_str()).then(|| reply.header(name));
        if !fits(expected, value.as_deref()) {
            wrong.push(format!("expected {name}: {expected}, not {value:?}"));
        }
    }
    for (name, expected) in &step.asked {
        let value = upstream.asked(name);
        if !fits(expected, value.as_deref()) {
            wrong.push(format!("expected the upstream to be asked with {name}: {expected}, not {value:?}"));
        }
    }
    wrong
}

fn fits(expected: &str, value: Option<&str>) -> bool {
    match (expected, value) {
        ("-", value) => value.is_none(),
        (_, None) => false,
        ("*", Some(_)) => true,
        (expected, Some(value)) => match (expected.strip_prefix('~'), expected.strip_prefix('!')) {
            (Some(part), _) => value.contains(part),
            (_, Some(part)) => !value.contains(part),
            (None, None) => value == expected,
        },
    }
}
