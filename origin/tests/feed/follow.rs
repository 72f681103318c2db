//! Rules R18 and R19.

use std::{sync::Arc, time::Duration};

use common::{
    Event, Head, LogId, Seq, SystemClock,
    entropy::SystemEntropy,
    sse::{self, Decoder, Message},
};
use futures_util::StreamExt as _;
use origin::{
    domain::Role,
    feed::{Feed, FeedStream, Gone, OpenError, Start},
    store::{changes, identity},
};
use tokio_util::sync::CancellationToken;

use crate::support::{World, in_a_database, new_ulid};

/// How long a test waits for something that must happen.
const WAIT_MAX: Duration = Duration::from_secs(20);

fn seq(n: u64) -> Seq {
    Seq::new(n).unwrap()
}

fn feed(world: &World) -> (Feed, CancellationToken) {
    let stop = CancellationToken::new();
    (Feed::new(world.db.clone(), Arc::new(SystemClock), Arc::new(SystemEntropy), stop.clone()), stop)
}

async fn write(world: &World, count: usize) {
    for _ in 0..count {
        world.editor(&format!("e{}", new_ulid().to_string().to_lowercase()), Role::Author).await;
    }
}

async fn frame(stream: &mut FeedStream) -> Option<Message> {
    let bytes = tokio::time::timeout(WAIT_MAX, stream.next()).await.expect("a frame or an end in time")?;
    let mut messages = Vec::new();
    Decoder::default().push(&bytes, &mut messages).unwrap();
    assert_eq!(messages.len(), 1, "one frame is one message");
    messages.pop()
}

async fn head(stream: &mut FeedStream) -> Head {
    match frame(stream).await {
        Some(Message::Head(head)) => head,
        other => panic!("expected a head, got {other:?}"),
    }
}

/// The next row; heads in between are passed over.
async fn row(stream: &mut FeedStream) -> Event {
    loop {
        match frame(stream).await {
            Some(Message::Change(event)) => return event,
            Some(Message::Head(_)) => {}
            other => panic!("expected a row, got {other:?}"),
        }
    }
}

fn gone(result: Result<FeedStream, OpenError>) -> Option<Gone> {
    match result {
        Err(OpenError::Gone(gone)) => Some(gone),
        _ => None,
    }
}

#[tokio::test]
async fn sends_the_documented_bytes() {
    in_a_database(|world| async move {
        write(&world, 1).await;
        let (feed, stop) = feed(&world);
        let mut stream = feed.open(Start::default()).await.unwrap();
        let first = stream.next().await.unwrap();
        let text = std::str::from_utf8(&first).unwrap();
        let log = world.snapshot().await.log();
        assert!(text.starts_with(&format!("event: head\ndata: {{\"log\":\"{log}\",\"seq\":1,\"from\":1,\"at\":\"20")), "{text}");
        assert!(text.ends_with("Z\"}\n\n"), "{text}");

        let (ana, write) = world.try_editor("ana", Role::Author).await.unwrap();
        let mut second = stream.next().await.unwrap();
        while second.starts_with(b"event: head") {
            assert!(!second.windows(6).any(|window| window == b"\"from\""), "only the first head says where rows begin");
            second = stream.next().await.unwrap();
        }
        let expected = format!(
            "id: 2\nevent: change\ndata: {{\"seq\":2,\"at\":\"{}\",\"kind\":\"editor.added\",\"gone\":[],\"hard\":[\"author:{}\"],\"soft\":[]}}\n\n",
            write.at, ana.slug
        );
        assert_eq!(second, expected);
        let event = changes::find(&world.db, write.seq).await.unwrap().unwrap();
        assert_eq!(second, sse::encode_event(&event).unwrap());
        stop.cancel();
    })
    .await;
}

