//! What happens when something behind the API fails.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use http::Method;
use origin::{
    domain::Role,
    manuscripts::{ManuscriptError, Manuscripts, Revision},
};
use serde_json::json;
use ulid::Ulid;

use crate::harness::App;

/// What is wrong with the manuscripts at the moment.
#[derive(Default)]
struct Trouble {
    down: AtomicBool,
    amnesiac: AtomicBool,
    panicking: AtomicBool,
    /// Answers neither yes nor no.
    silent: AtomicBool,
}

/// Manuscripts that can be taken away, or lose what they hold.
struct Fragile {
    inner: Arc<dyn Manuscripts>,
    trouble: Arc<Trouble>,
}

impl Fragile {
    async fn check(&self, id: Option<Ulid>) -> Result<(), ManuscriptError> {
        if self.trouble.silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        assert!(!self.trouble.panicking.load(Ordering::SeqCst), "a bug, with a secret in its message");
        if self.trouble.down.load(Ordering::SeqCst) {
            return Err(ManuscriptError::Unavailable("mongodb://secret-host:27017 refused".to_owned()));
        }
        match id {
            Some(id) if self.trouble.amnesiac.load(Ordering::SeqCst) => Err(ManuscriptError::NotFound(id)),
            _ => Ok(()),
        }
    }
}

impl Manuscripts for Fragile {
    fn insert<'a>(&'a self, revision: &'a Revision) -> BoxFuture<'a, Result<(), ManuscriptError>> {
        Box::pin(async {
            self.check(None).await?;
            self.inner.insert(revision).await
        })
    }

    fn get(&self, id: Ulid) -> BoxFuture<'_, Result<Revision, ManuscriptError>> {
        Box::pin(async move {
            self.check(Some(id)).await?;
            self.inner.get(id).await
        })
    }

    fn get_many<'a>(&'a self, ids: &'a [Ulid]) -> BoxFuture<'a, Result<Vec<Revision>, ManuscriptError>> {
        Box::pin(async {
            self.check(None).await?;
            self.inner.get_many(ids).await
        })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), ManuscriptError>> {
        self.inner.ping()
    }
}

async fn fragile() -> (App, Arc<Trouble>) {
    let trouble = Arc::new(Trouble::default());
    let shared = trouble.clone();
    (App::start_with(move |inner| Arc::new(Fragile { inner, trouble: shared })).await, trouble)
}

