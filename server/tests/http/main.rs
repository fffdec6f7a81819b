//! The router as a browser meets it: who gets through which door, and what every answer carries.

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod connections;
mod doors;
mod flood;
mod handover;
mod metrics;
mod pages;
mod scan;
mod second_factor;
mod signing_in;
mod site;
