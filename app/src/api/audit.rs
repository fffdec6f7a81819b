//! Who did what, when.

use super::{ApiError, Listing, Millis};
use leptos::prelude::*;
use leptos::server_fn::codec::Postcard;
use serde::{Deserialize, Serialize};

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
/// [`ApiError::Forbidden`], [`ApiError::Unavailable`].
#[server(prefix = "/api/admin", endpoint = "audit", input = Postcard, output = Postcard)]
pub async fn audit(page: u32) -> Result<Listing<AuditView>, ApiError> {
    use super::server;

    server::administrator()?;
    let found = server::directory().audit(page.max(1)).await.map_err(|error| server::fail(error.into()))?;
    Ok(server::listing(found, AuditView::from))
}
