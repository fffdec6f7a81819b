//! Every door of the site, tried by those who may not pass.

use crate::site::{Answer, OWN, PASSWORD, Site, form_to};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use directory::sessions::SessionToken;
use leptos::server_fn::axum::server_fn_paths;
use std::time::Duration;

const HERE: &str = "http://people.example.org";

/// Pages of the site, open and closed ones.
pub const PAGES: &[&str] = &[
    "/",
    "/sign-in",
    "/sign-in/code",
    "/second-factor",
    "/setup",
    "/password",
    "/password/forgot",
    "/password/reset",
    "/password/set",
    "/people",
    "/people/anyone",
    "/me",
    "/admin/people",
    "/admin/people/import",
    "/admin/imports",
    "/admin/waves",
    "/admin/waves/019368a0-0000-7000-8000-000000000000",
    "/admin/mail",
    "/admin/settings",
    "/admin/audit",
    "/admin/audit/export.csv",
    "/nowhere",
];

/// Pages that need no session.
const OPEN_PAGES: &[&str] =
    &["/sign-in", "/sign-in/code", "/setup", "/password/forgot", "/password/reset", "/password/set"];

/// The addresses of all server functions there are.
fn functions() -> Vec<&'static str> {
    let mut paths: Vec<_> = server_fn_paths().map(|(path, _)| path).collect();
    paths.sort_unstable();
    assert!(paths.len() > 20, "the functions are registered: {paths:?}");
    paths
}

#[tokio::test]
async fn nobody_passes_without_a_session() {
    let site = Site::at(HERE).await;
    site.administrator("petra", "Petra").await;
    let mut open = Vec::new();
    for path in functions() {
        let answer = site.call(path, None, "").await;
        if path.starts_with("/api/public/") {
            open.push(path);
            assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        } else {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(answer.body, "\"SignInRequired\"", "{path}");
        }
    }
    assert_eq!(
        open,
        [
            "/api/public/complete_setup",
            "/api/public/forgot_password",
            "/api/public/link_page",
            "/api/public/reset_password",
            "/api/public/set_first_password",
            "/api/public/setup_link_valid",
            "/api/public/sign_in",
            "/api/public/sign_in_code"
        ]
    );
    for path in PAGES.iter().filter(|path| !OPEN_PAGES.contains(path)) {
        let answer = site.open(path, None).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.header("location").starts_with("/sign-in?next="), "{path}");
    }
}

