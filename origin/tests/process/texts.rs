//! Where the manuscripts are, and how many.

use mongodb::bson::{Document, doc};
use sqlx::PgPool;

use crate::real::{TestDatabase, new_id, variable};

#[derive(Clone, Copy, Debug)]
pub enum Store {
    Postgres,
    MongoDb,
}

/// The manuscripts of one test.
pub enum Texts {
    Table(PgPool),
    Collection { database: mongodb::Database, url: String },
}

impl Texts {
    pub async fn open(store: Store, database: &TestDatabase) -> Texts {
        match store {
            Store::Postgres => Texts::Table(database.pool.clone()),
            Store::MongoDb => {
                let name = format!("rcr_test_{}", new_id().to_string().to_lowercase());
                let url = renamed(&variable("TEST_MONGODB_URL"), &name);
                let client = mongodb::Client::with_uri_str(&url).await.expect("the server of TEST_MONGODB_URL");
                Texts::Collection { database: client.database(&name), url }
            }
        }
    }

    /// What `MANUSCRIPTS_URL` is to be.
    pub fn url(&self) -> &str {
        match self {
            Texts::Table(_) => "postgres:",
            Texts::Collection { url, .. } => url,
        }
    }

    pub async fn count(&self) -> u64 {
        match self {
            Texts::Table(pool) => {
                let count: i64 = sqlx::query_scalar("SELECT count(*) FROM manuscripts").fetch_one(pool).await.unwrap();
                count.unsigned_abs()
            }
            Texts::Collection { database, .. } => {
                database.collection::<Document>("manuscripts").count_documents(doc! {}).await.unwrap()
            }
        }
    }

    /// As if the store had lost them all.
    pub async fn lose(&self) {
        match self {
            Texts::Table(_) => panic!("the table is in the database that points at it"),
            Texts::Collection { database, .. } => database.drop().await.unwrap(),
        }
    }

    pub async fn drop(self) {
        if let Texts::Collection { database, .. } = self {
            database.drop().await.unwrap();
        }
    }
}

/// `mongodb://host:port/test?options`, for another database.
fn renamed(url: &str, name: &str) -> String {
    let (server, options) = url.split_once('?').unwrap_or((url, ""));
    let start = server.find("://").expect("TEST_MONGODB_URL is mongodb://host:port/database") + 3;
    let end = server[start..].find('/').map_or(server.len(), |slash| start + slash);
    format!("{}/{name}?{options}", &server[..end])
}
