//! Server functions: called by a page's script, or by a plain form, which is led on to a page.

use super::{Site, guard, provide};
use app::api::ApiError;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use leptos::server_fn::axum::get_server_fn_service;
use url::{Url, form_urlencoded};

/// Calls the function at the request's path.
pub async fn call(State(site): State<Site>, request: Request) -> Response {
    if get_server_fn_service(request.uri().path(), Method::POST).is_none() {
        return guard::refuse(&request, &ApiError::NotFound);
    }
    run(site, request).await
}

/// Signing out as a plain form: the address people and password managers know.
pub async fn sign_out(State(site): State<Site>, mut request: Request) -> Response {
    *request.uri_mut() = Uri::from_static("/api/session/sign_out");
    run(site, request).await
}

async fn run(site: Site, request: Request) -> Response {
    let caller = guard::caller(&request);
    let provided = move || provide(&site.services, &caller);
    let mut response = leptos_axum::handle_server_fns_with_context(provided, request).await.into_response();
    if let Some(place) = response.headers().get(header::LOCATION) {
        let place = at_home(place);
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// A plain form is led back to where it came from, which is what the request says: only its path counts, so that nobody
/// is led anywhere else (T75).
fn at_home(place: &HeaderValue) -> HeaderValue {
    let path = place.to_str().ok().and_then(|text| {
        let url = Url::parse("http://here.invalid").ok()?.join(text).ok()?;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Some(url.path().to_owned() + &query)
    });
    path.filter(|path| path.starts_with('/') && !path.starts_with("//"))
        .and_then(|path| HeaderValue::try_from(path).ok())
        .unwrap_or(HeaderValue::from_static("/"))
}

/// A refused form without a script finds the reason in the address of its page. Words in an address that somebody
/// else wrote - a link in a mail or on another site - are not this site's words, and are left out.
pub fn without_foreign_errors(mut request: Request<Body>, public_url: &str) -> Request<Body> {
    let Some(query) = request.uri().query().filter(|query| query.contains("__err")) else { return request };
    if from_here(&request, public_url) {
        return request;
    }
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| !name.starts_with("__"));
    let kept = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
    let path = request.uri().path();
    if let Ok(uri) = if kept.is_empty() { path.parse() } else { format!("{path}?{kept}").parse() } {
        *request.uri_mut() = uri;
    }
    request
}

/// Whether a page of this site led here; old browsers tell it by the page's address alone.
fn from_here(request: &Request<Body>, public_url: &str) -> bool {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    match header("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => header("referer")
            .and_then(|page| page.strip_prefix(public_url))
            .is_some_and(|rest| rest.starts_with('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_led_to_a_page_of_this_site() {
        let led = |place: &str| {
            at_home(&HeaderValue::from_str(place).expect("a header")).to_str().expect("ASCII").to_owned()
        };
        assert_eq!(led("/me?a=1"), "/me?a=1");
        assert_eq!(led("https://evil.example/sign-in?x=y#z"), "/sign-in?x=y");
        for place in [
            "https://evil.example",
            "//evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "\\\\evil.example",
            "x:///y",
        ] {
            let path = led(place);
            assert!(path == "/" || !path.contains("//") && path.starts_with('/'), "{place}: {path}");
        }
        assert_eq!(led("https://evil.example//other.example/"), "/");
    }

    #[test]
    fn words_that_others_wrote_are_left_out() {
        let asked = |headers: &[(&str, &str)]| {
            let mut request = Request::get("/sign-in?next=%2Fme&__path=%2Fapi&__err=abc");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.body(Body::empty()).expect("a request");
            without_foreign_errors(request, "https://people.example.org").uri().to_string()
        };
        let whole = "/sign-in?next=%2Fme&__path=%2Fapi&__err=abc";
        assert_eq!(asked(&[("sec-fetch-site", "same-origin")]), whole);
        assert_eq!(asked(&[("referer", "https://people.example.org/sign-in")]), whole);
        for foreign in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "none"), ("referer", "https://people.example.org/")],
            &[("referer", "https://people.example.org.evil.example/")],
        ] {
            assert_eq!(asked(foreign), "/sign-in?next=%2Fme", "{foreign:?}");
        }
    }
}
