//! What the program can be told to do.

mod archive;
mod check;
mod editor;
mod log;
mod migrate;
mod repair;
mod seed;
mod serve;
mod services;

use std::time::Duration;

use common::{
    SystemClock,
    config::{Env, Mistakes},
    healthcheck,
};
use origin::{
    config::{ADMIN_LISTEN, Config, DatabaseConfig},
    domain::{Role, Slug},
    manuscripts::ManuscriptError,
    store::StoreError,
};

pub(crate) const USAGE: &str = "\
usage: origin <command>

  serve                     serve readers, editors and edges until SIGTERM
  migrate                   bring the database's schema up to date
  seed [--reviews N]        load the sample data: cameras, offers, N reviews (600); its editors'
                            password is SEED_PASSWORD, or a new one that is printed
  editor add --email ADDRESS --name NAME --slug SLUG --role ROLE --password-stdin
                            add an editor; ROLE is contributor, author, editor or admin;
                            the password is read from standard input, up to the first newline
  check [--repair]          look for what is wrong: settings, schema, missing texts and pictures; with
                            --repair, first put back what the archive and the originals still have
  archive                   back up the texts that no archive holds yet
  healthcheck [SECONDS]     ask a serving origin's admin port whether it is ready, for SECONDS if
                            it is not
  log renew                 after rolling back a volume, before serving: begin a new log
  help                      this text
  --version                 its version, and the commit it was built from

Settings come from the environment; DATABASE_URL is the only one that is required.";

