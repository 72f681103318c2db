//! Objects in a folder, each a file under its name. Labels are not kept.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use common::entropy::{Entropy as _, SystemEntropy};
use futures_util::future::BoxFuture;

use super::{Label, OBJECT_BYTES_MAX, ObjectError, Objects, bounded, check_size};

pub struct Folder {
    folder: PathBuf,
}

impl Folder {
    /// # Errors
    /// If the folder cannot be made.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Folder, ObjectError> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(|error| unavailable(&folder, &error))?;
        Ok(Folder { folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

impl Objects for Folder {
    fn put<'a>(&'a self, name: &'a str, bytes: Bytes, _label: Label) -> BoxFuture<'a, Result<(), ObjectError>> {
        Box::pin(bounded(async move {
            check_size(&bytes)?;
            let path = self.path(name);
            // Random: containers that share the folder all have the same few process ids.
            let mut random = [0; 16];
            SystemEntropy.fill(&mut random);
            let temporary = self.folder.join(format!(".new-{:032x}", u128::from_le_bytes(random)));
            on_a_thread(move || write(&path, &temporary, &bytes).map_err(|error| unavailable(&path, &error))).await
        }))
    }

    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Bytes, ObjectError>> {
        Box::pin(bounded(async move {
            let (path, name) = (self.path(name), name.to_owned());
            on_a_thread(move || read(&path, name)).await
        }))
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), ObjectError>> {
        Box::pin(bounded(async move {
            let folder = self.folder.clone();
            on_a_thread(move || match fs::metadata(&folder) {
                Ok(found) if found.is_dir() && !found.permissions().readonly() => Ok(()),
                Ok(_) => Err(ObjectError::Unavailable(format!("{} is not a folder one can write to", folder.display()))),
                Err(error) => Err(unavailable(&folder, &error)),
            })
            .await
        }))
    }
}

/// All or nothing, and still there after a power cut: a temporary file, its bytes on disk,
/// renamed, and the folders' entries on disk.
fn write(path: &Path, temporary: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // What is there has its bytes on disk, but perhaps not its entry: whoever renamed it may
    // have died before the end of this very function.
    if !path.try_exists()? {
        fs::create_dir_all(folder)?;
        let written = write_and_rename(path, temporary, bytes);
        if written.is_err() {
            // Best effort: what is left behind is only a temporary file.
            let _ = fs::remove_file(temporary);
        }
        written?;
    }
    File::open(folder)?.sync_all()?;
    // The folder itself may be new.
    File::open(folder.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn write_and_rename(path: &Path, temporary: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create_new(temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(temporary, path)
}

fn read(path: &Path, name: String) -> Result<Bytes, ObjectError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(ObjectError::NotFound(name)),
        Err(error) => return Err(unavailable(path, &error)),
    };
    let mut bytes = Vec::new();
    file.take(OBJECT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(|error| unavailable(path, &error))?;
    if bytes.len() > OBJECT_BYTES_MAX {
        return Err(ObjectError::Damaged { name, why: format!("longer than {OBJECT_BYTES_MAX} bytes") });
    }
    Ok(bytes.into())
}

/// File systems block: never on the threads that serve.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ObjectError> + Send + 'static,
) -> Result<T, ObjectError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(ObjectError::Unavailable(error.to_string())))
}

fn unavailable(path: &Path, error: &std::io::Error) -> ObjectError {
    ObjectError::Unavailable(format!("{}: {error}", path.display()))
}
