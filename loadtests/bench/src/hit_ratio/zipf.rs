//! Requests by Zipf's law: the page of rank `r` is asked for in proportion to `1 / r^exponent`.

use super::random::Random;

/// Draws ranks by rejection-inversion (W. Hörmann, G. Derflinger, 1996): exact, without a table, and as
/// fast for ten million pages as for ten. The area under `x^-exponent` is inverted, and what a bar of
/// the law does not cover of it is drawn again: hardly anything.
pub struct Zipf {
    pages: u32,
    exponent: f64,
    /// The area up to the first bar's end, less the first bar: where the draws begin.
    least: f64,
    most: f64,
    /// A rank that is no further above its point than this is inside its bar, without a look at the bar.
    sure: f64,
}

impl Zipf {
    /// `pages` must not be zero.
    pub fn new(pages: u32, exponent: f64) -> Zipf {
        let mut law = Zipf { pages, exponent, least: 0.0, most: 0.0, sure: 0.0 };
        law.least = law.area(1.5) - 1.0;
        law.most = law.area(f64::from(pages) + 0.5);
        law.sure = 2.0 - law.place(law.area(2.5) - law.height(2.0));
        law
    }

    /// A page, 0 being the favourite.
    pub fn draw(&self, random: &mut Random) -> u32 {
        loop {
            let area = self.most + random.unit() * (self.least - self.most);
            let place = self.place(area);
            let rank = ((place + 0.5) as u32).clamp(1, self.pages);
            let bar = f64::from(rank);
            if bar - place <= self.sure || area >= self.area(bar + 0.5) - self.height(bar) {
                return rank - 1;
            }
        }
    }

    /// How often a page is asked for, in proportion to the others.
    pub fn weight(&self, page: u32) -> f64 {
        self.height(f64::from(page) + 1.0)
    }

    /// What all weights come to.
    pub fn sum(&self) -> f64 {
        // The small ones first: added to a large sum, they would be rounded away.
        (0..self.pages).rev().map(|page| self.weight(page)).sum()
    }

    fn height(&self, at: f64) -> f64 {
        (-self.exponent * at.ln()).exp()
    }

    /// The integral of the height from 1 up to here.
    fn area(&self, to: f64) -> f64 {
        let log = to.ln();
        let scaled = (1.0 - self.exponent) * log;
        // (e^x - 1) / x, which tends to 1: then the integral is the logarithm itself.
        let ratio = if scaled.abs() > NEAR_ZERO { scaled.exp_m1() / scaled } else { 1.0 + scaled / 2.0 };
        ratio * log
    }

    /// Up to where the area is this large.
    fn place(&self, area: f64) -> f64 {
        // Rounding must not lead beyond the end of the logarithm.
        let scaled = (area * (1.0 - self.exponent)).max(-1.0);
        let ratio = if scaled.abs() > NEAR_ZERO { scaled.ln_1p() / scaled } else { 1.0 - scaled / 2.0 };
        (ratio * area).exp()
    }
}

const NEAR_ZERO: f64 = 1e-8;

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: u32 = 400_000;

    fn counted(pages: u32, exponent: f64) -> Vec<u32> {
        let (law, mut random) = (Zipf::new(pages, exponent), Random::new(7));
        let mut counts = vec![0; pages as usize];
        for _ in 0..DRAWS {
            counts[law.draw(&mut random) as usize] += 1;
        }
        counts
    }

    #[test]
    fn pages_are_drawn_as_often_as_the_law_says() {
        for exponent in [0.0, 0.7, 0.9, 1.0, 1.1, 2.0] {
            let pages = 1000;
            let (law, counts) = (Zipf::new(pages, exponent), counted(pages, exponent));
            let sum = law.sum();
            // Groups of ranks that double in size, so that the rare ones are judged together.
            let mut first = 0;
            while first < pages {
                let end = (first * 2 + 1).min(pages);
                let share: f64 = (first..end).map(|page| law.weight(page)).sum::<f64>() / sum;
                let seen: u32 = counts[first as usize..end as usize].iter().sum();
                let expected = f64::from(DRAWS) * share;
                let deviation = (expected * (1.0 - share)).sqrt();
                let off = (f64::from(seen) - expected).abs();
                assert!(off <= 5.0 * deviation, "{exponent}: {first}..{end} {seen} times, not {expected:.0}");
                first = end;
            }
        }
    }

    #[test]
    fn the_first_ranks_are_right_one_by_one() {
        let counts = counted(1_000_000, 0.9);
        let law = Zipf::new(1_000_000, 0.9);
        let sum = law.sum();
        for page in 0..10 {
            let expected = f64::from(DRAWS) * law.weight(page) / sum;
            let seen = f64::from(counts[page as usize]);
            assert!((seen - expected).abs() < 5.0 * expected.sqrt(), "{page}: {seen}, not {expected:.0}");
        }
    }

    #[test]
    fn one_page_is_always_the_same() {
        let (law, mut random) = (Zipf::new(1, 0.9), Random::new(1));
        assert!((0..1000).all(|_| law.draw(&mut random) == 0));
    }
}
