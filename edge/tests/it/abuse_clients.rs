//! What one client may cost the origin, and who counts as one.

use crate::support::{EdgeBuilder, HoldAt, Mood, Origin, Page, Purge, Reply, TestEdge, s, until};

fn assert_refused(reply: &Reply, limit: &str) {
    reply.assert_problem(429);
    assert_eq!(reply.json()["type"], "/problems/too-many-requests");
    assert_eq!(reply.header("retry-after"), "1");
    assert!(reply.did().contains(&format!("detail={limit}")), "{reply:?}");
}

/// Two misses are allowed, then none: time stands still.
async fn with_burst_of_two() -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().set("EDGE_CLIENT_MISSES_BURST", 2).set("EDGE_CLIENT_MISSES_PER_S", 1);
    let edge = edge.set("EDGE_TRUSTED_PROXIES", "127.0.0.1").set("EDGE_MIN_SEQ_WAIT_MS", 0).following().await;
    (origin, edge)
}

fn client(address: &str) -> [(&'static str, &str); 1] {
    [("x-forwarded-for", address)]
}

#[tokio::test]
async fn random_queries_reach_the_origin_at_the_client_s_rate_only() {
    let (origin, edge) = with_burst_of_two().await;
    origin.put("/page", Page::new("text"));
    assert_eq!(edge.get("/page").await.status, 200);
    assert_eq!(edge.get("/page?1").await.status, 404);
    for n in 2..20 {
        assert_refused(&edge.get(&format!("/page?{n}")).await, "client-rate");
    }
    assert_eq!(origin.public_requests().len(), 2);
    // What is cached costs nothing and is never refused.
    for _ in 0..20 {
        assert!(edge.get("/page").await.did().contains("; hit"));
    }
    assert_eq!(edge.metric("edge_requests_refused_total{reason=\"client-rate\"}").await, 18.0);
    edge.passes(s(1)).await;
    assert_eq!(edge.get("/page?20").await.status, 404);
    assert_refused(&edge.get("/page?21").await, "client-rate");
}

#[tokio::test]
async fn no_header_or_method_evades_the_limit() {
    let evasions: [(&str, &[(&str, &str)]); 7] = [
        ("GET", &[("authorization", "Bearer x")]),
        ("GET", &[("rcr-min-seq", "9999999")]),
        ("GET", &[("x-forwarded-for", "not an address")]),
        ("GET", &[("cache-control", "no-cache"), ("pragma", "no-cache")]),
        ("POST", &[]),
        ("PURGE", &[]),
        ("HEAD", &[("cookie", "a=b")]),
    ];
    for (method, headers) in evasions {
        let (origin, edge) = with_burst_of_two().await;
        for n in 0..5 {
            let reply = edge.send(method, &format!("/unseen/{n}"), headers, "").await;
            assert_eq!(reply.status == 429, n >= 2, "{method} {headers:?}: {reply:?}");
        }
        assert_eq!(origin.public_requests().len(), 2, "{method} {headers:?}");
    }
}

#[tokio::test]
async fn a_number_that_never_comes_is_waited_for_in_the_client_s_own_places_only() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_MIN_SEQ_WAIT_MS", 60_000).set("EDGE_CLIENT_MISSES_MAX", 2);
    let edge = edge.set("EDGE_TRUSTED_PROXIES", "127.0.0.1").following().await;
    origin.put("/page", Page::new("text"));
    let huge = |address: &'static str| [("rcr-min-seq", "999"), ("x-forwarded-for", address)];
    let waiting = [edge.reading("/page", &huge("192.0.2.1")), edge.reading("/page", &huge("192.0.2.1"))];
    let clients = &edge.edge.settings.clients;
    until("two of them wait", || clients.in_flight("192.0.2.1".parse().unwrap()) == 2).await;
    assert_refused(&edge.get_with("/page", &huge("192.0.2.1")).await, "client-misses");
    // Another client's reader still finds a place, and every number that comes is heard.
    let other = edge.reading("/page", &[("rcr-min-seq", "1"), ("x-forwarded-for", "192.0.2.2")]);
    until("the other waits", || clients.in_flight("192.0.2.2".parse().unwrap()) == 1).await;
    origin.write(Purge::hard(&["other"]), &[]);
    assert_eq!(other.await.unwrap().text(), "text");
    waiting.into_iter().for_each(|reader| reader.abort());
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_allowance() {
    let (_origin, edge) = with_burst_of_two().await;
    for n in 0..4 {
        for address in ["192.0.2.1", "6.6.6.6, 192.0.2.2", "2001:db8::1", "[2001:db8:0:1::1]:443"] {
            let reply = edge.get_with(&format!("/{n}/{address}").replace([' ', '[', ']'], ""), &client(address)).await;
            assert_eq!(reply.status, if n < 2 { 404 } else { 429 }, "{address}: {reply:?}");
        }
    }
    // Another address of the same IPv6 network is the same client.
    assert_refused(&edge.get_with("/same/64", &client("2001:db8::2")).await, "client-rate");
}

#[tokio::test]
async fn a_stranger_s_word_on_its_address_is_not_taken() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().set("EDGE_CLIENT_MISSES_BURST", 2).set("EDGE_CLIENT_MISSES_PER_S", 1);
    let edge = edge.set("EDGE_TRUSTED_PROXIES", "10.0.0.0/8").following().await;
    for n in 0..4 {
        let reply = edge.get_with(&format!("/{n}"), &client(&format!("192.0.2.{n}"))).await;
        assert_eq!(reply.status == 429, n >= 2, "{reply:?}");
    }
}

