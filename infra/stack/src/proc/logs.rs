//! A child's output: into its file, its last lines kept for error messages, and to the terminal when asked.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
#[cfg(test)]
use std::path::PathBuf;
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::error::{Context, Result};
use crate::{term, wait};

const TAIL_LINES: usize = 15;
/// After a child has ended, how long its last lines may take to arrive.
const TAIL_LIMIT: Duration = Duration::from_millis(500);

pub(super) struct Log {
    #[cfg(test)]
    path: PathBuf,
    kept: Arc<Mutex<Kept>>,
    readers: Vec<JoinHandle<()>>,
}

struct Kept {
    file: File,
    tail: VecDeque<String>,
}

impl Log {
    pub(super) fn follow(name: &str, dir: &Path, child: &mut Child, echo: bool) -> Result<Self> {
        fs::create_dir_all(dir).context(|| format!("creating {}", dir.display()))?;
        let path = dir.join(format!("{name}.log"));
        let file = File::create(&path).context(|| format!("creating {}", path.display()))?;
        let kept = Arc::new(Mutex::new(Kept { file, tail: VecDeque::new() }));
        let mut readers = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            readers.push(copy_lines(stdout, name, &kept, echo));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.push(copy_lines(stderr, name, &kept, echo));
        }
        Ok(Self {
            #[cfg(test)]
            path,
            kept,
            readers,
        })
    }

    #[cfg(test)]
    pub(super) fn path(&self) -> PathBuf {
        self.path.clone()
    }

    pub(super) fn tail(&self) -> String {
        let started = wait::now();
        while started.elapsed() < TAIL_LIMIT && !self.readers.iter().all(JoinHandle::is_finished) {
            thread::sleep(Duration::from_millis(5));
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.tail.iter().map(|line| format!("    {line}\n")).collect()
    }
}

fn copy_lines(source: impl Read + Send + 'static, name: &str, kept: &Arc<Mutex<Kept>>, echo: bool) -> JoinHandle<()> {
    let kept = Arc::clone(kept);
    let prefix = term::paint(term::name_colour(name), &format!("{name:>10} |"));
    thread::spawn(move || {
        let mut source = BufReader::new(source);
        let mut bytes = Vec::new();
        while matches!(source.read_until(b'\n', &mut bytes), Ok(read) if read > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            bytes.clear();
            if echo {
                term::line(&format!("{prefix} {line}"));
            }
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            // A full disk must not stop the service that is being logged.
            drop(writeln!(kept.file, "{line}"));
            if kept.tail.len() == TAIL_LINES {
                kept.tail.pop_front();
            }
            kept.tail.push_back(line);
        }
    })
}
