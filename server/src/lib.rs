//! The server `rollcall`: configuration, command line, HTTP, mail and background workers. It holds no rules about
//! people; those are in `directory` and `roster`.

pub mod breached;
pub mod cli;
pub mod config;
pub mod http;
pub mod mail;
pub mod metrics;
pub mod shutdown;
pub mod workers;
