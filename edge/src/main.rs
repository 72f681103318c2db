//! The edge's process: settings from the environment, signals, exit codes.

use std::{process::ExitCode, sync::Arc, time::Duration};

use common::{SystemClock, config::Env, healthcheck, shutdown, telemetry, version};
use edge::{
    config::{ADMIN_LISTEN, Config},
    listen::{InheritError, Inherited},
    run,
};
use tokio::{
    runtime::Builder,
    signal::unix::{Signal, SignalKind, signal},
    sync::Notify,
};
use tokio_util::sync::CancellationToken;

/// Most of what a hit costs beyond the kernel's part is cache and TLB misses: the store is larger
/// than either reaches. This allocator keeps small blocks of a kind together and asks for huge
/// pages, which the C library's does not.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What sysexits.h calls EX_CONFIG: a supervisor need not try again.
const EXIT_CONFIG: u8 = 78;
/// As most shells have it.
const EXIT_USAGE: u8 = 2;

/// Two make codings, one reads certificates; the others are for names, which may take as long as they like, and for long
/// answers to be undone meanwhile.
const BLOCKING_THREADS_MAX: usize = 64;
/// They stay: each new one begins with memory of its own, where the allocator has not been yet.
const BLOCKING_THREADS_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

const USAGE: &str = "\
usage: edge                        serve readers until SIGTERM; settings come from the environment
       edge healthcheck [SECONDS]  ask the admin port whether it is ready, for SECONDS if it is not
       edge --version              its version, and the commit it was built from";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => start(),
        ["--version"] => {
            println!("{}", version());
            ExitCode::SUCCESS
        }
        ["healthcheck", rest @ ..] => match healthcheck::patience(rest) {
            Ok(patience) => check(patience),
            Err(mistake) => misunderstood(&mistake),
        },
        _ => misunderstood(&format!("cannot understand: {}", words.join(" "))),
    }
}

/// Here and not in the library: another commit then compiles this file anew, and nothing else.
fn version() -> String {
    version::line("edge", env!("CARGO_PKG_VERSION"), option_env!("RCR_COMMIT"))
}

fn misunderstood(mistake: &str) -> ExitCode {
    eprintln!("edge: {mistake}\n\n{USAGE}");
    ExitCode::from(EXIT_USAGE)
}

fn check(patience: Duration) -> ExitCode {
    match healthcheck::run(Env::from_process(), ADMIN_LISTEN.0, ADMIN_LISTEN.1, patience, &SystemClock) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("edge: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> ExitCode {
    // Before there are threads: it takes variables out of the environment.
    let inherited = Inherited::from_env();
    let config = match Config::from_env(Env::from_process()) {
        Ok(config) => config,
        Err(mistakes) => {
            eprintln!("edge: {mistakes}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    // Everything but the readers' connections: the feed, fills, the origin, Redis, the admin port.
    let control = Builder::new_multi_thread()
        .worker_threads(config.workers.get())
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .thread_keep_alive(BLOCKING_THREADS_KEPT)
        .enable_all()
        .build();
    let control = match control {
        Ok(control) => control,
        Err(error) => {
            eprintln!("edge: no threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    control.block_on(serve(config, inherited))
}

async fn serve(config: Config, inherited: Result<Inherited, InheritError>) -> ExitCode {
    let telemetry = match telemetry::init("edge", &config.telemetry) {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("edge: {error}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    tracing::info!(version = version(), "starting");
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    tokio::spawn(async move {
        if let Err(error) = shutdown::requested().await {
            tracing::error!(%error, "signals cannot be received");
        }
        signalled.cancel();
    });
    let reload = Arc::new(Notify::new());
    match signal(SignalKind::hangup()) {
        Ok(hangups) => drop(tokio::spawn(reload_on(hangups, Arc::clone(&reload)))),
        Err(error) => tracing::error!(%error, "SIGHUP cannot be received"),
    }
    let ended = match inherited {
        Ok(inherited) => run::run(config, inherited, reload, stop).await,
        Err(error) => Err(error.into()),
    };
    if let Err(error) = &ended {
        tracing::error!(%error, "cannot run");
    }
    telemetry.finish();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_configuration() => ExitCode::from(EXIT_CONFIG),
        Err(_) => ExitCode::FAILURE,
    }
}

async fn reload_on(mut hangups: Signal, reload: Arc<Notify>) {
    while hangups.recv().await.is_some() {
        reload.notify_one();
    }
}
