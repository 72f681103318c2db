//! Photographs in a folder: `{folder}/{first two digits}/{sha256}-{variant}`. The content
//! type is not stored: the pipeline makes JPEG only, and says so where it is read.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use common::entropy::{Entropy as _, SystemEntropy};
use futures_util::future::BoxFuture;

use super::{OBJECT_BYTES_MAX, PhotoKey, Photos, StoreError, Stored, bounded, check_size, pipeline};

pub struct DiskPhotos {
    folder: PathBuf,
}

impl DiskPhotos {
    /// # Errors
    /// If the folder cannot be made.
    pub fn open(folder: impl Into<PathBuf>) -> Result<DiskPhotos, StoreError> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(|error| unavailable(&folder, &error))?;
        Ok(DiskPhotos { folder })
    }

    fn path(&self, key: &PhotoKey) -> PathBuf {
        let id = key.id.to_string();
        self.folder.join(&id[..2]).join(format!("{id}-{}", key.variant.name()))
    }
}

impl Photos for DiskPhotos {
    fn put<'a>(&'a self, key: &'a PhotoKey, bytes: Bytes, content_type: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(bounded(async move {
            check_size(&bytes)?;
            debug_assert_eq!(content_type, pipeline::CONTENT_TYPE, "this store keeps no content types");
            let path = self.path(key);
            // Random: containers that share the folder all have the same few process ids.
            let mut random = [0; 16];
            SystemEntropy.fill(&mut random);
            let temporary = self.folder.join(format!(".new-{:032x}", u128::from_le_bytes(random)));
            on_a_thread(move || write(&path, &temporary, &bytes).map_err(|error| unavailable(&path, &error))).await
        }))
    }

    fn get<'a>(&'a self, key: &'a PhotoKey) -> BoxFuture<'a, Result<Stored, StoreError>> {
        Box::pin(bounded(async move {
            let (path, key) = (self.path(key), *key);
            on_a_thread(move || read(&path, key)).await
        }))
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(bounded(async move {
            let folder = self.folder.clone();
            on_a_thread(move || match fs::metadata(&folder) {
                Ok(found) if found.is_dir() && !found.permissions().readonly() => Ok(()),
                Ok(_) => Err(StoreError::Unavailable(format!("{} is not a folder one can write to", folder.display()))),
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

fn read(path: &Path, key: PhotoKey) -> Result<Stored, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(StoreError::NotFound(key)),
        Err(error) => return Err(unavailable(path, &error)),
    };
    let mut bytes = Vec::new();
    file.take(OBJECT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(|error| unavailable(path, &error))?;
    if bytes.len() > OBJECT_BYTES_MAX {
        return Err(StoreError::Damaged { key, why: format!("longer than {OBJECT_BYTES_MAX} bytes") });
    }
    Ok(Stored { bytes: bytes.into(), content_type: pipeline::CONTENT_TYPE.to_owned() })
}

/// File systems block: never on the threads that serve.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, StoreError> + Send + 'static) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
}

fn unavailable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}