#[tokio::test]
async fn begins_at_the_head_behind_it_or_where_the_edge_stopped() {
    in_a_database(|world| async move {
        write(&world, 5).await;
        let (feed, stop) = feed(&world);
        for (start, from) in [
            (Start::default(), 5),
            (Start { back: Some(2), ..Start::default() }, 3),
            (Start { back: Some(0), ..Start::default() }, 5),
            (Start { back: Some(u64::MAX), ..Start::default() }, 0),
            (Start { after: Some(seq(4)), ..Start::default() }, 4),
            (Start { after: Some(seq(5)), log: Some(world.snapshot().await.log()), back: Some(3) }, 5),
        ] {
            let mut stream = feed.open(start).await.unwrap();
            let first = head(&mut stream).await;
            assert_eq!((first.from, first.seq), (Some(seq(from)), seq(5)), "{start:?}");
            for n in from + 1..=5 {
                assert_eq!(row(&mut stream).await.seq, seq(n), "{start:?}");
            }
        }
        // At the oldest that is kept.
        world.raw("DELETE FROM changes WHERE seq <= 2").await.unwrap();
        let mut stream = feed.open(Start { back: Some(9), ..Start::default() }).await.unwrap();
        assert_eq!(head(&mut stream).await.from, Some(seq(2)));
        assert_eq!(row(&mut stream).await.seq, seq(3));
        stop.cancel();
    })
    .await;
}

#[tokio::test]
async fn an_empty_log_begins_at_zero() {
    in_a_database(|world| async move {
        let (feed, stop) = feed(&world);
        let mut stream = feed.open(Start { back: Some(7), ..Start::default() }).await.unwrap();
        assert_eq!(head(&mut stream).await.from, Some(Seq::ZERO));
        write(&world, 1).await;
        assert_eq!(row(&mut stream).await.seq, seq(1));
        stop.cancel();
    })
    .await;
}

#[tokio::test]
async fn a_resume_that_cannot_go_on_is_410() {
    in_a_database(|world| async move {
        write(&world, 5).await;
        world.raw("DELETE FROM changes WHERE seq <= 3").await.unwrap();
        let (feed, stop) = feed(&world);
        let log = world.snapshot().await.log();
        let after = |n: u64, log: Option<LogId>| feed.open(Start { after: Some(seq(n)), back: None, log });
        assert_eq!(gone(after(2, None).await), Some(Gone::Pruned));
        assert!(after(3, None).await.is_ok());
        assert_eq!(gone(after(5, Some(LogId::from_ulid(new_ulid()))).await), Some(Gone::OtherLog));
        assert_eq!(gone(after(6, None).await), Some(Gone::AboveHead));
        assert_eq!(world.snapshot().await.log(), log, "of which log, nobody said");
        assert_eq!(gone(after(6, Some(log)).await), Some(Gone::AboveHead));
        assert_ne!(world.snapshot().await.log(), log, "this very log is ahead: history was rewound");
        assert_eq!(gone(after(5, Some(log)).await), Some(Gone::OtherLog));
        stop.cancel();
    })
    .await;
}

