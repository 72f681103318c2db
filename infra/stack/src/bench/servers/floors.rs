//! The two floors: what a request costs with nothing behind it.

use std::path::Path;

use super::Place;
use crate::proc::Cmd;

pub(super) fn command(place: &Place<'_>, program: &Path, port: u16) -> Cmd {
    let address = format!("127.0.0.1:{port}");
    place.pinned(program).args(["--listen", &address, "--bytes", &place.bytes.to_string()])
}
