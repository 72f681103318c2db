//! The program `terraform`: where it is, and how it is called without the network, a backend or anybody's own settings.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Place;
use super::stub::Stub;
use crate::checks::Outcome;
use crate::error::{Context, Result};
use crate::proc::command::find_program;
use crate::proc::{Cmd, Finished, run};

const LIMIT: Duration = Duration::from_secs(300);
pub const ABSENT: &str = "terraform is not on this machine";

/// One of the folders with a configuration.
pub struct Terraform<'a> {
    program: PathBuf,
    folder: PathBuf,
    data: PathBuf,
    stub: Option<&'a Stub>,
}

impl<'a> Terraform<'a> {
    /// None if the program is not here.
    pub fn at(place: &Place, folder: &Path, stub: Option<&'a Stub>) -> Result<Option<Self>> {
        let Some(program) = find_program("terraform") else { return Ok(None) };
        let name = folder.strip_prefix(&place.root).unwrap_or(folder).display().to_string().replace('/', "-");
        // Beside the other things of a run: nothing is written into the source.
        let data = place.workspace.stack_dir().join("terraform").join(if name.is_empty() { "root" } else { &name });
        fs::create_dir_all(&data).context(|| format!("creating {}", data.display()))?;
        Ok(Some(Self { program, folder: folder.to_owned(), data, stub }))
    }

    pub fn call(&self, args: &[&str]) -> Result<Finished> {
        let command = Cmd::new(&self.program).dir(&self.folder).args(args);
        let command = command.env("TF_DATA_DIR", &self.data).env("TF_IN_AUTOMATION", "1").env("CHECKPOINT_DISABLE", "1");
        // Whose machine it is must not matter: no configuration, no variables, no credentials of theirs.
        let settings = self.data.join("empty.tfrc");
        fs::write(&settings, "").context(|| format!("writing {}", settings.display()))?;
        let command = command.env("TF_CLI_CONFIG_FILE", &settings).unset("TF_CLI_ARGS").unset("TF_WORKSPACE").unset("TF_LOG");
        let command = match self.stub {
            Some(stub) => command.env("TF_REATTACH_PROVIDERS", stub.reattach()),
            None => command,
        };
        run(command, LIMIT)
    }

    pub fn init(&self) -> Result<()> {
        self.call(&["init", "-backend=false", "-input=false", "-no-color"])?.success()?;
        Ok(())
    }
}

pub fn fmt(place: &Place) -> Result<Outcome> {
    let Some(terraform) = Terraform::at(place, &place.root, None)? else { return Ok(Outcome::Skipped(ABSENT.into())) };
    terraform.call(&["fmt", "-check", "-recursive", "-diff", "-no-color"])?.success()?;
    Ok(Outcome::Passed("every file".into()))
}
