//! What answers say of themselves, whatever they are about.

use crate::doors::PAGES;
use crate::site::Site;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};

const HERE: &str = "http://people.example.org";

#[tokio::test]
async fn every_text_says_its_type_and_charset() {
    let site = Site::at(HERE).await;
    for (name, text) in [
        ("pkg/rollcall.js", "export default 1;"),
        ("pkg/rollcall.css", "body{}"),
        ("favicon.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("robots.txt", "User-agent: *"),
        ("rollcall-template.csv", "Username,Email"),
        ("pkg/rollcall.wasm", "\0asm"),
    ] {
        site.write(name, text);
        let answer = site.open(&format!("/{name}"), None).await;
        let expected = match name.rsplit_once('.').map(|(_, kind)| kind) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml; charset=utf-8",
            Some("txt") => "text/plain; charset=utf-8",
            Some("csv") => "text/csv; charset=utf-8",
            _ => "application/wasm",
        };
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, expected), "{name}");
        let parts = Request::get(format!("/{name}")).header(header::RANGE, "bytes=0-1,3-4");
        let refused = site.send(parts.body(Body::empty()).expect("a request")).await;
        assert_eq!(refused.status, StatusCode::RANGE_NOT_SATISFIABLE, "{name}");
        assert_eq!(refused.header("content-type"), "text/plain; charset=utf-8", "{}", refused.body);
    }
    for (path, kind) in [
        ("/sign-in", "text/html; charset=utf-8"),
        ("/healthz", "text/plain; charset=utf-8"),
        ("/api/people/me", "application/json"),
        ("/people", ""),
    ] {
        assert_eq!(site.open(path, None).await.header("content-type"), kind, "{path}");
    }
}

/// What is asked for without its body is answered as with it.
#[tokio::test]
async fn asking_for_the_head_alone_is_asking() {
    let site = Site::at(HERE).await;
    let session = site.administrator("petra", "Petra").await;
    for path in PAGES.iter().chain(&["/healthz", "/nowhere"]) {
        for cookie in [String::new(), format!("sid={}", session.expose())] {
            let ask = async |method: Method| {
                let request =
                    Request::builder().method(method).uri(*path).header(header::ACCEPT, "text/html");
                let request = request.header(header::COOKIE, &cookie).body(Body::empty());
                site.send(request.expect("a request")).await
            };
            let (head, whole) = (ask(Method::HEAD).await, ask(Method::GET).await);
            assert_eq!(
                (head.status, head.header("location"), head.header("content-type")),
                (whole.status, whole.header("location"), whole.header("content-type")),
                "{path}"
            );
        }
    }
    let long = format!("/people?text={}", "x".repeat(2_000));
    assert_eq!(site.open(&long, None).await.header("location"), "/sign-in", "not repeated");
}
