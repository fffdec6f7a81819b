//! Mail: what it says ([`kinds`], [`template`], [`values`], [`message`], [`letterhead`]), how it leaves ([`smtp`], [`files`]),
//! and what an answer means ([`outcome`]). When it leaves is the business of `workers::mail_sender`.

pub mod files;
pub mod kinds;
pub mod letterhead;
pub mod mailroom;
pub mod message;
pub mod outcome;
mod post;
pub mod smtp;
pub mod template;
pub mod values;
pub mod wire;

pub use letterhead::Letterhead;
pub use post::{Post, PostError, Transport};
