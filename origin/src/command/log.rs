//! `origin log renew`.

use common::{
    SystemClock,
    clock::Clock as _,
    entropy::{Entropy as _, SystemEntropy},
};
use origin::{
    config::DatabaseConfig,
    store::{Db, identity},
};

use super::Failure;

pub(super) async fn run(config: &DatabaseConfig) -> Result<(), Failure> {
    let db = Db::new(config)?;
    let log = identity::renew(&db, SystemEntropy.ulid(SystemClock.wall())).await?;
    println!("the log is {log} now: every edge begins anew");
    Ok(())
}
