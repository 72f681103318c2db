//! Commands that run to their end: builds, `initdb`, `psql`, `pip`. They stop with the runner like services do.

use std::io::{BufRead, BufReader, Read};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::{Cmd, end, group_of, nursery};
use crate::error::{Context, Error, Result};
use crate::{interrupt, wait};

const POLL: Duration = Duration::from_millis(50);

pub struct Finished {
    pub what: String,
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// The standard output if the command succeeded, otherwise what it complained about.
    pub fn success(self) -> Result<String> {
        if self.status.success() {
            return Ok(self.stdout);
        }
        let complaint = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        Err(Error::failed(format!("{} failed ({}):\n{}", self.what, self.status, complaint.trim_end())))
    }
}

#[derive(Clone, Copy)]
enum From {
    Out,
    Err,
}

/// Runs to the end and keeps the output.
pub fn run(command: Cmd, limit: Duration) -> Result<Finished> {
    follow(command, limit, true, &mut |_| {})
}

/// Runs to the end; standard error stays the terminal's, each line of standard output is handed to `on_line`.
pub fn run_streaming(command: Cmd, limit: Duration, on_line: &mut dyn FnMut(&str)) -> Result<Finished> {
    follow(command, limit, false, on_line)
}

fn follow(command: Cmd, limit: Duration, keep_stderr: bool, on_line: &mut dyn FnMut(&str)) -> Result<Finished> {
    let what = command.describe();
    let stderr = if keep_stderr { Stdio::piped() } else { Stdio::inherit() };
    let mut child = nursery::spawn(command, Stdio::piped(), stderr)?;
    let group = group_of(&child)?;

    let (lines, received) = mpsc::channel();
    if let Some(pipe) = child.stdout.take() {
        send_lines(pipe, From::Out, lines.clone());
    }
    if let Some(pipe) = child.stderr.take() {
        send_lines(pipe, From::Err, lines.clone());
    }
    drop(lines);

    let started = wait::now();
    let (mut stdout, mut stderr) = (String::new(), String::new());
    let mut collect = |from: From, line: String, on_line: &mut dyn FnMut(&str)| match from {
        From::Out => {
            on_line(line.trim_end());
            stdout.push_str(&line);
        }
        From::Err => stderr.push_str(&line),
    };
    // The pipes' end is not waited for: a child of the command may hold them open after it has ended.
    let outcome = loop {
        match received.recv_timeout(POLL) {
            Ok((from, line)) => {
                collect(from, line, on_line);
                continue;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::sleep(Duration::from_millis(2)),
        }
        if interrupt::requested() {
            break Err(Error::Interrupted);
        }
        if started.elapsed() >= limit {
            break Err(Error::Timeout { what: what.clone(), limit, last: "still running".into() });
        }
        match child.try_wait().context(|| format!("waiting for {what}")) {
            Ok(None) => {}
            Ok(Some(status)) => break Ok(status),
            Err(error) => break Err(error),
        }
    };
    end(&mut child, group, Duration::ZERO);
    let status = outcome?;
    while let Ok((from, line)) = received.recv_timeout(POLL) {
        collect(from, line, on_line);
    }
    Ok(Finished { what, status, stdout, stderr })
}

fn send_lines(source: impl Read + Send + 'static, from: From, lines: Sender<(From, String)>) {
    thread::spawn(move || {
        let mut source = BufReader::new(source);
        let mut bytes = Vec::new();
        while matches!(source.read_until(b'\n', &mut bytes), Ok(read) if read > 0) {
            if lines.send((from, String::from_utf8_lossy(&bytes).into_owned())).is_err() {
                return;
            }
            bytes.clear();
        }
    });
}
