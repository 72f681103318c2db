//! What everybody may read, and edges may keep.

pub mod cameras;
pub mod editors;
pub mod go;
pub mod include;
pub mod media;
pub mod openapi;
pub mod reviews;
pub mod search;
