//! What browser and server share: pages, components, server functions, and the import workbench.
//!
//! Built twice: with `ssr` into the server, with `hydrate` into the Wasm that the browser loads.
#![recursion_limit = "512"]

#[expect(
    missing_docs,
    reason = "each server function's arguments become a struct; the function's own docs describe them"
)]
pub mod api;
pub mod app;
pub mod components;
pub mod pages;
pub mod session;
#[cfg(feature = "admin")]
pub mod workbench;
