//! A token, and the database's login, are rotated while origin and edge run: both keep working, and the old one opens nothing
//! any more.

use std::{fs, path::PathBuf};

use common::{Clock as _, SystemClock};
use http::Method;
use sqlx::ConnectOptions as _;

use crate::{
    client::Ask,
    edge::Edge,
    real::TestDatabase,
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

/// From one login to another, as two that take turns are rotated.
#[tokio::test]
async fn the_databases_login_is_rotated_without_a_restart() {
    let World { mut origin, database, texts, folder } = World::start().await;
    origin.kill();
    let id = crate::real::new_id().to_string().to_lowercase();
    let [old, new] = ["old", "new"].map(|name| format!("rcr_{name}_{id}"));
    run(&database, format!("CREATE ROLE {old} SUPERUSER LOGIN")).await;
    // As the runbook has it: the other login acts as the first.
    run(&database, format!("CREATE ROLE {new} LOGIN IN ROLE {old}")).await;
    run(&database, format!("ALTER ROLE {new} SET role = '{old}'")).await;
    let url = |login: &str| database.pool.connect_options().as_ref().clone().username(login).to_url_lossy().to_string();
    let file = folder.path().join("database-url");
    replace(&file, &url(&old));
    let (next, url_of_nobody) = (url(&new), url("rcr_nobody"));
    let origin = origin.set("DATABASE_URL", "").set("DATABASE_URL_FILE", file.display());
    let mut world = World { origin, database, texts, folder };
    world.origin.start();
    world.origin.ready().await;
    let desk = world.desk().await;
    let camera = desk.camera().await;
    desk.published(&camera, "Antes").await;
    assert!(connections(&world, &old).await > 0 && connections(&world, &new).await == 0);

    // A login that opens nothing costs nothing.
    replace(&file, &url_of_nobody);
    eventually("it is complained of", async || world.origin.child().said().contains("the login before it stays").then_some(()))
        .await;
    world.head().await;
    replace(&file, &next);
    eventually("it logs in as the other", async || {
        world.head().await;
        (connections(&world, &new).await > 0).then_some(())
    })
    .await;
    run(&world.database, format!("ALTER ROLE {old} NOLOGIN")).await;
    eventually("what was open is closed when it is asked for, but for what listens for commits", async || {
        world.head().await;
        world.origin.get("/v1/reviews?locale=pt-BR").await;
        (connections(&world, &old).await <= 1).then_some(())
    })
    .await;
    let sessions = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{old}'");
    run(&world.database, sessions).await;
    eventually("it listens as the other", async || {
        let listening = "SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND query LIKE 'LISTEN%'";
        let count: i64 = sqlx::query_scalar(listening).bind(&new).fetch_one(&world.database.pool).await.unwrap();
        (count == 1).then_some(())
    })
    .await;
    let edge = Edge::confirmed(&world, &[]).await;
    let review = desk.published(&camera, "Depois").await;
    edge.reads_until("the text", &review.page(), |got| got.status == 200 && got.json()["title"] == "Depois").await;
    world.origin.ready().await;
    assert!(connections(&world, &old).await == 0 && connections(&world, &new).await > 1);

    drop(edge);
    world.origin.kill();
    for login in [new, old] {
        run(&world.database, format!("DROP ROLE {login}")).await;
    }
    world.end().await;
}

async fn run(database: &TestDatabase, sql: String) {
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&database.pool).await.unwrap();
}

async fn connections(world: &World, login: &str) -> i64 {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND application_name = 'rcr-origin'";
    sqlx::query_scalar(count).bind(login).fetch_one(&world.database.pool).await.unwrap()
}
