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

/// What `rollcall check --json` prints for these bytes; a file that cannot be used gives its problem's code.
#[must_use]
pub fn check(bytes: &[u8]) -> String {
    use roster::summary::{Summary, review_bytes};

    match review_bytes(bytes, Default::default(), Default::default(), Vec::new()) {
        Ok(review) => serde_json::to_string(&Summary::of(&review)).expect("a summary is plain data"),
        Err(found) => found.problem.code.as_str().to_owned(),
    }
}
