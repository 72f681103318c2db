//! Who the client is, when the peer is a proxy that says so in `X-Forwarded-For`.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use http::{HeaderMap, HeaderName};

/// The field that proxies append the address of their own peer to.
pub const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// An address, or all that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

/// The text is neither an address nor `address/prefix`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address or address/prefix, as in 10.0.0.0/8 or 2001:db8::/32")]
pub struct InvalidNetwork;

impl Network {
    /// Whether `address` lies within it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let same = |own: u128, other: u128, bits: u32| {
            let distance = bits - self.prefix;
            // A shift by all the bits there are is not defined: no bit of them matters.
            own.checked_shr(distance).unwrap_or(0) == other.checked_shr(distance).unwrap_or(0)
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => same(own.to_bits().into(), other.to_bits().into(), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.to_bits(), other.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Network, InvalidNetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse().map_err(|_| InvalidNetwork)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidNetwork)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(bits);
        if prefix > bits { Err(InvalidNetwork) } else { Ok(Network { address, prefix }) }
    }
}

/// The proxies whose word on `X-Forwarded-For` is taken. None by default: anybody can write
/// that field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Box<[Network]>);

impl FromStr for TrustedProxies {
    type Err = InvalidNetwork;

    /// Networks separated by commas.
    fn from_str(text: &str) -> Result<TrustedProxies, InvalidNetwork> {
        text.split(',').map(|network| network.trim().parse()).collect::<Result<_, _>>().map(TrustedProxies)
    }
}

impl TrustedProxies {
    /// Whether `address` is one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// The client of a request that came from `peer`: the peer itself, unless that is trusted;
    /// then the right-most address of `X-Forwarded-For` that is not trusted in its turn. What
    /// stands left of it was written by strangers. A field that cannot be read says nothing.
    pub fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.ip().to_canonical();
        if self.0.is_empty() || !self.contains(peer) {
            return peer;
        }
        let mut client = peer;
        for line in headers.get_all(X_FORWARDED_FOR).iter().rev() {
            for hop in line.as_bytes().rsplit(|&byte| byte == b',') {
                let Some(address) = address(hop.trim_ascii()) else { return peer };
                client = address;
                if !self.contains(address) {
                    return address;
                }
            }
        }
        client
    }
}

/// An address as proxies write it: bare, in brackets, with or without a port.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = || text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    bare().or_else(with_port).or_else(in_brackets).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn client(trusted: &str, peer: &str, lines: &[&str]) -> String {
        let headers = lines.iter().map(|line| (X_FORWARDED_FOR, HeaderValue::from_str(line).unwrap())).collect();
        let peer = SocketAddr::new(peer.parse().unwrap(), 1234);
        trusted.parse::<TrustedProxies>().unwrap().client(peer, &headers).to_string()
    }

    #[test]
    fn networks_are_told_apart_by_their_bits() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::1", "::1", "::2"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "::10.0.0.1"),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert!(parsed.contains(inside.parse().unwrap()), "{inside} in {network}");
            assert!(!parsed.contains(outside.parse().unwrap()), "{outside} in {network}");
        }
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("203.0.113.9".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/-1", "example.com", "10.0.0.0/"] {
            assert_eq!(bad.parse::<Network>(), Err(InvalidNetwork), "{bad}");
        }
    }

    #[test]
    fn a_stranger_may_write_what_it_likes() {
        assert_eq!(client("10.0.0.0/8", "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
    }

    #[test]
    fn the_client_is_the_last_address_that_is_not_a_trusted_proxy() {
        let trusted = "10.0.0.0/8, 2001:db8::/32";
        let found = |lines: &[&str]| client(trusted, "10.0.0.1", lines);
        assert_eq!(found(&["198.51.100.1"]), "198.51.100.1");
        assert_eq!(found(&["1.1.1.1, 198.51.100.1, 10.9.9.9"]), "198.51.100.1");
        assert_eq!(found(&["1.1.1.1", "198.51.100.1,10.9.9.9"]), "198.51.100.1");
        assert_eq!(found(&["[2001:db9::5]:443, 2001:db8::1"]), "2001:db9::5");
        assert_eq!(found(&["198.51.100.1:5555"]), "198.51.100.1");
        assert_eq!(found(&["::ffff:198.51.100.1"]), "198.51.100.1");
        assert_eq!(found(&["10.1.1.1, 10.2.2.2"]), "10.1.1.1", "all of them are ours");
        for unreadable in ["unknown", "198.51.100.1, _hidden", "", "198.51.100.1,"] {
            assert_eq!(found(&[unreadable]), "10.0.0.1", "{unreadable}");
        }
        assert_eq!(found(&[]), "10.0.0.1");
    }
}
