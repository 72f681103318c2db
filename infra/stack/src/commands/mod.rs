//! One file a command, where a command is more than a call.

pub mod deny;
pub mod doctor;
pub mod services;
pub mod up;
