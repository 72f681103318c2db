//! A token is rotated while origin and edge run: both keep working, and the old one opens nothing any more.

use std::{fs, path::PathBuf};

use common::{Clock as _, SystemClock};
use http::Method;

use crate::{
    client::Ask,
    edge::Edge,
    texts::Store,
    wait::{eventually, in_time},
    world::World,
};

const OLD: &str = "the-token-of-yesterday";
const NEW: &str = "the-token-of-tomorrow";

/// As an operator does it: another file in its place.
fn replace(file: &PathBuf, text: &str) {
    let beside = file.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, file).unwrap();
}

#[tokio::test]
async fn a_token_is_rotated_without_a_restart() {
    let folder = std::env::temp_dir().join(format!("rcr-rotating-{}", crate::real::new_id()));
    fs::create_dir(&folder).unwrap();
    let [of_origin, of_edge] = ["origin", "edge"].map(|name| folder.join(name));
    replace(&of_origin, OLD);
    replace(&of_edge, OLD);
    let file = of_origin.to_str().unwrap();
    let world = World::start_with(Store::Postgres, &[("EDGE_TOKENS", ""), ("EDGE_TOKENS_FILE", file)]).await;
    let edge = Edge::confirmed(&world, &[("EDGE_TOKEN", ""), ("EDGE_TOKEN_FILE", of_edge.to_str().unwrap())]).await;
    let opens = async |token: &str| {
        let ask = Ask::new(world.origin.address, Method::GET, "/internal/head").token(token);
        in_time("the head", ask.send()).await.status == 200
    };

    replace(&of_origin, &format!("{OLD}, {NEW}"));
    eventually("the new one opens, too", async || opens(NEW).await.then_some(())).await;
    assert!(opens(OLD).await);
    replace(&of_edge, NEW);
    // Files are looked at once a second.
    let replaced = SystemClock.now() + std::time::Duration::from_secs(1);
    eventually("the edge has asked with the new one", async || {
        let since_s = SystemClock.now().saturating_sub(replaced).as_secs_f64();
        (edge.status().await["confirmation_age_s"].as_f64()? < since_s).then_some(())
    })
    .await;
    replace(&of_origin, NEW);
    eventually("the old one opens nothing", async || (!opens(OLD).await).then_some(())).await;
    assert!(opens(NEW).await);

    // What is written now reaches the edge, and it is sure of that.
    let desk = world.desk().await;
    let review = desk.published(&desk.camera().await, "Depois").await;
    edge.reads_until("the text", &review.page(), |got| got.status == 200 && got.json()["title"] == "Depois").await;
    edge.is_confirmed().await;
    drop(edge);
    fs::remove_dir_all(&folder).unwrap();
    world.end().await;
}
