//! The program as automation uses it: exit codes, standard output, standard error.

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod audit;
mod backup;
mod doctor;
mod imports;
mod key;
mod program;
mod rosters;
mod serve;
