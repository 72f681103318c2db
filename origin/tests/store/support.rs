//! A database for each test, and people and things to put into it.

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc};

use common::{
    Clock as _, Secret, SystemClock,
    entropy::{Entropy as _, SystemEntropy},
};
use futures_util::FutureExt as _;
use origin::{
    config::DatabaseConfig,
    domain::{
        CameraId, CameraKind, CameraState, Draft, Editor, EditorId, EditorialReview, Locale, Photograph, ReviewId, RevisionId,
        Role, Sha256, Slug, Version, camera::CameraFacts, editor::NewEditor, photograph::Placement, review::NewReview,
    },
    store::{Committed, Db, MIGRATIONS, Snapshot, StoreError, WriteTx, cameras, editors, identity, photographs, reviews},
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, postgres::PgConnectOptions};
use ulid::Ulid;

#[derive(Clone)]
pub struct World {
    pub db: Db,
    pub config: Arc<DatabaseConfig>,
}

pub fn new_ulid() -> Ulid {
    SystemEntropy.ulid(SystemClock.wall())
}

pub fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

/// Runs `test` in an empty database that is dropped afterwards, also after a failure.
pub async fn in_a_database<F: Future<Output = ()>>(test: impl FnOnce(World) -> F) {
    let url = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL names a server to make databases on");
    let name = format!("rcr_test_{}", new_ulid().to_string().to_lowercase());
    let options: PgConnectOptions = url.parse().unwrap();
    let mut maintenance = options.connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut maintenance).await.unwrap();
    let address = options.clone().database(&name).to_url_lossy();
    let config = DatabaseConfig::with_url(address.as_str());
    let db = Db::new(&config).unwrap();
    let world = World { db: db.clone(), config: Arc::new(config) };
    let result = AssertUnwindSafe(async {
        MIGRATIONS.run(db.pool()).await.unwrap();
        identity::settle(&db, new_ulid()).await.unwrap();
        test(world).await;
    })
    .catch_unwind()
    .await;
    db.close().await;
    sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).execute(&mut maintenance).await.unwrap();
    maintenance.close().await.unwrap();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

impl World {
    pub async fn write(&self) -> WriteTx {
        WriteTx::begin(&self.db, None).await.unwrap()
    }

    pub async fn snapshot(&self) -> Snapshot {
        Snapshot::begin(&self.db).await.unwrap()
    }

    /// A statement outside of the store's functions.
    pub async fn raw(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(self.db.pool()).await?;
        Ok(done.rows_affected())
    }

    pub async fn number(&self, sql: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(self.db.pool()).await.unwrap()
    }

    pub async fn try_editor(&self, name: &str, role: Role) -> Result<(Editor, Committed), StoreError> {
        let mut tx = WriteTx::begin(&self.db, None).await?;
        let new = NewEditor {
            id: EditorId(new_ulid()),
            email: format!("{name}@example.org"),
            name: name.to_owned(),
            slug: slug(name),
            bio: String::new(),
            role,
            password_hash: Secret::new("$argon2id$"),
        };
        let editor = editors::add(&mut tx, &new).await?;
        Ok((editor, tx.commit(None).await?))
    }

    pub async fn editor(&self, name: &str, role: Role) -> Editor {
        self.try_editor(name, role).await.unwrap().0
    }

    pub async fn camera(&self, name: &str) -> Slug {
        let mut tx = self.write().await;
        cameras::upsert(&mut tx, CameraId(new_ulid()), &slug(name), &facts("Canon", name), None).await.unwrap();
        tx.commit(None).await.unwrap();
        slug(name)
    }

    pub async fn photograph(&self, byte: u8, uploader: EditorId) -> Sha256 {
        let sha256 = Sha256([byte; 32]);
        let mut tx = self.write().await;
        assert!(photographs::add(&mut tx, &photograph(sha256, uploader)).await.unwrap());
        tx.commit(None).await.unwrap();
        sha256
    }

    /// A review with one draft, in Portuguese.
    pub async fn draft(&self, name: &str, author: &Editor, camera: &Slug) -> EditorialReview {
        let mut tx = self.write().await;
        let new = NewReview { id: ReviewId(new_ulid()), slug: slug(name), camera: camera.clone(), author: author.id };
        let review = reviews::create(&mut tx, &new, &text(author, Locale::PtBr, name, "um corpo", &[])).await.unwrap();
        tx.commit(None).await.unwrap();
        review
    }

    pub async fn save(&self, review: &EditorialReview, draft: &Draft) -> EditorialReview {
        let mut tx = self.write().await;
        let review = reviews::save_draft(&mut tx, review.id, review.version, draft).await.unwrap();
        tx.commit(None).await.unwrap();
        review
    }

    pub async fn publish(&self, review: &EditorialReview, locale: Locale) -> (EditorialReview, Committed) {
        let mut tx = self.write().await;
        let review = reviews::publish(&mut tx, review.id, locale, review.version).await.unwrap();
        let committed = tx.commit(None).await.unwrap();
        (review, committed)
    }

    pub async fn archive(&self, id: ReviewId, locale: Locale, version: Version) -> Committed {
        let mut tx = self.write().await;
        reviews::archive(&mut tx, id, locale, version).await.unwrap();
        tx.commit(None).await.unwrap()
    }

    /// Until `second` has ended or waits for a row that somebody has locked.
    pub async fn until_blocked<T>(&self, second: &tokio::task::JoinHandle<T>) {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while !second.is_finished() && self.number(waiting).await == 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Gone, hard and soft of one write.
    pub async fn tags(&self, committed: Committed) -> [Vec<String>; 3] {
        let event = origin::store::changes::find(&self.db, committed.seq).await.unwrap().unwrap();
        [event.gone, event.hard, event.soft].map(|tags| tags.iter().map(ToString::to_string).collect())
    }
}

pub fn photograph(sha256: Sha256, uploader: EditorId) -> Photograph {
    Photograph { sha256, width: 3000, height: 2000, content_type: "image/jpeg".to_owned(), uploader, widths: vec![640, 1280] }
}

pub fn facts(maker: &str, model: &str) -> CameraFacts {
    CameraFacts {
        maker: maker.to_owned(),
        model: model.to_owned(),
        kind: CameraKind::Mirrorless,
        mount: Some("RF".to_owned()),
        crop_factor: Some(1.0),
        state: CameraState::Available,
        picture: None,
    }
}

pub fn text(author: &Editor, locale: Locale, title: &str, body: &str, photographs: &[Sha256]) -> Draft {
    Draft {
        revision: RevisionId(new_ulid()),
        locale,
        title: title.to_owned(),
        summary: format!("{title}, in short"),
        plain_text: body.to_owned(),
        photographs: photographs.iter().map(|sha256| Placement { sha256: *sha256, alt: "a camera".to_owned() }).collect(),
        rating: None,
        saved_by: author.id,
    }
}
