//! Where a system's parts live: all on loopback, or each at its own end of a WAN.

use crate::error::Result;
use crate::netns;
use crate::wan::{self, Node};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    Loopback,
    Wan,
}

impl Ground {
    /// Runs `action` where `node` is. What it starts and connects to is there too.
    pub fn at<T: Send>(self, node: &Node, action: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        match self {
            Self::Loopback => action(),
            Self::Wan => netns::inside(&wan::namespace(node), action),
        }
    }

    /// What the others reach `node` by.
    pub fn address(self, node: &Node) -> String {
        match self {
            Self::Loopback => "127.0.0.1".to_owned(),
            Self::Wan => node.address(),
        }
    }
}
