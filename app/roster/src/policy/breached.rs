//! Passwords that came out in breaches, from a set of the operator's own: far more than a program can carry along.
//!
//! Where and how it is kept is the business of whoever provides it; without one, the table of [`super::blocklist`] is all
//! there is. Browsers have none: the server has the last word.

use std::sync::OnceLock;

/// A set of breached passwords.
pub trait Breached: Send + Sync {
    /// Whether a password is in it, spelled exactly like this.
    fn holds(&self, password: &str) -> bool;
}

static SET: OnceLock<Box<dyn Breached>> = OnceLock::new();

/// Has every password held against a set from now on; the first set stays.
pub fn provide(set: Box<dyn Breached>) {
    let _ = SET.set(set);
}

pub(super) fn contains(password: &str) -> bool {
    SET.get().is_some_and(|set| set.holds(password))
}
