//! What one client may cost the origin: so many misses at once, and so many a second.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use parking_lot::Mutex;

/// Between two sweeps of a full table: a sweep looks at every client, under the lock.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// Whoever holds an IPv6 address commonly holds its /64: they are one client.
const IPV6_CLIENT_BITS: u32 = 64;

/// What every client is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Misses of one client at once.
    pub misses_max: usize,
    /// Misses of one client per second, in the long run.
    pub misses_per_s: u32,
    /// Misses that one client may make at any speed after a rest.
    pub burst: u32,
    /// Clients told apart. Further ones share one allowance of the same size.
    pub clients_max: usize,
}

/// Why a request may not cost the origin anything now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Too many of this client are under way.
    Misses,
    /// Too many of this client came in too short a time.
    Rate,
}

/// Counts the misses of every client. A hit never comes here.
#[derive(Debug)]
pub struct Limiter {
    limits: Limits,
    /// What one miss takes of the allowance.
    interval: Duration,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    clients: HashMap<IpAddr, Usage>,
    /// Those for whom the table had no place. They only ever limit one another, and the
    /// origin never pays for more than `clients_max + 1` allowances.
    others: Usage,
    swept: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    in_flight: usize,
    /// The generic cell rate algorithm's one number: when all that was taken is earned again.
    earned_at: Duration,
}

impl Usage {
    /// Whether forgetting it changes nothing.
    fn is_idle(&self, now: Duration) -> bool {
        self.in_flight == 0 && self.earned_at <= now
    }
}

/// One miss under way; it ends when this is dropped.
#[derive(Debug)]
pub struct Place {
    limiter: Arc<Limiter>,
    /// `None` if it is one of the others.
    client: Option<IpAddr>,
}

impl Limiter {
    pub fn new(limits: Limits) -> Arc<Limiter> {
        let interval = Duration::from_secs(1) / limits.misses_per_s.max(1);
        Arc::new(Limiter { limits, interval, table: Mutex::default() })
    }

    /// A place for one request to the origin, counted against the rate.
    ///
    /// # Errors
    /// With the limit that is reached. A refused request counts for nothing.
    pub fn admit(self: &Arc<Limiter>, client: IpAddr, now: Duration) -> Result<Place, Refused> {
        let ahead_max = self.interval * self.limits.burst.saturating_sub(1);
        self.take(client, now, |usage| {
            if usage.earned_at.saturating_sub(now) > ahead_max {
                return Err(Refused::Rate);
            }
            usage.earned_at = usage.earned_at.max(now) + self.interval;
            Ok(())
        })
    }

    /// A place for a request that waits, and may yet cost the origin nothing.
    ///
    /// # Errors
    /// When too many of this client are under way.
    pub fn admit_waiting(self: &Arc<Limiter>, client: IpAddr, now: Duration) -> Result<Place, Refused> {
        self.take(client, now, |_| Ok(()))
    }

    fn take(
        self: &Arc<Limiter>,
        client: IpAddr,
        now: Duration,
        pay: impl FnOnce(&mut Usage) -> Result<(), Refused>,
    ) -> Result<Place, Refused> {
        let client = group(client);
        let mut table = self.table.lock();
        let (client, usage) = table.usage(client, now, self.limits.clients_max);
        if usage.in_flight >= self.limits.misses_max {
            return Err(Refused::Misses);
        }
        pay(usage)?;
        usage.in_flight += 1;
        Ok(Place { limiter: Arc::clone(self), client })
    }

    /// Misses of `client` under way.
    pub fn in_flight(&self, client: IpAddr) -> usize {
        self.table.lock().clients.get(&group(client)).map_or(0, |usage| usage.in_flight)
    }
}

