//! A run's summary as a page for people, as a plot for the README, and beside an earlier run.

mod changes;
pub mod comparison;
mod frame;
mod held;
mod hits;
mod latency;
mod markup;
mod origin;
mod page;
mod propagation;
mod ranges;
mod readme;
mod scale;
mod svg;
mod tables;
mod tail;
#[cfg(test)]
mod tests;
mod words;

pub use comparison::compare;
pub use page::html;
pub use readme::plot_for_readme;
