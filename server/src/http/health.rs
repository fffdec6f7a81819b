//! For whatever watches the server.

use super::Site;
use axum::extract::State;
use axum::http::StatusCode;

/// The process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// The database answers too.
pub async fn ready(State(site): State<Site>) -> (StatusCode, &'static str) {
    match site.services.directory.ping().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer"),
    }
}