#[tokio::test]
async fn the_head_comes_every_second_and_never_below_a_row() {
    in_a_database(|world| async move {
        let (feed, stop) = feed(&world);
        let mut stream = feed.open(Start::default()).await.unwrap();
        let mut last_row = Seq::ZERO;
        let mut heads = 0;
        while heads < 4 {
            match frame(&mut stream).await {
                Some(Message::Head(head)) => {
                    assert!(head.seq >= last_row, "a head of {} after row {last_row}", head.seq);
                    heads += 1;
                    write(&world, 3).await;
                }
                Some(Message::Change(event)) => {
                    assert_eq!(event.seq, last_row.next());
                    last_row = event.seq;
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(feed.head().await.unwrap().seq, seq(12));
        stop.cancel();
    })
    .await;
}

#[tokio::test]
async fn a_commit_wakes_the_feed_before_its_next_beat() {
    in_a_database(|world| async move {
        let (feed, stop) = feed(&world);
        let listening = tokio::spawn(feed.clone().listen());
        let mut stream = feed.open(Start::default()).await.unwrap();
        let mut fastest = WAIT_MAX;
        // The first rounds may come before LISTEN has taken effect.
        for _ in 0..10 {
            head(&mut stream).await;
            write(&world, 1).await;
            let committed = tokio::time::Instant::now();
            row(&mut stream).await;
            fastest = fastest.min(committed.elapsed());
            if fastest < Duration::from_millis(200) {
                break;
            }
        }
        assert!(fastest < Duration::from_millis(200), "{fastest:?}: the feed only polls");
        stop.cancel();
        tokio::time::timeout(WAIT_MAX, listening).await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_lost_listener_costs_time_and_no_event() {
    in_a_database(|world| async move {
        let (feed, stop) = feed(&world);
        let listening = tokio::spawn(feed.clone().listen());
        let mut stream = feed.open(Start::default()).await.unwrap();
        head(&mut stream).await;
        world
            .raw("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
            .await
            .unwrap();
        write(&world, 1).await;
        assert_eq!(row(&mut stream).await.seq, seq(1));
        stop.cancel();
        tokio::time::timeout(WAIT_MAX, listening).await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_renewed_log_is_announced_and_ends_the_connection() {
    in_a_database(|world| async move {
        write(&world, 1).await;
        let (feed, stop) = feed(&world);
        let mut stream = feed.open(Start::default()).await.unwrap();
        let old = head(&mut stream).await.log;
        let renewed = identity::renew(&world.db, new_ulid()).await.unwrap();
        let last = loop {
            let head = head(&mut stream).await;
            if head.log != old {
                break head;
            }
        };
        assert_eq!((last.log, last.seq), (renewed, seq(1)));
        assert_eq!(frame(&mut stream).await, None);
        stop.cancel();
    })
    .await;
}

#[tokio::test]
async fn a_rewound_log_is_renewed_under_an_open_feed() {
    in_a_database(|world| async move {
        write(&world, 3).await;
        let (feed, stop) = feed(&world);
        let mut stream = feed.open(Start::default()).await.unwrap();
        let old = head(&mut stream).await.log;
        world.raw("UPDATE feed_head SET seq = 1; DELETE FROM changes WHERE seq > 1").await.unwrap();
        loop {
            match frame(&mut stream).await {
                Some(Message::Head(head)) if head.seq == seq(3) => {}
                Some(Message::Head(head)) => assert_eq!((head.seq, head.log), (seq(1), old)),
                None => break,
                other => panic!("{other:?}"),
            }
        }
        assert_ne!(world.snapshot().await.log(), old);
        stop.cancel();
    })
    .await;
}

#[tokio::test]
async fn a_gap_in_the_log_ends_the_connection() {
    in_a_database(|world| async move {
        let (feed, stop) = feed(&world);
        let mut stream = feed.open(Start::default()).await.unwrap();
        head(&mut stream).await;
        world.raw("UPDATE feed_head SET seq = 5").await.unwrap();
        write(&world, 1).await;
        loop {
            match frame(&mut stream).await {
                Some(Message::Head(head)) => assert!(head.seq <= seq(5)),
                None => break,
                other => panic!("a row after a gap: {other:?}"),
            }
        }
        stop.cancel();
    })
    .await;
}

#[tokio::test]
async fn stopping_ends_connections_at_once_and_refuses_new_ones() {
    in_a_database(|world| async move {
        write(&world, 100).await;
        let (feed, stop) = feed(&world);
        // Frames wait for a reader who does not read: they are not waited for.
        let mut stream = feed.open(Start { back: Some(100), ..Start::default() }).await.unwrap();
        stop.cancel();
        assert_eq!(frame(&mut stream).await, None);
        assert!(matches!(feed.open(Start::default()).await, Err(OpenError::Closed)));
        let all_ended = async {
            while feed.open_count() > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WAIT_MAX, all_ended).await.expect("every connection's task ends");
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_let_go() {
    in_a_database(|world| async move {
        write(&world, 100).await;
        let (feed, stop) = feed(&world);
        let mut stream = feed.open(Start { back: Some(100), ..Start::default() }).await.unwrap();
        let let_go = async {
            let mut look = tokio::time::interval(Duration::from_millis(50));
            while feed.open_count() > 0 {
                look.tick().await;
            }
        };
        tokio::time::timeout(WAIT_MAX, let_go).await.expect("within the named limit");
        let mut frames = 0;
        while frame(&mut stream).await.is_some() {
            frames += 1;
        }
        assert!(frames <= 65, "{frames} frames were held for it");
        stop.cancel();
    })
    .await;
}
