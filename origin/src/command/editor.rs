//! `origin editor add`.

use std::io::BufRead as _;

use common::{
    SystemClock,
    clock::Clock as _,
    entropy::{Entropy as _, SystemEntropy},
};
use origin::{
    api::{limits::PASSWORD_CHARS_MIN, passwords},
    config::DatabaseConfig,
    domain::{EditorId, Role, Slug, editor::NewEditor},
    store::{Db, WriteTx, editors},
};

use super::Failure;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Add {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) slug: Slug,
    pub(super) role: Role,
}

pub(super) async fn run(config: &DatabaseConfig, add: Add) -> Result<(), Failure> {
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password).map_err(|error| Failure::Io("standard input", error))?;
    let password = password.trim_end_matches(['\r', '\n']);
    if password.chars().count() < PASSWORD_CHARS_MIN {
        return Err(Failure::Wrong(vec![format!("the password needs at least {PASSWORD_CHARS_MIN} characters")]));
    }
    let new = NewEditor {
        id: EditorId(SystemEntropy.ulid(SystemClock.wall())),
        email: add.email,
        name: add.name,
        slug: add.slug,
        bio: String::new(),
        role: add.role,
        password_hash: passwords::hash_blocking(password, &SystemEntropy)?,
    };
    let db = Db::new(config)?;
    let mut tx = WriteTx::begin(&db, None).await?;
    let editor = editors::add(&mut tx, &new).await?;
    let committed = tx.commit(None).await?;
    println!("added {} {} as {} (change {})", editor.role, editor.email, editor.id, committed.seq);
    Ok(())
}