#[tokio::test]
async fn members_administer_nothing() {
    let site = Site::at(HERE).await;
    let member = site.member("anna").await;
    let mut closed = 0;
    for path in functions().into_iter().filter(|path| path.starts_with("/api/admin/")) {
        let answer = site.call(path, Some(&member), "").await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::FORBIDDEN, "\"Forbidden\""), "{path}");
        closed += 1;
    }
    assert!(closed > 10, "the functions of administrators were tried");
    for path in PAGES.iter().filter(|path| path.starts_with("/admin")) {
        assert_eq!(site.open(path, Some(&member)).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(site.open("/me", Some(&member)).await.status, StatusCode::OK);
}

const FORM: &str = "application/x-www-form-urlencoded";

/// What a session left open must not do, with the arguments where they decide.
const DANGEROUS: &[(&str, &[u8])] = &[
    ("/admin/sheet", b"form=slips"),
    ("/api/admin/save_settings", b""),
    ("/api/admin/save_mail_text", b""),
    ("/api/admin/undo_import", b""),
    ("/api/admin/name_absent", b""),
    ("/api/admin/take_second_factor", b""),
    ("/api/me/begin_second_factor", b""),
    ("/api/me/confirm_second_factor", b""),
    ("/api/me/remove_second_factor", b""),
    ("/api/me/end_session", b""),
    ("/api/me/end_other_sessions", b""),
    // In postcard: the action `Deactivate`, no account.
    ("/api/admin/bulk", &[0, 0, 0]),
];

#[tokio::test]
async fn dangerous_actions_want_the_password_once_more() {
    let site = Site::at(HERE).await;
    let session = site.administrator("petra", "Petra").await;
    let ask_as = async |session: &str, path: &str, body: &[u8]| {
        let form = matches!(path, "/api/me/prove" | "/admin/sheet");
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, if form { FORM } else { "application/postcard" })
            .header(header::COOKIE, format!("sid={session}"));
        site.send(request.body(Body::from(body.to_vec())).expect("a request")).await
    };
    let ask = async |path: &str, body: &[u8]| ask_as(session.expose(), path, body).await;
    for (path, arguments) in DANGEROUS {
        assert_ne!(ask(path, arguments).await.body, "\"ProofRequired\"", "{path}: signing in is a proof");
    }
    site.world.clock.advance(Duration::from_secs(5 * 60));
    for (path, arguments) in DANGEROUS {
        let answer = ask(path, arguments).await;
        let words = match path.starts_with("/api/") {
            true => "\"ProofRequired\"",
            false => "Give your password once more to go on.",
        };
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::FORBIDDEN, words), "{path}");
    }
    // Opening accounts again, and everything else, goes on without.
    assert_eq!(ask("/api/admin/bulk", &[1, 0, 0]).await.status, StatusCode::OK);
    assert_eq!(site.open("/admin/settings", Some(&session)).await.status, StatusCode::OK);
    let wrong = ask("/api/me/prove", b"password=wrong").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.body);
    site.world.clock.advance(Duration::from_secs(1));
    let password = format!("password={}", PASSWORD.replace(' ', "+")).into_bytes();
    let proof = ask("/api/me/prove", &password).await;
    assert_eq!(proof.status, StatusCode::OK, "{}", proof.body);
    let fresh =
        proof.header("set-cookie").trim_start_matches("sid=").split(';').next().expect("a token").to_owned();
    for (path, arguments) in DANGEROUS {
        assert_ne!(ask_as(&fresh, path, arguments).await.body, "\"ProofRequired\"", "{path}");
    }
    assert_eq!(
        ask("/api/me/prove", &password).await.status,
        StatusCode::UNAUTHORIZED,
        "the token before is over"
    );
    let out = ask_as(&fresh, "/api/session/sign_out", b"").await;
    assert_eq!(out.header("clear-site-data"), "\"storage\"", "{}", out.body);
}

/// Sends a form as a browser does without a script.
async fn end_as(site: &Site, session: &SessionToken, path: &str, form: String) -> Answer {
    let request = form_to(path)
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, format!("sid={}", session.expose()));
    site.send(request.body(Body::from(form)).expect("a request")).await
}

#[tokio::test]
async fn people_see_and_end_their_sessions_without_a_script() {
    let site = Site::at(HERE).await;
    let member = site.member("anna").await;
    let signed_in = |agent: &'static str| {
        let request = form_to("/api/public/sign_in").header(header::USER_AGENT, agent);
        site.send(
            request
                .body(Body::from(format!("login=anna&password={}", OWN.replace(' ', "+"))))
                .expect("a request"),
        )
    };
    assert_eq!(signed_in("Mozilla/5.0 (Windows NT 10.0) Firefox/133.0").await.status, StatusCode::OK);
    assert_eq!(
        signed_in("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1) Safari/604.1").await.status,
        StatusCode::OK
    );
    // Left open for a while: the page asks for the password before it offers anything.
    site.world.clock.advance(Duration::from_secs(5 * 60));
    let page = site.open("/me", Some(&member)).await.body;
    assert!(page.contains("/api/me/prove\"") && !page.contains("/api/me/end_session\""), "{page}");
    let late = end_as(&site, &member, "/api/me/end_other_sessions", String::new()).await;
    assert_eq!((late.status, late.header("location")), (StatusCode::SEE_OTHER, "/me"));
    let password = format!("password={}", OWN.replace(' ', "+"));
    let proof = end_as(&site, &member, "/api/me/prove", password).await;
    assert_eq!((proof.status, proof.header("location")), (StatusCode::FOUND, "/me"));
    let fresh = proof.header("set-cookie").trim_start_matches("sid=").split(';').next().unwrap_or_default();
    let member = SessionToken::parse(fresh).expect("a token");
    let page = site.open("/me", Some(&member)).await.body;
    assert!(page.contains("Firefox on Windows") && page.contains("Safari on iPhone"), "{page}");
    assert_eq!(page.matches("This session").count(), 1);
    let id =
        page.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id");
    let end = async |path: &str, form: String| end_as(&site, &member, path, form).await;
    let answer = end("/api/me/end_session", format!("id={id}")).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::FOUND, "/me"));
    let page = site.open("/me", Some(&member)).await.body;
    assert_eq!(page.matches("/api/me/end_session\"").count(), 1, "one other is left");
    assert!(!page.contains("Sign out everywhere else"), "for one, its own button does");
    assert_eq!(end("/api/me/end_other_sessions", String::new()).await.status, StatusCode::FOUND);
    let page = site.open("/me", Some(&member)).await.body;
    assert!(page.contains("This session") && !page.contains("/api/me/end_session\""), "{page}");
}

