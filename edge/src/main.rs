//! The edge's process: settings from the environment, signals, exit codes.

use std::process::ExitCode;

use common::{config::Env, shutdown, telemetry};
use edge::{config::Config, run};
use tokio_util::sync::CancellationToken;

/// What sysexits.h calls EX_CONFIG: a supervisor need not try again.
const EXIT_CONFIG: u8 = 78;

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::from_env(Env::from_process()) {
        Ok(config) => config,
        Err(mistakes) => {
            eprintln!("edge: {mistakes}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    let telemetry = match telemetry::init("edge", &config.telemetry) {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("edge: {error}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    tokio::spawn(async move {
        if let Err(error) = shutdown::requested().await {
            tracing::error!(%error, "signals cannot be received");
        }
        signalled.cancel();
    });
    let ended = run::run(config, stop).await;
    if let Err(error) = &ended {
        tracing::error!(%error, "cannot run");
    }
    telemetry.finish();
    if ended.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
