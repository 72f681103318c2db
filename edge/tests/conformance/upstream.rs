//! An upstream that writes what it is told, byte by byte, so that nothing is added to it.

use std::{collections::VecDeque, net::SocketAddr, sync::Arc};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::script::{Answer, Fields};

pub struct Upstream {
    pub address: SocketAddr,
    script: Arc<Mutex<Script>>,
    _stop: DropGuard,
}

#[derive(Default)]
struct Script {
    /// What the next requests are answered; the last of them again and again.
    answers: VecDeque<Answer>,
    requests: Vec<Fields>,
}

impl Upstream {
    pub async fn start() -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::<Mutex<Script>>::default();
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(accept(listener, Arc::clone(&script), stop.clone())));
        Upstream { address, script, _stop: stop.drop_guard() }
    }

    pub fn answers(&self, answers: &[Answer]) {
        self.script.lock().answers = answers.iter().cloned().collect();
    }

    pub fn count(&self) -> usize {
        self.script.lock().requests.len()
    }

    /// All lines of a field of the last request, joined.
    pub fn asked(&self, name: &str) -> Option<String> {
        let script = self.script.lock();
        let lines: Vec<_> =
            script.requests.last()?.iter().filter(|(one, _)| one == name).map(|(_, value)| value.as_str()).collect();
        (!lines.is_empty()).then(|| lines.join(", "))
    }
}

async fn accept(listener: TcpListener, script: Arc<Mutex<Script>>, stop: CancellationToken) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tokio::spawn(stop.clone().run_until_cancelled_owned(converse(stream, Arc::clone(&script))));
    }
}

async fn converse(stream: TcpStream, script: Arc<Mutex<Script>>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await {
        let method = request[0].1.clone();
        let (mut text, mut cut_short) = (String::new(), false);
        {
            let mut script = script.lock();
            script.requests.push(request);
            loop {
                let answer = if script.answers.len() > 1 { script.answers.pop_front() } else { script.answers.front().cloned() };
                match answer {
                    Some(Answer::Drop) => return,
                    Some(Answer::Interim { status, fields }) => write(&mut text, status, &fields),
                    Some(Answer::Final { status, mut fields, body }) => {
                        let bodiless = matches!(status, 204 | 304) || method == "HEAD";
                        let length = body.len().to_string();
                        match fields.iter().find(|(name, _)| name == "content-length") {
                            // Promised more than there is: the connection ends in the middle.
                            Some((_, promised)) => cut_short = !bodiless && *promised != length,
                            None if matches!(status, 204 | 304) => {}
                            None => fields.push(("content-length".to_owned(), length)),
                        }
                        write(&mut text, status, &fields);
                        if !bodiless {
                            text.push_str(&body);
                        }
                        break;
                    }
                    None => {
                        write(&mut text, 200, &[("content-length".to_owned(), "0".to_owned())]);
                        break;
                    }
                }
            }
        }
        if stream.write_all(text.as_bytes()).await.is_err() || cut_short {
            return;
        }
    }
}

fn write(text: &mut String, status: u16, fields: &[(String, String)]) {
    text.push_str(&format!("HTTP/1.1 {status} Scripted\r\n"));
    for (name, value) in fields {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
}

/// The fields of a request, with `:method` and `:target` before them.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<Fields> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|length| *length > 0)?;
    let mut words = line.split(' ').map(str::to_owned);
    let mut fields = vec![(":method".to_owned(), words.next()?), (":target".to_owned(), words.next()?)];
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = fields.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, length)| length.parse().unwrap());
    stream.read_exact(&mut vec![0; length]).await.ok()?;
    Some(fields)
}
