//! One contract, two stores: a table of PostgreSQL, and the real MongoDB of TEST_MONGODB_URL.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests are tests")]

mod real;

use std::{sync::Arc, time::Duration};

use common::{Clock as _, Rotated, Secret, SystemClock, Timestamp};
use origin::manuscripts::{
    GET_MANY_MAX, MARKDOWN_BYTES_MAX, ManuscriptError, Manuscripts, MongoManuscripts, PgManuscripts, Revision,
};
use real::{TestDatabase, new_id as id, variable};

fn revision(markdown: &str) -> Revision {
    Revision {
        id: id(),
        review: id(),
        locale: "pt-BR".to_owned(),
        author: id(),
        markdown: markdown.to_owned(),
        // A number that a double would round away in nanoseconds.
        created_at: Timestamp::from_unix_ms(1_795_366_800_123),
    }
}

async fn keeps_the_contract(manuscripts: Arc<dyn Manuscripts>) {
    manuscripts.ping().await.unwrap();

    let missing = id();
    let outcome = manuscripts.get(missing).await;
    assert!(matches!(outcome, Err(ManuscriptError::NotFound(id)) if id == missing), "{outcome:?}");

    let first = revision("Câmera, señal, “quotes” \u{1F4F7} and $dollars.dots");
    manuscripts.insert(&first).await.unwrap();
    assert_eq!(manuscripts.get(first.id).await.unwrap(), first);

    manuscripts.insert(&first).await.expect("the same again is a retry");
    let other = Revision { markdown: "another".to_owned(), ..first.clone() };
    assert!(matches!(manuscripts.insert(&other).await, Err(ManuscriptError::Conflict(id)) if id == first.id));
    assert_eq!(manuscripts.get(first.id).await.unwrap(), first, "and nothing changed");

    let second = revision("");
    manuscripts.insert(&second).await.unwrap();
    let found = manuscripts.get_many(&[second.id, first.id, second.id]).await.unwrap();
    assert_eq!(found, [second.clone(), first.clone(), second.clone()]);
    assert_eq!(manuscripts.get_many(&[]).await.unwrap(), []);
    let outcome = manuscripts.get_many(&[first.id, missing]).await;
    assert!(matches!(outcome, Err(ManuscriptError::NotFound(id)) if id == missing));
    let outcome = manuscripts.get_many(&vec![first.id; GET_MANY_MAX + 1]).await;
    assert!(matches!(outcome, Err(ManuscriptError::TooMany { .. })));

    let longest = revision(&"ã".repeat(MARKDOWN_BYTES_MAX / 2));
    manuscripts.insert(&longest).await.unwrap();
    assert_eq!(manuscripts.get(longest.id).await.unwrap(), longest);
    let outcome = manuscripts.insert(&revision(&"x".repeat(MARKDOWN_BYTES_MAX + 1))).await;
    assert!(matches!(outcome, Err(ManuscriptError::TooLong { .. })));

    // Of sixteen writers of one id with sixteen texts, one wins.
    let contested = id();
    let racing = (0..16).map(|n| {
        let manuscripts = Arc::clone(&manuscripts);
        let revision = Revision { id: contested, ..revision(&format!("text {n}")) };
        tokio::spawn(async move { manuscripts.insert(&revision).await })
    });
    let outcomes: Vec<_> = futures_util::future::join_all(racing).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Err(ManuscriptError::Conflict(_)))).count(), 15);
}

#[tokio::test]
async fn the_table_keeps_the_contract() {
    let database = TestDatabase::create().await;
    keeps_the_contract(Arc::new(PgManuscripts::new(database.pool.clone()))).await;
    database.drop().await;
}

async fn mongo(url: String) -> MongoManuscripts {
    MongoManuscripts::connect(Rotated::fixed(Secret::new(url))).await.unwrap()
}

#[tokio::test]
async fn mongodb_keeps_the_contract() {
    keeps_the_contract(Arc::new(mongo(variable("TEST_MONGODB_URL")).await)).await;
}

/// To another database of the same server, where nothing is yet: whoever replaces the file has changed the login, too.
#[tokio::test]
async fn mongodbs_url_is_rotated_without_a_restart() {
    let file = std::env::temp_dir().join(format!("rcr-manuscripts-{}", id()));
    let url = variable("TEST_MONGODB_URL");
    std::fs::write(&file, &url).unwrap();
    let manuscripts = MongoManuscripts::connect(Rotated::from_file(file.clone(), |_| Ok(())).unwrap()).await.unwrap();
    let (before, after) = (revision("before"), revision("after"));
    manuscripts.insert(&before).await.unwrap();

    let other = format!("rcr_test_{}", id().to_string().to_lowercase());
    let (server, options) = url.split_once('?').map_or((url.as_str(), String::new()), |(url, rest)| (url, format!("?{rest}")));
    let (hosts, _) = server.rsplit_once('/').unwrap();
    std::fs::write(&file, format!("{hosts}/{other}{options}")).unwrap();
    let seen = async {
        while !matches!(manuscripts.get(before.id).await, Err(ManuscriptError::NotFound(_))) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), seen).await.expect("the other database is asked");
    manuscripts.insert(&after).await.unwrap();
    assert_eq!(manuscripts.get(after.id).await.unwrap(), after);

    std::fs::write(&file, "postgres:").unwrap();
    let written = SystemClock.now();
    while SystemClock.now() < written + Duration::from_millis(1_500) {
        assert_eq!(manuscripts.get(after.id).await.unwrap(), after, "a URL of no use changes nothing");
    }
    let client = mongodb::Client::with_uri_str(&url).await.unwrap();
    client.database(&other).drop().await.unwrap();
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn a_mongodb_that_cannot_be_reached_is_unavailable_within_the_limit() {
    // Nothing listens on port 9 of the loopback.
    let manuscripts = mongo("mongodb://127.0.0.1:9/?directConnection=true".to_owned()).await;
    let started = SystemClock.now();
    assert!(matches!(manuscripts.get(id()).await, Err(ManuscriptError::Unavailable(_))));
    assert!(SystemClock.now() - started < origin::manuscripts::OPERATION_WAIT_MAX * 2);
}

#[tokio::test]
async fn a_table_that_cannot_be_reached_is_unavailable() {
    let pool = sqlx::postgres::PgPoolOptions::new()
        .acquire_timeout(std::time::Duration::from_millis(200))
        .connect_lazy("postgres://nobody@127.0.0.1:9/none")
        .unwrap();
    assert!(matches!(PgManuscripts::new(pool).ping().await, Err(ManuscriptError::Unavailable(_))));
}
