//! The connection that listens for commits, and the server that it finds at its other end.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use common::{SystemClock, entropy::SystemEntropy};
use origin::{
    config::DatabaseConfig,
    feed::Feed,
    store::{Db, StoreError, WriteTx},
};
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use crate::support::in_a_database;

/// How long a test waits for something that must happen.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Passes on what the client says until it says LISTEN, and after that nothing: neither data
/// nor an end, as when the machine at the other end is gone. Counts how often that happened.
async fn lose_listeners(listener: TcpListener, server: SocketAddr, lost: Arc<AtomicUsize>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(server).await.unwrap();
        let lost = lost.clone();
        tokio::spawn(async move {
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
            let mut listening = false;
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(n @ 1..) = from_client.read(&mut buffer).await {
                if listening {
                    // The first word after LISTEN gets no answer: the ping.
                    lost.fetch_add(1, Ordering::Relaxed);
                    std::future::pending::<()>().await;
                }
                listening = buffer[..n].windows(6).any(|window| window == b"LISTEN");
                to_server.write_all(&buffer[..n]).await.unwrap();
            }
            back.abort();
        });
    }
}

fn follow(db: Db) -> CancellationToken {
    let stop = CancellationToken::new();
    tokio::spawn(Feed::new(db, Arc::new(SystemClock), Arc::new(SystemEntropy), stop.clone()).listen());
    stop
}

async fn until(mut done: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !done().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WAIT_MAX, waiting).await.expect("it happens in time");
}

#[tokio::test]
async fn a_server_that_is_gone_without_a_word_is_noticed() {
    in_a_database(|world| async move {
        let options: PgConnectOptions = world.config.url.current().expose().parse().unwrap();
        let server: SocketAddr = format!("{}:{}", options.get_host(), options.get_port()).parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lost = Arc::new(AtomicUsize::new(0));
        tokio::spawn(lose_listeners(listener, server, lost.clone()));
        let proxied = options.host("127.0.0.1").port(port).to_url_lossy();
        let db = Db::new(&DatabaseConfig { silence_ms_max: 20, ..DatabaseConfig::with_url(proxied.as_str()) }).unwrap();
        let stop = follow(db);
        until(async || lost.load(Ordering::Relaxed) >= 2).await;
        stop.cancel();
    })
    .await;
}

#[tokio::test]
async fn a_server_that_may_forget_commits_gets_no_writes() {
    in_a_database(|world| async move {
        world
            .raw("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$")
            .await
            .unwrap();
        let stop = follow(world.db.clone());
        until(async || matches!(WriteTx::begin(&world.db, None).await, Err(StoreError::Unfit(_)))).await;
        stop.cancel();
    })
    .await;
}
