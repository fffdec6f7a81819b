//! Headers that every response carries.

use super::Site;
use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// By this header a server function's caller knows that the body is an error of the function's own type.
pub const ERROR_HEADER: &str = server_fn_error_header();

const fn server_fn_error_header() -> &'static str {
    leptos::server_fn::error::SERVER_FN_ERROR_HEADER
}

/// What may run and load on a page: this site's own files, and the inline scripts that carry this response's nonce.
fn policy(nonce: Option<&str>) -> String {
    let inline = nonce.map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{inline}; style-src 'self'; img-src 'self'; \
         font-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
         object-src 'none'; frame-ancestors 'none'"
    )
}

/// Sets the policy of the page that is being rendered, with its nonce.
pub fn provide_policy() {
    if let (Some(response), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce()) {
        let value = HeaderValue::from_str(&policy(Some(&nonce))).expect("a nonce is base 64");
        response.insert_header(header::CONTENT_SECURITY_POLICY, value);
    }
}

/// A type of text with its charset, where it does not say it: everything here is UTF-8 (ASVS 5.0 4.1.1).
fn with_charset(kind: &HeaderValue) -> Option<HeaderValue> {
    let kind = kind.to_str().ok().filter(|kind| !kind.contains(';'))?;
    let text = kind.starts_with("text/") || kind.ends_with("+xml");
    text.then(|| HeaderValue::try_from(format!("{kind}; charset=utf-8")).ok()).flatten()
}

/// Seconds after which to try again when the database did not answer.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// The middleware.
pub async fn security_headers(State(site): State<Site>, request: Request, next: Next) -> Response {
    let file = super::access::is_file(request.uri().path());
    let mut response = next.run(request).await;
    let status = response.status();
    let empty = response.body().is_end_stream();
    let headers = response.headers_mut();
    match headers.get(header::CONTENT_TYPE) {
        Some(kind) => {
            if let Some(named) = with_charset(kind) {
                headers.insert(header::CONTENT_TYPE, named);
            }
        }
        // Sentences of layers that do not say what they are.
        None if !empty => {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        }
        None => {}
    }
    let fixed: [(HeaderName, &str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        // For browsers that do not know the policy's `frame-ancestors`.
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Files may be kept but are asked about each time; everything else may hold people's data.
    let cache = if file { "no-cache" } else { "no-store" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if site.services.secure {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.entry(header::RETRY_AFTER).or_insert(RETRY_AFTER);
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let value = HeaderValue::from_str(&policy(None)).expect("the policy is plain ASCII");
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    response
}
