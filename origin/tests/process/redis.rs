//! The real Redis of TEST_REDIS_URL. The name of the last log is one per database of it, so each
//! test that needs one takes a number of its own.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{real::variable, wait::in_time};

/// One numbered database.
#[derive(Clone, Copy, Debug)]
pub struct Redis(pub u8);

impl Redis {
    pub fn url(self) -> String {
        format!("redis://{}/{}", server(), self.0)
    }

    /// Whether an edge that starts now would be told of this log.
    pub async fn remembers(self, log: &str) -> bool {
        let exchange = async {
            let mut stream = TcpStream::connect(server()).await.expect("the Redis of TEST_REDIS_URL");
            let commands = format!("SELECT {}\r\nGET rcr:log\r\nQUIT\r\n", self.0);
            stream.write_all(commands.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        };
        in_time("asking Redis", exchange).await.contains(log)
    }
}

/// Host and port.
fn server() -> String {
    let url = variable("TEST_REDIS_URL");
    let rest = url.strip_prefix("redis://").unwrap_or_else(|| panic!("TEST_REDIS_URL={url}: expected redis://host:port"));
    rest.split('/').next().unwrap_or(rest).to_owned()
}