impl Table {
    /// Where `client` is counted, and by what name.
    fn usage(&mut self, client: IpAddr, now: Duration, clients_max: usize) -> (Option<IpAddr>, &mut Usage) {
        if self.clients.len() >= clients_max && !self.clients.contains_key(&client) {
            if now.saturating_sub(self.swept) >= SWEEP_EVERY {
                self.swept = now;
                self.clients.retain(|_, usage| !usage.is_idle(now));
            }
            if self.clients.len() >= clients_max {
                return (None, &mut self.others);
            }
        }
        (Some(client), self.clients.entry(client).or_default())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.limiter.table.lock();
        let usage = match self.client {
            // A client with a miss under way is never swept.
            Some(client) => table.clients.entry(client).or_default(),
            None => &mut table.others,
        };
        usage.in_flight = usage.in_flight.saturating_sub(1);
    }
}

fn group(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & (u128::MAX << (128 - IPV6_CLIENT_BITS))).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(clients_max: usize) -> Arc<Limiter> {
        Limiter::new(Limits { misses_max: 2, misses_per_s: 10, burst: 3, clients_max })
    }

    fn at(ms: u64) -> Duration {
        Duration::from_millis(1_000_000 + ms)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn refused(limiter: &Arc<Limiter>, client: &str, ms: u64) -> Option<Refused> {
        limiter.admit(ip(client), at(ms)).err()
    }

    #[test]
    fn a_burst_is_allowed_and_then_the_rate() {
        let limiter = limiter(10);
        for _ in 0..3 {
            assert_eq!(refused(&limiter, "192.0.2.1", 0), None);
        }
        assert_eq!(refused(&limiter, "192.0.2.1", 0), Some(Refused::Rate));
        assert_eq!(refused(&limiter, "192.0.2.1", 99), Some(Refused::Rate));
        assert_eq!(refused(&limiter, "192.0.2.1", 100), None);
        assert_eq!(refused(&limiter, "192.0.2.1", 100), Some(Refused::Rate));
        assert_eq!(refused(&limiter, "192.0.2.2", 100), None, "another client has an allowance of its own");
    }

    #[test]
    fn a_place_is_free_again_when_it_is_dropped() {
        let limiter = limiter(10);
        let first = limiter.admit(ip("192.0.2.1"), at(0)).unwrap();
        let _second = limiter.admit_waiting(ip("192.0.2.1"), at(0)).unwrap();
        assert_eq!(refused(&limiter, "192.0.2.1", 0), Some(Refused::Misses));
        drop(first);
        assert_eq!(refused(&limiter, "192.0.2.1", 0), None);
        assert_eq!(limiter.in_flight(ip("192.0.2.1")), 1);
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        let limiter = limiter(10);
        let _held = [limiter.admit(ip("2001:db8::1"), at(0)), limiter.admit(ip("2001:db8::ffff:1"), at(0))];
        assert_eq!(refused(&limiter, "2001:db8::2", 0), Some(Refused::Misses));
        assert_eq!(refused(&limiter, "2001:db8:0:1::2", 0), None);
        let _held = [limiter.admit(ip("::ffff:192.0.2.1"), at(0)), limiter.admit(ip("192.0.2.1"), at(0))];
        assert_eq!(refused(&limiter, "192.0.2.1", 0), Some(Refused::Misses));
    }

    #[test]
    fn in_a_full_table_newcomers_share_one_allowance_until_somebody_rests() {
        let limiter = limiter(2);
        let _held = [limiter.admit(ip("192.0.2.1"), at(0)), limiter.admit(ip("192.0.2.2"), at(0))];
        for newcomer in ["192.0.2.3", "192.0.2.4", "192.0.2.5"] {
            assert_eq!(refused(&limiter, newcomer, 0), None);
        }
        assert_eq!(refused(&limiter, "192.0.2.6", 0), Some(Refused::Rate));
        assert_eq!(refused(&limiter, "192.0.2.1", 0), None, "who is known keeps an own allowance");
        drop(_held);
        assert_eq!(refused(&limiter, "192.0.2.6", 2000), None);
        assert!(limiter.table.lock().clients.contains_key(&ip("192.0.2.6")));
        assert!(limiter.table.lock().clients.len() <= 2);
    }
}
