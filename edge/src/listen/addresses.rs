//! How many connections each address has.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use parking_lot::Mutex;

/// Says which addresses the limit is not for: proxies that stand for many readers.
pub type Exempt = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// Counts open connections by address.
pub struct Addresses {
    open: Mutex<HashMap<IpAddr, usize>>,
    limit: usize,
    exempt: Exempt,
}

/// One connection's place; given back when it is dropped.
pub struct AddressPlace {
    of: Option<(Arc<Addresses>, IpAddr)>,
}

impl Addresses {
    pub fn new(limit: usize, exempt: Exempt) -> Addresses {
        Addresses { open: Mutex::default(), limit, exempt }
    }

    /// `None` when this address has as many as it may.
    pub fn admit(self: &Arc<Addresses>, peer: IpAddr) -> Option<AddressPlace> {
        if (self.exempt)(peer.to_canonical()) {
            return Some(AddressPlace { of: None });
        }
        let network = network(peer);
        let mut open = self.open.lock();
        let count = open.entry(network).or_insert(0);
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(AddressPlace { of: Some((Arc::clone(self), network)) })
    }
}

impl Drop for AddressPlace {
    fn drop(&mut self) {
        let Some((addresses, network)) = &self.of else { return };
        let mut open = addresses.open.lock();
        if let Some(count) = open.get_mut(network) {
            *count -= 1;
            if *count == 0 {
                open.remove(network);
            }
        }
    }
}

/// What is one party: an IPv4 address, or the /64 that one subscriber of IPv6 gets at least.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(limit: usize, exempt: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Arc<Addresses> {
        Arc::new(Addresses::new(limit, Arc::new(exempt)))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_place_comes_back_and_nothing_is_kept_of_it() {
        let addresses = addresses(1, |_| false);
        let place = addresses.admit(ip("192.0.2.1"));
        assert!(place.is_some() && addresses.admit(ip("192.0.2.1")).is_none());
        assert!(addresses.admit(ip("192.0.2.2")).is_some(), "another address");
        drop(place);
        assert!(addresses.admit(ip("192.0.2.1")).is_some());
        assert!(addresses.open.lock().is_empty());
    }

    #[test]
    fn a_64_of_ipv6_is_one_address_and_a_mapped_one_is_ipv4() {
        let addresses = addresses(1, |_| false);
        let _place = addresses.admit(ip("2001:db8:0:1::1")).unwrap();
        assert!(addresses.admit(ip("2001:db8:0:1:ffff::2")).is_none());
        assert!(addresses.admit(ip("2001:db8:0:2::1")).is_some());
        let _mapped = addresses.admit(ip("::ffff:192.0.2.1")).unwrap();
        assert!(addresses.admit(ip("192.0.2.1")).is_none());
    }

    #[test]
    fn a_trusted_proxy_is_not_counted() {
        let addresses = addresses(0, |peer| peer == ip("192.0.2.9"));
        assert!(addresses.admit(ip("::ffff:192.0.2.9")).is_some() && addresses.admit(ip("192.0.2.8")).is_none());
        assert!(!addresses.open.lock().contains_key(&ip("192.0.2.9")));
    }
}
