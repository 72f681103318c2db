//! The command line.

mod command;

use std::process::ExitCode;

use command::{Command, Failure, USAGE};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match Command::parse(&arguments) {
        Ok(Command::Help) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Ok(command) => match command.run().await {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => fail(&failure),
        },
        Err(mistake) => {
            eprintln!("origin: {mistake}\n\n{USAGE}");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

/// As sysexits.h and most shells have it.
const EXIT_USAGE: u8 = 2;

fn fail(failure: &Failure) -> ExitCode {
    eprintln!("origin: {failure}");
    ExitCode::FAILURE
}