#[tokio::test]
async fn administrators_end_sessions_and_lift_locks_on_the_profile() {
    let site = Site::at(HERE).await;
    let petra = site.administrator("petra", "Petra").await;
    let member = site.member("anna").await;
    for _ in 0..2 {
        let _ = site.call("/api/public/sign_in", None, "login=anna&password=wrong").await;
    }
    let page = site.open("/people/anna", Some(&petra)).await.body;
    assert!(page.contains("1 open session") && page.contains("Let this person try again"), "{page}");
    assert!(
        !site.open("/people/petra", Some(&member)).await.body.contains("open session"),
        "members do not see it"
    );
    assert_eq!(site.call("/api/admin/lift_lock", Some(&petra), "username=anna").await.status, StatusCode::OK);
    assert_eq!(
        site.call("/api/admin/end_sessions", Some(&petra), "username=anna").await.status,
        StatusCode::OK
    );
    let page = site.open("/people/anna", Some(&petra)).await.body;
    assert!(page.contains("0 open sessions") && !page.contains("Let this person try again"), "{page}");
    assert_eq!(site.open("/me", Some(&member)).await.status, StatusCode::SEE_OTHER, "signed out");
    assert_eq!(
        site.call("/api/admin/lift_lock", Some(&petra), "username=nobody").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_due_change_closes_every_other_door() {
    let site = Site::at(HERE).await;
    let newcomer = site.newcomer("anna").await;
    for path in functions() {
        if path.starts_with("/api/password/") || path.starts_with("/api/session/") {
            continue;
        }
        let answer = site.call(path, Some(&newcomer), "").await;
        let expected = (StatusCode::FORBIDDEN, "\"PasswordChangeRequired\"");
        assert_eq!((answer.status, answer.body.as_str()), expected, "{path}");
    }
    for path in PAGES.iter().filter(|path| **path != "/password") {
        let answer = site.open(path, Some(&newcomer)).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (StatusCode::SEE_OTHER, "/password"),
            "{path}"
        );
    }
    assert_eq!(site.open("/password", Some(&newcomer)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn functions_answer_post_alone() {
    let site = Site::at(HERE).await;
    let administrator = site.administrator("petra", "Petra").await;
    for (path, method) in server_fn_paths() {
        assert_eq!(method, Method::POST, "{path}");
    }
    for path in functions() {
        let answer = site.open(path, Some(&administrator)).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}

#[tokio::test]
async fn other_sites_change_nothing() {
    let site = Site::at("https://people.example.org").await;
    let session = site.administrator("petra", "Petra").await;
    let foreign: &[&[(&str, &str)]] = &[
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        // What the browser says of the relation counts, whatever the address looks like.
        &[("sec-fetch-site", "same-site"), ("origin", "https://evil.example.org")],
        &[("sec-fetch-site", "cross-site"), ("origin", "null")],
        &[("sec-fetch-site", "nonsense")],
        // Browsers that do not say it name the origin; near misses are others.
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://people.example.org")],
        &[("origin", "https://people.example.org:8443")],
        &[("origin", "https://people.example.org.evil.example")],
        &[("origin", "https://evil.example/?https://people.example.org")],
        &[("origin", "https://example.org")],
        &[("origin", "https://people.example.org"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
        &[("referer", "https://people.example.org/"), ("origin", "https://evil.example")],
    ];
    let all: Vec<&str> = functions().into_iter().chain(["/sign-out", "/admin/sheet"]).collect();
    assert!(all.len() > 50, "{}", all.len());
    for path in all {
        for headers in foreign {
            let mut request = form_to(path)
                .header(header::HOST, "people.example.org")
                .header(header::COOKIE, format!("__Host-sid={}", session.expose()));
            for (name, value) in *headers {
                request = request.header(*name, *value);
            }
            let answer = site.send(request.body(Body::empty()).expect("a request")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
            assert_eq!(answer.header("set-cookie"), "", "{path} {headers:?}");
            assert!(!answer.body.contains("\"Forbidden\""), "{path} {headers:?}: no function was asked");
        }
    }
    let own = Request::get("/me").header(header::COOKIE, format!("__Host-sid={}", session.expose()));
    let answer = site.send(own.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::OK, "the session goes on");
}

#[tokio::test]
async fn large_and_compressed_bodies_are_refused() {
    let site = Site::at(HERE).await;
    let large = "x".repeat(1024 * 1024 + 1);
    let announced = form_to("/api/public/sign_in").header(header::CONTENT_LENGTH, large.len());
    let answer = site.send(announced.body(Body::from(large.clone())).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.body, "The request is larger than 1 MiB.");
    // Counted while it streams, whatever was announced.
    let body = Body::from(format!("login=petra&password={large}"));
    let answer = site.send(form_to("/api/public/sign_in").body(body).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    for encoding in ["gzip", "br", "zstd", "identity, gzip"] {
        let request = form_to("/api/public/sign_in").header(header::CONTENT_ENCODING, encoding);
        let answer = site.send(request.body(Body::from("login=a&password=b")).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{encoding}");
    }
}

#[tokio::test]
async fn every_answer_carries_its_headers() {
    let site = Site::at("https://people.example.org").await;
    for path in PAGES.iter().chain(&["/healthz", "/readyz", "/pkg/none.js", "/api/people/me"]) {
        let answer = site.open(path, None).await;
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(
            answer.header("strict-transport-security"),
            "max-age=31536000; includeSubDomains",
            "{path}"
        );
        let lets_in = |name: &&axum::http::HeaderName| name.as_str().starts_with("access-control-");
        assert_eq!(answer.headers.keys().find(lets_in), None, "{path}: no other origin is let in");
        let cache = if path.starts_with("/pkg/") { "no-cache" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), cache, "{path}");
    }
    let nonces: Vec<String> = [site.open("/sign-in", None).await, site.open("/sign-in", None).await]
        .iter()
        .map(|answer| answer.header("content-security-policy").to_owned())
        .collect();
    assert!(nonces[0].contains("'nonce-"), "{}", nonces[0]);
    assert_ne!(nonces[0], nonces[1], "each page has a nonce of its own");
}

#[tokio::test]
async fn a_hostile_name_stays_text() {
    let site = Site::at(HERE).await;
    let session = site.administrator("petra", "</script></title><svg onload=alert(1)>").await;
    for path in ["/me", "/people", "/people/petra", "/admin/people"] {
        let answer = site.open(path, Some(&session)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.body.contains("svg onload"), "{path} shows the name");
        let raw = answer.body.split_once("<svg onload").map(|(before, _)| &before[before.len() - 200..]);
        assert_eq!(raw, None, "{path}");
    }
}

#[tokio::test]
async fn a_failing_database_is_not_described() {
    let site = Site::at(HERE).await;
    let session = site.administrator("petra", "Petra").await;
    site.world.directory.close().await;
    for request in [
        form_to("/api/public/sign_in").body(Body::from("login=petra&password=x")),
        form_to("/api/people/me")
            .header(header::COOKIE, format!("sid={}", session.expose()))
            .body(Body::empty()),
        Request::get("/me").header(header::COOKIE, format!("sid={}", session.expose())).body(Body::empty()),
        Request::get("/readyz").body(Body::empty()),
    ] {
        let answer = site.send(request.expect("a request")).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
        for inside in ["sqlx", "pool", "SELECT", "/tmp", ".rs"] {
            assert!(!answer.body.contains(inside), "{}", answer.body);
        }
    }
}
