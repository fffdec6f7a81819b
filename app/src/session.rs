//! Who is signed in, as the page knows it.
//!
//! The server writes it into the page it renders; the browser reads it from there. Every change of it (signing in,
//! signing out, a new password) loads a new page, so it never goes stale, and no request is needed to ask for it.

use crate::api::Role;
use crate::components::load::Packed;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The person at the screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Viewer {
    /// Unique name.
    pub username: String,
    /// Given and family name.
    pub name: String,
    /// What the account may do.
    pub role: Role,
    /// Whether a new password is due before anything else.
    pub must_change: bool,
}

/// What every page may know without asking.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PageContext {
    /// Who is signed in, if anyone.
    pub viewer: Option<Viewer>,
    /// Name of the organisation.
    pub organisation: String,
}

/// Makes the page's context available to all components below; call once, at the root.
pub fn provide_page_context() {
    let shared = SharedValue::<PageContext, Packed>::new_with_encoding(|| {
        #[cfg(feature = "ssr")]
        {
            use_context::<PageContext>().unwrap_or_default()
        }
        #[cfg(not(feature = "ssr"))]
        {
            PageContext::default()
        }
    });
    provide_context(shared.into_inner());
}

/// The page's context.
#[must_use]
pub fn page_context() -> PageContext {
    use_context::<PageContext>().unwrap_or_default()
}

/// Who is signed in, if anyone.
#[must_use]
pub fn viewer() -> Option<Viewer> {
    page_context().viewer
}
