//! The plot: a panel for each law, memory to the right, hit ratio up.

use super::{Panel, Policy};

/// Where a panel's corner is, and how large it is.
struct Place {
    x: f64,
    y: f64,
}

const PANEL: (f64, f64) = (270.0, 168.0);
const GAP: (f64, f64) = (52.0, 76.0);
const LEFT: f64 = 52.0;
const TOP: f64 = 112.0;
const MIB: u64 = 1 << 20;
/// Legible on a white and on a dark page alike: an image does not know on which it stands. Lines differ in form
/// too, for those who do not see the colour.
const STYLE: &str = "text { fill: #6e7781; font: 12px system-ui, sans-serif; }
.title { font-size: 16px; font-weight: 600; }
.name { font-weight: 600; }
.share { font-size: 10px; }
path { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.grid { stroke: #8c959f; stroke-opacity: 0.35; stroke-width: 1; }
.best { stroke: #8c959f; stroke-dasharray: 6 4; }
.moka { stroke: #3d7fd0; }
.edge { stroke: #2da44e; stroke-width: 3; }
.lru { stroke: #cf4b3f; stroke-dasharray: 2 3; stroke-width: 2.4; }";
const TITLE: &str = "Requests that find their page in memory, by memory";

/// Columns by pages, rows by exponents, in the order they come.
pub fn draw(panels: &[Panel], requests: u64) -> String {
    let (mut columns, mut rows) = (Vec::new(), Vec::new());
    let mut body = String::new();
    for panel in panels {
        let (column, row) = (index(&mut columns, panel.pages), index(&mut rows, panel.exponent));
        let place = Place { x: LEFT + column * (PANEL.0 + GAP.0), y: TOP + row * (PANEL.1 + GAP.1) };
        body.push_str(&drawn(panel, &place));
    }
    let width = LEFT + columns.len() as f64 * (PANEL.0 + GAP.0);
    let height = TOP + rows.len() as f64 * (PANEL.1 + GAP.1) - 8.0;
    let made = format!(
        "Simulated with moka itself. Pages of 10 KB in the mean, {} requests a point after the memory was full; nobody edits, nothing grows old",
        thousands(requests)
    );
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" role="img" aria-label="{TITLE}">
<title>{TITLE}</title>
<style>
{STYLE}
</style>
<text class="title" x="4" y="20">{TITLE}</text>
<text x="4" y="40">{made}</text>
{}{body}</svg>
"#,
        legend()
    )
}

fn legend() -> String {
    let mut text = String::new();
    let mut x = 4.0;
    for policy in Policy::ALL {
        let words = words(policy);
        text.push_str(&format!(
            r#"<path class="{}" d="M{x:.0} 60h30"/><text x="{:.0}" y="64">{words}</text>
"#,
            policy.name(),
            x + 36.0
        ));
        x += 62.0 + words.chars().count() as f64 * 6.1;
    }
    text
}

const fn words(policy: Policy) -> &'static str {
    match policy {
        Policy::Best => "the best there is",
        Policy::Moka => "moka, told of all once",
        Policy::Edge => "the edge",
        Policy::Lru => "LRU",
    }
}

fn drawn(panel: &Panel, place: &Place) -> String {
    let memories: Vec<u64> = panel.line(Policy::Lru).map(|(memory, _)| memory).collect();
    let ends = (memories.first().copied().unwrap_or(1), memories.last().copied().unwrap_or(1));
    let span = (ends.1 as f64 / ends.0 as f64).log2().max(f64::MIN_POSITIVE);
    let x = |memory: u64| place.x + (memory as f64 / ends.0 as f64).log2() / span * PANEL.0;
    let y = |ratio: f64| place.y + (1.0 - ratio) * PANEL.1;
    let (right, bottom) = (place.x + PANEL.0, place.y + PANEL.1);
    let mut text = format!(
        r#"<text class="name" x="{:.0}" y="{:.0}">{} pages, exponent {}</text>
"#,
        place.x,
        place.y - 10.0,
        thousands(panel.pages.into()),
        panel.exponent
    );
    for tenths in [0, 2, 4, 6, 8, 10] {
        let level = y(f64::from(tenths) / 10.0);
        text.push_str(&format!(
            r#"<path class="grid" d="M{:.1} {level:.1}H{right:.1}"/><text text-anchor="end" x="{:.1}" y="{:.1}">{} %</text>
"#,
            place.x,
            place.x - 6.0,
            level + 4.0,
            tenths * 10
        ));
    }
    for memory in memories.iter().copied() {
        text.push_str(&format!(
            r#"<path class="grid" d="M{0:.1} {bottom:.1}v4"/><text text-anchor="middle" x="{0:.1}" y="{1:.1}">{2}</text><text class="share" text-anchor="middle" x="{0:.1}" y="{3:.1}">{4}</text>
"#,
            x(memory),
            bottom + 18.0,
            size(memory),
            bottom + 32.0,
            share(memory, panel.bytes)
        ));
    }
    for policy in Policy::ALL {
        let points: Vec<String> = panel.line(policy).map(|(memory, ratio)| format!("{:.1} {:.1}", x(memory), y(ratio))).collect();
        text.push_str(&format!(
            r#"<path class="{}" d="M{}"/>
"#,
            policy.name(),
            points.join("L")
        ));
    }
    text
}

/// Where a value stands among those seen; it joins them.
fn index<T: PartialEq>(seen: &mut Vec<T>, value: T) -> f64 {
    let place = seen.iter().position(|other| *other == value).unwrap_or_else(|| {
        seen.push(value);
        seen.len() - 1
    });
    place as f64
}

pub fn size(bytes: u64) -> String {
    let mib = bytes / MIB;
    if mib >= 1024 { format!("{} GiB", mib / 1024) } else { format!("{mib} MiB") }
}

/// How much of all pages a memory holds.
fn share(memory: u64, all: u64) -> String {
    let percent = memory as f64 / all as f64 * 100.0;
    match percent {
        100.0.. => "all".to_owned(),
        10.0.. => format!("{percent:.0} %"),
        1.0.. => format!("{percent:.1} %"),
        _ => format!("{percent:.2} %"),
    }
}

fn thousands(value: u64) -> String {
    if value < 1000 { value.to_string() } else { format!("{},{:03}", thousands(value / 1000), value % 1000) }
}

#[cfg(test)]
mod tests {
    use super::super::Point;
    use super::*;

    fn panel(pages: u32, exponent: f64) -> Panel {
        let point = |policy, memory_bytes, hit_ratio| Point { policy, memory_bytes, hit_ratio, drift: 0.0, warm_requests: 0 };
        let points = Policy::ALL.into_iter().flat_map(|policy| {
            [(16 * MIB, 0.0), (64 * MIB, 0.5), (1024 * MIB, 1.0)].map(|(memory, ratio)| point(policy, memory, ratio))
        });
        Panel { pages, exponent, bytes: 200 * MIB, points: points.collect(), fresh: Vec::new() }
    }

    #[test]
    fn a_line_goes_from_corner_to_corner() {
        let text = drawn(&panel(100_000, 0.9), &Place { x: 100.0, y: 200.0 });
        // 64 MiB is 2 of the 6 doublings from 16 MiB to 1 GiB.
        assert!(text.contains(r#"<path class="lru" d="M100.0 368.0L190.0 284.0L370.0 200.0"/>"#), "{text}");
        assert!(text.contains("100,000 pages, exponent 0.9") && text.contains(">16 MiB<") && text.contains(">1 GiB<"));
        assert!(text.contains(">8.0 %<") && text.contains(">32 %<") && text.contains(">all<"), "{text}");
    }

    #[test]
    fn panels_stand_by_pages_and_exponents() {
        let panels = [panel(1000, 0.7), panel(1000, 0.9), panel(1_000_000, 0.7), panel(1_000_000, 0.9)];
        let text = draw(&panels, 1_000_000);
        let name = |x: f64, y: f64, words: &str| text.contains(&format!(r#"<text class="name" x="{x:.0}" y="{y:.0}">{words}<"#));
        assert!(name(LEFT, TOP - 10.0, "1,000 pages, exponent 0.7"));
        assert!(name(LEFT, TOP + PANEL.1 + GAP.1 - 10.0, "1,000 pages, exponent 0.9"));
        assert!(name(LEFT + PANEL.0 + GAP.0, TOP - 10.0, "1,000,000 pages, exponent 0.7"));
        assert_eq!(text.matches(r#"class="edge""#).count(), 5);
    }
}
