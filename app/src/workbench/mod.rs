//! The import workbench: reads a roster in a Web Worker, reviews it with the person, sends what was confirmed.
//!
//! `protocol` is what page and worker say to each other; the worker itself is in the crate `frontend`; `link` and
//! `state` are the page's side; `view` is what is seen.

pub mod protocol;
#[cfg(feature = "admin")]
pub mod state;
#[cfg(feature = "admin")]
pub mod view;

#[cfg(all(feature = "admin", feature = "hydrate"))]
pub mod link;
