//! How large a request's body may be and how long it may take, counted while it streams (T52, T53). Outermost of what
//! looks at bodies, so that no handler has to.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, Sleep};

use crate::metrics::{METERS, count};

/// Most bytes a request body may have.
pub const LIMIT: usize = 1024 * 1024;

/// Longest pause between two pieces of a body.
const PAUSE: Duration = Duration::from_secs(15);
/// Longest time for a whole body: a chunk of an import over a slow mobile line takes half of it.
const WHOLE: Duration = Duration::from_secs(60);

const FINE: u8 = 0;
const TOO_LARGE: u8 = 1;
const TOO_SLOW: u8 = 2;

/// The middleware.
pub async fn limits(request: Request, next: Next) -> Response {
    let found = Arc::new(AtomicU8::new(FINE));
    let request =
        request.map(|body| Body::new(Limited { body, left: LIMIT, clock: None, found: found.clone() }));
    let response = next.run(request).await;
    // A handler knows no more than that the body broke off; what is announced as too large is not read at all.
    let announced = response.status() == StatusCode::PAYLOAD_TOO_LARGE;
    let found = if announced { TOO_LARGE } else { found.load(Ordering::Relaxed) };
    let mut response = match found {
        TOO_LARGE => {
            count(&METERS.bodies_too_large);
            (StatusCode::PAYLOAD_TOO_LARGE, "The request is larger than 1 MiB.").into_response()
        }
        TOO_SLOW => {
            count(&METERS.bodies_too_slow);
            (StatusCode::REQUEST_TIMEOUT, "The request took too long to arrive.").into_response()
        }
        _ => return response,
    };
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Why a body broke off.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the body is too large")]
    TooLarge,
    #[error("the body took too long")]
    TooSlow,
}

/// When a body has to have gone on, and when it has to be there. Runs from the first time it is asked for.
struct Clock {
    next: Pin<Box<Sleep>>,
    end: Instant,
}

struct Limited {
    body: Body,
    left: usize,
    clock: Option<Clock>,
    found: Arc<AtomicU8>,
}

impl Limited {
    fn stop(&mut self, code: u8, why: Broken) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        self.found.store(code, Ordering::Relaxed);
        self.body = Body::empty();
        Poll::Ready(Some(Err(axum::Error::new(why))))
    }
}

impl HttpBody for Limited {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        let now = Instant::now();
        let clock = self
            .clock
            .get_or_insert_with(|| Clock { next: Box::pin(tokio::time::sleep(PAUSE)), end: now + WHOLE });
        let late = now >= clock.end || clock.next.as_mut().poll(context).is_ready();
        let end = clock.end;
        let frame = match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Pending if late => return self.stop(TOO_SLOW, Broken::TooSlow),
            frame => ready!(frame),
        };
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            match self.left.checked_sub(data.len()) {
                Some(left) => self.left = left,
                None => return self.stop(TOO_LARGE, Broken::TooLarge),
            }
        }
        if let Some(clock) = &mut self.clock {
            clock.next.as_mut().reset((now + PAUSE).min(end));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::post;
    use futures::stream;
    use tower::ServiceExt;

    fn router() -> Router {
        let read = |body: Bytes| async move { body.len().to_string() };
        Router::new().route("/", post(read)).layer(axum::middleware::from_fn(limits))
    }

    async fn status(body: Body) -> StatusCode {
        let request = Request::post("/").body(body).expect("a request");
        router().oneshot(request).await.expect("always answers").status()
    }

    fn pieces(number: usize, size: usize, pause: Duration) -> Body {
        Body::from_stream(stream::unfold(0, move |sent| async move {
            if sent == number {
                return None;
            }
            tokio::time::sleep(pause).await;
            Some((Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; size])), sent + 1))
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_counted_while_it_streams() {
        let quick = Duration::ZERO;
        assert_eq!(status(pieces(64, LIMIT / 64, quick)).await, StatusCode::OK);
        assert_eq!(status(pieces(65, LIMIT / 64, quick)).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(
            status(pieces(usize::MAX, 4096, quick)).await,
            StatusCode::PAYLOAD_TOO_LARGE,
            "without end"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_a_time_for_each_piece_and_for_all() {
        let seconds = Duration::from_secs;
        assert_eq!(status(pieces(5, 10, seconds(10))).await, StatusCode::OK, "slow, but it comes");
        assert_eq!(status(pieces(1, 10, seconds(16))).await, StatusCode::REQUEST_TIMEOUT, "a pause too long");
        assert_eq!(
            status(pieces(100, 1, seconds(1))).await,
            StatusCode::REQUEST_TIMEOUT,
            "one byte a second"
        );
    }
}
