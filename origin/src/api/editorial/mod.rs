//! What editors may do: authenticated, never stored, at the origin only.

pub mod audit;
pub mod cameras;
pub mod changes;
pub mod editors;
pub mod inputs;
pub mod locales;
pub mod manuscript;
pub mod me;
pub mod offers;
pub mod photographs;
pub mod reviews;
pub mod sessions;
