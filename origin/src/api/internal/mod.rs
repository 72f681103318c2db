//! For edges, with a token of their own.

pub mod feed;
pub mod head;
pub mod pages;
pub mod receipts;
