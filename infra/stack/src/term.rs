//! What the person at the terminal sees. Colours only where standard output is a terminal and `NO_COLOR` is unset.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use std::time::Duration;

pub const RED: u8 = 31;
pub const GREEN: u8 = 32;
pub const YELLOW: u8 = 33;
pub const DIM: u8 = 2;
pub const BOLD: u8 = 1;

/// One colour a process name, so that interleaved logs can be told apart.
const NAME_COLOURS: [u8; 6] = [36, 35, 34, 33, 32, 96];

pub fn paint(code: u8, text: &str) -> String {
    static COLOURED: OnceLock<bool> = OnceLock::new();
    let coloured = *COLOURED.get_or_init(|| std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    if coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

pub fn name_colour(name: &str) -> u8 {
    let sum: usize = name.bytes().map(usize::from).sum();
    NAME_COLOURS.get(sum % NAME_COLOURS.len()).copied().unwrap_or(DIM)
}

/// A whole line in one write. A closed pipe (`cargo stack … | head`) must not become a panic halfway
/// through stopping the services, so a failed write is dropped.
pub fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(format!("{text}\n").as_bytes()));
    drop(out.flush());
}

pub fn heading(text: &str) {
    line(&format!("\n{}", paint(BOLD, text)));
}

pub fn done(what: &str, took: Duration, detail: &str) {
    line(&format!("  {} {what:<14} {:>8}  {}", paint(GREEN, "✓"), millis(took), paint(DIM, detail)));
}

pub fn doing(what: &str, detail: &str) {
    line(&format!("  {} {what:<14} {:>8}  {detail}", paint(DIM, "…"), ""));
}

pub fn warn(text: &str) {
    line(&format!("  {} {text}", paint(YELLOW, "!")));
}

pub fn millis(duration: Duration) -> String {
    if duration < Duration::from_secs(10) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{:.1} s", duration.as_secs_f32())
    }
}
