//! Attacks on what is stored: poisoning, deception, and what the answers give away.

use edge::exposed;

use crate::support::{EdgeBuilder, Origin, Page, TestEdge, client::raw};

/// Fields by which frameworks let a request be about something else than its target.
const OVERRIDES: [&str; 12] = [
    "x-forwarded-host",
    "x-forwarded-for",
    "x-forwarded-scheme",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-original-url",
    "x-rewrite-url",
    "x-http-method-override",
    "x-http-method",
    "x-host",
    "x-real-ip",
    "forwarded",
];

async fn edges(origin: &Origin) -> [TestEdge; 2] {
    [EdgeBuilder::new(origin).following().await, EdgeBuilder::new(origin).set("EDGE_FEED", "off").start().await]
}

#[tokio::test]
async fn no_field_outside_of_the_key_shapes_a_shared_answer() {
    let origin = Origin::start().await;
    for (number, edge) in edges(&origin).await.iter().enumerate() {
        for name in OVERRIDES {
            let path = format!("/page/{number}/{name}");
            origin.put(&path, Page::new("text").with("cache-control", "max-age=60"));
            assert_eq!(edge.get_with(&path, &[(name, "evil.example")]).await.text(), "text");
            assert_eq!(origin.requests(&path)[0].header(name), None, "{name}");
            assert!(edge.get(&path).await.did().contains("; hit"), "{name}");
        }
    }
}

#[tokio::test]
async fn with_a_feed_they_do_not_reach_the_origin_with_a_pass_either() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    for name in OVERRIDES {
        let path = format!("/echo/{name}");
        edge.send("POST", &path, &[(name, "evil.example")], "").await;
        let told = Some("127.0.0.1").filter(|_| name == "x-forwarded-for");
        assert_eq!(origin.requests(&path)[0].header(name), told, "{name}");
    }
}

#[tokio::test]
async fn the_answer_decides_over_storing_never_the_path() {
    let origin = Origin::start().await;
    for edge in edges(&origin).await {
        for suffix in ["x.css", "x.js", "logo.png", "a%2Fb.css", "x.css?v=1", ";x.css"] {
            for cache in ["no-store", "private, max-age=60", "private"] {
                let path = format!("/v1/editorial/{}/{suffix}", cache.len());
                let page = |text: &str| Page::new(text).cache(cache).with("cache-control", cache);
                for reader in ["ana", "bob"] {
                    origin.put(&path, page(reader));
                    let reply = edge.get_with(&path, &[("cookie", &format!("session={reader}"))]).await;
                    assert_eq!(reply.text(), reader, "{path}: {cache}");
                }
                assert!(edge.stored(&path).is_none(), "{path}: {cache}");
            }
        }
    }
}

#[tokio::test]
async fn the_body_of_a_get_is_neither_keyed_nor_forwarded() {
    let origin = Origin::start().await;
    for (number, edge) in edges(&origin).await.iter().enumerate() {
        let path = format!("/page/{number}");
        origin.put(&path, Page::new("text").with("cache-control", "max-age=60"));
        let reply = edge.send("GET", &path, &[("content-type", "application/json")], "{\"evil\":1}").await;
        assert_eq!(reply.text(), "text");
        let asked = &origin.requests(&path)[0];
        assert_eq!((asked.body.len(), asked.header("content-length")), (0, None));
        assert!(edge.get(&path).await.did().contains("; hit"));
    }
}

#[tokio::test]
async fn the_target_s_own_host_is_the_key_s() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_HOSTS", "edge.test").following().await;
    origin.put("/page", Page::new("text"));
    let ask = async |target: &str, host: &str| {
        let request = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        raw(edge.address, request.as_bytes()).await
    };
    // RFC 9112 §3.2.2: whatever `Host` says, the absolute target counts.
    assert_eq!(ask("http://edge.test/page", "evil.example").await.0, 200);
    assert_eq!(ask("http://evil.example/page", "edge.test").await.0, 421);
    let (status, text) = ask("http://EDGE.test/page", "edge.test").await;
    assert!(status == 200 && text.contains("; hit"), "{text}");
    for strange in ["edge.test@evil.example", "evil.example#edge.test", "edge.test:80:80", "edge.test/x", "[::1", "edge test", ""]
    {
        let (status, text) = ask("/page", strange).await;
        assert!(matches!(status, 400 | 421), "{strange:?}: {text}");
    }
    for strange in ["edge.test.", "xn--edge.test", "127.0.0.1", "edge.test:8080", "[::1]"] {
        assert_eq!(ask("/page", strange).await.0, 421, "{strange:?}");
    }
    assert_eq!(origin.public_requests().len(), 1);
}

