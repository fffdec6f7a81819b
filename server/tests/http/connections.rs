//! Connections that cost nothing to open and would cost a server dear, over real sockets.

use crate::site::{Site, from};
use app::wire::{Call, SendChunks};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use axum::routing::get;
use directory::imports::NewImport;
use directory::people::{Actor, Role};
use futures::stream;
use roster::field::{PersonRow, Values};
use roster::review::{Action, Options};
use server::http::serve::{Limits, serve};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Longer than any test takes: what is not closed by then never is.
const LONG: Duration = Duration::from_secs(60);

/// Answers `router` on a free port until the sender is dropped.
async fn listen(router: Router, limits: Limits) -> (SocketAddr, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(serve(listener, router, limits, async move {
        let _ = stopped.await;
    }));
    (address, stop)
}

fn limits(headers: Duration) -> Limits {
    Limits { headers, stalled: LONG, connections: 1000 }
}

async fn connect(address: SocketAddr) -> TcpStream {
    timeout(LONG, TcpStream::connect(address)).await.expect("in time").expect("connected")
}

/// What arrives until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut answer)).await.expect("the connection is closed");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn health(address: SocketAddr) -> String {
    let mut stream = connect(address).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.expect("sent");
    rest(&mut stream).await
}

#[tokio::test]
async fn connections_that_send_no_headers_are_closed_while_others_are_served() {
    let site = Site::at("http://people.example.org").await;
    let (address, _stop) = listen(site.router(), limits(Duration::from_millis(700))).await;
    let mut slow = Vec::new();
    for number in 0..300 {
        let mut stream = connect(address).await;
        // Nothing at all, half a line, a header without end.
        let begun: &[u8] =
            [&b""[..], b"GET /hea", b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: "][number % 3];
        stream.write_all(begun).await.expect("sent");
        slow.push(stream);
    }
    let mut served = 0;
    for mut stream in slow {
        // One that answers nothing is closed without a word or with a 408 or 400; in the meantime all others are served.
        let answer = rest(&mut stream).await;
        assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
        if served < 50 {
            assert!(health(address).await.starts_with("HTTP/1.1 200"));
            served += 1;
        }
    }
    assert_eq!(served, 50);
}

#[tokio::test]
async fn a_connection_that_rests_is_closed() {
    let (address, _stop) =
        listen(Router::new().route("/healthz", get(|| async { "ok" })), limits(Duration::from_millis(300)))
            .await;
    let mut stream = connect(address).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
    assert!(rest(&mut stream).await.ends_with("ok"), "answered first, closed then");
}

#[tokio::test]
async fn one_connection_too_many_waits_for_another_to_end() {
    let router = Router::new().route("/healthz", get(|| async { "ok" }));
    let (address, _stop) = listen(router, Limits { connections: 8, ..limits(LONG) }).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut stream = connect(address).await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("answered");
        held.push(stream);
    }
    let mut ninth = tokio::spawn(health(address));
    assert!(timeout(Duration::from_millis(200), &mut ninth).await.is_err(), "there are eight already");
    drop(held.pop());
    assert!(ninth.await.expect("no panic").starts_with("HTTP/1.1 200"));
}

/// Tells when it is dropped.
struct Gone(Option<oneshot::Sender<()>>);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = self.0.take().map(|tell| tell.send(()));
    }
}

#[tokio::test]
async fn who_takes_nothing_of_an_answer_is_left() {
    let (tell, gone) = oneshot::channel();
    let guard = std::sync::Arc::new(std::sync::Mutex::new(Some(Gone(Some(tell)))));
    let endless = get(move || async move {
        let guard = guard.lock().expect("lock").take();
        Body::from_stream(stream::unfold(guard, |guard| async move {
            Some((Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 65_536])), guard))
        }))
    });
    let limits = Limits { stalled: Duration::from_millis(300), ..limits(LONG) };
    let (address, _stop) = listen(Router::new().route("/", endless), limits).await;
    let mut stream = connect(address).await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("sent");
    timeout(LONG, gone).await.expect("the answer is given up").expect("told");
}

