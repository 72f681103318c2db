use std::path::PathBuf;
use std::process::Command;

use rustix::process::test_kill_process;

use super::*;
use crate::error::Result;

const LIMIT: Duration = Duration::from_secs(5);

fn logs(test: &str) -> PathBuf {
    std::env::temp_dir().join(format!("stack-proc-test-{}-{test}", std::process::id()))
}

/// A shell that starts a sleeper in the background, says the sleeper's id, and waits.
fn family() -> Cmd {
    Cmd::new("/bin/sh").args(["-c", "sleep 300 & echo $!; wait"])
}

fn sleeper_of(process: &mut Process) -> Pid {
    let log = process.log_file();
    process
        .until("the sleeper's id", LIMIT, || {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            Ok(match text.trim().parse().ok().and_then(Pid::from_raw) {
                Some(pid) => Probe::Done(pid),
                None => Probe::NotYet(text),
            })
        })
        .unwrap()
}

fn disappears(pid: Pid) -> Result<()> {
    wait::until("the process to disappear", LIMIT, || {
        // A killed orphan stays a zombie where nobody reaps: that counts as gone.
        let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
        let zombie = state.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'));
        Ok(if zombie || test_kill_process(pid).is_err() { Probe::Done(()) } else { Probe::NotYet(state) })
    })
}

#[test]
fn drop_kills_the_whole_group() {
    let dir = logs("drop");
    let mut process = Process::start("family", family(), &dir, false).unwrap();
    let sleeper = sleeper_of(&mut process);
    drop(process);
    disappears(sleeper).unwrap();
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_process_started_by_a_short_lived_thread_lives_on() {
    let dir = logs("thread");
    let start = || Process::start("sleep", Cmd::new("/bin/sleep").arg("300"), &dir, false).unwrap();
    let mut process = std::thread::scope(|scope| scope.spawn(start).join().unwrap());
    // Long enough for the parent-death signal to arrive, were it tied to the thread that has just ended.
    let outcome = process.until::<()>("death", Duration::from_millis(300), || Ok(Probe::NotYet("alive".into())));
    assert!(matches!(outcome, Err(Error::Timeout { .. })), "{outcome:?}");
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn an_early_end_is_told_with_the_log() {
    let dir = logs("early");
    let command = Cmd::new("/bin/sh").args(["-c", "echo out of paper >&2; exit 3"]);
    let mut process = Process::start("printer", command, &dir, false).unwrap();
    let error = process.until::<()>("ready", LIMIT, || Ok(Probe::NotYet(String::new()))).unwrap_err().to_string();
    assert!(error.contains("exit status: 3") && error.contains("out of paper"), "{error}");
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn the_guard_kills_what_it_remembers_and_spares_what_it_forgot() {
    use std::os::unix::process::CommandExt;
    let sleeper = || Command::new("/bin/sleep").arg("300").process_group(0).spawn().unwrap();
    let (mut remembered, mut forgotten) = (sleeper(), sleeper());
    let told = format!("+{0}\n+{1}\n-{1}\n", remembered.id(), forgotten.id());
    guard::watch(told.as_bytes());
    assert!(gone_within(&mut remembered, LIMIT));
    assert!(matches!(forgotten.try_wait(), Ok(None)));
    forgotten.kill().unwrap();
    forgotten.wait().unwrap();
}

#[test]
fn a_finished_command_gives_output_and_complaints() {
    let fine = run(Cmd::new("/bin/sh").args(["-c", "cat; echo noise >&2"]).stdin("hello\n"), LIMIT).unwrap();
    assert_eq!(fine.success().unwrap(), "hello\n");
    let broken = run(Cmd::new("/bin/sh").args(["-c", "echo bad luck >&2; exit 1"]), LIMIT).unwrap();
    assert!(broken.success().unwrap_err().to_string().contains("bad luck"));
}