#[tokio::test]
async fn a_handler_that_panics_is_a_500_that_says_nothing_and_frees_its_key() {
    let (app, trouble) = fragile().await;
    let ana = app.editor("ana", Role::Editor).await;
    let camera = app.camera(&ana, "Canon", "EOS R5").await;
    let body = crate::harness::review_body(&camera, "Uma");
    let ask = || app.ask(Method::POST, "/v1/editorial/reviews").token(&ana.token).key("k").json(&body).send();
    trouble.panicking.store(true, Ordering::SeqCst);
    let got = ask().await;
    got.problem(500, "internal");
    assert!(!String::from_utf8_lossy(&got.body).contains("secret"), "{got:?}");
    trouble.panicking.store(false, Ordering::SeqCst);
    // The key is freed behind the answer: until then it counts as in flight.
    let begun = loop {
        let got = ask().await;
        if got.status != 409 {
            break got.expect(201);
        }
    };
    let slug = begun.json()["slug"].as_str().unwrap().to_owned();
    let mut review =
        crate::harness::Review { id: begun.json()["id"].as_str().unwrap().to_owned(), slug: slug.clone(), etag: begun.etag() };
    app.publish(&ana, &mut review).await;
    trouble.panicking.store(true, Ordering::SeqCst);
    app.get(&format!("/v1/reviews/{slug}")).send().await.problem(500, "internal");
    trouble.panicking.store(false, Ordering::SeqCst);
    app.get(&format!("/v1/reviews/{slug}")).send().await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn a_manuscript_that_cannot_be_had_is_a_503_that_nobody_stores() {
    let (app, trouble) = fragile().await;
    let ana = app.editor("ana", Role::Editor).await;
    let camera = app.camera(&ana, "Canon", "EOS R5").await;
    let mut review = app.draft(&ana, &camera, "Uma").await;
    app.publish(&ana, &mut review).await;
    let mut other = app.draft(&ana, &camera, "Outra").await;
    app.publish(&ana, &mut other).await;
    for (cause, slug) in [(&trouble.down, &review.slug), (&trouble.amnesiac, &other.slug)] {
        let page = format!("/v1/reviews/{slug}");
        cause.store(true, Ordering::SeqCst);
        let got = app.get(&page).send().await;
        got.problem(503, "unavailable");
        assert_eq!((got.header("cache-control"), got.header("rcr-as-of"), got.header("retry-after")), ("no-store", "", "2"));
        assert!(!String::from_utf8_lossy(&got.body).contains("secret"), "{got:?}");
        cause.store(false, Ordering::SeqCst);
        let shown = app.get(&page).send().await.expect(200);
        // A text that was shown lately is kept: a revision never changes (rule R1).
        cause.store(true, Ordering::SeqCst);
        assert_eq!(app.get(&page).send().await.expect(200).body, shown.body);
        cause.store(false, Ordering::SeqCst);
    }

    // No draft is saved while they are down, and nothing half-written stays.
    trouble.down.store(true, Ordering::SeqCst);
    let target = format!("/v1/editorial/reviews/{}/locales/pt-BR", review.id);
    let body = json!({"title": "T", "summary": "S", "body_markdown": "B"});
    let save = || app.ask(Method::PUT, &target).token(&ana.token).if_match(&review.etag).json(&body).send();
    save().await.problem(503, "unavailable");
    app.get("/v1/reviews").send().await.expect(200);
    trouble.down.store(false, Ordering::SeqCst);
    save().await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn a_store_that_never_answers_is_a_503_within_the_limit() {
    let trouble = Arc::new(Trouble::default());
    let shared = trouble.clone();
    let app = App::start_as(
        move |inner| Arc::new(Fragile { inner, trouble: shared }),
        |_| {},
        |shared| {
            shared.read_wait_max = Duration::from_secs(1);
            shared.request_wait_max = Duration::from_secs(2);
        },
    )
    .await;
    let ana = app.editor("ana", Role::Editor).await;
    let camera = app.camera(&ana, "Canon", "EOS R5").await;
    let mut review = app.draft(&ana, &camera, "Uma").await;
    app.publish(&ana, &mut review).await;
    trouble.silent.store(true, Ordering::SeqCst);
    let got = app.get(&format!("/v1/reviews/{}", review.slug)).send().await;
    got.problem(503, "unavailable");
    assert_eq!((got.header("cache-control"), got.header("retry-after")), ("no-store", "2"));
    let body = crate::harness::review_body(&camera, "Outra");
    let begin = || app.ask(Method::POST, "/v1/editorial/reviews").token(&ana.token).key("k").json(&body).send();
    begin().await.problem(503, "unavailable");
    trouble.silent.store(false, Ordering::SeqCst);
    // The write has ended too: its key is free, and the same request is done once.
    let begun = loop {
        let got = begin().await;
        if got.status != 409 {
            break got;
        }
    };
    begun.expect(201);
    let list = app.get("/v1/editorial/reviews").token(&ana.token).send().await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn without_its_database_everything_is_a_503_that_says_nothing() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Editor).await;
    app.state.db.close().await;
    for target in ["/v1/reviews", "/v1/cameras/x", "/go/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/v1/editorial/me"] {
        let got = app.get(target).token(&ana.token).send().await;
        got.problem(503, "unavailable");
        assert_eq!(got.header("cache-control"), "no-store");
    }
    app.sign_in(&ana.email, "x").await.problem(503, "unavailable");
    app.stop().await;
}
