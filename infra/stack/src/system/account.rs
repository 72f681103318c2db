//! The editor that the runner adds: for the tour's story, and as the demo account of `up`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::error::{Context, Error, Result};
use crate::random;

pub struct Account {
    pub email: String,
    pub password: String,
    pub name: String,
    pub slug: String,
}

impl Account {
    pub fn new() -> Result<Self> {
        Ok(Self {
            email: "lia.prado@example.org".into(),
            password: random::token()?,
            name: "Lia Prado".into(),
            slug: "lia-prado".into(),
        })
    }

    /// The account of data that was kept, if there is one.
    pub(super) fn load(path: &Path) -> Result<Option<Self>> {
        let Ok(text) = fs::read_to_string(path) else { return Ok(None) };
        let kept: Value = serde_json::from_str(&text).unwrap_or_default();
        let field = |name: &str| {
            let value = kept[name].as_str().map(str::to_owned);
            value.ok_or_else(|| Error::failed(format!("{} lacks `{name}`; `--fresh` begins anew", path.display())))
        };
        Ok(Some(Self { email: field("email")?, password: field("password")?, name: field("name")?, slug: field("slug")? }))
    }

    /// Written last, when data and account are complete: its presence is what says so.
    pub(super) fn save(&self, path: &Path) -> Result<()> {
        let text = json!({"email": self.email, "password": self.password, "name": self.name, "slug": self.slug}).to_string();
        fs::write(path, text).context(|| format!("writing {}", path.display()))
    }
}
