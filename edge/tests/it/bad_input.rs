//! What an edge cannot understand costs the origin nothing, and the edge neither.

use crate::support::{EdgeBuilder, Origin, Page, TestEdge, client::raw};

async fn following() -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    origin.put("/page", Page::new("text"));
    let edge = EdgeBuilder::new(&origin).set("EDGE_HOSTS", "edge.test,also.test:8080");
    let edge = edge.set("EDGE_REQUEST_BODY_BYTES_MAX", 1000).following().await;
    (origin, edge)
}

/// The process is alive, and nothing but this has reached the origin.
async fn assert_unharmed(origin: &Origin, edge: &TestEdge) {
    let before: Vec<_> = origin.public_requests().into_iter().map(|asked| asked.target).collect();
    assert_eq!(before, [""; 0]);
    assert_eq!(edge.get("/page").await.text(), "text");
    assert_eq!(edge.admin("/healthz").await.status, 200);
}

fn get(target: &str, headers: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: edge.test\r\nconnection: close\r\n{headers}\r\n").into_bytes()
}

#[tokio::test]
async fn targets_that_mean_something_else_to_others_are_a_400() {
    let (origin, edge) = following().await;
    for target in ["/a/../page", "/..", "/a/%2e%2E/page", "/./page", "/%00", "/a%0d%0ab", "/a%7f", "/a%", "/a%zz", "/a?b=%0"] {
        let reply = edge.get(target).await;
        reply.assert_problem(400);
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        let (status, text) = raw(edge.address, &get(target, "")).await;
        assert_eq!(status, 400, "{target}: {text}");
    }
    for target in ["/a\u{0}b", "/ação", "", "/a b"] {
        let (status, text) = raw(edge.address, &get(target, "")).await;
        assert_eq!(status, 400, "{target:?}: {text}");
    }
    assert_unharmed(&origin, &edge).await;
}

#[tokio::test]
async fn too_long_a_target_is_a_414_that_names_the_limit() {
    let (origin, edge) = following().await;
    let reply = edge.get(&format!("/{}", "a".repeat(8 * 1024))).await;
    reply.assert_problem(414);
    assert_eq!(reply.json()["limit_bytes"], 8 * 1024);
    let (status, _) = raw(edge.address, &get(&format!("/{}", "a".repeat(100_000)), "")).await;
    assert!(matches!(status, 414 | 431), "{status}");
    assert_unharmed(&origin, &edge).await;
    // The longest is like any other.
    assert_eq!(edge.get(&format!("/{}", "a".repeat(8 * 1024 - 1))).await.status, 404);
}

#[tokio::test]
async fn ten_thousand_query_parameters_are_refused() {
    let (origin, edge) = following().await;
    let parameters = (0..10_000).map(|n| format!("p{n}={n}")).collect::<Vec<_>>().join("&");
    let (status, text) = raw(edge.address, &get(&format!("/page?{parameters}"), "")).await;
    assert!(matches!(status, 414 | 431), "{text}");
    let short = "a&".repeat(4096);
    edge.get(&format!("/page?{short}")).await.assert_problem(414);
    assert_unharmed(&origin, &edge).await;
}

#[tokio::test]
async fn other_hosts_are_misdirected_and_no_host_is_a_400() {
    let (origin, edge) = following().await;
    for host in ["evil.test", "edge.test:80", "edge.test.evil.test", "also.test"] {
        edge.get_with("/page", &[("host", host)]).await.assert_problem(421);
    }
    for host in ["", "user@edge.test", "edge.test/x"] {
        edge.get_with("/page", &[("host", host)]).await.assert_problem(400);
    }
    for hosts in ["", "host: edge.test\r\nhost: edge.test\r\n", "host: edge.test\r\nhost: evil.test\r\n"] {
        let (status, text) =
            raw(edge.address, format!("GET /page HTTP/1.1\r\nconnection: close\r\n{hosts}\r\n").as_bytes()).await;
        assert_eq!(status, 400, "{hosts:?}: {text}");
    }
    assert_unharmed(&origin, &edge).await;
    assert_eq!(edge.get_with("/page", &[("host", "EDGE.test")]).await.text(), "text");
}

