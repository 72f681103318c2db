//! One line: a `wirefilter` between two TAP devices, which delays and loses packet by packet.
//!
//! Learnt by trying: an end is named by a file that holds `tap://NAME` and a line feed; delays are one way, in
//! each direction; its own bandwidth limit delays the other direction too, so `tc` limits instead; a
//! stale pid file makes it end without a word, so it gets none, and is found by its management socket.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use super::plan::Link;
use crate::error::{Context, Error, Result};
use crate::proc::command::find_program;
use crate::proc::{Cmd, run};
use crate::tools::Program;

const START_LIMIT: Duration = Duration::from_secs(10);
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
const PROMPT: &str = "VDEwf$ ";
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Ahead of what is measured, so that a busy machine does not make the distances longer.
const REAL_TIME_PRIORITY: &str = "10";

/// A running line, known by its management socket alone.
pub struct Wire {
    socket: PathBuf,
}

impl Wire {
    pub fn of(link: &Link, dir: &Path) -> Self {
        Self { socket: dir.join(format!("{}.sock", link.name())) }
    }

    /// The names of its two devices, by its place in the plan.
    pub fn devices(place: usize) -> [String; 2] {
        ["a", "b"].map(|end| format!("w{place}{end}"))
    }

    /// Starts it in the calling thread's namespace, where its devices appear. It goes on by itself.
    pub fn start(&self, link: &Link, place: usize, loss_percent: f64, program: &Program, dir: &Path) -> Result<()> {
        let ends = Self::devices(place).map(|device| (dir.join(&device), format!("tap://{device}\n")));
        for (file, text) in &ends {
            fs::write(file, text).context(|| format!("writing {}", file.display()))?;
        }
        let [left, right] = ends.map(|(file, _)| file.display().to_string());
        let command = match real_time() {
            Some(chrt) => chrt.arg(&program.path),
            None => Cmd::new(&program.path),
        };
        let command = command.envs(program.env.iter().cloned()).unset("VDEPLUGIN_PATH");
        let command = command.args(["-v", &format!("{left}:{right}"), "-d", &link.delay(), "-l", &loss_percent.to_string()]);
        run(command.arg("-M").arg(&self.socket).arg("--daemon"), START_LIMIT)?.success()?;
        self.ask(&["showinfo"]).map(|_| ())
    }

    /// All packets are lost from now on, or as few as on such a day.
    pub fn lose(&self, percent: f64) -> Result<()> {
        self.ask(&["loss 0", &format!("loss {percent}")]).map(|_| ())
    }

    /// What it says of its delay and its loss.
    pub fn state(&self) -> Result<String> {
        let said = self.ask(&["showinfo"])?;
        let shown = said.lines().filter(|line| line.starts_with("Loss ") || line.starts_with("Delay"));
        Ok(shown.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join("; "))
    }

    /// One command a write; each answer ends with the prompt.
    fn ask(&self, commands: &[&str]) -> Result<String> {
        let doing = || format!("asking the line at {}", self.socket.display());
        let mut stream = UnixStream::connect(&self.socket).context(doing)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT)).context(doing)?;
        answer(&mut stream).context(doing)?;
        let mut said = String::new();
        for command in commands {
            stream.write_all(format!("{command}\n").as_bytes()).context(doing)?;
            said = answer(&mut stream).context(doing)?;
            // `1000 Success`, or `1` and the error's number.
            if let Some(refused) = said.lines().find(|line| line.starts_with('1') && !line.starts_with("1000")) {
                return Err(Error::failed(format!("{}: {command}: {refused}", self.socket.display())));
            }
        }
        Ok(said)
    }
}

/// `chrt`, where it is there and may do it.
fn real_time() -> Option<Cmd> {
    static ALLOWED: OnceLock<bool> = OnceLock::new();
    let chrt = || Some(Cmd::new(find_program("chrt")?).args(["-f", REAL_TIME_PRIORITY]));
    let works = || Some(run(chrt()?.arg("true"), START_LIMIT).ok()?.status.success());
    if *ALLOWED.get_or_init(|| works().unwrap_or(false)) { chrt() } else { None }
}

fn answer(stream: &mut UnixStream) -> std::io::Result<String> {
    let (mut said, mut piece) = (Vec::new(), [0; 1024]);
    while !said.ends_with(PROMPT.as_bytes()) {
        let read = stream.read(&mut piece)?;
        if read == 0 || said.len() > ANSWER_BYTES_MAX {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        said.extend_from_slice(&piece[..read]);
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}
