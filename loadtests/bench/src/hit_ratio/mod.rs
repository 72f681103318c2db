//! How many requests find their page, by memory: with the edge's use of moka, with moka used as it is meant to be, with LRU,
//! and with the best choice there is. Pages are drawn by Zipf's law, each request apart from the others; nobody
//! edits and nothing grows old. Page by page and byte by byte: no entry stands for several.

pub mod chart;
mod edge;
mod lru;
mod pages;
mod random;
mod zipf;

use serde_json::{Value, json};

use self::{
    edge::{Moka, Told},
    lru::Lru,
    pages::weight,
    random::Random,
    zipf::Zipf,
};

/// Requests before those that count: until the memory is full, or so many.
const FILL_MAX: u64 = 40_000_000;
/// Then so many for each page that fits: what came first must make room for what is asked for often.
const SETTLE_PER_ENTRY: u64 = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The pages with the most requests for their bytes, known beforehand.
    Best,
    /// Told of every request once.
    Moka,
    /// Told of hits once memory is crowded, and three times of a miss.
    Edge,
    Lru,
}

impl Policy {
    pub const ALL: [Policy; 4] = [Policy::Best, Policy::Moka, Policy::Edge, Policy::Lru];

    pub const fn name(self) -> &'static str {
        match self {
            Policy::Best => "best",
            Policy::Moka => "moka",
            Policy::Edge => "edge",
            Policy::Lru => "lru",
        }
    }
}

/// One memory, under one law and one policy.
#[derive(Clone, Debug)]
pub struct Point {
    pub policy: Policy,
    pub memory_bytes: u64,
    pub hit_ratio: f64,
    /// The second half's hit ratio less the first's: what it has not settled by.
    drift: f64,
    /// Before those that count.
    warm_requests: u64,
}

/// All memories under one law.
#[derive(Clone, Debug)]
pub struct Panel {
    pub pages: u32,
    pub exponent: f64,
    /// What all pages weigh.
    pub bytes: u64,
    pub points: Vec<Point>,
    /// Requests a second, and which share of them a memory without end would find fresh.
    pub fresh: Vec<(f64, f64)>,
}

/// What is to be simulated.
pub struct Plan {
    /// Bytes, ascending.
    pub memories: Vec<u64>,
    /// Requests a second at one edge, for what is fresh.
    pub rates: Vec<f64>,
    /// Requests that count, for each point.
    pub requests: u64,
    pub seed: u64,
}

impl Plan {
    /// Says of each point that it is done: a panel may take a minute.
    pub fn panel(&self, pages: u32, exponent: f64, mut done: impl FnMut(&Point)) -> Panel {
        let law = Zipf::new(pages, exponent);
        let best = pages::best(&law, pages, &self.memories);
        let all = pages::weight_of_all(pages);
        let mut points = Vec::new();
        for (memory_bytes, best) in self.memories.iter().copied().zip(best) {
            for policy in Policy::ALL {
                // Where everything fits nothing is chosen.
                let known = match policy {
                    _ if memory_bytes >= all => Some(1.0),
                    Policy::Best => Some(best),
                    Policy::Moka | Policy::Edge | Policy::Lru => None,
                };
                let point = match known {
                    Some(hit_ratio) => Point { policy, memory_bytes, hit_ratio, drift: 0.0, warm_requests: 0 },
                    None => self.point(&law, pages, memory_bytes, policy),
                };
                done(&point);
                points.push(point);
            }
        }
        let fresh = self.rates.iter().map(|rate| (*rate, pages::fresh_ratio(&law, pages, *rate))).collect();
        Panel { pages, exponent, bytes: all, points, fresh }
    }

    fn point(&self, law: &Zipf, pages: u32, memory_bytes: u64, policy: Policy) -> Point {
        let moka = |told| Memory::Moka(Moka::new(pages, memory_bytes, weight, told));
        let mut memory = match policy {
            Policy::Moka => moka(Told::ALL_ONCE),
            Policy::Edge => moka(Told::BY_THE_EDGE),
            Policy::Best | Policy::Lru => Memory::Lru(Lru::new(pages, memory_bytes, weight)),
        };
        let mut random = Random::new(self.seed);
        let mut ask = |memory: &mut Memory, requests: u64| (0..requests).filter(|_| memory.ask(law.draw(&mut random))).count();
        let mut filling = 0;
        while memory.evictions() == 0 && filling < FILL_MAX {
            ask(&mut memory, FILL_STEP);
            filling += FILL_STEP;
        }
        let settling = SETTLE_PER_ENTRY * memory_bytes / pages::MEAN_BYTES;
        ask(&mut memory, settling);
        let half = self.requests / 2;
        let [first, second] = [(); 2].map(|()| ask(&mut memory, half) as f64 / half as f64);
        let (hit_ratio, drift) = ((first + second) / 2.0, second - first);
        Point { policy, memory_bytes, hit_ratio, drift, warm_requests: filling + settling }
    }
}

/// Between two looks at whether the memory is full.
const FILL_STEP: u64 = 1000;

enum Memory {
    Moka(Moka),
    Lru(Lru),
}

impl Memory {
    fn ask(&mut self, page: u32) -> bool {
        match self {
            Memory::Moka(moka) => moka.ask(page),
            Memory::Lru(lru) => lru.ask(page),
        }
    }

    fn evictions(&self) -> u64 {
        match self {
            Memory::Moka(moka) => moka.evictions(),
            Memory::Lru(lru) => lru.evictions(),
        }
    }
}

impl Panel {
    /// The hit ratios of a policy, by memory.
    pub fn line(&self, policy: Policy) -> impl Iterator<Item = (u64, f64)> {
        self.points.iter().filter(move |point| point.policy == policy).map(|point| (point.memory_bytes, point.hit_ratio))
    }

    pub fn to_json(&self) -> Value {
        let points = self.points.iter().map(|point| {
            json!({
                "policy": point.policy.name(),
                "memory_bytes": point.memory_bytes,
                "hit_ratio": point.hit_ratio,
                "drift": point.drift,
                "warm_requests": point.warm_requests,
            })
        });
        let fresh = self.fresh.iter().map(|(rate, ratio)| json!({ "requests_per_s": rate, "fresh_ratio": ratio }));
        json!({
            "pages": self.pages,
            "exponent": self.exponent,
            "bytes": self.bytes,
            "points": points.collect::<Vec<_>>(),
            "fresh": fresh.collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_stand_in_the_order_they_must() {
        let memories = vec![1_000_000, 10_000_000, 1_000_000_000];
        let plan = Plan { memories, rates: vec![1.0], requests: 100_000, seed: 1 };
        let panel = plan.panel(10_000, 0.9, |_| ());
        let of = |policy| panel.line(policy).map(|(_, ratio)| ratio).collect::<Vec<_>>();
        let [best, moka, edge, lru] = Policy::ALL.map(of);
        for place in 0..2 {
            // By chance a policy may be a little luckier than the best is in the mean.
            let limit = best[place] + 0.01;
            assert!(moka[place] < limit && edge[place] < limit && lru[place] < moka[place], "{best:?} {moka:?} {edge:?} {lru:?}");
            assert!(lru[place] > 0.05 && edge[place] > 0.05);
        }
        // Everything fits.
        assert_eq!([best[2], moka[2], edge[2], lru[2]], [1.0; 4]);
        assert!(lru[0] < lru[1] && moka[0] < moka[1]);
    }
}
