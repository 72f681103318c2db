//! However many readers wait, the origin is asked once.

use crate::support::{EdgeBuilder, HoldAt, Origin, Page, TestEdge, until};

const READERS: usize = 200;

/// Waits until so many readers wait for the fill of `path`.
pub async fn waiting(edge: &TestEdge, path: &str, readers: usize) {
    let (epoch, key) = (edge.epoch(), TestEdge::key(path));
    until(&format!("{readers} readers wait for {path}"), || epoch.fills.waiters(&key) >= readers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_readers_of_a_cold_page_cost_one_request() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    origin.put("/cold", Page::new("the text").tags("page"));
    for at in [HoldAt::Head, HoldAt::Body] {
        let before = origin.count("/cold");
        let number = origin.write(crate::support::Purge::hard(&["page"]), &[]);
        edge.has_applied(number).await;
        let held = origin.hold("/cold", at);
        let readers: Vec<_> = (0..READERS).map(|_| edge.reading("/cold", &[])).collect();
        held.arrived().await;
        waiting(&edge, "/cold", READERS).await;
        held.release();
        let mut collapsed = 0;
        for reader in readers {
            let reply = reader.await.unwrap();
            assert_eq!((reply.status, reply.text()), (200, "the text"), "{reply:?}");
            collapsed += usize::from(reply.did().contains("; collapsed"));
        }
        assert_eq!(origin.count("/cold") - before, 1);
        assert_eq!(collapsed, READERS - 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_that_comes_while_the_page_is_stored_costs_one_request_too() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    for page in 0..20 {
        let path = format!("/cold/{page}");
        origin.put(&path, Page::new("the text"));
        let readers: Vec<_> = (0..READERS / 4).map(|_| edge.reading(&path, &[])).collect();
        for reader in readers {
            assert_eq!(reader.await.unwrap().text(), "the text");
        }
        assert_eq!(origin.count(&path), 1, "{path}");
    }
}
