//! The router as a browser meets it: who gets through which door, and what every answer carries.

#[path = "../support/mod.rs"]
mod support;

mod doors;
mod flood;
mod signing_in;
mod site;
