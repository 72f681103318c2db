//! `healthcheck`: a program asks its own admin port whether it is ready. An image without a shell
//! has nothing else to ask with, and a supervisor may wait for it.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use crate::{
    Clock,
    config::{Env, Mistakes},
};

/// For one question, connecting included in each of its steps.
const ASK_LIMIT: Duration = Duration::from_secs(2);
/// Between two questions, if it is to be waited for.
const PAUSE: Duration = Duration::from_millis(100);
/// A status line is shorter.
const LINE_BYTES_MAX: u64 = 256;

/// Why a program does not count as ready.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    #[error(transparent)]
    Configuration(#[from] Mistakes),
    #[error("{0} does not answer: {1}")]
    Silent(SocketAddr, #[source] io::Error),
    #[error("{0} answers {1:?}")]
    Refuses(SocketAddr, String),
}

/// Reads what may follow `healthcheck` on a command line: nothing, or the seconds to wait.
///
/// # Errors
/// With what was expected, for people.
pub fn patience(words: &[&str]) -> Result<Duration, String> {
    match words {
        [] => Ok(Duration::ZERO),
        [seconds] => seconds.parse().map(Duration::from_secs).map_err(|_| format!("expected seconds, not {seconds}")),
        _ => Err("healthcheck takes seconds to wait, and nothing else".to_owned()),
    }
}

/// Asks `/readyz` at the address that `variable` names, until it is 200 or `patience` is over;
/// at least once.
///
/// # Errors
/// With the last answer, if it was never 200.
pub fn run(
    mut env: Env,
    variable: &'static str,
    default: SocketAddr,
    patience: Duration,
    clock: &dyn Clock,
) -> Result<(), NotReady> {
    let listening = env.or(variable, default);
    env.finish(&[])?;
    let until = clock.now() + patience;
    loop {
        match ask(reachable(listening)).or_else(|error| other_loopback(listening).map_or(Err(error), ask)) {
            Err(_) if clock.now() < until => thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
}

/// Who listens everywhere is asked on loopback.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let address = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(address, listening.port())
}

/// `[::]` takes connections by IPv4, too, and in a container loopback may have nothing else.
fn other_loopback(listening: SocketAddr) -> Option<SocketAddr> {
    let everywhere = listening.is_ipv6() && listening.ip().is_unspecified();
    everywhere.then(|| SocketAddr::new(Ipv4Addr::LOCALHOST.into(), listening.port()))
}

fn ask(admin: SocketAddr) -> Result<(), NotReady> {
    let line = status_line(admin).map_err(|error| NotReady::Silent(admin, error))?;
    let status = line.split_ascii_whitespace().nth(1);
    if status == Some("200") { Ok(()) } else { Err(NotReady::Refuses(admin, line)) }
}

fn status_line(admin: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&admin, ASK_LIMIT)?;
    stream.set_read_timeout(Some(ASK_LIMIT))?;
    stream.set_write_timeout(Some(ASK_LIMIT))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut line = String::new();
    BufReader::new(stream.take(LINE_BYTES_MAX)).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::SystemClock;

    /// A port that gives these answers, one a connection, and then refuses.
    fn answering(answers: &'static [&'static str]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                while request.read_line(&mut line).unwrap() > 2 {
                    line.clear();
                }
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        address
    }

    fn asked(admin: SocketAddr, patience: u64) -> Result<(), NotReady> {
        let env = Env::from_pairs([("EDGE_ADMIN_LISTEN", admin.to_string())]);
        let default = SocketAddr::from(([127, 0, 0, 1], 1));
        run(env, "EDGE_ADMIN_LISTEN", default, Duration::from_secs(patience), &SystemClock)
    }

    #[test]
    fn ready_is_200_and_nothing_else() {
        assert!(asked(answering(&["HTTP/1.1 200 OK\r\n\r\n"]), 0).is_ok());
        let refused = asked(answering(&["HTTP/1.1 503 Service Unavailable\r\n\r\n"]), 0).unwrap_err();
        assert!(matches!(&refused, NotReady::Refuses(_, line) if line.contains("503")), "{refused}");
        assert!(matches!(asked(answering(&[""]), 0), Err(NotReady::Refuses(..))));
        assert!(matches!(asked(answering(&[]), 0), Err(NotReady::Silent(..))));
    }

    #[test]
    fn it_is_waited_for_when_asked_to() {
        let late = answering(&["HTTP/1.1 503 No\r\n\r\n", "HTTP/1.1 503 No\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"]);
        assert!(asked(late, 10).is_ok());
    }

    #[test]
    fn who_listens_everywhere_is_asked_on_loopback() {
        for (listening, asked) in [
            ("0.0.0.0:81", "127.0.0.1:81"),
            ("[::]:81", "[::1]:81"),
            ("10.0.0.7:81", "10.0.0.7:81"),
            ("[fd00::1]:81", "[fd00::1]:81"),
        ] {
            assert_eq!(reachable(listening.parse().unwrap()).to_string(), asked);
        }
    }

    #[test]
    fn who_listens_everywhere_may_answer_by_ipv4_alone() {
        let port = answering(&["HTTP/1.1 200 OK\r\n\r\n"]).port();
        assert!(asked(SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port), 0).is_ok());
    }

    #[test]
    fn its_words_are_seconds_or_none() {
        assert_eq!(patience(&[]), Ok(Duration::ZERO));
        assert_eq!(patience(&["30"]), Ok(Duration::from_secs(30)));
        assert!(patience(&["soon"]).unwrap_err().contains("soon"));
        assert!(patience(&["1", "2"]).is_err());
    }

    #[test]
    fn a_wrong_setting_is_said() {
        let env = Env::from_pairs([("EDGE_ADMIN_LISTEN", "everywhere")]);
        let default = SocketAddr::from(([127, 0, 0, 1], 1));
        let mistake = run(env, "EDGE_ADMIN_LISTEN", default, Duration::ZERO, &SystemClock).unwrap_err();
        assert!(mistake.to_string().contains("EDGE_ADMIN_LISTEN"), "{mistake}");
    }
}
