//! How long a reader is waited for. One timer per connection, set when the connection waits
//! and left alone while requests come and go: a request costs one look at the clock.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use tokio::time::{Instant, Sleep};

use super::{
    ConnectionLimits,
    activity::{Activity, Turn},
    metrics::GivenUp,
};

/// How a protocol's idle connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// HTTP/1: it is closed.
    Close,
    /// HTTP/2: it is told to go away, and closed when it takes nothing any more.
    GoAway,
}

/// Runs a connection within its limits.
///
/// # Errors
/// When a limit ran out; the connection is dropped.
pub async fn patiently<T>(
    connection: impl Future<Output = T>,
    activity: &Activity,
    limits: &ConnectionLimits,
    farewell: Farewell,
) -> Result<T, GivenUp> {
    let mut connection = pin!(connection);
    let mut began = Instant::now();
    let mut turn = activity.turn();
    let mut timer = pin!(tokio::time::sleep_until(began + limits.header_read));
    poll_fn(|context| {
        loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(context) {
                return Poll::Ready(Ok(ended));
            }
            if activity.resets_beyond(limits.h2_resets_max) {
                return Poll::Ready(Err(GivenUp::Resets));
            }
            let progressed = activity.progressed();
            let whose = waiting_for(activity, farewell);
            let now = Instant::now();
            if progressed || whose != turn {
                (began, turn) = (now, whose);
            }
            let (limit, verdict) = match turn {
                Turn::Ours => return Poll::Pending,
                Turn::Head => (limits.header_read, GivenUp::Head),
                Turn::Idle => (limits.keep_alive, GivenUp::Idle),
                Turn::Taking => (limits.write_stall, GivenUp::Stalled),
            };
            if now < began + limit {
                if is_asleep(timer.as_mut(), began + limit, context) {
                    return Poll::Pending;
                }
            } else if verdict == GivenUp::Idle && farewell == Farewell::GoAway {
                activity.leave();
            } else {
                return Poll::Ready(Err(verdict));
            }
        }
    })
    .await
}

fn waiting_for(activity: &Activity, farewell: Farewell) -> Turn {
    match (activity.turn(), farewell) {
        // Frames are not heads: a window that opens, a ping.
        (Turn::Head | Turn::Idle, Farewell::GoAway) if activity.is_leaving() => Turn::Taking,
        (Turn::Head, Farewell::GoAway) => Turn::Idle,
        (turn, _) => turn,
    }
}

/// Whether `timer` will wake this task by `deadline`. One that is due earlier is left as it is
/// and looked at again then.
fn is_asleep(mut timer: std::pin::Pin<&mut Sleep>, deadline: Instant, context: &mut std::task::Context<'_>) -> bool {
    if timer.is_elapsed() || timer.deadline() > deadline {
        timer.as_mut().reset(deadline);
    }
    timer.poll(context).is_pending()
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::listen::activity::{Answering, Noted};

    fn limits() -> ConnectionLimits {
        ConnectionLimits {
            header_read: Duration::from_secs(1),
            keep_alive: Duration::from_secs(10),
            write_stall: Duration::from_secs(3),
            ..ConnectionLimits::default()
        }
    }

    async fn lasts<T>(activity: &Activity, farewell: Farewell, connection: impl Future<Output = T>) -> (u64, GivenUp) {
        let began = Instant::now();
        let Err(why) = patiently(connection, activity, &limits(), farewell).await else { panic!("it ended") };
        (began.elapsed().as_secs(), why)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_byte_has_the_time_of_a_head() {
        let activity = Activity::default();
        assert_eq!(lasts(&activity, Farewell::Close, std::future::pending::<()>()).await, (1, GivenUp::Head));
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_that_trickle_do_not_lengthen_a_head() {
        let activity = Arc::new(Activity::default());
        let (mut reader, io) = tokio::io::duplex(64);
        let mut io = Noted::new(io, Arc::clone(&activity));
        let connection = async {
            io.write_all(b"an answer").await.unwrap();
            tokio::time::sleep(Duration::from_secs(5)).await;
            loop {
                reader.write_all(b"x").await.unwrap();
                io.read_u8().await.unwrap();
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let connection: std::pin::Pin<Box<dyn Future<Output = ()>>> = Box::pin(connection);
        assert_eq!(lasts(&activity, Farewell::Close, connection).await, (6, GivenUp::Head));
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_edge_works_on_is_waited_for_and_then_the_reader() {
        let activity = Arc::new(Activity::default());
        let connection = async {
            let mut answer = Answering::begin(&activity);
            tokio::time::sleep(Duration::from_secs(60)).await;
            answer.set_ours(false);
            std::future::pending::<()>().await;
        };
        assert_eq!(lasts(&activity, Farewell::Close, connection).await, (63, GivenUp::Stalled));
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_goes_away_and_is_closed_if_it_does_not() {
        let activity = Activity::default();
        assert_eq!(lasts(&activity, Farewell::GoAway, std::future::pending::<()>()).await, (13, GivenUp::Stalled));
        assert!(activity.is_leaving());
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_nothing_is_given_up() {
        let activity = Arc::new(Activity::default());
        let (_reader, io) = tokio::io::duplex(64);
        let mut io = Noted::new(io, Arc::clone(&activity));
        assert_eq!(lasts(&activity, Farewell::Close, io.write_all(&[0; 100])).await, (3, GivenUp::Stalled));
    }
}
