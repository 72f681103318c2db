//! A folder for one test: logs, photographs, what is fed to standard input.

use std::path::{Path, PathBuf};

use crate::real::new_id;

/// Removed when it is dropped; after a failure it stays, to be looked at.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Folder {
        let path = std::env::temp_dir().join(format!("rcr-process-{}", new_id().to_string().to_lowercase()));
        std::fs::create_dir_all(path.join("photographs")).unwrap();
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }
}
