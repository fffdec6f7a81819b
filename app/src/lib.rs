//! What browser and server share: pages, components, server functions, and the import workbench.
//!
//! Built several times: with `ssr` into the server, with `hydrate` into the Wasm of the pages, and without either into
//! the roster worker, which takes no more of it than `wire` and the workbench's `protocol`.
#![recursion_limit = "512"]

#[cfg(feature = "pages")]
#[expect(
    missing_docs,
    reason = "each server function's arguments become a struct; the function's own docs describe them"
)]
pub mod api;
#[cfg(feature = "pages")]
pub mod app;
#[cfg(feature = "pages")]
pub mod builds;
#[cfg(feature = "pages")]
pub mod components;
#[cfg(feature = "pages")]
pub mod pages;
#[cfg(feature = "pages")]
pub mod session;
pub mod wire;
#[cfg(any(feature = "import-page", feature = "worker"))]
pub mod workbench;
