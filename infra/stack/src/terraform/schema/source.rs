//! One module as it is written: its files, and what they declare.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use hcl_edit::Span;
use hcl_edit::structure::{Block, Body};

use super::Finding;
use super::blocks::{self, DATA, PROVIDER, RESOURCE};
use super::known::Known;
use super::references::References;
use crate::error::{Context, Error, Result};

const TERRAFORMS: &str = "terraform_data";

/// A file and where its lines begin.
pub struct File {
    /// As a person would name it: `modules/cdn/main.tf`.
    pub name: String,
    text: String,
    pub body: Body,
}

/// A resource or a data source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declared {
    pub data: bool,
    pub kind: String,
    pub name: String,
}

pub struct Module {
    pub files: Vec<File>,
    pub declared: BTreeSet<Declared>,
}

impl File {
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let body = hcl_edit::parser::parse_body(text).map_err(|error| Error::failed(format!("{name}: {error}")))?;
        Ok(Self { name: name.to_owned(), text: text.to_owned(), body })
    }

    /// `modules/cdn/main.tf:17`.
    pub fn place(&self, what: &impl Span) -> String {
        let start = what.span().map_or(0, |span| span.start);
        let line = self.text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
        format!("{}:{line}", self.name)
    }
}

impl Module {
    pub fn read(root: &Path, folder: &Path) -> Result<Self> {
        let doing = || format!("reading {}", folder.display());
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(folder).context(doing)? {
            paths.push(entry.context(doing)?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "tf"));
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            let text = fs::read_to_string(&path).context(|| format!("reading {}", path.display()))?;
            files.push(File::parse(&path.strip_prefix(root).unwrap_or(&path).display().to_string(), &text)?);
        }
        Ok(Self::of(files))
    }

    pub fn of(files: Vec<File>) -> Self {
        let declared = files.iter().flat_map(|file| file.body.blocks()).filter_map(declaration).collect();
        Self { files, declared }
    }

    pub fn check(&self, known: &Known) -> Vec<Finding> {
        let mut findings = Vec::new();
        for file in &self.files {
            for block in file.body.blocks() {
                findings.extend(self.check_block(known, file, block));
            }
            findings.extend(References::of(self, known, file));
        }
        findings
    }

    fn check_block(&self, known: &Known, file: &File, block: &Block) -> Vec<Finding> {
        let first = block.labels.first().map(|label| label.as_str()).unwrap_or_default();
        let (meta, body) = match block.ident.as_str() {
            // Terraform's own resource, which no provider has to know.
            "resource" if first == TERRAFORMS => return Vec::new(),
            "resource" => (&RESOURCE, known.get(false, first)),
            "data" => (&DATA, known.get(true, first)),
            "provider" => (&PROVIDER, known.provider(first)),
            // What Terraform itself defines, it checks itself.
            _ => return Vec::new(),
        };
        match body {
            Some(body) => blocks::check(file, &block.body, body, meta, &format!("{} {first}", block.ident.as_str()), block),
            None => vec![format!("{}: the schema knows no {} {first}", file.place(&block.ident), block.ident.as_str())],
        }
    }
}

fn declaration(block: &Block) -> Option<Declared> {
    let data = match block.ident.as_str() {
        "resource" => false,
        "data" => true,
        _ => return None,
    };
    let [kind, name] = block.labels.as_slice() else { return None };
    Some(Declared { data, kind: kind.as_str().to_owned(), name: name.as_str().to_owned() })
}