#[tokio::test]
async fn too_large_a_body_is_a_413_that_names_the_limit() {
    let (origin, edge) = following().await;
    let reply = edge.send("POST", "/echo", &[], &"x".repeat(1001)).await;
    reply.assert_problem(413);
    assert_eq!(reply.json()["limit_bytes"], 1000);
    assert_unharmed(&origin, &edge).await;
    assert_eq!(edge.send("POST", "/echo", &[], &"x".repeat(1000)).await.status, 200);
    // Without a length it shows on the way; the origin never gets the whole of it.
    let chunks = format!("3e9\r\n{}\r\n", "x".repeat(1001)).repeat(3);
    let head = "POST /echo HTTP/1.1\r\nhost: edge.test\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let (status, text) = raw(edge.address, format!("{head}{chunks}0\r\n\r\n").as_bytes()).await;
    assert_eq!(status, 413, "{text}");
    assert!(origin.requests("/echo").iter().all(|asked| asked.body.len() <= 1000));
    assert_eq!(edge.get("/page").await.text(), "text");
}

#[tokio::test]
async fn too_many_or_too_large_headers_are_a_431() {
    let (origin, edge) = following().await;
    let many: String = (0..200).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let large = format!("x-large: {}\r\n", "x".repeat(33 * 1024));
    for headers in [many, large] {
        let (status, text) = raw(edge.address, &get("/page", &headers)).await;
        assert_eq!(status, 431, "{text}");
    }
    assert_unharmed(&origin, &edge).await;
}

#[tokio::test]
async fn what_is_not_http_is_refused() {
    let (origin, edge) = following().await;
    for bytes in [&b"\x16\x03\x01\x02\x00"[..], b"hello\r\n\r\n", b"GET /page\r\n\r\n", &[0; 1000]] {
        let (status, text) = raw(edge.address, bytes).await;
        assert!(matches!(status, 0 | 400), "{text}");
    }
    let both = "content-length: 5\r\ntransfer-encoding: chunked\r\n";
    let smuggled = format!("POST /page HTTP/1.1\r\nhost: edge.test\r\nconnection: close\r\n{both}\r\n0\r\n\r\nGET /x");
    raw(edge.address, smuggled.as_bytes()).await;
    let targets: Vec<_> = origin.public_requests().into_iter().map(|asked| asked.target).collect();
    assert!(targets.iter().all(|target| target == "/page"), "{targets:?}");
    assert_eq!(edge.get("/page").await.text(), "text");
}

#[tokio::test]
async fn the_protocol_between_edge_and_origin_is_not_for_readers() {
    let (origin, edge) = following().await;
    let head = origin.count("/internal/head");
    for target in ["/internal", "/internal/", "/internal/feed", "/internal/head?x=1", "/%69nternal/feed", "/internal/%68ead"] {
        for method in ["GET", "HEAD", "POST", "OPTIONS"] {
            let reply = edge.send(method, target, &[("authorization", "Bearer test-token")], "").await;
            assert_eq!(reply.status, 404, "{method} {target}: {reply:?}");
        }
    }
    assert_eq!(origin.count("/internal/head?x=1"), 0);
    assert!(origin.count("/internal/head") <= head + 2, "the edge's own");
    assert_unharmed(&origin, &edge).await;
}

#[tokio::test]
async fn a_browsers_question_before_reading_is_answered_by_the_edge() {
    let (origin, edge) = following().await;
    let ask = async |method: &str, headers: &str| {
        let asked = [
            ("origin", "https://elsewhere.test"),
            ("access-control-request-method", method),
            ("access-control-request-headers", headers),
        ];
        edge.send("OPTIONS", "/page", &asked, "").await
    };
    let reply = ask("GET", "rcr-min-seq").await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin").as_str()), (204, "*"));
    assert!(reply.header("access-control-allow-methods").contains("GET"));
    assert!(reply.header("access-control-allow-headers").to_lowercase().contains("rcr-min-seq"));
    assert_eq!(origin.count("/page"), 0);
    // Whoever wants to write, or to send credentials, has to ask the origin.
    ask("POST", "").await;
    ask("GET", "accept, Authorization").await;
    assert_eq!(origin.count("/page"), 2);
}
