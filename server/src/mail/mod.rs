//! Mail: what it says ([`template`], [`message`]), how it leaves ([`smtp`], [`files`]), and what an answer means
//! ([`outcome`]). When it leaves is the business of `workers::mail_sender`.

pub mod files;
pub mod mailroom;
pub mod message;
pub mod outcome;
mod post;
pub mod smtp;
pub mod template;
pub mod wire;

pub use post::{Letterhead, Post, PostError, Transport};
