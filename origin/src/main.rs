//! The command line.

mod command;

use std::process::ExitCode;

use command::{Command, USAGE};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match Command::parse(&arguments) {
        Ok(command) => match command.run().await {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("origin: {failure}");
                ExitCode::from(if failure.is_configuration() { EXIT_CONFIG } else { EXIT_FAILED })
            }
        },
        Err(mistake) => {
            eprintln!("origin: {mistake}\n\n{USAGE}");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

const EXIT_FAILED: u8 = 1;
/// As most shells have it.
const EXIT_USAGE: u8 = 2;
/// What sysexits.h calls EX_CONFIG: a supervisor need not try again.
const EXIT_CONFIG: u8 = 78;
