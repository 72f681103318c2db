//! The edge's memory, in what it does to moka: see `edge/src/memory/mod.rs`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use super::random::Random;

/// How often moka is told of a request, in the mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// While more than a quarter of the memory is free.
    pub of_an_early_hit: f64,
    pub of_a_hit: f64,
    pub of_a_miss: f64,
}

impl Told {
    /// As moka is meant to be used.
    pub const ALL_ONCE: Told = Told { of_an_early_hit: 1.0, of_a_hit: 1.0, of_a_miss: 1.0 };
    /// One hit in 32 (`TOLD_ONE_IN`) until memory is crowded (`CROWDED_SHARE`), then all; a miss when it is stored.
    pub const BY_THE_EDGE: Told = Told { of_an_early_hit: 1.0 / 32.0, of_a_hit: 1.0, of_a_miss: 1.0 };
}

pub struct Moka {
    store: moka::sync::Cache<u32, ()>,
    /// The edge's index: what hits read. Written with the store, cleared when that evicts.
    index: Arc<[AtomicBool]>,
    evictions: Arc<AtomicU64>,
    told: Told,
    /// Bytes.
    crowded_from: u64,
    random: Random,
}

impl Moka {
    pub fn new(pages: u32, bytes_max: u64, weigh: fn(u32) -> u32, told: Told) -> Moka {
        let index: Arc<[AtomicBool]> = (0..pages).map(|_| AtomicBool::new(false)).collect();
        let evictions = Arc::<AtomicU64>::default();
        let (mirror, counted) = (Arc::clone(&index), Arc::clone(&evictions));
        let store = moka::sync::Cache::builder()
            .max_capacity(bytes_max)
            .weigher(move |page: &u32, (): &()| weigh(*page))
            .eviction_listener(move |page: Arc<u32>, (), cause| {
                if cause.was_evicted() {
                    counted.fetch_add(1, Ordering::Relaxed);
                    mirror[*page as usize].store(false, Ordering::Relaxed);
                }
            })
            // SipHash under a key of the process, as the edge's digest.
            .build();
        Moka { store, index, evictions, told, crowded_from: bytes_max / 100 * 75, random: Random::new(1) }
    }

    /// Whether the page is there. If it is not it is stored, and moka decides whether it stays.
    pub fn ask(&mut self, page: u32) -> bool {
        let held = self.index[page as usize].load(Ordering::Relaxed);
        let told = match held {
            false => self.told.of_a_miss,
            true if self.store.weighted_size() >= self.crowded_from => self.told.of_a_hit,
            true => self.told.of_an_early_hit,
        };
        for _ in 0..self.times(told) {
            // All that moka learns of a request it learns from this, found or not.
            self.store.get(&page);
        }
        if !held {
            self.index[page as usize].store(true, Ordering::Relaxed);
            self.store.insert(page, ());
        }
        held
    }

    pub fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }

    /// A whole number that is so much in the mean.
    fn times(&mut self, mean: f64) -> u32 {
        let surely = mean.floor();
        let rest = mean - surely;
        surely as u32 + u32::from(rest > 0.0 && self.random.unit() < rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moka_is_told_as_often_as_said() {
        let mut moka = Moka::new(1, 1, |_| 1, Told::ALL_ONCE);
        let mut mean = |mean: f64| (0..8000).map(|_| moka.times(mean)).sum::<u32>() as f64 / 8000.0;
        assert_eq!([0.0, 1.0, 3.0].map(&mut mean), [0.0, 1.0, 3.0]);
        assert!((mean(0.125) - 0.125).abs() < 0.02 && (mean(2.5) - 2.5).abs() < 0.03);
    }

    /// A page that everybody asks for outlives any number that are asked for once, which LRU does not give.
    #[test]
    fn the_popular_stay_and_the_index_follows() {
        let mut moka = Moka::new(10_000, 100, |_| 1, Told::ALL_ONCE);
        let mut found = 0;
        for passer_by in 50..10_000 {
            for page in 0..50 {
                found += u64::from(moka.ask(page));
            }
            moka.ask(passer_by);
        }
        assert!(found > 50 * 9_900, "{found}");
        moka.store.run_pending_tasks();
        let held = moka.index.iter().filter(|held| held.load(Ordering::Relaxed)).count() as u64;
        assert_eq!(held, moka.store.entry_count());
        assert!(held <= 100 && moka.evictions() > 9_000);
    }
}
