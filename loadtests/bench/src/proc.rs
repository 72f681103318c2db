//! What a server under test has used: CPU time and memory of its process and of those below it.

use std::fs;
use std::time::Duration;

use crate::error::{Context, Error, Result};

/// Of the kernel's clock in `/proc/PID/stat`: its resolution, hundredths of a second, is a part in three hundred of a
/// measured window.
const TICK: Duration = Duration::from_millis(10);

/// CPU time of the process and its descendants, of threads that have ended too: a server may have some that
/// come and go.
///
/// # Errors
/// When the process is gone or the kernel does not count.
pub fn cpu_time(pid: u32) -> Result<Duration> {
    let mut ticks = 0;
    for process in tree(pid)? {
        let path = format!("/proc/{process}/stat");
        let text = fs::read_to_string(&path).context(|| path.clone())?;
        // The program's name, in parentheses, may hold anything.
        let mut fields = text.rsplit(')').next().unwrap_or_default().split_ascii_whitespace().skip(11);
        ticks += first_number(fields.next().unwrap_or_default())? + first_number(fields.next().unwrap_or_default())?;
    }
    Ok(TICK * u32::try_from(ticks).unwrap_or(u32::MAX))
}

/// CPU time of this process.
///
/// # Errors
/// When the kernel does not count.
pub fn own_cpu_time() -> Result<Duration> {
    cpu_time(std::process::id())
}

/// Resident bytes of the process and its descendants.
///
/// # Errors
/// When the process is gone.
pub fn resident_bytes(pid: u32) -> Result<u64> {
    let mut total = 0;
    for process in tree(pid)? {
        let path = format!("/proc/{process}/status");
        let text = fs::read_to_string(&path).context(|| path.clone())?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        total += line.map_or(Ok(0), first_number)? * 1024;
    }
    Ok(total)
}

fn tree(root: u32) -> Result<Vec<u32>> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&process) = found.get(next) {
        next += 1;
        for thread in threads(process)? {
            let children = fs::read_to_string(format!("/proc/{process}/task/{thread}/children")).unwrap_or_default();
            found.extend(children.split_ascii_whitespace().filter_map(|word| word.parse::<u32>().ok()));
        }
    }
    Ok(found)
}

fn threads(process: u32) -> Result<Vec<u32>> {
    let path = format!("/proc/{process}/task");
    let entries = fs::read_dir(&path).context(|| path.clone())?;
    Ok(entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}

fn first_number(text: &str) -> Result<u64> {
    let number = text.split_ascii_whitespace().next().and_then(|word| word.parse().ok());
    number.ok_or_else(|| Error::Usage(format!("expected a number of the kernel: {text:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn busy_time_is_counted() {
        let (started, before) = (clock::now(), own_cpu_time().unwrap());
        // In a thread that has ended when it is counted. Other processes share the machine.
        std::thread::scope(|scope| {
            scope.spawn(|| while started.elapsed() < Duration::from_millis(200) {});
        });
        let used = own_cpu_time().unwrap() - before;
        assert!(used > Duration::from_millis(20), "{used:?}");
    }

    #[test]
    fn a_gone_process_is_an_error() {
        assert!(cpu_time(u32::MAX).is_err());
        assert!(resident_bytes(std::process::id()).unwrap() > 100_000);
    }
}
