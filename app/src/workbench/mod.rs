//! The import workbench: reads a roster in a Web Worker, reviews it with the person, sends what was confirmed.
//!
//! `protocol` is what page and worker say to each other; the worker itself is in the crate `frontend`; `link` and
//! `state` are the page's side, `files` those that wait; `drafts` what two tabs keep; `view` is what is seen.

pub mod drafts;
#[cfg(feature = "import-page")]
pub mod files;
#[cfg(feature = "import-page")]
pub mod memory;
pub mod protocol;
#[cfg(feature = "import-page")]
pub mod state;
#[cfg(feature = "import-page")]
pub mod view;

#[cfg(all(feature = "import-page", feature = "hydrate"))]
pub mod link;
