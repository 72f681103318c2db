//! A database, texts, a folder and an origin for each test.

use std::{fs::File, process::Stdio};

use common::{Head, Seq};
use http::Method;
use sqlx::ConnectOptions as _;

use crate::{
    child::{Child, Program},
    client::Ask,
    desk::Desk,
    folder::Folder,
    real::TestDatabase,
    service::Service,
    texts::{Store, Texts},
    wait::in_time,
};

pub const EDGE_TOKEN: &str = "edge-token-of-the-tests";
pub const EMAIL: &str = "ana@rcr.test";
pub const PASSWORD: &str = "correct horse battery staple";
/// Longer than any test holds a request up: it is the test that decides when that ends.
const HELD_UP_MS: u32 = 60_000;

pub struct World {
    pub origin: Service,
    pub database: TestDatabase,
    pub texts: Texts,
    pub folder: Folder,
}

impl World {
    pub async fn start() -> World {
        World::start_with(Store::Postgres, &[]).await
    }

    /// With an origin that is ready and has one editor, who may do everything.
    pub async fn start_with(store: Store, settings: &[(&str, &str)]) -> World {
        let (database, folder) = (TestDatabase::create().await, Folder::new());
        let texts = Texts::open(store, &database).await;
        let origin = Service::new(Program::Origin, &["serve"], "ORIGIN", folder.path())
            .set("DATABASE_URL", database.pool.connect_options().to_url_lossy())
            .set("MANUSCRIPTS_URL", texts.url())
            .set("PHOTOS_URL", format!("file://{}", folder.path().join("photographs").display()))
            .set("EDGE_TOKENS", EDGE_TOKEN)
            .set("ORIGIN_DATABASE_LOCK_WAIT_MS", HELD_UP_MS)
            .set("ORIGIN_DATABASE_STATEMENT_MS", HELD_UP_MS)
            .sets(settings);
        let mut world = World { origin, database, texts, folder };
        world.add_editor().await;
        world.origin.start();
        world.origin.ready().await;
        world
    }

    async fn add_editor(&self) {
        let input = self.folder.path().join("password");
        std::fs::write(&input, format!("{PASSWORD}\n")).unwrap();
        let words = ["editor", "add", "--email", EMAIL, "--name", "Ana", "--slug", "ana", "--role", "admin", "--password-stdin"];
        let (code, said) = self.run_reading("editor", &words, File::open(input).unwrap().into()).await;
        assert_eq!(code, Some(0), "{said}");
    }

    /// `origin check`: its exit code, and what it said.
    pub async fn check(&self) -> (Option<i32>, String) {
        self.run("check", &["check"]).await
    }

    /// `origin` with these words: its exit code, and what it said.
    pub async fn run(&self, name: &str, words: &[&str]) -> (Option<i32>, String) {
        self.run_reading(name, words, Stdio::null()).await
    }

    async fn run_reading(&self, name: &str, words: &[&str], input: Stdio) -> (Option<i32>, String) {
        let log = self.folder.path().join(format!("{name}.log"));
        let mut child = Child::start_reading(Program::Origin, words, self.origin.environment(), &log, input);
        let code = child.exit_code(&format!("origin {name} has ended")).await;
        (code, child.said())
    }

    pub async fn desk(&self) -> Desk {
        Desk::sign_in(self.origin.address).await
    }

    pub async fn head(&self) -> Head {
        let ask = Ask::new(self.origin.address, Method::GET, "/internal/head").token(EDGE_TOKEN);
        serde_json::from_value(in_time("the head", ask.send()).await.expect(200).json()).unwrap()
    }

    /// Every number up to the head belongs to a change.
    pub async fn has_no_gap(&self, head: Seq) {
        let numbers = "SELECT array_agg(seq ORDER BY seq) FROM changes";
        let numbers: Vec<i64> = sqlx::query_scalar(numbers).fetch_one(&self.database.pool).await.unwrap();
        assert_eq!(numbers, (1..=head.to_i64()).collect::<Vec<_>>());
        assert_eq!(self.head().await.seq, head);
    }

    /// At the end of a test that passed.
    pub async fn end(self) {
        // The origin and its connections first.
        drop(self.origin);
        self.texts.drop().await;
        self.database.drop().await;
    }
}
