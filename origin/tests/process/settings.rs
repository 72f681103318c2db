//! What the programs say of their settings, and that an edge needs hardly any.

use common::{Clock as _, SystemClock};

use crate::{
    child::{Child, Program},
    edge::Edge,
    folder::Folder,
    wait::eventually,
    world::World,
};

/// What must never be printed.
const SECRET: &str = "hunter2";
/// As sysexits.h has it: a supervisor need not try again.
const EXIT_CONFIG: i32 = 78;

/// Runs into its settings; its exit code and what it said.
async fn refused(program: Program, words: &[&str], settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = Folder::new();
    let environment: Vec<_> = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut child = Child::start(program, words, &environment, &folder.path().join("log"));
    let code = child.exit_code("it refuses its settings").await;
    let said = child.said();
    assert!(!said.contains(SECRET), "a secret was printed: {said}");
    (code, said)
}

#[track_caller]
fn assert_names(said: &str, mistakes: &[&str]) {
    for mistake in mistakes {
        assert!(said.contains(mistake), "{mistake} is not named in: {said}");
    }
}

const ORIGINS_MISTAKES: [(&str, &str); 16] = [
    ("DATABASE_URL", "mysql://root:hunter2@db/rcr"),
    ("ORIGIN_LISTEN", "everywhere"),
    ("ORIGIN_ADMIN_LISTEN", "127.0.0.1"),
    ("ORIGIN_DRAIN_MS", "soon"),
    ("ORIGIN_DATABASE_CONNECTIONS", "1"),
    ("ORIGIN_DATABASE_POOL_WAIT_MS", "-1"),
    ("ORIGIN_LISTN", "127.0.0.1:1"),
    ("MANUSCRIPTS_URL", "redis://:hunter2@texts"),
    ("PHOTOS_URL", "ftp://hunter2@photos"),
    ("MEDIA_BASE_URL", "media.example"),
    ("CLOUDFRONT_DISTRIBUTION_ID", "E1"),
    ("CLOUDFRONT_ENDPOINT", "cloudfront"),
    ("CLOUDFRONT_WINDOW_MS", "x"),
    ("CLOUDFRONT_BUGDET", "1"),
    ("EDGE_TOKENS", "hunter2,0123456789abcdef"),
    ("LOG_FORMAT", "xml"),
];

