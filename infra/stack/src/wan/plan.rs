//! Which ends there are, how far they are from each other, and how good the lines between them are.

use crate::error::{Error, Result};
use crate::system::REGIONS;

/// Round trips between the regions, in milliseconds; its header says where they come from.
const MATRIX: &str = include_str!("../../data/wan-rtt.csv");
const AWS_NAMES: [(&str, &str); 4] =
    [("sa", "sa-east-1"), ("na", "us-east-1"), ("eu", "eu-central-1"), ("asia", "ap-northeast-1")];
const ORIGIN_REGION: &str = "sa";
/// Inside one region, between the origin and the edge beside it.
const INSIDE_REGION_MS: u32 = 2;

/// Per packet and direction.
const GOOD_DAY_LOSS_PERCENT: f64 = 0.1;
const BAD_DAY_LOSS_PERCENT: f64 = 1.0;

/// How far readers are from their edge, and what the day is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    Near,
    Far,
    BadDay,
}

impl Profile {
    pub const ALL: [Profile; 3] = [Profile::Near, Profile::Far, Profile::BadDay];

    pub fn parse(name: &str) -> Result<Self> {
        let known = || Self::ALL.map(Profile::name).join(", ");
        let found = Self::ALL.into_iter().find(|profile| profile.name() == name);
        found.ok_or_else(|| Error::Usage(format!("`{name}` is no WAN; there are {}", known())))
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Near => "near",
            Self::Far => "far",
            Self::BadDay => "bad-day",
        }
    }

    /// The last leg, from a region's readers to its edge and back.
    pub fn leg_ms(self, region: &str) -> u32 {
        match (self, region) {
            (Self::Far, "sa") => 110,
            (Self::Far, "asia") => 120,
            (_, "sa") => 30,
            (_, "na") => 20,
            (_, "eu") => 24,
            _ => 40,
        }
    }

    pub const fn loss_percent(self) -> f64 {
        match self {
            Self::BadDay => BAD_DAY_LOSS_PERCENT,
            Self::Near | Self::Far => GOOD_DAY_LOSS_PERCENT,
        }
    }
}

