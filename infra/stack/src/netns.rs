//! Network namespaces, for the length of a closure.
//!
//! A namespace belongs to a thread: what this thread connects to, the threads and the children it starts
//! ([`crate::proc`] sees to it), live there.

use std::fs::{self, File};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::error::{Context, Error, Result};

/// Where `ip netns` keeps names.
const NAMES: &str = "/run/netns";
const OWN: &str = "/proc/thread-self/ns/net";

/// A namespace that a process can be started in.
#[derive(Debug)]
pub struct Namespace {
    handle: File,
    id: u64,
}

impl Namespace {
    /// The calling thread's. `None` where the kernel has none, which is as good as the only one.
    pub fn of_this_thread() -> Option<Self> {
        Self::open(Path::new(OWN)).ok()
    }

    pub fn named(name: &str) -> Result<Self> {
        Self::open(&path(name))
    }

    fn open(path: &Path) -> Result<Self> {
        let doing = || format!("opening the network namespace {}", path.display());
        let handle = File::open(path).context(doing)?;
        let id = handle.metadata().context(doing)?.ino();
        Ok(Self { handle, id })
    }

    /// Whether the process in this folder of `/proc` lives here.
    pub fn is_that_of(&self, process: &Path) -> bool {
        process.join("ns/net").metadata().is_ok_and(|metadata| metadata.ino() == self.id)
    }

    /// Moves the calling thread, unless it is there already: only root may move.
    pub fn enter(&self) -> std::io::Result<()> {
        if Self::of_this_thread().is_some_and(|own| own.id == self.id) {
            return Ok(());
        }
        Ok(move_into_link_name_space(self.handle.as_fd(), Some(LinkNameSpaceType::Network))?)
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(NAMES).join(name)
}

/// The names there are that begin with `prefix`.
pub fn names(prefix: &str) -> Vec<String> {
    let entries = fs::read_dir(NAMES).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| name.starts_with(prefix)).collect()
}

/// Runs `action` on a thread of its own inside the namespace.
pub fn inside<T: Send>(name: &str, action: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let namespace = Namespace::named(name)?;
    thread::scope(|scope| {
        let inside = scope.spawn(|| {
            namespace.enter().context(|| format!("entering the network namespace {name}"))?;
            action()
        });
        inside.join().unwrap_or_else(|_| Err(Error::failed(format!("a thread in {name} panicked"))))
    })
}
