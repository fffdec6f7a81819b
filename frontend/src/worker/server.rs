//! Calls server functions, as their own client would: postcard there and back, errors as JSON.

use app::wire::{ApiError, Call, error_text};
use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

const POSTCARD: &str = "application/x-postcard";

/// Calls a server function.
pub async fn call<C: Call>(arguments: &C::Arguments) -> Result<C::Answer, ApiError> {
    call_with::<C>(&postcard::to_stdvec(arguments).expect("arguments are plain data")).await
}

/// Calls a server function whose arguments are written down already.
pub async fn call_with<C: Call>(arguments: &[u8]) -> Result<C::Answer, ApiError> {
    let lost = |_| ApiError::Transport("no answer".to_owned());
    let headers = Headers::new().map_err(lost)?;
    headers.set("Content-Type", POSTCARD).map_err(lost)?;
    headers.set("Accept", POSTCARD).map_err(lost)?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_headers(&headers);
    request.set_body(&Uint8Array::from(arguments));
    let response =
        JsFuture::from(super::scope().fetch_with_str_and_init(C::PATH, &request)).await.map_err(lost)?;
    let response: Response = response.unchecked_into();
    let body = JsFuture::from(response.array_buffer().map_err(lost)?).await.map_err(lost)?;
    let body = Uint8Array::new(&body).to_vec();
    if response.ok() {
        return postcard::from_bytes(&body).map_err(|error| ApiError::Transport(error.to_string()));
    }
    Err(error_text::decode(&body).unwrap_or_else(|_| match response.status() {
        429 | 503 => ApiError::Busy,
        status => ApiError::Transport(format!("answer {status}")),
    }))
}
