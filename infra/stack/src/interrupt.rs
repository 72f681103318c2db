//! Ctrl-C, a terminal that closes and a polite `kill` all set one flag. Every wait looks at it, so the
//! stack unwinds and `Drop` stops what was started. A second signal does not wait for that: the runner
//! exits at once and the guard (`proc::guard`) ends what is left.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::{Context, Error, Result};

const EXIT_AFTER_SECOND_SIGNAL: i32 = 130;

static REQUESTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

pub fn install() -> Result<()> {
    let requested = Arc::clone(REQUESTED.get_or_init(Arc::default));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let doing = || "installing signal handlers".to_owned();
        // The order matters: the first signal finds the flag unset and sets it, the second finds it set and exits.
        flag::register_conditional_shutdown(signal, EXIT_AFTER_SECOND_SIGNAL, Arc::clone(&requested)).context(doing)?;
        flag::register(signal, Arc::clone(&requested)).context(doing)?;
    }
    Ok(())
}

pub fn requested() -> bool {
    REQUESTED.get().is_some_and(|flag| flag.load(Ordering::SeqCst))
}

pub fn check() -> Result<()> {
    if requested() { Err(Error::Interrupted) } else { Ok(()) }
}
