//! `hit-ratio --json FILE --chart FILE`: hit ratio against memory, simulated. All other options have values:
//! `--pages 100000,…`, `--exponents 0.7,…`, `--memory-mib 16,…` (ascending), `--rates 44,…`, `--requests N`, `--seed N`.

use std::fs;
use std::process::ExitCode;

use bench::{
    args::{Args, List},
    clock,
    error::{Context as _, Error, Result, report},
    hit_ratio::{Panel, Plan, Policy, chart},
};
use serde_json::json;

fn main() -> ExitCode {
    report(run())
}

fn run() -> Result<()> {
    let mut args = Args::from_env()?;
    let (json_path, chart_path) = (args.required::<String>("json")?, args.required::<String>("chart")?);
    let List(pages) = args.or("pages", List(vec![100_000, 1_000_000, 10_000_000]))?;
    let List(exponents) = args.or("exponents", List(vec![0.7, 0.9, 1.1]))?;
    let List(memories) = args.or("memory-mib", List(vec![16, 64, 256, 1024, 4096]))?;
    let List(rates) = args.or("rates", List(vec![44.0, 440.0, 4400.0, 44_000.0]))?;
    let requests = args.or("requests", 1_000_000)?;
    let seed = args.or("seed", 1)?;
    args.finish()?;
    check(&pages, &exponents, &memories, requests)?;

    let plan = Plan { memories: memories.into_iter().map(|mib: u64| mib << 20).collect(), rates, requests, seed };
    let started = clock::now();
    let mut panels = Vec::new();
    for exponent in exponents {
        for pages in &pages {
            let panel = plan.panel(*pages, exponent, |point| {
                let so_far = started.elapsed().as_secs_f64();
                eprintln!(
                    "{so_far:>5.0} s  {pages} pages, {exponent}: {} of {}",
                    point.policy.name(),
                    chart::size(point.memory_bytes)
                );
            });
            println!("{}\n", table(&panel));
            panels.push(panel);
        }
    }
    let all = json!({ "seed": seed, "requests": requests, "panels": panels.iter().map(Panel::to_json).collect::<Vec<_>>() });
    fs::write(&json_path, format!("{all:#}\n")).context(|| format!("writing {json_path}"))?;
    fs::write(&chart_path, chart::draw(&panels, requests)).context(|| format!("writing {chart_path}"))
}

fn check(pages: &[u32], exponents: &[f64], memories: &[u64], requests: u64) -> Result<()> {
    let wrong = |what: &str| Err(Error::Usage(what.to_owned()));
    if pages.iter().any(|pages| !(1..u32::MAX).contains(pages)) {
        return wrong("`--pages`: one at least, and fewer than 2^32 - 1");
    }
    if exponents.iter().any(|exponent| !(0.0..=10.0).contains(exponent)) {
        return wrong("`--exponents`: from 0 to 10");
    }
    if memories.first() == Some(&0)
        || memories.iter().any(|mib| *mib > 1 << 20)
        || !memories.is_sorted_by(|one, other| one < other)
    {
        return wrong("`--memory-mib`: ascending, from 1 to 1048576");
    }
    if requests < 2 {
        return wrong("`--requests`: two at least");
    }
    Ok(())
}

fn table(panel: &Panel) -> String {
    let mut text = format!("{} pages, exponent {}\n{:>9}", panel.pages, panel.exponent, "");
    for policy in Policy::ALL {
        text.push_str(&format!("{:>13}", policy.name()));
    }
    let lines = Policy::ALL.map(|policy| panel.line(policy).collect::<Vec<_>>());
    for (place, (memory, _)) in lines[0].iter().enumerate() {
        text.push_str(&format!("\n{:>9}", chart::size(*memory)));
        for line in &lines {
            text.push_str(&format!("{:>11.1} %", line[place].1 * 100.0));
        }
    }
    for (rate, ratio) in &panel.fresh {
        text.push_str(&format!("\n{rate:>7}/s  fresh {:.1} %", ratio * 100.0));
    }
    text
}
