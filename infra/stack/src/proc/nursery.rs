//! The thread that starts every child.
//!
//! The kernel's parent-death signal is tied to the *thread* that forked, not to its process: a service started
//! from a short-lived worker thread would be killed as soon as that worker returned. This thread lives as long
//! as the runner.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;

use super::{Cmd, group_of, guard};
use crate::error::{Context, Result};
use crate::netns::Namespace;

struct Request {
    command: Command,
    /// The asking thread's: children live where they were asked for.
    network: Option<Namespace>,
    reply: mpsc::Sender<std::io::Result<Child>>,
}

static REQUESTS: OnceLock<mpsc::Sender<Request>> = OnceLock::new();

pub(super) fn spawn(what: Cmd, stdout: Stdio, stderr: Stdio) -> Result<Child> {
    let mut command = what.build()?;
    let described = what.describe();
    command.stdin(match (what.inherited, &what.stdin) {
        (Some(descriptor), _) => Stdio::from(descriptor),
        (None, Some(_)) => Stdio::piped(),
        (None, None) => Stdio::null(),
    });
    command.stdout(stdout).stderr(stderr);

    let mut child = on_the_nursery_thread(command).context(|| format!("starting {described}"))?;
    guard::remember(group_of(&child)?);
    if let (Some(text), Some(mut pipe)) = (what.stdin, child.stdin.take()) {
        // Inputs are a password or a few lines: they fit the pipe's buffer, so this cannot block. A child that
        // ended without reading reports itself by its exit status.
        drop(pipe.write_all(&text));
    }
    Ok(child)
}

pub(super) fn on_the_nursery_thread(command: Command) -> std::io::Result<Child> {
    let requests = REQUESTS.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<Request>();
        thread::spawn(move || {
            for mut request in receiver {
                let entered = request.network.map_or(Ok(()), |network| network.enter());
                drop(request.reply.send(entered.and_then(|()| request.command.spawn())));
            }
        });
        sender
    });
    let (reply, answer) = mpsc::channel();
    let gone = || std::io::Error::other("the thread that starts processes is gone");
    requests.send(Request { command, network: Namespace::of_this_thread(), reply }).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}
