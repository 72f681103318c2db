//! Where things are: the workspace, its git-ignored `.stack` folder, and one folder an instance.

use std::fs::{self, File, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::error::{Context, Error, Result};

#[derive(Clone)]
pub struct Workspace {
    pub root: PathBuf,
}

impl Workspace {
    /// `cargo run` names the manifest's folder; a binary started by hand remembers the one it was built from.
    pub fn find() -> Result<Self> {
        let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
        let root = Path::new(&manifest).join("../..");
        Ok(Self { root: root.canonicalize().context(|| format!("looking for the workspace at {}", root.display()))? })
    }

    pub fn stack_dir(&self) -> PathBuf {
        self.root.join(".stack")
    }

    /// Fetched binaries. `STACK_TOOLS_DIR` lets several clones share one folder.
    pub fn tools_dir(&self) -> PathBuf {
        std::env::var_os("STACK_TOOLS_DIR").map_or_else(|| self.stack_dir().join("tools"), PathBuf::from)
    }

    pub fn target_dir(&self) -> PathBuf {
        match std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from) {
            Some(dir) if dir.is_absolute() => dir,
            // Cargo resolves it from where it was called, and `cargo run` leaves that folder current.
            Some(dir) => std::env::current_dir().map_or(dir.clone(), |current| current.join(dir)),
            None => self.root.join("target"),
        }
    }

    fn run_dir(&self) -> PathBuf {
        self.stack_dir().join("run")
    }

    pub fn instance_dir(&self, name: &str) -> PathBuf {
        self.run_dir().join(name)
    }

    /// A short name for this clone, for folders that cannot lie inside it.
    fn fingerprint(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.root.hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}

/// One running system's folder: data, logs, and a lock that says it is in use.
pub struct Instance {
    pub name: String,
    pub dir: PathBuf,
    workspace: Workspace,
    _lock: File,
}

impl Instance {
    /// Its data stays. A second start of the same one is refused while the first runs.
    pub fn lasting(workspace: &Workspace, name: &str) -> Result<Self> {
        Self::open(workspace, name)?
            .ok_or_else(|| Error::failed(format!("`{name}` is already running in this clone (its lock is held)")))
    }

    /// A new one for a single run. What killed or failed runs of the same kind left behind goes first.
    pub fn throwaway(workspace: &Workspace, kind: &str) -> Result<Self> {
        Self::sweep(workspace, kind)?;
        let name = format!("{kind}-{}", std::process::id());
        Self::open(workspace, &name)?.ok_or_else(|| Error::failed(format!("`{name}` is already running")))
    }

    fn open(workspace: &Workspace, name: &str) -> Result<Option<Self>> {
        let dir = workspace.instance_dir(name);
        fs::create_dir_all(&dir).context(|| format!("creating {}", dir.display()))?;
        let path = dir.join("lock");
        let lock = File::create(&path).context(|| format!("creating {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { name: name.to_owned(), dir, workspace: workspace.clone(), _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(Error::Io { context: format!("locking {}", path.display()), source }),
        }
    }

    fn sweep(workspace: &Workspace, kind: &str) -> Result<()> {
        let Ok(entries) = fs::read_dir(workspace.run_dir()) else { return Ok(()) };
        for name in entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
            let id = name.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-'));
            if id.is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
                && let Some(stale) = Self::open(workspace, &name)?
            {
                stale.remove()?;
            }
        }
        Ok(())
    }

    pub fn logs(&self) -> PathBuf {
        self.dir.join("logs")
    }

    /// A folder inside the instance.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let dir = self.dir.join(name);
        fs::create_dir_all(&dir).context(|| format!("creating {}", dir.display()))?;
        Ok(dir)
    }

    /// Where data goes that another user must reach when the clone lies in a folder that it may not enter.
    pub fn folder_outside(&self) -> PathBuf {
        std::env::temp_dir().join(format!("stack-{}-{}", self.workspace.fingerprint(), self.name))
    }

    /// Forgets data and logs but keeps the instance.
    pub fn empty(&self) -> Result<()> {
        remove_dir(&self.folder_outside())?;
        let entries = fs::read_dir(&self.dir).context(|| format!("reading {}", self.dir.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.ends_with("lock") {
                continue;
            }
            let removed = if path.is_dir() && !path.is_symlink() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.context(|| format!("removing {}", path.display()))?;
        }
        Ok(())
    }

    pub fn remove(self) -> Result<()> {
        self.empty()?;
        remove_dir(&self.dir)
    }
}

fn remove_dir(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::Io { context: format!("removing {}", dir.display()), source: error })
        }
        _ => Ok(()),
    }
}
