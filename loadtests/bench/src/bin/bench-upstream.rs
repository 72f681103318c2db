//! `bench-upstream --listen 127.0.0.1:PORT`

use std::process::ExitCode;

use bench::{
    args::Args,
    error::{Context as _, Result, report},
    upstream,
};

fn main() -> ExitCode {
    report(run())
}

fn run() -> Result<()> {
    let mut args = Args::from_env()?;
    let listen = args.required("listen")?;
    args.finish()?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context(|| "starting a runtime".to_owned())?;
    runtime.block_on(upstream::serve(listen))
}
