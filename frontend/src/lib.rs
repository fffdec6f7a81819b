//! The Wasm entry points: hydrating the page, and the roster worker's loop.
