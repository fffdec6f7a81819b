//! Who did what, when.

use super::{ApiError, Listing, Millis};
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use serde::{Deserialize, Serialize};

/// Which records are wanted; blank fields keep all, and so do those that an address does not name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// Name of the event.
    pub event: String,
    /// Part of who did it, what it was done to, or the detail.
    pub text: String,
    /// First day (UTC), as `2026-11-26`.
    pub from: String,
    /// Last day.
    pub until: String,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditView {
    /// When it happened.
    pub at: Millis,
    /// Username of who did it, or `system`.
    pub actor: String,
    /// Name of the event, such as `user_created`.
    pub event: String,
    /// What it was done to.
    pub target: String,
    /// More, in words.
    pub detail: String,
}

/// One page of the audit trail, newest first.
///
/// # Errors
/// [`ApiError::Refused`] when a day is none, [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "audit", input = Postcard, output = Postcard)]
pub async fn audit(query: AuditQuery, page: u32) -> Result<Listing<AuditView>, ApiError> {
    use super::server;

    server::administrator()?;
    let filter = query.filter().map_err(server::fail)?;
    let found = server::directory().audit(&filter, page.max(1)).await;
    Ok(server::listing(found.map_err(|error| server::fail(error.into()))?, AuditView::from))
}
