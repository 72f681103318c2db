//! An origin of its own for each test: a database, a folder, a socket.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use common::{
    Clock, Rotated, Secret, SystemClock,
    config::Env,
    entropy::{Entropy, SystemEntropy},
    listener::Limits,
    telemetry,
};
use http::Method;
use origin::{
    api::{self, passwords, shared::Shared, views::photograph::MediaBase},
    config::DatabaseConfig,
    domain::{EditorId, Role, Slug, editor::NewEditor},
    feed::Feed,
    manuscripts::{Manuscripts, PgManuscripts, Renderer},
    objects::Folder,
    photos::{Photos, Pipeline},
    state::AppState,
    store::{Db, MIGRATIONS, WriteTx, editors, identity},
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::client::{Ask, Got};

pub const PASSWORD: &str = "correct horse battery staple";
pub const EDGE_TOKEN: &str = "edge-token-of-the-tests";

pub struct App {
    pub state: AppState,
    pub address: SocketAddr,
    /// The admin port's.
    pub admin: SocketAddr,
    stop: CancellationToken,
    folder: PathBuf,
    database: String,
}

impl App {
    pub async fn start() -> App {
        App::start_with(|manuscripts| manuscripts).await
    }

    /// `wrap` may stand between the origin and its manuscripts.
    pub async fn start_with(wrap: impl FnOnce(Arc<dyn Manuscripts>) -> Arc<dyn Manuscripts>) -> App {
        App::start_as(wrap, |_| {}, |_| {}).await
    }

    /// With other limits than the usual ones.
    pub async fn start_as(
        wrap: impl FnOnce(Arc<dyn Manuscripts>) -> Arc<dyn Manuscripts>,
        limit_database: impl FnOnce(&mut DatabaseConfig),
        limit_api: impl FnOnce(&mut Shared),
    ) -> App {
        // `RUST_LOG=info` shows what the origin had to say; the first test starts the log for all.
        let settings = telemetry::Settings::from_env(&mut Env::from_process());
        drop(telemetry::init("origin", &settings));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let database = format!("rcr_api_{}", entropy.ulid(clock.wall()).to_string().to_lowercase());
        administer(&format!("CREATE DATABASE {database}")).await;
        let url = database_url(&database);
        let mut config = DatabaseConfig::with_url(&url);
        limit_database(&mut config);
        let db = Db::new(&config).unwrap();
        MIGRATIONS.run(db.pool()).await.unwrap();
        identity::settle(&db, entropy.ulid(clock.wall())).await.unwrap();

        let folder = std::env::temp_dir().join(&database);
        let stop = CancellationToken::new();
        let feed = Feed::new(db.clone(), clock.clone(), entropy.clone(), stop.clone());
        tokio::spawn(feed.clone().listen());
        let mut shared = Shared::new(clock.clone(), &*entropy).unwrap();
        limit_api(&mut shared);
        let state = AppState {
            feed,
            manuscripts: wrap(Arc::new(PgManuscripts::new(db.pool().clone()))),
            renderer: Arc::new(Renderer::new(None)),
            photos: Photos::new(Arc::new(Folder::open(&folder).unwrap())),
            pipeline: Pipeline::default(),
            media: MediaBase::new(None),
            edge_tokens: Some(Rotated::fixed(Secret::new(format!("another-token-during-rotation, {EDGE_TOKEN}")))),
            api: Arc::new(shared),
            db,
            clock,
            entropy,
        };
        let address = listen(api::router(state.clone()), &stop).await;
        let admin = listen(api::admin::router(state.clone()), &stop).await;
        App { state, address, admin, stop, folder, database }
    }

    pub fn ask(&self, method: Method, target: &str) -> Ask {
        Ask::new(self.address, method, target)
    }

    pub fn get(&self, target: &str) -> Ask {
        self.ask(Method::GET, target)
    }

    /// A POST with a key of its own.
    pub fn post(&self, target: &str) -> Ask {
        self.ask(Method::POST, target).key(&self.unique())
    }

    pub fn unique(&self) -> String {
        self.state.entropy.ulid(self.state.clock.wall()).to_string()
    }

    /// Somebody of this role; the name is the first part of the address.
    pub async fn editor(&self, name: &str, role: Role) -> Person {
        let id = EditorId(self.state.entropy.ulid(self.state.clock.wall()));
        let email = format!("{name}@rcr.test");
        let new = NewEditor {
            id,
            email: email.clone(),
            name: name.to_owned(),
            slug: Slug::parse(name).unwrap(),
            bio: String::new(),
            role,
            password_hash: passwords::hash_blocking(PASSWORD, &*self.state.entropy).unwrap(),
        };
        let mut tx = WriteTx::begin(&self.state.db, None).await.unwrap();
        editors::add(&mut tx, &new).await.unwrap();
        tx.commit(None).await.unwrap();
        let token = self.sign_in(&email, PASSWORD).await.expect(201).json()["token"].as_str().unwrap().to_owned();
        Person { id, email, token }
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Got {
        self.ask(Method::POST, "/v1/editorial/sessions").json(&json!({"email": email, "password": password})).send().await
    }

    /// A camera, made by `editor`; its slug.
    pub async fn camera(&self, editor: &Person, maker: &str, model: &str) -> String {
        let body = json!({"maker": maker, "model": model, "kind": "mirrorless", "state": "available"});
        let added = self.post("/v1/editorial/cameras").token(&editor.token).json(&body).send().await.expect(201);
        added.json()["slug"].as_str().unwrap().to_owned()
    }

    pub async fn offer(&self, editor: &Person, camera: &str) -> Got {
        let target = format!("/v1/editorial/cameras/{camera}/offers");
        self.post(&target).token(&editor.token).json(&offer_body()).send().await.expect(201)
    }

    /// A review in Portuguese with nothing but a draft.
    pub async fn draft(&self, author: &Person, camera: &str, title: &str) -> Review {
        let body = review_body(camera, title);
        let begun = self.post("/v1/editorial/reviews").token(&author.token).json(&body).send().await.expect(201);
        let view = begun.json();
        let text = |name: &str| view[name].as_str().unwrap().to_owned();
        Review { id: text("id"), slug: text("slug"), etag: begun.etag() }
    }

    pub async fn publish(&self, editor: &Person, review: &mut Review) -> Got {
        self.step(editor, review, "publish").await.expect(200)
    }

    /// `publish` or `archive`, in Portuguese.
    pub async fn step(&self, editor: &Person, review: &mut Review, step: &str) -> Got {
        let target = format!("/v1/editorial/reviews/{}/locales/pt-BR/{step}", review.id);
        let got = self.post(&target).token(&editor.token).if_match(&review.etag).send().await;
        if got.status.is_success() {
            review.etag = got.etag();
        }
        got
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.state.db.close().await;
        administer(&format!("DROP DATABASE {} WITH (FORCE)", self.database)).await;
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

pub struct Person {
    pub id: EditorId,
    pub email: String,
    pub token: String,
}

pub struct Review {
    pub id: String,
    pub slug: String,
    pub etag: String,
}

pub fn offer_body() -> Value {
    json!({"market": "BR", "store": "Loja", "price": {"minor": 1_999_900, "currency": "BRL"}, "condition": "new",
        "url": "https://loja.example/eos-r5?ref=rcr"})
}

pub fn review_body(camera: &str, title: &str) -> Value {
    json!({"camera": camera, "locale": "pt-BR", "title": title, "summary": "Uma câmara rápida.",
        "body_markdown": "# Início\n\nO obturador é **silencioso**.\n\n<script>alert(1)</script>\n", "rating": 87})
}

pub fn photograph() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/stack/assets/photograph-with-gps.jpg")).unwrap()
}

async fn listen(router: axum::Router, stop: &CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // The tests themselves are the proxy.
    let proxies = "127.0.0.1".parse().unwrap();
    tokio::spawn(api::server::serve(listener, router, Limits::default(), proxies, stop.clone()));
    address
}

/// A missing server fails the test, and never skips it.
fn server() -> String {
    std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL is not set: `cargo stack services env` says what to set")
}

fn database_url(database: &str) -> String {
    let server = server();
    let (base, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{base}/{database}")
}

async fn administer(statement: &str) {
    let mut admin = PgConnection::connect(&server()).await.expect("the server of TEST_DATABASE_URL");
    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut admin).await.unwrap();
}
