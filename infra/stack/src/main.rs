//! `cargo stack …`: the one way to run anything. Compiles in seconds and builds the rest itself.

mod bench;
mod cargo;
mod checks;
mod commands;
mod drill;
mod error;
mod http;
mod infra;
mod interrupt;
mod load;
mod netns;
mod ports;
mod proc;
mod random;
mod release;
mod restart;
mod services;
mod sqlx;
mod steps;
mod system;
mod term;
mod terraform;
mod testing;
mod tools;
mod tour;
mod wait;
mod wan;
mod workspace;

use std::process::ExitCode;

use error::{Error, Result};
use system::Parts;
use tools::Tools;
use workspace::Workspace;

const USAGE: &str = "\
cargo stack <command>

  tour [--full] [--logs]   the story of one review, from an editor to readers on four continents
  restart                  an edge, restarted under load: no request may fail
  up [--full] [--fresh] [--logs]
                           the same system, left running; its data survives a restart
  test [filter …]          every test of the workspace against the real services, then the tours
  release                  both programs, units and the list of parts in one archive, with its checksum
  drill failover           the origin's machine dies while editors write: nothing acknowledged is lost
  drill backup-restore     a mistake, then everything lost: back to the moment before it, from S3
  drill replace-edge       another machine's edge for a region's, as resolvers forget: no read fails
  drill versions COMMIT    into production and back with that commit's programs before: no read fails, no write is lost
  bench [--quick] [--check] [--json FILE] [--chart FILE] [filter …]
                           the edge beside nginx, HAProxy, Varnish and Traffic Server
  load WORKLOAD [--wan near|far|bad-day | --loopback] [--full] [--prefetch] [--seconds N] [--rate N] [--seed N]
                [--compare SUMMARY] [--baseline]
                           k6 in every region; writes a report and says which promise held
  wan up [near|far|bad-day]
                           the distances between the regions, by network namespaces; needs root
  wan down | status        takes them away; shows every line
  wan cut NAME | heal NAME a line, an end with all its lines, or `all`
  services up [--logs]     the services alone, until Ctrl-C
  services env             their addresses as `export` lines for a shell
  services down            stops those that run in another terminal
  infra [filter …]         units, images, manifests, rules and dashboards below infra/, as far as tools are here
  sqlx prepare             writes the offline data of the compile-time checked queries
  sqlx check               compares it with what is committed
  terraform [check [name …]] | write
                           what can be checked of terraform/ without AWS; writes its cost tables
  deny                     bans, licences and sources of all dependencies
  fetch [tool …]           fetches tools ahead of need; without a name, all of them
  doctor                   what is present and what is missing
  help                     this text

--full: MongoDB, a Redis per region, S3 and CloudFront's control plane as well. --logs: shows the processes' logs.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::AlreadyTold) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{} {error}", term::paint(term::RED, "error:"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[&str]) -> Result<()> {
    if args == [proc::guard::COMMAND] {
        proc::guard::watch(std::io::stdin().lock());
        return Ok(());
    }
    interrupt::install()?;
    let workspace = Workspace::find()?;
    match args {
        [] | ["help" | "--help" | "-h"] => {
            term::line(USAGE);
            Ok(())
        }
        ["tour", flags @ ..] => {
            let flags = Flags::parse(flags, &["--full", "--logs"])?;
            proc::guard::start()?;
            let binaries = cargo::build(&workspace)?;
            tour::run(&workspace, &binaries, flags.parts(), flags.has("--logs"))
        }
        ["restart"] => {
            proc::guard::start()?;
            let binaries = cargo::build(&workspace)?;
            restart::run(&workspace, &binaries)
        }
        ["up", flags @ ..] => {
            let flags = Flags::parse(flags, &["--full", "--fresh", "--logs"])?;
            commands::up::run(&workspace, flags.parts(), flags.has("--fresh"), flags.has("--logs"))
        }
        ["test", filters @ ..] => testing::run(&workspace, filters),
        ["release"] => release::run_release(&workspace),
        ["drill", words @ ..] => drill::command(&workspace, words),
        ["bench", words @ ..] => bench::run(&workspace, words),
        ["load", words @ ..] => {
            proc::guard::start()?;
            load::run(&workspace, words)
        }
        ["wan", words @ ..] => {
            proc::guard::start()?;
            wan::command(&Tools::new(&workspace), words)
        }
        ["infra", filters @ ..] => infra::run_all(&workspace, filters),
        ["sqlx", "prepare"] => sqlx::prepare(&workspace),
        ["sqlx", "check"] => sqlx::check(&workspace),
        ["terraform", words @ ..] => terraform::command(&workspace, words),
        ["deny"] => commands::deny::run(&workspace),
        ["services", "up"] => commands::services::up(&workspace, false),
        ["services", "up", "--logs"] => commands::services::up(&workspace, true),
        ["services", "env"] => commands::services::env(&workspace),
        ["services", "down"] => commands::services::down(&workspace),
        ["fetch", names @ ..] => fetch(&workspace, names),
        ["doctor"] => commands::doctor::run(&workspace),
        other => Err(Error::Usage(format!("`{}` is not a command", other.join(" ")))),
    }
}

/// Flags in any order; an unknown one is an error.
struct Flags<'a>(&'a [&'a str]);

impl<'a> Flags<'a> {
    fn parse(given: &'a [&'a str], known: &[&str]) -> Result<Self> {
        match given.iter().find(|flag| !known.contains(flag)) {
            Some(unknown) => Err(Error::Usage(format!("`{unknown}` is not one of {}", known.join(", ")))),
            None => Ok(Self(given)),
        }
    }

    fn has(&self, flag: &str) -> bool {
        self.0.contains(&flag)
    }

    fn parts(&self) -> Parts {
        if self.has("--full") { Parts::Full } else { Parts::Embedded }
    }
}

fn fetch(workspace: &Workspace, names: &[&str]) -> Result<()> {
    proc::guard::start()?;
    let tools = Tools::new(workspace);
    let names = if names.is_empty() { tools::NAMES.as_slice() } else { names };
    for name in names {
        let path = tools.fetch(name)?;
        term::line(&format!("{name}\t{}", path.display()));
    }
    Ok(())
}
