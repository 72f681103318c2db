//! The WAN measures itself: how long a connection and a first byte take on every line, against the plan.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::plan::{Link, Node};
use super::{PREFIX, namespace};
use crate::error::{Context, Error, Result};
use crate::term;
use crate::wait;
use crate::{interrupt, netns};

const PORT: u16 = 7077;
/// Of so many tries the median counts: a lost packet costs one of them a second.
const TRIES: usize = 15;
const TRY_LIMIT: Duration = Duration::from_secs(5);
const ACCEPT_PAUSE: Duration = Duration::from_millis(1);
/// How far the median may be from the plan: five milliseconds or a twentieth, whichever is more.
const TOLERANCE_MS: f64 = 5.0;
const TOLERANCE_SHARE: f64 = 0.05;

/// The medians of one line, milliseconds.
pub struct Measured {
    pub connect_ms: f64,
    pub first_byte_ms: f64,
    pub failed: usize,
}

/// An error if one line is not as long as it should be.
pub fn check(links: &[Link]) -> Result<Vec<(String, Measured)>> {
    let started = wait::now();
    let measured = measure(links)?;
    let wrong: Vec<String> = links
        .iter()
        .zip(&measured)
        .filter(|(link, (_, measured))| !is_right(link, measured))
        .map(|(link, (name, measured))| {
            let (connect, byte, failed) = (measured.connect_ms, measured.first_byte_ms, measured.failed);
            format!("{name}: {} ms planned, connect {connect:.1}, first byte {byte:.1}, {failed} of {TRIES} failed", link.rtt_ms)
        })
        .collect();
    if !wrong.is_empty() {
        return Err(Error::failed(format!("the WAN is not what it should be:\n  {}", wrong.join("\n  "))));
    }
    let furthest = links.iter().map(|link| link.rtt_ms).max().unwrap_or_default();
    term::done("wan", started.elapsed(), &format!("{} lines up to {furthest} ms, each as long as planned", links.len()));
    Ok(measured)
}

fn is_right(link: &Link, measured: &Measured) -> bool {
    let planned = f64::from(link.rtt_ms);
    let tolerance = TOLERANCE_MS.max(planned * TOLERANCE_SHARE);
    [measured.connect_ms, measured.first_byte_ms].iter().all(|found| (found - planned).abs() <= tolerance)
}

fn measure(links: &[Link]) -> Result<Vec<(String, Measured)>> {
    let done = AtomicBool::new(false);
    let mut servers = BTreeMap::new();
    for node in links.iter().map(|link| &link.right) {
        servers.entry(node.name()).or_insert_with(|| listener(node));
    }
    let servers = servers.into_values().collect::<Result<Vec<_>>>()?;
    thread::scope(|scope| {
        for server in &servers {
            scope.spawn(|| echo(server, &done));
        }
        let clients: Vec<_> = links.iter().map(|link| scope.spawn(|| tries(link))).collect();
        let panicked = |_| Err(Error::failed("a measuring thread panicked"));
        let found: Vec<_> = clients.into_iter().map(|client| client.join().unwrap_or_else(panicked)).collect();
        done.store(true, Ordering::Relaxed);
        links.iter().map(Link::name).zip(found).map(|(name, found)| Ok((name, found?))).collect()
    })
}

/// A socket stays in the namespace it was made in, whoever uses it.
fn listener(node: &Node) -> Result<TcpListener> {
    let address = node.address();
    netns::inside(&namespace(node), || {
        let doing = || format!("listening on {address}:{PORT} in {PREFIX}{}", node.name());
        let listener = TcpListener::bind((address.as_str(), PORT)).context(doing)?;
        listener.set_nonblocking(true).context(doing)?;
        Ok(listener)
    })
}

/// Answers every connection's byte with a byte.
fn echo(listener: &TcpListener, done: &AtomicBool) {
    thread::scope(|scope| {
        while !done.load(Ordering::Relaxed) {
            match listener.accept() {
                Ok((stream, _)) => {
                    scope.spawn(move || answer(stream));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(ACCEPT_PAUSE),
                Err(_) => break,
            }
        }
    });
}

fn answer(mut stream: TcpStream) {
    let mut byte = [0];
    let prepared = stream.set_nonblocking(false).and_then(|()| stream.set_read_timeout(Some(TRY_LIMIT)));
    if prepared.and_then(|()| stream.read_exact(&mut byte)).is_ok() {
        // The one who asked sees that it failed.
        drop(stream.write_all(&byte));
    }
}

fn tries(link: &Link) -> Result<Measured> {
    netns::inside(&namespace(&link.left), || {
        let (mut connects, mut bytes) = (Vec::new(), Vec::new());
        for _ in 0..TRIES {
            interrupt::check()?;
            if let Ok((connect, byte)) = once(&link.right.address()) {
                connects.push(connect);
                bytes.push(byte);
            }
        }
        Ok(Measured { failed: TRIES - connects.len(), connect_ms: median(&mut connects), first_byte_ms: median(&mut bytes) })
    })
}

fn once(address: &str) -> std::io::Result<(f64, f64)> {
    let address = std::net::SocketAddr::new(address.parse().map_err(std::io::Error::other)?, PORT);
    let started = wait::now();
    let mut stream = TcpStream::connect_timeout(&address, TRY_LIMIT)?;
    let connected = started.elapsed();
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TRY_LIMIT))?;
    stream.write_all(b"?")?;
    stream.read_exact(&mut [0])?;
    Ok((connected.as_secs_f64() * 1e3, (started.elapsed() - connected).as_secs_f64() * 1e3))
}

/// Infinite if there is none: never right.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_short_too_long_or_dead_is_wrong() {
        let link = Link { left: Node::Readers("sa"), right: Node::Edge("sa"), rtt_ms: 200, rate: "" };
        let measured = |connect_ms, first_byte_ms| Measured { connect_ms, first_byte_ms, failed: 0 };
        assert!(is_right(&link, &measured(209.0, 192.0)));
        assert!(!is_right(&link, &measured(211.0, 200.0)));
        assert!(!is_right(&link, &measured(200.0, 189.0)));
        assert!(!is_right(&link, &measured(median(&mut []), 200.0)));
    }
}
