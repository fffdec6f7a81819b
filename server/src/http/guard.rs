//! Looks up the session of each request and lets it through, or says why not.

use super::origin::{came_in_the_clear, origin};
use super::{Site, access, agent};
use app::api::ApiError;
use app::api::second_factor::PAGE as SECOND_FACTOR;
use app::api::server::{Caller, cookie_name, pending_cookie_name};
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use directory::second_factor::PendingToken;
use directory::sessions::SessionToken;
use std::net::SocketAddr;

/// Bytes of the longest address that is gone on to after signing in.
const LONGEST_NEXT: usize = 1_024;

/// The middleware.
pub async fn guard(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        // Bodies are never decompressed, so a compressed one could only be misread.
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send the body uncompressed.").into_response();
    }
    if is_of_two_minds(&request) || site.services.secure && is_from_plain_http(&request) {
        return (StatusCode::FORBIDDEN, "This was not sent by a page of this site.").into_response();
    }
    if !access::is_plain(&path) {
        return refuse(&request, &ApiError::NotFound);
    }
    if site.services.secure && in_the_clear(&request, &site) && !access::is_probe(&path) {
        return by_tls(&request, &site.public_url);
    }
    let token =
        cookie(&request, cookie_name(site.services.secure)).and_then(|value| SessionToken::parse(&value));
    let session = match &token {
        Some(token) if !access::is_file(&path) => match site.services.directory.session(token).await {
            Ok(session) => session,
            Err(error) => return refuse(&request, &error.into()),
        },
        _ => None,
    };
    let decision = access::decide(&path, session.as_ref());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map_or_else(
        || "unknown".to_owned(),
        |ConnectInfo(address)| origin(address.ip(), request.headers(), &site.trusted_proxies).to_string(),
    );
    let page = wants_page(&request);
    match decision {
        Ok(()) => {
            let agent = agent::words(&request);
            let pending = cookie(&request, pending_cookie_name(site.services.secure))
                .and_then(|value| PendingToken::parse(&value));
            request.extensions_mut().insert(Caller { session, token, pending, peer, agent });
            next.run(request).await
        }
        Err(access::Denied::SignIn) if page => {
            // What nobody has typed and no page leads to need not be come back to.
            let wanted = request.uri().path_and_query().map_or("/people", |path| path.as_str());
            let next = Some(wanted).filter(|wanted| wanted.len() <= LONGEST_NEXT);
            let next = next.map(|wanted| format!("?next={}", encode(wanted))).unwrap_or_default();
            Redirect::to(&format!("/sign-in{next}")).into_response()
        }
        Err(access::Denied::ChangePassword) if page => Redirect::to("/password").into_response(),
        Err(access::Denied::SecondFactor) if page => Redirect::to(SECOND_FACTOR).into_response(),
        Err(access::Denied::SecondFactor) => refuse(&request, &ApiError::SecondFactorRequired),
        Err(access::Denied::SignIn) => refuse(&request, &ApiError::SignInRequired),
        Err(access::Denied::ChangePassword) => refuse(&request, &ApiError::PasswordChangeRequired),
        // A plain form that was open for long: its page asks for the password.
        Err(access::Denied::Proof) if accepts_html(&request) => {
            let own_factor = path.starts_with("/api/me/") && path.ends_with("_second_factor");
            Redirect::to(if own_factor { SECOND_FACTOR } else { "/me" }).into_response()
        }
        Err(access::Denied::Proof) => refuse(&request, &ApiError::ProofRequired),
        Err(access::Denied::Role) => refuse(&request, &ApiError::Forbidden),
    }
}

/// Whether a request says more than once where it comes from, which no browser does: whoever looked at the other one may
/// have decided otherwise.
fn is_of_two_minds(request: &Request) -> bool {
    ["origin", "sec-fetch-site"].iter().any(|name| request.headers().get_all(*name).iter().nth(1).is_some())
}

/// Whether a page that came without TLS sends something, as a browser says it that knows no Fetch Metadata: anybody on the
/// way can have written such a page, under this site's own name. Requests that change nothing bring no origin.
fn is_from_plain_http(request: &Request) -> bool {
    let headers = request.headers();
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes).unwrap_or_default();
    !headers.contains_key("sec-fetch-site") && origin.starts_with(b"http://")
}

fn in_the_clear(request: &Request, site: &Site) -> bool {
    request.extensions().get::<ConnectInfo<SocketAddr>>().is_some_and(|ConnectInfo(address)| {
        came_in_the_clear(address.ip(), request.headers(), &site.trusted_proxies)
    })
}

/// What was asked for without encryption is asked for again with it; what was sent like that is refused, so that it is
/// noticed.
fn by_tls(request: &Request, public_url: &str) -> Response {
    if request.method() == Method::GET || request.method() == Method::HEAD {
        let wanted = request.uri().path_and_query().map_or("/", |path| path.as_str());
        return Redirect::permanent(&format!("{public_url}{wanted}")).into_response();
    }
    (StatusCode::FORBIDDEN, "This site is reached over https alone.").into_response()
}

/// What the guard found out about a request that it let through.
pub fn caller(request: &Request<Body>) -> Caller {
    request.extensions().get::<Caller>().cloned().unwrap_or_else(|| Caller {
        session: None,
        token: None,
        pending: None,
        peer: "unknown".to_owned(),
        agent: String::new(),
    })
}

/// Whether a person is looking: then a refusal leads somewhere instead of ending in a status.
fn wants_page(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
        && !request.uri().path().starts_with("/api/")
        && accepts_html(request)
}

fn accepts_html(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The answer that says why not: for scripts as they read errors, for people as a sentence.
pub fn refuse(request: &Request, error: &ApiError) -> Response {
    let status = error.status();
    if request.uri().path().starts_with("/api/") {
        let body = serde_json::to_string(error).unwrap_or_default();
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (HeaderName::from_static(super::headers::ERROR_HEADER), HeaderValue::from_static("guard")),
        ];
        return (status, headers, body).into_response();
    }
    let body = match error {
        ApiError::PasswordChangeRequired => {
            "password_change_required: choose your own password at /password first.".to_owned()
        }
        other => other.to_string(),
    };
    (status, body).into_response()
}

fn cookie(request: &Request, name: &str) -> Option<String> {
    request
        .headers()
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// Percent-encodes a path for use inside a query.
fn encode(path: &str) -> String {
    use std::fmt::Write;
    path.bytes().fold(String::with_capacity(path.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
