//! A commit whose outcome is unknown is never taken for a success.

use std::net::SocketAddr;

use origin::{
    config::DatabaseConfig,
    domain::Role,
    store::{Db, StoreError, WriteTx, editors},
};
use tokio::net::{TcpListener, TcpStream};

use crate::support::in_a_database;

/// Passes everything on to `server` until a client says COMMIT. That goes through too, but
/// the answer does not come back: the connection ends, or stays and is `silent`.
async fn cut_at_commit(listener: TcpListener, server: SocketAddr, silent: bool) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(server).await.unwrap();
        tokio::spawn(async move {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                tokio::select! {
                    ready = client.readable() => {
                        ready.unwrap();
                        match client.try_read(&mut buffer) {
                            Ok(0) => return,
                            Ok(n) => {
                                write_all(&server, &buffer[..n]).await;
                                if buffer[..n].windows(7).any(|window| window == b"COMMIT\0") {
                                    if silent {
                                        std::future::pending::<()>().await;
                                    }
                                    return;
                                }
                            }
                            Err(_) => {}
                        }
                    }
                    ready = server.readable() => {
                        ready.unwrap();
                        match server.try_read(&mut buffer) {
                            Ok(0) => return,
                            Ok(n) => write_all(&client, &buffer[..n]).await,
                            Err(_) => {}
                        }
                    }
                }
            }
        });
    }
}

async fn write_all(stream: &TcpStream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        stream.writable().await.unwrap();
        if let Ok(n) = stream.try_write(bytes) {
            bytes = &bytes[n..];
        }
    }
}

#[tokio::test]
async fn a_connection_lost_during_the_commit_is_an_unknown_outcome() {
    commit_without_an_answer(false).await;
}

#[tokio::test]
async fn a_commit_that_nobody_answers_is_an_unknown_outcome() {
    commit_without_an_answer(true).await;
}

async fn commit_without_an_answer(silent: bool) {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let options: sqlx::postgres::PgConnectOptions = world.config.url.current().expose().parse().unwrap();
        let server: SocketAddr = format!("{}:{}", options.get_host(), options.get_port()).parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(cut_at_commit(listener, server, silent));
        let proxied = sqlx::ConnectOptions::to_url_lossy(&options.host("127.0.0.1").port(port));
        let db = Db::new(&DatabaseConfig { answer_ms_max: 1000, ..DatabaseConfig::with_url(proxied.as_str()) }).unwrap();
        let mut tx = WriteTx::begin(&db, None).await.unwrap();
        editors::change_profile(&mut tx, ana.id, ana.version, "Ana", "bio").await.unwrap();
        let error = tx.commit(None).await.unwrap_err();
        assert!(matches!(error, StoreError::OutcomeUnknown(_)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_connection_lost_before_the_commit_is_a_write_that_did_not_happen() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let mut tx = world.write().await;
        editors::change_profile(&mut tx, ana.id, ana.version, "Ana", "bio").await.unwrap();
        world
            .raw("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'")
            .await
            .unwrap();
        let error = tx.commit(None).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        assert_eq!(world.snapshot().await.as_of().get(), 1);
    })
    .await;
}