#[tokio::test]
async fn a_body_without_end_is_answered_and_cut_off() {
    let site = Site::at("http://people.example.org").await;
    let (address, _stop) = listen(site.router(), limits(LONG)).await;
    let mut stream = connect(address).await;
    let head = "POST /api/public/sign_in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let mut sent = 0_u64;
    // A gigabyte, unless the server has had enough before.
    while sent < 1 << 30 && timeout(LONG, stream.write_all(piece.as_bytes())).await.expect("in time").is_ok()
    {
        sent += 0x10000;
    }
    assert!(sent < 64 << 20, "{sent} bytes were taken");
    let answer = rest(&mut stream).await;
    // The answer may be lost with the connection, when the system still holds what was sent.
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(health(address).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_request_that_breaks_off_in_its_body_changes_nothing() {
    let site = Site::at("http://people.example.org").await;
    let session = site.administrator("petra", "Petra").await;
    let account = site.world.directory.account_by_username("petra").await.expect("read").expect("there").id;
    let actor = Actor { account, username: "petra".to_owned(), role: Role::Administrator };
    let new = NewImport {
        file_name: "people.csv".to_owned(),
        file_digest: String::new(),
        options: Options::default(),
        columns: Vec::new(),
        rows: 20,
        reviewed_at: None,
        digest: Vec::new(),
    };
    let (import, _) = site.world.directory.open_import(&actor, new).await.expect("opened");
    let rows: Vec<(PersonRow, Action)> = (1..=20)
        .map(|row| {
            let username = format!("u{row:04}");
            let values = Values { email: format!("{username}@example.org"), username, ..Values::default() };
            (PersonRow { row, line: row + 1, values }, Action::Add)
        })
        .collect();
    let chunk: <SendChunks as Call>::Arguments = (import.to_string(), 0, vec![rows]);
    let body = postcard::to_stdvec(&chunk).expect("written");
    let (address, _stop) = listen(site.router(), limits(LONG)).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: application/postcard\r\nCookie: sid={}\r\nContent-Length: {}\r\n\r\n",
        SendChunks::PATH,
        session.expose(),
        body.len()
    );
    let received =
        async || site.world.directory.import(import).await.expect("read").expect("there").rows_received;
    for kept in (0..body.len()).step_by(body.len() / 12).chain([body.len() - 1]) {
        let mut stream = connect(address).await;
        stream.write_all(head.as_bytes()).await.expect("sent");
        stream.write_all(&body[..kept]).await.expect("sent");
        stream.shutdown().await.expect("closed");
        let answer = rest(&mut stream).await;
        assert!(!answer.starts_with("HTTP/1.1 2"), "{kept} bytes of {}: {answer}", body.len());
        assert_eq!(received().await, 0, "{kept} bytes of {}", body.len());
    }
    let whole = Request::post(SendChunks::PATH)
        .header(header::CONTENT_TYPE, "application/postcard")
        .header(header::COOKIE, format!("sid={}", session.expose()))
        .extension(from("192.0.2.1"));
    let answer = site.send(whole.body(Body::from(body)).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(received().await, 20);
}

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";
const BEHIND: &str = "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

/// A request that a proxy before this server might read differently is answered once, and nothing behind it is.
#[tokio::test]
async fn what_can_be_read_in_two_ways_is_answered_once_and_cut_off() {
    let site = Site::at("http://people.example.org").await;
    let (address, _stop) = listen(site.router(), limits(Duration::from_secs(15))).await;
    let head = "POST /api/public/sign_in HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let refused = [
        format!("Host: x\r\n{CHUNKED}Content-Length: 6\r\n\r\n{BEHIND}"),
        format!("Host: x\r\nTransfer-Encoding: xchunked\r\n\r\n{BEHIND}"),
        format!("Host: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n{BEHIND}"),
        format!("Host: x\r\nTransfer-Encoding : chunked\r\n\r\n{BEHIND}"),
        format!("Host: x\r\nTransfer-Encoding:\u{b}chunked\r\n\r\n{BEHIND}"),
        format!("Host: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n{BEHIND}"),
        format!("Host: x\r\nContent-Length: 5, 5\r\n\r\n{BEHIND}"),
        format!("Host: x\r\nContent-Length: +5\r\n\r\n{BEHIND}"),
        format!("Host: x\r\nContent-Length: -1\r\n\r\n{BEHIND}"),
        format!("Host: x\r\nContent-Length: 99999999999999999999\r\n\r\n{BEHIND}"),
        format!("Host: x\r\n{CHUNKED}\r\nzz\r\n{BEHIND}"),
        format!("Host: x\r\n{CHUNKED}\r\nFFFFFFFFFFFFFFFFF\r\n{BEHIND}"),
        format!("Host: x\r\nX: a\rContent-Length: 0\r\n\r\n{BEHIND}"),
        format!("Host: x\r\nX: a\r\n b\r\n\r\n{BEHIND}"),
        "Host: x\r\nHost: y\r\n\r\n".to_owned(),
        "Host: x/@y\r\n\r\n".to_owned(),
        "\r\n".to_owned(),
        format!("Host: x\r\n{}\r\n", "X: y\r\n".repeat(5_000)),
        format!("Host: x\r\nX: {}\r\n\r\n", "y".repeat(200_000)),
    ];
    for rest_of_it in &refused {
        let mut stream = connect(address).await;
        // Of what is too long the end may not be taken any more.
        let _ = stream.write_all(format!("{head}{rest_of_it}").as_bytes()).await;
        let answer = rest(&mut stream).await;
        let asked = &rest_of_it[..rest_of_it.len().min(80)];
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{asked:?}: {answer}");
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{asked:?}: {answer}");
        // What the connection itself refuses has no body; whatever has one has the headers of every answer, too.
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        for header in
            ["x-content-type-options: nosniff", "cache-control: no-store", "content-security-policy: "]
        {
            assert!(body.is_empty() || head.contains(header), "{asked:?}: {answer}");
        }
        assert_eq!(body.contains("must name one host"), rest_of_it.len() < 30, "{asked:?}: {answer}");
    }
    assert!(health(address).await.starts_with("HTTP/1.1 200"));
}
