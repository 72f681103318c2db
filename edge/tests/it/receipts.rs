//! Telling the origin what has been applied, and when.

use crate::support::{EdgeBuilder, Origin, Purge, eventually, seq};

#[tokio::test]
async fn a_receipt_says_the_region_and_for_how_long_the_event_was_held() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_REGION", "eu-1").following().await;
    let number = origin.write(Purge::hard(&["page"]), &[]);
    edge.has_applied(number).await;
    let (receipt, item) = eventually("the receipt arrives", async || {
        let receipts = origin.receipts();
        receipts.into_iter().find_map(|receipt| {
            let item = receipt["applied"].as_array()?.iter().find(|item| item["seq"] == number.get())?.clone();
            Some((receipt, item))
        })
    })
    .await;
    assert_eq!(receipt["region"], "eu-1");
    assert_eq!(receipt["log"], origin.log().to_string());
    assert_eq!(receipt["process"].as_str().unwrap().len(), 26);
    let (held, round_trip) = (item["held_ms"].as_f64().unwrap(), receipt["rtt_ms"].as_f64().unwrap());
    assert!((0.0..5000.0).contains(&held), "{held}");
    assert!(round_trip > 0.0 && round_trip < 5000.0, "{round_trip}");
}

#[tokio::test]
async fn events_that_come_together_are_reported_together_and_each_is_named() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    for _ in 0..100 {
        origin.write(Purge::hard(&["page"]), &[]);
    }
    edge.has_applied(seq(100)).await;
    let named = eventually("all are reported", async || {
        let receipts = origin.receipts();
        let items: Vec<_> = receipts.iter().flat_map(|receipt| receipt["applied"].as_array().unwrap()).collect();
        let numbers: std::collections::BTreeSet<_> = items.iter().map(|item| item["seq"].as_u64().unwrap()).collect();
        (1..=100).all(|number| numbers.contains(&number)).then_some(receipts.len())
    })
    .await;
    assert!(named < 50, "{named} receipts for 100 events");
}

#[tokio::test]
async fn a_process_with_nothing_new_says_that_it_is_alive() {
    let origin = Origin::starting_at(7).await;
    let _edge = EdgeBuilder::new(&origin).following().await;
    let receipts = eventually("two heartbeats arrive", async || Some(origin.receipts()).filter(|all| all.len() >= 2)).await;
    assert_eq!(receipts[0]["process"], receipts[1]["process"]);
    assert_eq!((&receipts[1]["seq"], &receipts[1]["applied"]), (&7.into(), &serde_json::json!([])));
}