/// The reviews that `seed` makes when not told.
const SEED_REVIEWS_DEFAULT: u32 = 600;
/// The most reviews that `seed` makes.
const SEED_REVIEWS_MAX: u32 = 1_000_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Serve,
    Migrate,
    Seed { reviews: u32 },
    EditorAdd(editor::Add),
    Check { repair: bool },
    Archive,
    Healthcheck { patience: Duration },
    LogRenew,
    Help,
    Version,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Configuration(#[from] Mistakes),
    #[error(transparent)]
    Telemetry(#[from] common::telemetry::TelemetryError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the schema: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error(transparent)]
    Manuscripts(#[from] ManuscriptError),
    #[error(transparent)]
    Objects(#[from] origin::objects::ObjectError),
    #[error(transparent)]
    TextArchive(#[from] origin::manuscripts::archive::ArchiveError),
    #[error("passwords cannot be hashed: {0}")]
    Password(#[from] argon2::password_hash::Error),
    #[error(transparent)]
    NotReady(#[from] healthcheck::NotReady),
    #[error("{0}: {1}")]
    Io(&'static str, #[source] std::io::Error),
    #[error("{} thing(s) are wrong:\n  {}", .0.len(), .0.join("\n  "))]
    Wrong(Vec<String>),
}

impl Failure {
    /// Whether the settings are at fault: the same command would fail again.
    pub(crate) const fn is_configuration(&self) -> bool {
        matches!(self, Failure::Configuration(_) | Failure::Telemetry(_))
    }
}

impl Command {
    /// # Errors
    /// With what is wrong, for people.
    pub(crate) fn parse(arguments: &[String]) -> Result<Command, String> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] => Err("a command is needed".to_owned()),
            ["help" | "--help" | "-h", ..] => Ok(Command::Help),
            ["--version"] => Ok(Command::Version),
            ["serve"] => Ok(Command::Serve),
            ["migrate"] => Ok(Command::Migrate),
            ["seed"] => Ok(Command::Seed { reviews: SEED_REVIEWS_DEFAULT }),
            ["seed", "--reviews", count] => match count.parse() {
                Ok(reviews) if reviews <= SEED_REVIEWS_MAX => Ok(Command::Seed { reviews }),
                _ => Err(format!("--reviews: expected a number up to {SEED_REVIEWS_MAX}")),
            },
            ["editor", "add", options @ ..] => parse_editor(options),
            ["check"] => Ok(Command::Check { repair: false }),
            ["check", "--repair"] => Ok(Command::Check { repair: true }),
            ["archive"] => Ok(Command::Archive),
            ["healthcheck", rest @ ..] => healthcheck::patience(rest).map(|patience| Command::Healthcheck { patience }),
            ["log", "renew"] => Ok(Command::LogRenew),
            _ => Err(format!("cannot understand: {}", words.join(" "))),
        }
    }

    pub(crate) async fn run(self) -> Result<(), Failure> {
        match self {
            Command::Serve => serve::run(Config::from_env(Env::from_process())?).await,
            Command::Migrate => migrate::run(&database()?).await,
            Command::Seed { reviews } => seed::run(Config::from_env(Env::from_process())?, reviews).await,
            Command::EditorAdd(add) => editor::run(&database()?, add).await,
            Command::Check { repair } => check::run(Config::from_env(Env::from_process())?, repair).await,
            Command::Archive => archive::run(Config::from_env(Env::from_process())?).await,
            Command::Healthcheck { patience } => {
                // Nothing else runs in this process: waiting may block it.
                Ok(healthcheck::run(Env::from_process(), ADMIN_LISTEN.0, ADMIN_LISTEN.1, patience, &SystemClock)?)
            }
            Command::LogRenew => log::run(&database()?).await,
            Command::Help => {
                println!("{USAGE}");
                Ok(())
            }
            Command::Version => {
                println!("{}", version());
                Ok(())
            }
        }
    }
}

/// Here and not in the library: another commit then compiles the program anew, and not all that it stands on.
fn version() -> String {
    common::version::line("origin", env!("CARGO_PKG_VERSION"), option_env!("RCR_COMMIT"))
}

/// For commands that need nothing else: other settings may be wrong.
fn database() -> Result<DatabaseConfig, Failure> {
    let mut env = Env::from_process();
    let config = DatabaseConfig::from_env(&mut env);
    env.finish(&[])?;
    Ok(config)
}

fn parse_editor(options: &[&str]) -> Result<Command, String> {
    let (mut email, mut name, mut slug, mut role, mut stdin) = (None, None, None, None, false);
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        if *option == "--password-stdin" {
            stdin = true;
            continue;
        }
        let field = match *option {
            "--email" => &mut email,
            "--name" => &mut name,
            "--slug" => &mut slug,
            "--role" => &mut role,
            _ => return Err(format!("cannot understand: {option}")),
        };
        let value = rest.next().ok_or_else(|| format!("{option}: a value is needed"))?;
        *field = Some((*value).to_owned());
    }
    if !stdin {
        // An argument would be in the process list and in the shell's history.
        return Err("--password-stdin is needed: a password is only read from standard input".to_owned());
    }
    let needed =
        |value: Option<String>, option: &str| value.filter(|value| !value.is_empty()).ok_or(format!("{option} is needed"));
    let role: Role = needed(role, "--role")?.parse().map_err(|error| format!("--role: {error}"))?;
    let slug: Slug = needed(slug, "--slug")?.parse().map_err(|error| format!("--slug: {error}"))?;
    let email = needed(email, "--email")?;
    if !email.contains('@') {
        return Err("--email: expected an address".to_owned());
    }
    Ok(Command::EditorAdd(editor::Add { email, name: needed(name, "--name")?, slug, role }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        Command::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn understands_every_command_in_the_usage() {
        assert_eq!(parse("serve"), Ok(Command::Serve));
        assert_eq!(parse("seed"), Ok(Command::Seed { reviews: 600 }));
        assert_eq!(parse("seed --reviews 12"), Ok(Command::Seed { reviews: 12 }));
        assert_eq!(parse("healthcheck"), Ok(Command::Healthcheck { patience: Duration::ZERO }));
        assert_eq!(parse("healthcheck 30"), Ok(Command::Healthcheck { patience: Duration::from_secs(30) }));
        assert_eq!(parse("log renew"), Ok(Command::LogRenew));
        assert_eq!(parse("check"), Ok(Command::Check { repair: false }));
        assert_eq!(parse("check --repair"), Ok(Command::Check { repair: true }));
        assert_eq!(parse("archive"), Ok(Command::Archive));
        assert_eq!(parse("--version"), Ok(Command::Version));
        let added = parse("editor add --email ana@example.org --name Ana --slug ana --role admin --password-stdin");
        assert!(matches!(added, Ok(Command::EditorAdd(add)) if add.role == Role::Admin));
    }

    #[test]
    fn says_what_it_does_not_understand() {
        for (line, expected) in [
            ("", "a command is needed"),
            ("sreve", "cannot understand: sreve"),
            ("serve now", "cannot understand"),
            ("seed --reviews many", "--reviews"),
            ("healthcheck soon", "expected seconds"),
            ("editor add --email", "--email: a value is needed"),
            ("editor add --email a@b --name A --slug a --role admin", "--password-stdin"),
            ("editor add --email a@b --name A --slug A --role admin --password-stdin", "--slug"),
            ("editor add --email a@b --name A --slug a --role boss --password-stdin", "--role"),
        ] {
            let mistake = parse(line).unwrap_err();
            assert!(mistake.contains(expected), "{line}: {mistake}");
        }
    }
}
