//! What browser and server share: pages, components, server functions, and the import workbench.
//!
//! Built twice: with `ssr` into the server, with `hydrate` into the Wasm that the browser loads.
#![recursion_limit = "512"]

pub mod api;
pub mod app;
pub mod components;
pub mod pages;
pub mod session;
pub mod workbench;
