//! The import workbench: reads a roster in a Web Worker, reviews it with the person, sends what was confirmed.
//!
//! `protocol` is what page and worker say to each other; `engine` (with `reading`, `listing`, `sending`) is the worker's
//! side; `link` and `state` are the page's; `view` is what is seen.

pub mod protocol;
pub mod state;
pub mod view;

#[cfg(feature = "hydrate")]
pub mod engine;
#[cfg(feature = "hydrate")]
pub mod link;
