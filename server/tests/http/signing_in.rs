//! Signing in through the form's own address.

use crate::site::{Answer, PASSWORD, PEER, Site, form_to, from};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use directory::second_factor::totp;
use directory::sessions::SessionToken;
use std::time::Duration;

const SIGN_IN: &str = "/api/public/sign_in";

fn form(login: &str, password: &str) -> String {
    format!("login={login}&password={}", password.replace(' ', "+"))
}

/// Everything of an answer that could tell one from another.
fn bytes(answer: &Answer) -> String {
    let mut headers: Vec<String> =
        answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    headers.sort_unstable();
    format!("{}\n{}\n{}", answer.status, headers.join("\n"), answer.body)
}

#[tokio::test]
async fn refusals_are_the_same_to_the_byte() {
    let site = Site::at("http://people.example.org").await;
    site.administrator("petra", "Petra").await;
    site.world.import(&["anna", "closed"], true).await;
    let (expired, closed) = (site.temporary("anna").await, site.temporary("closed").await);
    site.close("closed").await;
    site.world.clock.advance(Duration::from_secs(73 * 3600));
    let mut answers = Vec::new();
    for (login, password) in [
        ("nobody", "wrong"),
        ("petra", "wrong"),
        ("petra", PASSWORD),
        ("anna", expired.as_str()),
        ("closed", closed.as_str()),
        ("", ""),
    ] {
        let answer = site.call(SIGN_IN, None, &form(login, password)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{login}");
        answers.push(bytes(&answer));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert!(!answers[0].contains("set-cookie"), "{}", answers[0]);
}

/// How many transactions have been written to the database: the frames of its log that end one (sqlite.org/walformat.html).
fn commits(site: &Site) -> usize {
    let log = std::fs::read(site.database_log()).expect("the log");
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().expect("four bytes"));
    let (page, salts) = (number(8) as usize, &log[16..24]);
    let frames = (32..log.len().saturating_sub(page + 23)).step_by(page + 24);
    frames.filter(|at| &log[at + 8..at + 16] == salts && number(at + 4) > 0).count()
}

/// A commit waits for the disk: one more or less would tell by time what the answer does not tell.
#[tokio::test]
async fn refusals_write_equally_often() {
    let site = Site::with("http://people.example.org", &[("sign_in_burst", "0")]).await;
    site.administrator("petra", "Petra").await;
    site.world.import(&["anna", "closed"], true).await;
    let (expired, closed) = (site.temporary("anna").await, site.temporary("closed").await);
    site.close("closed").await;
    site.world.clock.advance(Duration::from_secs(73 * 3600));
    let mut written = Vec::new();
    for (who, login, password) in [
        ("nobody", "nobody", "wrong"),
        ("wrong", "petra", "wrong"),
        ("waiting", "petra", "wrong"),
        ("waiting, right", "petra", PASSWORD),
        ("expired", "anna", expired.as_str()),
        ("closed", "closed", closed.as_str()),
    ] {
        let before = commits(&site);
        let answer = site.call(SIGN_IN, None, &form(login, password)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{who}");
        written.push((who, commits(&site) - before));
    }
    // The attempt, and the record of its refusal.
    assert!(written.iter().all(|(_, commits)| *commits == 2), "{written:?}");
}

/// Where the proxy lets people in without TLS, they are led to it, and nothing of a session is read or given before.
#[tokio::test]
async fn what_comes_without_encryption_is_led_to_it() {
    let site = Site::with("https://people.example.org", &[("trusted_proxies", "10.0.0.0/8")]).await;
    site.administrator("petra", "Petra").await;
    let ask = async |peer: &str, scheme: &str, request: axum::http::request::Builder, body: &str| {
        let kind = "application/x-www-form-urlencoded";
        let request = request.header("x-forwarded-proto", scheme).header("content-type", kind);
        let mut request = request.body(Body::from(body.to_owned())).expect("a request");
        request.extensions_mut().insert(from(peer));
        site.send(request).await
    };
    let get = || Request::get("/people?text=a%26b");
    let led = ask("10.0.0.1", "http", get(), "").await;
    assert_eq!(led.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(led.header("location"), "https://people.example.org/people?text=a%26b");
    let form = form("petra", PASSWORD);
    let sign_in = || Request::post(SIGN_IN);
    let refused = ask("10.0.0.1", "http", sign_in(), &form).await;
    assert_eq!((refused.status, refused.header("set-cookie")), (StatusCode::FORBIDDEN, ""));
    assert_eq!(ask("10.0.0.1", "http", Request::get("/healthz"), "").await.status, StatusCode::OK);
    // A stranger's word counts for nothing, and with TLS all is as ever.
    for (peer, scheme) in [("192.0.2.7", "http"), ("10.0.0.1", "https")] {
        assert_eq!(ask(peer, scheme, get(), "").await.status, StatusCode::UNAUTHORIZED, "{peer} {scheme}");
        assert!(
            !ask(peer, scheme, sign_in(), &form).await.header("set-cookie").is_empty(),
            "{peer} {scheme}"
        );
    }
}

#[tokio::test]
async fn the_cookie_is_for_this_host_alone() {
    let site = Site::at("https://people.example.org").await;
    site.administrator("petra", "Petra").await;
    let answer = site.call(SIGN_IN, None, &form("petra", PASSWORD)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let cookie = answer.header("set-cookie");
    let (value, attributes) = cookie.split_once("; ").expect("attributes");
    let token = value.strip_prefix("__Host-sid=").expect("the name that binds it to the host");
    assert_eq!(token.len(), 43, "256 bits in base 64");
    let mut attributes: Vec<_> = attributes.split("; ").collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);
    assert!(!answer.body.contains(token), "the page's script never sees it");
    let again = site.world.directory.sign_in("petra", PASSWORD.into(), PEER).await.expect("signed in");
    assert_ne!(again.token.expose(), token, "every sign-in has a token of its own");
}

/// The cookies that an answer sets, each held to what keeps it to this host and away from scripts; name and value.
fn cookies(answer: &Answer) -> Vec<(String, String)> {
    let set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().expect("ASCII"));
    set.map(|cookie| {
        let mut parts = cookie.split("; ");
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a pair");
        let mut attributes: Vec<_> = parts.filter(|part| !part.starts_with("Max-Age=")).collect();
        attributes.sort_unstable();
        assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"], "{cookie}");
        assert!(name.starts_with("__Host-"), "{cookie}");
        assert!(value.is_empty() || value.len() == 43, "256 bits in base 64, or taken away: {cookie}");
        assert_eq!(value.is_empty(), cookie.contains("Max-Age=0"), "{cookie}");
        assert!(value.is_empty() || !answer.body.contains(value), "the page's script never sees it");
        (name.to_owned(), value.to_owned())
    })
    .collect()
}

/// T21: whoever puts a cookie into somebody's browser before that person signs in - one that was made up, or that of a session
/// of the attacker's own - knows nothing of the session that comes of it.
#[tokio::test]
async fn a_planted_token_is_never_adopted() {
    let site = Site::at("https://people.example.org").await;
    site.administrator("petra", "Petra").await;
    let attackers = site.member("anna").await;
    let made_up = "A".repeat(43);
    for planted in [made_up.as_str(), attackers.expose()] {
        let request = form_to(SIGN_IN).header("cookie", format!("__Host-sid={planted}"));
        let answer = site.send(request.body(Body::from(form("petra", PASSWORD))).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let (name, given) = cookies(&answer).pop().expect("a cookie");
        assert_eq!(name, "__Host-sid");
        assert_ne!(given, planted);
        let who = async |token: &str| {
            let token = SessionToken::parse(token).expect("a token");
            let session = site.world.directory.session(&token).await.expect("read");
            session.map(|session| session.account.username)
        };
        assert_eq!(who(&given).await.as_deref(), Some("petra"));
        assert_ne!(who(planted).await.as_deref(), Some("petra"), "what was planted opens nothing of hers");
    }
}

#[tokio::test]
async fn every_cookie_is_for_this_host_alone_and_every_step_has_its_own() {
    let site = Site::at("https://people.example.org").await;
    site.administrator("petra", "Petra").await;
    let ask = async |cookie: &(String, String), path: &str, form: &str| {
        let (name, value) = cookie;
        let request = form_to(path).header("cookie", format!("{name}={value}"));
        let answer = site.send(request.body(Body::from(form.replace(' ', "+"))).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        cookies(&answer)
    };
    let nothing = (String::new(), String::new());
    let one = |cookies: Vec<(String, String)>| <[_; 1]>::try_from(cookies).expect("one cookie")[0].clone();
    let session = one(ask(&nothing, SIGN_IN, &form("petra", PASSWORD)).await);
    let proven = one(ask(&session, "/api/me/prove", &format!("password={PASSWORD}")).await);
    let new = "eleven copper kettles sing";
    let change = format!("current={PASSWORD}&new={new}&repeat={new}");
    let changed = one(ask(&proven, "/api/password/change", &change).await);
    // With a second factor: a cookie between password and code, which goes when the session's comes.
    assert_eq!(ask(&changed, "/api/me/begin_second_factor", "").await, []);
    let token = SessionToken::parse(&changed.1).expect("a token");
    let lives = site.world.directory.session(&token).await.expect("read").expect("lives");
    let setup = site.world.directory.second_factor(&lives.actor()).await.expect("read").setup.expect("begun");
    let code = || totp::shown(&setup.secret, site.world.directory.time()).expect("a secret");
    assert_eq!(ask(&changed, "/api/me/confirm_second_factor", &format!("code={}", code())).await, []);
    site.world.clock.advance(Duration::from_secs(30));
    let pending = one(ask(&nothing, SIGN_IN, &form("petra", new)).await);
    assert_eq!(pending.0, "__Host-code");
    let done = ask(&pending, "/api/public/sign_in_code", &format!("code={}", code())).await;
    let [second, over] = <[_; 2]>::try_from(done).expect("two cookies");
    assert_eq!(over, ("__Host-code".to_owned(), String::new()));
    let gone = one(ask(&second, "/api/session/sign_out", "").await);
    assert_eq!(gone, ("__Host-sid".to_owned(), String::new()));
    let mut tokens = vec![session, proven, changed, pending, second];
    tokens.sort_unstable();
    tokens.dedup_by(|one, other| one.1 == other.1);
    assert_eq!(tokens.len(), 5, "no step goes on with the token of another");
}

/// Tries a wrong password from an address, with what a header says of the origin.
async fn guess(site: &Site, login: &str, address: &str, forwarded: &str) -> Answer {
    let request = form_to(SIGN_IN).header("x-forwarded-for", forwarded).extension(from(address));
    site.send(request.body(Body::from(form(login, "wrong"))).expect("a request")).await
}

#[tokio::test]
async fn one_network_fails_ten_times_and_then_waits() {
    let site = Site::at("http://people.example.org").await;
    site.administrator("petra", "Petra").await;
    // Another account each time, and a header that says another address each time.
    for number in 0..10 {
        let answer = guess(&site, &format!("u{number:04}"), PEER, &format!("198.51.100.{number}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
    }
    let answer = guess(&site, "u9999", PEER, "198.51.100.99").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.header("retry-after"), "10");
    assert!(answer.body.contains("Wait 10 seconds"), "{}", answer.body);
    // The right password is no way around it; other networks are not concerned.
    let right = site.call(SIGN_IN, None, &form("petra", PASSWORD)).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(guess(&site, "u0001", "192.0.2.2", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    site.world.clock.advance(Duration::from_secs(10));
    let right = site.call(SIGN_IN, None, &form("petra", PASSWORD)).await;
    assert_eq!(right.status, StatusCode::OK, "{}", right.body);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_network_has_its_own_limit() {
    let site =
        Site::with("http://people.example.org", &[("trusted_proxies", PEER), ("sign_in_burst", "2")]).await;
    for forwarded in ["1.1.1.1, 198.51.100.1", "2.2.2.2, 198.51.100.1"] {
        assert_eq!(guess(&site, "u1", PEER, forwarded).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let limited = guess(&site, "u1", PEER, "3.3.3.3, 198.51.100.1").await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS, "what stands further left is made up");
    let other = guess(&site, "u1", PEER, "198.51.100.2").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    let audit = site.world.directory.audit(&Default::default(), 1).await.expect("read");
    let details: Vec<&str> = audit.items.iter().map(|entry| entry.detail.as_str()).collect();
    assert_eq!(details[0], "unknown, from 198.51.100.2", "the audit trail has the person's address");
}

#[tokio::test]
async fn the_limit_can_be_switched_off() {
    let site = Site::with("http://people.example.org", &[("sign_in_burst", "0")]).await;
    for number in 0..15 {
        let answer = guess(&site, &format!("u{number}"), PEER, "").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
    }
}

#[tokio::test]
async fn asking_for_a_link_tells_nothing() {
    let site = Site::at("http://people.example.org").await;
    site.administrator("petra", "Petra").await;
    let mut answers = Vec::new();
    for login in ["petra", "nobody", "petra@example.org"] {
        answers.push(bytes(&site.call("/api/public/forgot_password", None, &format!("login={login}")).await));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert!(answers[0].starts_with("200"), "{}", answers[0]);
    let limited = site.call("/api/public/forgot_password", None, "login=petra").await;
    assert_eq!((limited.status, limited.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "1200"));
    let messages = site.world.directory.outbox_counts().await.expect("read");
    assert_eq!(messages.queued, 1);
    for page in ["/password/forgot", "/password/forgot?asked=1", "/password/reset"] {
        assert_eq!(site.open(page, None).await.status, StatusCode::OK, "{page}");
    }
}
