//! Mail: what it says, and that it reaches a mail server whatever that server does.

#[path = "../support/mod.rs"]
mod support;

mod raw_wire;
mod sender;
mod texts;
mod transport;
mod wording;
