//! Randomness for ports, tokens and passwords, from the kernel.

use std::fs::File;
use std::io::Read;

use crate::error::{Context, Result};

pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut buffer = [0; N];
    let doing = || "reading /dev/urandom".to_owned();
    File::open("/dev/urandom").context(doing)?.read_exact(&mut buffer).context(doing)?;
    Ok(buffer)
}

/// 128 bits as hexadecimal.
pub fn token() -> Result<String> {
    Ok(hex(&bytes::<16>()?))
}

/// A number in `0..limit`. The bias of the remainder does not matter for picking ports.
pub fn below(limit: u16) -> Result<u16> {
    Ok(u16::from_le_bytes(bytes::<2>()?) % limit)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
