//! Connections: how many, and how long each may keep this server waiting (T53, F41).
//!
//! What waits longest is what costs nothing to open: headers that do not come, a reader that does not read. Both have a
//! limit here; bodies have theirs in [`super::body`]. When no file handle is left, accepting pauses and goes on.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::uri::Authority;
use axum::http::{Request, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};
use tower::ServiceExt;

use crate::metrics::{METERS, count};

/// Before accepting is tried again.
const BREATH: Duration = Duration::from_millis(100);
/// File handles that are not for connections of browsers: database, mail, files, what the system needs.
const HANDLES_KEPT: u64 = 48;

/// How long a connection may keep the server waiting, and how many there may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the headers of a request; a connection that rests between two requests is closed after the same time.
    pub headers: Duration,
    /// For the other side to take anything of an answer.
    pub stalled: Duration,
    /// Connections at the same time; more wait in the system's queue.
    pub connections: usize,
}

impl Limits {
    /// The usual ones, for so many connections as are asked for and the process has file handles for.
    #[must_use]
    pub fn new(connections: usize) -> Limits {
        let handles = file_handles().saturating_sub(HANDLES_KEPT).max(8);
        let connections = connections.min(usize::try_from(handles).unwrap_or(usize::MAX));
        Limits { headers: Duration::from_secs(15), stalled: Duration::from_secs(30), connections }
    }
}

/// File handles that this process may have.
#[cfg(unix)]
fn file_handles() -> u64 {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

#[cfg(not(unix))]
fn file_handles() -> u64 {
    u64::MAX
}

/// Answers requests on `listener` until `ended` resolves, then finishes what is under way.
///
/// # Errors
/// None at present; the listener's troubles pass.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    ended: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let free = Arc::new(Semaphore::new(limits.connections));
    let open = GracefulShutdown::new();
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.headers).max_buf_size(64 * 1024);
    tokio::pin!(ended);
    loop {
        let next = async {
            let permit = Arc::clone(&free).acquire_owned().await.expect("the semaphore is never closed");
            (accept(&listener).await, permit)
        };
        let ((stream, peer), permit) = tokio::select! {
            biased;
            () = &mut ended => break,
            accepted = next => accepted,
        };
        // Small answers must not wait for others.
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
            if !names_one_host(&request) {
                request.extensions_mut().insert(NoHost);
            }
            let router = router.clone();
            async move {
                Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {}))
            }
        });
        let stream = Patient { stream, limit: limits.stalled, stalled: None };
        let connection = open.watch(builder.serve_connection(TokioIo::new(stream), service));
        let counted = Counted::new(permit);
        tokio::spawn(async move {
            // Whatever ends a connection is the other side's business.
            let _ = connection.await;
            drop(counted);
        });
    }
    drop(listener);
    open.shutdown().await;
    Ok(())
}

/// Whether a request names its host once, as HTTP/1.1 asks: of two, a proxy before this server may have read the other one
/// (RFC 9112, 3.2).
fn names_one_host(request: &Request<Body>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => {
            host.to_str().is_ok_and(|host| host.parse::<Authority>().is_ok() && !host.contains('@'))
        }
        (Some(_), Some(_)) => false,
    }
}

/// Marks a request that does not name one host.
#[derive(Clone, Copy)]
struct NoHost;

/// Refuses what does not name one host; a layer, so that the refusal has the headers of every other answer.
pub async fn one_host(request: axum::extract::Request, next: Next) -> axum::response::Response {
    if request.extensions().get::<NoHost>().is_none() {
        return next.run(request).await;
    }
    let close = [(header::CONNECTION, "close")];
    (StatusCode::BAD_REQUEST, close, "The request must name one host.").into_response()
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                count(&METERS.accept_failures);
                tracing::error!(%error, "no connection can be accepted; trying again");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Somebody who went away before being let in.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// A connection as long as it is open.
struct Counted {
    _permit: OwnedSemaphorePermit,
}

impl Counted {
    fn new(permit: OwnedSemaphorePermit) -> Self {
        count(&METERS.connections);
        Self { _permit: permit }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        METERS.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream that gives up when the other side takes nothing for too long.
struct Patient {
    stream: TcpStream,
    limit: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn watch<T>(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let until = Instant::now() + self.limit;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