/// One end, in a namespace of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    Origin,
    Edge(&'static str),
    Readers(&'static str),
}

impl Node {
    pub fn all() -> impl Iterator<Item = Node> {
        let edges = REGIONS.into_iter().map(Node::Edge);
        [Node::Origin].into_iter().chain(edges).chain(REGIONS.into_iter().map(Node::Readers))
    }

    pub fn of_edge(region: &str) -> Result<Self> {
        let known = REGIONS.into_iter().find(|known| *known == region);
        known.map(Self::Edge).ok_or_else(|| Error::failed(format!("no region {region}")))
    }

    /// Short: it names a network interface, which may have 15 characters.
    pub fn name(&self) -> String {
        match self {
            Self::Origin => "origin".to_owned(),
            Self::Edge(region) => format!("edge-{region}"),
            Self::Readers(region) => format!("read-{region}"),
        }
    }

    fn number(&self) -> u8 {
        let place = |region: &str| REGIONS.iter().position(|known| *known == region).and_then(|place| u8::try_from(place).ok());
        match self {
            Self::Origin => 1,
            Self::Edge(region) => 11 + place(region).unwrap_or_default(),
            Self::Readers(region) => 21 + place(region).unwrap_or_default(),
        }
    }

    pub fn address(&self) -> String {
        format!("10.77.0.{}", self.number())
    }

    pub fn mac(&self) -> String {
        format!("02:77:00:00:00:{:02x}", self.number())
    }
}

/// A line between two ends.
#[derive(Clone, Debug)]
pub struct Link {
    /// The reader's or the edge's side.
    pub left: Node,
    pub right: Node,
    pub rtt_ms: u32,
    pub rate: &'static str,
}

impl Link {
    pub fn name(&self) -> String {
        format!("{}~{}", self.left.name(), self.right.name())
    }

    /// As the line itself is told: one way, whole milliseconds, and the jitter. All round trips are even.
    pub fn delay(&self) -> String {
        let one_way = self.rtt_ms / 2;
        // Below that, a millisecond would be no jitter but another distance.
        const LEAST_WITH_JITTER_MS: u32 = 8;
        if one_way < LEAST_WITH_JITTER_MS { one_way.to_string() } else { format!("{one_way}+{}", (one_way * 3 / 100).max(1)) }
    }
}

/// Every end that may speak to another, and the one line between them: each packet crosses exactly one, so its
/// delay and loss are what is written here.
pub fn links(profile: Profile) -> Result<Vec<Link>> {
    // A Lightsail instance's, and a good subscriber line's shared by a region's readers.
    const EDGE_RATE: &str = "500mbit";
    const READERS_RATE: &str = "200mbit";
    let mut links = Vec::new();
    for region in REGIONS {
        let home = between(region, ORIGIN_REGION)?;
        let to_origin = if home == 0 { INSIDE_REGION_MS } else { home };
        links.push(Link { left: Node::Edge(region), right: Node::Origin, rtt_ms: to_origin, rate: EDGE_RATE });
        let (leg, left) = (profile.leg_ms(region), Node::Readers(region));
        for other in REGIONS {
            let rtt_ms = leg + between(region, other)?;
            links.push(Link { left: left.clone(), right: Node::Edge(other), rtt_ms, rate: READERS_RATE });
        }
        links.push(Link { left, right: Node::Origin, rtt_ms: leg + to_origin, rate: READERS_RATE });
    }
    Ok(links)
}

/// The round trip from an edge to the origin.
pub fn origin_rtt_ms(region: &str) -> Result<u32> {
    Ok(between(region, ORIGIN_REGION)?.max(INSIDE_REGION_MS))
}

/// Zero inside one region.
fn between(one: &str, other: &str) -> Result<u32> {
    if one == other {
        return Ok(0);
    }
    let aws = |region: &str| AWS_NAMES.iter().find(|(short, _)| *short == region).map(|(_, name)| *name);
    let found = MATRIX.lines().find_map(|line| {
        let mut columns = line.split(',');
        let (from, to, rtt) = (columns.next(), columns.next(), columns.next()?);
        let is_it = (from, to) == (aws(one), aws(other)) || (to, from) == (aws(one), aws(other));
        is_it.then(|| rtt.trim().parse().ok())?
    });
    found.ok_or_else(|| Error::failed(format!("data/wan-rtt.csv has no round trip between {one} and {other}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_as_long_as_the_matrix_says() {
        let links = links(Profile::Near).unwrap();
        assert_eq!(links.len(), 24);
        let rtt = |name: &str| links.iter().find(|link| link.name() == name).unwrap().rtt_ms;
        assert_eq!(rtt("edge-asia~origin"), 256);
        assert_eq!(rtt("edge-sa~origin"), 2);
        assert_eq!(rtt("read-eu~edge-na"), 24 + 88);
        assert_eq!(rtt("read-na~origin"), 20 + 116);
        assert!(links.iter().all(|link| link.rtt_ms % 2 == 0 && link.left.name().len() <= 15));
    }

    #[test]
    fn far_readers_are_far_in_two_regions() {
        let far: Vec<u32> = REGIONS.iter().map(|region| Profile::Far.leg_ms(region)).collect();
        assert_eq!(far, [110, 20, 24, 120]);
    }

    #[test]
    fn a_delay_is_one_way_with_a_little_jitter() {
        let link = |rtt_ms| Link { left: Node::Edge("sa"), right: Node::Origin, rtt_ms, rate: "" };
        assert_eq!([2, 20, 256].map(|rtt| link(rtt).delay()), ["1", "10+1", "128+3"]);
    }

    #[test]
    fn no_two_ends_share_an_address() {
        let addresses: std::collections::BTreeSet<_> = Node::all().map(|node| node.address()).collect();
        assert_eq!(addresses.len(), 9);
    }
}
