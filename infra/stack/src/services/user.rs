//! PostgreSQL refuses to run as root. Where the runner is root, it runs as user `postgres`, which must own
//! its data and be able to walk to it.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Context, Error, Result};
use crate::proc::{Cmd, run};
use crate::workspace::Instance;

const LIMIT: Duration = Duration::from_secs(10);
pub const POSTGRES: &str = "postgres";

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The user to run PostgreSQL as, if it is not the runner's own.
pub fn for_postgres() -> Option<&'static str> {
    is_root().then_some(POSTGRES)
}

/// A folder for data that `user` owns. If `user` cannot walk into the clone (one below `/root`, say), the folder
/// lies in the temporary folder and the instance holds a link to it.
pub fn data_folder(instance: &Instance, name: &str, user: Option<&str>) -> Result<PathBuf> {
    let inside = instance.dir.join(name);
    let Some(user) = user else { return instance.folder(name) };
    if inside.exists() {
        return inside.canonicalize().context(|| format!("following {}", inside.display()));
    }
    if can_enter(user, &instance.dir)? {
        let dir = instance.folder(name)?;
        give(&dir, user)?;
        return Ok(dir);
    }
    let outside = instance.folder_outside();
    fs::create_dir_all(&outside).context(|| format!("creating {}", outside.display()))?;
    own_before_use(&outside)?;
    let dir = outside.join(name);
    fs::create_dir_all(&dir).context(|| format!("creating {}", dir.display()))?;
    give(&dir, user)?;
    symlink(&dir, &inside).context(|| format!("linking {}", inside.display()))?;
    Ok(dir)
}

/// The temporary folder is everybody's: a folder that somebody else prepared under our name is not used.
fn own_before_use(dir: &Path) -> Result<()> {
    let meta = fs::symlink_metadata(dir).context(|| format!("looking at {}", dir.display()))?;
    if meta.is_dir() && meta.uid() == rustix::process::geteuid().as_raw() {
        Ok(())
    } else {
        Err(Error::failed(format!("{} belongs to somebody else", dir.display())))
    }
}

fn can_enter(user: &str, dir: &Path) -> Result<bool> {
    let test = Cmd::new("/usr/bin/test").arg("-x").arg(dir).user(Some(user));
    Ok(run(test, LIMIT)?.status.success())
}

/// Makes `user` the owner.
pub fn give(path: &Path, user: &str) -> Result<()> {
    let id = |flag: &str| -> Result<u32> {
        let text = run(Cmd::new("id").arg(flag).arg(user), LIMIT)?.success()?;
        text.trim().parse().map_err(|_| Error::failed(format!("`id {flag} {user}` said {text}")))
    };
    chown(path, Some(id("-u")?), Some(id("-g")?)).context(|| format!("giving {} to {user}", path.display()))
}
