//! The least recently used goes: exactly, by bytes, over arrays.

/// No page.
const NONE: u32 = u32::MAX;

/// Pages are numbers from zero up. The last place of the arrays is the list's two ends.
pub struct Lru {
    /// Towards those that were asked for longer ago. `NONE` for pages that are not held.
    older: Vec<u32>,
    newer: Vec<u32>,
    ends: u32,
    weigh: fn(u32) -> u32,
    bytes_max: u64,
    bytes: u64,
    evictions: u64,
}

impl Lru {
    pub fn new(pages: u32, bytes_max: u64, weigh: fn(u32) -> u32) -> Lru {
        let mut older = vec![NONE; pages as usize + 1];
        let mut newer = older.clone();
        (older[pages as usize], newer[pages as usize]) = (pages, pages);
        Lru { older, newer, ends: pages, weigh, bytes_max, bytes: 0, evictions: 0 }
    }

    /// Whether the page is there. Afterwards it is, if it has room at all.
    pub fn ask(&mut self, page: u32) -> bool {
        let held = self.older[page as usize] != NONE;
        if held {
            self.unlink(page);
        } else {
            let weight = u64::from((self.weigh)(page));
            if weight > self.bytes_max {
                return false;
            }
            while self.bytes + weight > self.bytes_max {
                let oldest = self.newer[self.ends as usize];
                self.unlink(oldest);
                self.bytes -= u64::from((self.weigh)(oldest));
                self.evictions += 1;
            }
            self.bytes += weight;
        }
        self.link(page);
        held
    }

    pub fn evictions(&self) -> u64 {
        self.evictions
    }

    fn link(&mut self, page: u32) {
        let newest = std::mem::replace(&mut self.older[self.ends as usize], page);
        self.newer[newest as usize] = page;
        self.older[page as usize] = newest;
        self.newer[page as usize] = self.ends;
    }

    fn unlink(&mut self, page: u32) {
        let (older, newer) = (self.older[page as usize], self.newer[page as usize]);
        self.newer[older as usize] = newer;
        self.older[newer as usize] = older;
        self.older[page as usize] = NONE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_asked_for_longest_ago_goes() {
        let mut lru = Lru::new(10, 3, |_| 1);
        assert_eq!([0, 1, 2].map(|page| lru.ask(page)), [false; 3]);
        assert!(lru.ask(0));
        assert!(!lru.ask(3));
        assert_eq!(lru.evictions(), 1);
        // 1 went: the order is 2, 0, 3.
        assert_eq!([2, 0, 3].map(|page| lru.ask(page)), [true; 3]);
        assert!(!lru.ask(1));
        assert!(!lru.ask(2));
        assert_eq!([3, 1, 2].map(|page| lru.ask(page)), [true; 3]);
    }

    #[test]
    fn a_heavy_page_takes_the_place_of_several() {
        let mut lru = Lru::new(10, 10, |page| if page == 9 { 8 } else { 2 });
        for page in 0..5 {
            lru.ask(page);
        }
        lru.ask(9);
        assert_eq!(lru.evictions(), 4);
        assert!(lru.ask(4) && lru.ask(9) && !lru.ask(0));
        // Too heavy for all: nobody goes for it.
        let mut small = Lru::new(2, 1, |page| page + 1);
        assert!(!small.ask(0) && !small.ask(1) && !small.ask(1) && small.ask(0));
    }

    /// Against the plainest list there is.
    #[test]
    fn agrees_with_a_slow_one() {
        let mut random = super::super::random::Random::new(3);
        let (mut lru, mut slow) = (Lru::new(50, 60, |page| page % 7 + 1), Vec::<u32>::new());
        for _ in 0..5000 {
            let page = (random.bits() % 50) as u32;
            let held = slow.iter().position(|other| *other == page);
            assert_eq!(lru.ask(page), held.is_some());
            if let Some(place) = held {
                slow.remove(place);
            }
            slow.push(page);
            while slow.iter().map(|page| page % 7 + 1).sum::<u32>() > 60 {
                slow.remove(0);
            }
        }
    }
}