#[tokio::test]
async fn the_origin_is_told_the_client_that_the_edge_found() {
    let origin = Origin::start().await;
    for (trusted, told) in [("127.0.0.1", "192.0.2.1"), ("10.0.0.0/8", "127.0.0.1")] {
        let edge = EdgeBuilder::new(&origin).set("EDGE_TRUSTED_PROXIES", trusted).following().await;
        let path = format!("/sign-in/{told}");
        let headers = [("x-forwarded-for", "6.6.6.6, 192.0.2.1"), ("forwarded", "for=6.6.6.6"), ("x-real-ip", "6.6.6.6")];
        edge.send("POST", &path, &headers, "").await;
        let asked = &origin.requests(&path)[0];
        assert_eq!(asked.headers.get_all("x-forwarded-for").iter().collect::<Vec<_>>(), [told]);
        assert_eq!((asked.header("forwarded"), asked.header("x-real-ip")), (None, None));
    }
}

#[tokio::test]
async fn misses_at_once_are_limited_per_client_and_given_back() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_CLIENT_MISSES_MAX", 2).set("EDGE_FILL_STALL_MS", 60_000);
    let edge = edge.set("EDGE_FILL_TIMEOUT_MS", 60_000).set("EDGE_TRUSTED_PROXIES", "127.0.0.1").following().await;
    let one = client("192.0.2.1");
    origin.pages_are(Mood::Silent);
    let filling = edge.reading("/fill", &one);
    let passing = edge.reading("/pass", &[one[0], ("authorization", "x")]);
    origin.was_asked("/fill", 1).await;
    origin.was_asked("/pass", 1).await;
    assert_refused(&edge.get_with("/another", &one).await, "client-misses");
    // Waiting for what is on its way costs nothing; and others are not concerned.
    let joining = edge.reading("/fill", &one);
    let other = edge.reading("/another", &client("192.0.2.2"));
    origin.was_asked("/another", 1).await;
    origin.pages_are(Mood::Well);
    for reader in [filling, passing, joining, other] {
        assert_eq!(reader.await.unwrap().status, 404);
    }
    until("the places are free", || edge.edge.settings.clients.in_flight("192.0.2.1".parse().unwrap()) == 0).await;
    assert_eq!(edge.get_with("/a-third", &one).await.status, 404);
}

#[tokio::test]
async fn a_reader_who_leaves_does_not_free_the_place_of_its_fill() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_CLIENT_MISSES_MAX", 1).following().await;
    origin.put("/page", Page::new("text"));
    let held = origin.hold("/page", HoldAt::Head);
    let reader = edge.reading("/page", &[]);
    held.arrived().await;
    reader.abort();
    assert_refused(&edge.get("/another").await, "client-misses");
    held.release();
    edge.reads_until("the fill has ended", "/another", |reply| reply.status == 404).await;
}

#[tokio::test]
async fn what_is_passed_on_counts_until_its_body_has_ended() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_CLIENT_MISSES_MAX", 1).set("EDGE_PASSES_MAX", 8).following().await;
    origin.put("/page", Page::new("text"));
    let held = origin.hold("/page", HoldAt::Body);
    let reader = edge.reading("/page", &[("authorization", "x")]);
    held.arrived().await;
    until("the head is on its way to the reader", || edge.edge.settings.passes.available_permits() == 8).await;
    assert_refused(&edge.get("/another").await, "client-misses");
    held.release();
    assert_eq!(reader.await.unwrap().text(), "text");
    edge.reads_until("the place is given back", "/another", |reply| reply.status == 404).await;
}

#[tokio::test]
async fn over_the_limit_a_stale_copy_is_shown_where_one_may_be() {
    let (origin, edge) = with_burst_of_two().await;
    origin.put("/page", Page::new("text").cache("max-age=10, stale-if-error=600"));
    edge.get("/page").await;
    edge.get("/another").await;
    edge.edge.settings.clients.admit("127.0.0.1".parse().unwrap(), s(2000)).unwrap();
    edge.passes(s(11)).await;
    let reply = edge.get("/page").await;
    assert_eq!((reply.status, reply.text()), (200, "text"));
    assert!(reply.did().contains("detail=stale-if-error"), "{reply:?}");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(origin.count("/page"), 1);
}

#[tokio::test]
async fn clients_beyond_the_table_share_one_allowance() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().set("EDGE_CLIENT_MISSES_BURST", 2).set("EDGE_CLIENT_MISSES_PER_S", 1);
    let edge = edge.set("EDGE_TRUSTED_PROXIES", "127.0.0.1").set("EDGE_CLIENTS_MAX", 1).following().await;
    let mut statuses = Vec::new();
    for n in 1..=5 {
        statuses.push(edge.get_with(&format!("/{n}"), &client(&format!("192.0.2.{n}"))).await.status);
    }
    assert_eq!(statuses, [404, 404, 404, 429, 429], "one has a place, the others share two misses");
    assert_eq!(edge.get_with("/first", &client("192.0.2.1")).await.status, 404);
}
