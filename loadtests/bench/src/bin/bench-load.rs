//! `bench-load --server 127.0.0.1:PORT --scenario hit …`: one run against one server, its outcome
//! as one line of JSON on standard output. The options are those of `bench::load::Plan`.

use std::process::ExitCode;
use std::time::Duration;

use bench::{
    args::Args,
    error::{Error, Result, report},
    load::{self, Outcome, Plan},
    page::Kind,
};
use serde_json::json;

fn main() -> ExitCode {
    report(run())
}

fn run() -> Result<()> {
    let outcome = load::run(&plan(Args::from_env()?)?)?;
    println!("{}", line(&outcome));
    Ok(())
}

fn plan(mut args: Args) -> Result<Plan> {
    let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).map_err(|error| Error::Usage(format!("seconds: {error}")));
    let plan = Plan {
        server: args.required("server")?,
        scenario: args.required("scenario")?,
        kind: match args.or("kind", 'o')? {
            'o' => Kind::Plain,
            'z' => Kind::Compressible,
            'e' => Kind::Tagged,
            other => return Err(Error::Usage(format!("`--kind {other}`: o, z or e"))),
        },
        bytes: args.required("bytes")?,
        connections: args.or("connections", 64)?,
        first_key: args.or("first-key", 0)?,
        keys: args.or("keys", 10_000)?,
        first_fresh_key: args.or("first-fresh-key", 50_000_000)?,
        warm: seconds(args.or("warm", 0.3)?)?,
        window: seconds(args.or("seconds", 3.0)?)?,
        pid: args.optional("pid")?,
        seed: args.or("seed", 1)?,
        checked: args.or("checked", true)?,
    };
    args.finish()?;
    Ok(plan)
}
fn line(outcome: &Outcome) -> serde_json::Value {
    let (seconds, requests) = (outcome.took.as_secs_f64(), outcome.requests as f64);
    json!({
        "requests": outcome.requests,
        "fresh_keys": outcome.fresh_keys,
        "bytes_received": outcome.bytes_received,
        "seconds": seconds,
        "requests_per_second": requests / seconds,
        "server_cpu_us_per_request": outcome.server_cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / requests.max(1.0)),
        "server_cpu_share": outcome.server_cpu.map(|cpu| cpu.as_secs_f64() / seconds),
        "load_cpu_us_per_request": outcome.own_cpu.as_secs_f64() * 1e6 / requests.max(1.0),
        "load_cpu_share": outcome.own_cpu.as_secs_f64() / seconds,
        "p50_us": outcome.latencies.quantile_us(0.5),
        "p99_us": outcome.latencies.quantile_us(0.99),
        "max_us": outcome.latencies.quantile_us(1.0),
    })
}
