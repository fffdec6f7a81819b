//! The site's files, with their Brotli copies; everything else that nobody answers is the page that says so.

use super::Site;
use axum::extract::Request;
use axum::handler::HandlerWithoutStateExt;
use std::path::Path;
use tower_http::services::ServeDir;

/// Serves files under `folder`; a path that is none leads to the not-found page.
pub fn files(
    folder: &Path,
    site: Site,
) -> impl tower::Service<
    Request,
    Response = axum::http::Response<
        impl axum::body::HttpBody<Data = axum::body::Bytes, Error = impl Into<tower::BoxError>> + Send + 'static,
    >,
    Error = std::convert::Infallible,
    Future = impl Send + 'static,
> + Clone
+ Send
+ Sync
+ 'static {
    let not_found = move |request: Request| {
        let site = site.clone();
        async move { super::render(site, request).await }
    };
    ServeDir::new(folder)
        .precompressed_br()
        .append_index_html_on_directories(false)
        .fallback(not_found.into_service())
}