/// What was made of a connection's last host is remembered. Only a request's own says whose page it asks for.
#[tokio::test]
async fn each_request_of_a_connection_has_a_host_of_its_own() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_HOSTS", "edge.test,other.test").following().await;
    for (host, text) in [("edge.test", "one's"), ("other.test", "the other's")] {
        origin.put("/page", Page::new(text));
        assert_eq!(edge.get_with("/page", &[("host", host)]).await.text(), text);
    }
    let get = |host: &str| format!("GET /page HTTP/1.1\r\nhost: {host}\r\n\r\n");
    let hosts = ["edge.test", "edge.test", "other.test", "EDGE.test", "other.test"].map(get).concat();
    let last = "GET /page HTTP/1.1\r\nhost: evil.test\r\n\r\nGET /page HTTP/1.1\r\nhost: edge.test\r\nconnection: close\r\n\r\n";
    let (_, text) = raw(edge.address, format!("{hosts}{last}").as_bytes()).await;
    let place = |what: &str| text.match_indices(what).map(|(place, _)| place).collect::<Vec<_>>();
    let (ones, others) = (place("\r\n\r\none's"), place("\r\n\r\nthe other's"));
    assert_eq!((ones.len(), others.len(), text.matches("; hit").count()), (4, 2, 6), "{text}");
    assert!(ones[1] < others[0] && others[0] < ones[2] && ones[2] < others[1], "{text}");
    let refused = place("HTTP/1.1 421");
    assert!(others[1] < refused[0] && refused[0] < ones[3], "{text}");
}

#[tokio::test]
async fn an_answer_that_says_no_is_kept_briefly() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().set("EDGE_NEGATIVE_MAX_S", 60).following().await;
    for (status, asked) in [(404, 2), (410, 2), (403, 2), (200, 1), (301, 1)] {
        let path = format!("/{status}");
        origin.put(&path, Page::new("text").status(status).cache("max-age=86400"));
        for pause in [0, 59, 1] {
            edge.passes(crate::support::s(pause)).await;
            assert_eq!(edge.get(&path).await.status, status);
        }
        assert_eq!(origin.count(&path), asked, "{status}");
    }
}

#[tokio::test]
async fn the_table_decides_what_readers_get_and_may_say() {
    let origin = Origin::start().await;
    let unknown = ["rcr-unheard-of", "surrogate-unheard-of"];
    for (feed, edge) in [true, false].into_iter().zip(edges(&origin).await) {
        for exposure in &exposed::TABLE {
            let name = exposure.name.as_str();
            let (stored, passed) = (format!("/{feed}/{name}"), format!("/{feed}/pass/{name}"));
            for path in [&stored, &passed] {
                let mut page = Page::new("text").with("cache-control", "max-age=60");
                // The protocol's own fields are there already.
                if !["rcr-as-of", "rcr-log", "surrogate-key", "cdn-cache-control"].contains(&name) {
                    page = page.with(Box::leak(name.to_owned().into_boxed_str()), "1");
                }
                origin.put(path, page);
            }
            for _ in 0..2 {
                let reply = edge.get(&stored).await;
                assert_eq!(reply.headers.contains_key(name), exposure.leaves.now(feed), "{name} with a feed: {feed}: {reply:?}");
            }
            assert!(edge.get(&stored).await.did().contains("; hit"));
            let reply = edge.send("POST", &passed, &[(name, "7")], "").await;
            assert_eq!(reply.headers.contains_key(name), exposure.leaves.now(feed), "{name} of a pass: {reply:?}");
            assert_eq!(origin.requests(&passed)[0].header(name).is_some(), exposure.enters, "{name}");
        }
        let path = format!("/{feed}/unknown");
        origin.put(&path, Page::new("text").with("rcr-unheard-of", "1").with("surrogate-unheard-of", "1"));
        edge.send("POST", &path, &unknown.map(|name| (name, "1")), "").await;
        for name in unknown {
            assert!(!edge.get(&path).await.headers.contains_key(name), "{name}");
            assert_eq!(origin.requests(&path)[0].header(name), None, "{name}");
        }
    }
}

/// The fields that stay inside are still there when a 304 that lacks them renews the entry.
#[tokio::test]
async fn what_readers_do_not_see_is_not_forgotten() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").manual_clock().start().await;
    origin.put("/page", Page::new("text").cache("max-age=10").without_in_304("cdn-cache-control"));
    for _ in 0..2 {
        edge.get("/page").await;
        edge.jumps(crate::support::s(11));
    }
    assert!(edge.get("/page").await.did().contains("fwd-status=304; stored"));
    assert!(edge.get("/page").await.did().contains("; hit; ttl=10"));
}