#[tokio::test]
async fn an_origin_with_a_wrong_environment_names_every_mistake_at_once_and_no_secret() {
    let (code, said) = refused(Program::Origin, &["serve"], &ORIGINS_MISTAKES).await;
    assert_eq!(code, Some(EXIT_CONFIG), "{said}");
    let wrong = ORIGINS_MISTAKES.iter().map(|(name, _)| *name).filter(|name| *name != "CLOUDFRONT_DISTRIBUTION_ID");
    // A distribution needs keys.
    let wrong: Vec<_> = wrong.chain(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]).map(|name| format!("{name}:")).collect();
    assert_names(&said, &wrong.iter().map(String::as_str).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_origin_without_any_setting_names_the_one_it_needs() {
    for command in ["serve", "migrate", "seed", "check"] {
        let (code, said) = refused(Program::Origin, &[command], &[]).await;
        assert_eq!(code, Some(EXIT_CONFIG), "{said}");
        assert_names(&said, &["DATABASE_URL: is required"]);
    }
}

#[tokio::test]
async fn a_url_of_the_origin_that_begins_right_and_ends_wrong_is_named_with_the_other_mistakes() {
    let settings = [
        ("DATABASE_URL", "postgres://rcr:hunter2@db:port/rcr"),
        ("MANUSCRIPTS_URL", "mongodb://rcr:hunter2@"),
        ("ORIGIN_DRAIN_MS", "soon"),
    ];
    let (code, said) = refused(Program::Origin, &["serve"], &settings).await;
    assert_eq!(code, Some(EXIT_CONFIG), "{said}");
    assert_names(&said, &["ORIGIN_DRAIN_MS:", "DATABASE_URL:", "MANUSCRIPTS_URL:"]);
}

const EDGES_MISTAKES: [(&str, &str); 12] = [
    ("ORIGIN_URL", "ftp://origin"),
    ("EDGE_TOKEN", "hunter2 and a space"),
    ("EDGE_LISTEN", "everywhere"),
    ("EDGE_ADMIN_LISTEN", "127.0.0.1"),
    ("EDGE_REGION", "São Paulo"),
    ("EDGE_HOSTS", "a host"),
    ("EDGE_FEED", "perhaps"),
    ("EDGE_MEMORY_BYTES", "12"),
    ("EDGE_FILL_TIMEOUT_MS", "soon"),
    ("EDGE_DRAIN_MS", "-1"),
    ("EDGE_MEMROY_BYTES", "1048576"),
    ("LOG_FORMAT", "xml"),
];

#[tokio::test]
async fn an_edge_with_a_wrong_environment_names_every_mistake_at_once_and_no_secret() {
    let (code, said) = refused(Program::Edge, &[], &EDGES_MISTAKES).await;
    assert_eq!(code, Some(EXIT_CONFIG), "{said}");
    let wrong: Vec<_> = EDGES_MISTAKES.iter().map(|(name, _)| format!("{name}:")).collect();
    assert_names(&said, &wrong.iter().map(String::as_str).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_edge_without_any_setting_names_the_two_it_needs() {
    let (code, said) = refused(Program::Edge, &[], &[]).await;
    assert_eq!(code, Some(EXIT_CONFIG), "{said}");
    assert_names(&said, &["ORIGIN_URL: is required", "EDGE_TOKEN: is required"]);
}

#[tokio::test]
async fn a_redis_of_the_edge_that_cannot_be_one_is_named_with_the_other_mistakes() {
    let settings = [
        ("ORIGIN_URL", "http://127.0.0.1:9"),
        ("EDGE_TOKEN", "0123456789abcdef"),
        ("EDGE_REGION", "São Paulo"),
        ("REDIS_URL", "http://:hunter2@redis"),
    ];
    let (code, said) = refused(Program::Edge, &[], &settings).await;
    assert_eq!(code, Some(EXIT_CONFIG), "{said}");
    assert_names(&said, &["EDGE_REGION:", "REDIS_URL:"]);
}

#[tokio::test]
async fn an_edge_without_the_certificate_that_it_is_told_to_show_need_not_be_started_again() {
    let settings = [
        ("ORIGIN_URL", "http://127.0.0.1:9"),
        ("EDGE_TOKEN", "0123456789abcdef"),
        ("EDGE_LISTEN", "127.0.0.1:0"),
        ("EDGE_ADMIN_LISTEN", "127.0.0.1:0"),
        ("EDGE_TLS_LISTEN", "127.0.0.1:0"),
        ("EDGE_TLS_CERT_FILE", "/nowhere/chain.pem"),
        ("EDGE_TLS_KEY_FILE", "/nowhere/key.pem"),
    ];
    let (code, said) = refused(Program::Edge, &[], &settings).await;
    assert_eq!(code, Some(EXIT_CONFIG), "{said}");
    assert_names(&said, &["/nowhere/chain.pem"]);
}

#[tokio::test]
async fn an_edge_that_is_told_nothing_but_its_origin_and_token_serves() {
    let world = World::start().await;
    let desk = world.desk().await;
    let page = desk.published(&desk.camera().await, "Publicada").await.page();
    let started = SystemClock.now();
    let mut edge = Edge::start(&world, &[]);
    edge.listening().await;
    let listening = SystemClock.now() - started;
    edge.ready().await;
    let resident = edge.child().resident_kib();
    println!("an edge with default settings: listens after {} ms, {resident} KiB resident, empty", listening.as_millis());
    edge.get(&page).await.expect(200);
    eventually("it answers from memory", async || {
        crate::edge::did(&edge.get(&page).await).contains("rcr-local; hit; ttl=").then_some(())
    })
    .await;
    drop(edge);
    world.end().await;
}
