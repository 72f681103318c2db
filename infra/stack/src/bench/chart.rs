//! The chart for the README: CPU time a request, one bar a server, with the spread of its rounds.

use super::machine::Machine;
use super::servers::Kind;
use super::stats::Series;

const WIDTH: f64 = 760.0;
const LABELS: f64 = 190.0;
const ROW: f64 = 34.0;
const TOP: f64 = 58.0;
/// Legible on a white and on a dark page alike.
const INK: &str = "#6e7781";
const EDGE: &str = "#1a7f37";
const PEER: &str = "#8c959f";
const FLOOR: &str = "#c8d1da";

pub fn draw(series: &[Series], machine: &Machine) -> String {
    let mut rows: Vec<_> = series.iter().filter_map(|series| Some((series.kind, series.cpu_us()?))).collect();
    rows.sort_by(|(_, one), (_, other)| one.median.total_cmp(&other.median));
    let most = rows.iter().map(|(_, spread)| spread.max).fold(1.0, f64::max);
    let x = |value: f64| LABELS + value / most * (WIDTH - LABELS - 70.0);
    let mut bars = String::new();
    let mut y = TOP;
    for (kind, spread) in rows {
        let (colour, middle) = (colour(kind), y + 11.0);
        let (start, end, low, high) = (x(0.0), x(spread.median), x(spread.min), x(spread.max));
        bars.push_str(&format!(
            r#"<text x="{:.0}" y="{:.0}" text-anchor="end">{}</text>
<rect x="{start:.1}" y="{y:.1}" width="{:.1}" height="22" rx="2" fill="{colour}"/>
<path d="M{low:.1} {middle:.1}H{high:.1}M{low:.1} {:.1}v8M{high:.1} {:.1}v8" stroke="{INK}" fill="none"/>
<text x="{:.1}" y="{:.0}">{:.1}</text>
"#,
            LABELS - 10.0,
            middle + 5.0,
            label(kind, machine),
            end - start,
            middle - 4.0,
            middle - 4.0,
            high.max(end) + 8.0,
            middle + 5.0,
            spread.median,
        ));
        y += ROW;
    }
    let height = y + 30.0;
    let title = "CPU time per hit of 4 KB, in microseconds (less is better)";
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0} {height:.0}" role="img" aria-label="{title}" font-family="system-ui,sans-serif" font-size="14" fill="{INK}">
<text x="12" y="26" font-size="16" font-weight="600">{title}</text>
<text x="12" y="45" font-size="12">one core, 64 kept-alive connections, 10,000 keys; bars are medians, lines the spread of interleaved rounds</text>
{bars}<text x="12" y="{:.0}" font-size="11">{}</text>
</svg>
"#,
        height - 10.0,
        machine.sentence(),
    )
}

const fn colour(kind: Kind) -> &'static str {
    match kind {
        Kind::Edge => EDGE,
        Kind::Nginx | Kind::HaProxy | Kind::Varnish | Kind::TrafficServer => PEER,
        Kind::FloorHyper | Kind::FloorBare => FLOOR,
    }
}

fn label(kind: Kind, machine: &Machine) -> String {
    let with_version = |name: &str| format!("{name} {}", machine.version(kind));
    match kind {
        Kind::Edge => "this edge".to_owned(),
        Kind::Nginx => with_version("nginx"),
        Kind::HaProxy => with_version("HAProxy"),
        Kind::Varnish => with_version("Varnish"),
        Kind::TrafficServer => with_version("Traffic Server"),
        Kind::FloorHyper => "floor: plain hyper".to_owned(),
        Kind::FloorBare => "floor: bare tokio loop".to_owned(),
    }
}
