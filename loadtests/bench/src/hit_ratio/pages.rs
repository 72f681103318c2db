//! What pages weigh, how long they are fresh, and what the best choice among them would be.

use super::random::mix;
use super::zipf::Zipf;

/// Of a hundred pages so many are lists: cameras, reviews, searches. The others are reviews.
const LISTS_IN_100: u64 = 12;
/// Bytes in an edge's memory, from and below. Those of a review and of a list, with their heads and overhead.
const REVIEW: (u32, u32) = (6_000, 8_000);
const LIST: (u32, u32) = (20_000, 45_000);
/// How long the origin lets an edge take them for fresh, in seconds (`origin/src/api/policy.rs`).
const REVIEW_FRESH_S: f64 = 3600.0;
const LIST_FRESH_S: f64 = 600.0;

/// What all pages weigh in the mean.
pub const MEAN_BYTES: u64 = (LISTS_IN_100 * mean(LIST) + (100 - LISTS_IN_100) * mean(REVIEW)) / 100;

const fn mean((least, end): (u32, u32)) -> u64 {
    (least as u64 + end as u64) / 2
}

/// Bytes of a page in memory: by chance, whether it is popular or not, and always the same.
pub fn weight(page: u32) -> u32 {
    let (least, end) = if is_list(page) { LIST } else { REVIEW };
    least + (chance(page) >> 32) as u32 % (end - least)
}

pub fn weight_of_all(pages: u32) -> u64 {
    (0..pages).map(|page| u64::from(weight(page))).sum()
}

fn is_list(page: u32) -> bool {
    chance(page) % 100 < LISTS_IN_100
}

fn chance(page: u32) -> u64 {
    mix(u64::from(page) + 1)
}

/// The hit ratios of memories that hold, and keep, the pages with the most requests for their bytes. If requests
/// do not depend on one another, nothing that may not look ahead does better. `memories` ascend.
pub fn best(law: &Zipf, pages: u32, memories: &[u64]) -> Vec<f64> {
    let mut order: Vec<(f32, u32)> = (0..pages).map(|page| ((law.weight(page) / f64::from(weight(page))) as f32, page)).collect();
    order.sort_unstable_by(|(one, _), (other, _)| other.total_cmp(one));
    let sum = law.sum();
    let (mut bytes, mut asked) = (0, 0.0);
    let mut ratios = Vec::with_capacity(memories.len());
    for (_, page) in order {
        let more = u64::from(weight(page));
        while memories.get(ratios.len()).is_some_and(|room| bytes + more > *room) {
            ratios.push(asked / sum);
        }
        bytes += more;
        asked += law.weight(page);
    }
    ratios.resize(memories.len(), asked / sum);
    ratios
}

/// The share of requests that meets a fresh copy if memory holds every page and so many requests a second come: a
/// copy lives for its time, and the next request after that goes to the origin.
pub fn fresh_ratio(law: &Zipf, pages: u32, per_second: f64) -> f64 {
    let sum = law.sum();
    let fresh = |page: u32| {
        let share = law.weight(page) / sum;
        let within_a_life = per_second * share * if is_list(page) { LIST_FRESH_S } else { REVIEW_FRESH_S };
        share * within_a_life / (1.0 + within_a_life)
    };
    (0..pages).rev().map(fresh).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_weigh_ten_kilobytes_in_the_mean_popular_or_not() {
        assert_eq!(MEAN_BYTES, 10_060);
        for pages in [20_000, 1_000_000] {
            let mean = weight_of_all(pages) as f64 / f64::from(pages);
            assert!((mean / MEAN_BYTES as f64 - 1.0).abs() < 0.02, "{mean} of {pages}");
        }
        assert!((0..10_000).all(|page| is_list(page) == (weight(page) >= LIST.0)));
    }

    #[test]
    fn the_best_is_what_trying_all_sets_finds() {
        let (pages, law) = (12, Zipf::new(12, 0.9));
        let all = weight_of_all(pages);
        for room in [all / 4, all / 2, all - 1] {
            let bytes = |set: u32| -> u64 { members(set).map(|page| u64::from(weight(page))).sum() };
            let asked = |set: u32| -> f64 { members(set).map(|page| law.weight(page)).sum::<f64>() / law.sum() };
            let most = (0..1_u32 << pages).filter(|set| bytes(*set) <= room).map(asked).fold(0.0, f64::max);
            // Greed leaves room at the end that one more page does not fit into.
            let found = best(&law, pages, &[room])[0];
            let heaviest = (0..pages).map(|page| law.weight(page)).fold(0.0, f64::max) / law.sum();
            assert!(found <= most + 1e-9 && found > most - heaviest, "{found} of {most}");
        }
        assert!((best(&law, pages, &[0, all])[1] - 1.0).abs() < 1e-9);
        assert!(best(&law, pages, &[0, all])[0].abs() < 1e-9);
    }

    fn members(set: u32) -> impl Iterator<Item = u32> {
        (0..u32::BITS).filter(move |page| set >> page & 1 == 1)
    }

    #[test]
    fn more_readers_find_more_that_is_fresh() {
        let law = Zipf::new(1, 1.0);
        // One request in an hour: after a miss comes one hit in the mean.
        let life = if is_list(0) { LIST_FRESH_S } else { REVIEW_FRESH_S };
        assert!((fresh_ratio(&law, 1, 1.0 / life) - 0.5).abs() < 1e-9);
        let law = Zipf::new(1000, 0.9);
        let ratios = [0.1, 1.0, 10.0].map(|rate| fresh_ratio(&law, 1000, rate));
        assert!(ratios[0] < ratios[1] && ratios[1] < ratios[2] && ratios[2] < 1.0);
    }
}
