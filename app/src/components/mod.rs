//! Small, accessible pieces of pages, without rules of their own.

pub mod number;
pub mod progress;
pub mod verdict;
