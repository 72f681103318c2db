//! Twelve drawn pictures. Whole numbers only, so that they are the same to the last pixel,
//! and so to the name, on every machine.

use image::{Rgb, RgbImage};

use super::SplitMix64;

/// How many there are.
pub const PICTURES: usize = 12;
/// Small: they are drawn and encoded by unoptimised code in tests and in the tour. All three
/// widths are there all the same, under which they are one picture.
const WIDTH: u32 = 480;
const HEIGHT: u32 = 320;

/// Sky above, ground below.
const PALETTES: [[[i32; 3]; 3]; 6] = [
    [[38, 70, 120], [232, 150, 96], [44, 52, 60]],
    [[120, 170, 214], [214, 226, 230], [70, 104, 72]],
    [[22, 24, 52], [120, 74, 140], [16, 18, 28]],
    [[240, 214, 170], [246, 240, 226], [150, 110, 78]],
    [[90, 140, 150], [190, 214, 200], [40, 80, 84]],
    [[60, 60, 66], [176, 180, 186], [30, 32, 36]],
];

struct Disc {
    x: i32,
    y: i32,
    radius: i32,
    tint: i32,
}

/// A horizon, ridges, and lights out of focus.
pub fn draw(seed: u64, number: usize) -> RgbImage {
    let mut rng = SplitMix64::new(seed, &format!("picture {number}"));
    let [high, low, ground] = PALETTES[number % PALETTES.len()];
    let mut some = |low: u64, high: u64| i32::try_from(rng.within(low, high)).unwrap_or(0);
    let horizon = some(140, 210);
    let ridges: Vec<[i32; 3]> = (0..3).map(|_| [some(60, 200), some(0, 400), some(20, 90)]).collect();
    let discs: Vec<Disc> =
        (0..14).map(|_| Disc { x: some(0, 480), y: some(0, 320), radius: some(6, 34), tint: some(12, 40) }).collect();
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let (x, y) = (i32::try_from(x).unwrap_or(0), i32::try_from(y).unwrap_or(0));
        let ridge =
            ridges.iter().map(|[period, shift, height]| triangle(x + shift, *period) * height / period).max().unwrap_or(0);
        let edge = horizon - ridge;
        let mut pixel = if y < edge { blend(high, low, y, edge.max(1)) } else { blend(ground, high, y - edge, 3 * 320) };
        for disc in &discs {
            let (dx, dy) = (x - disc.x, y - disc.y);
            if dx * dx + dy * dy < disc.radius * disc.radius {
                pixel = pixel.map(|channel| channel + disc.tint);
            }
        }
        Rgb(pixel.map(|channel| u8::try_from(channel.clamp(0, 255)).unwrap_or(0)))
    })
}

/// Up and down again, from 0 to `period / 2`.
fn triangle(x: i32, period: i32) -> i32 {
    let phase = x.rem_euclid(period);
    phase.min(period - phase)
}

fn blend(from: [i32; 3], to: [i32; 3], at: i32, of: i32) -> [i32; 3] {
    std::array::from_fn(|channel| from[channel] + (to[channel] - from[channel]) * at / of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_the_same_each_time_and_twelve_different_ones() {
        let drawn: std::collections::BTreeSet<Vec<u8>> = (0..PICTURES).map(|number| draw(1, number).into_raw()).collect();
        assert_eq!(drawn.len(), PICTURES);
        assert!(drawn.contains(&draw(1, 3).into_raw()));
    }
}
