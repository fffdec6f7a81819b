//! Loading what a page shows. All pages share one kind of resource, which holds bytes: the machinery behind a resource
//! is some 30 KB of Wasm, and would otherwise be there once for every type that is loaded.

use crate::api::ApiError;
use leptos::prelude::*;
use leptos::server::codee::{Decoder, Encoder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

/// What the page carries from the server to the browser: postcard, in base 64. JSON would cost another 50 KB of Wasm.
pub struct Packed;

impl<T: Serialize> Encoder<T> for Packed {
    type Error = postcard::Error;
    type Encoded = Vec<u8>;

    fn encode(value: &T) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_allocvec(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Packed {
    type Error = postcard::Error;
    type Encoded = [u8];

    fn decode(bytes: &[u8]) -> Result<T, postcard::Error> {
        postcard::from_bytes(bytes)
    }
}

type Fetch = Box<dyn Fn(Vec<u8>) -> Pin<Box<dyn Future<Output = Vec<u8>> + Send>> + Send + Sync>;
type Show = Arc<dyn Fn(&[u8]) -> AnyView + Send + Sync>;

/// Something that is loaded: with the page, and again whenever what it depends on changes.
pub struct Load<T> {
    bytes: Bytes,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Load<T> {}

/// Loads with `fetch`, and again whenever `source` changes.
pub fn load<S, T, F>(
    source: impl Fn() -> S + Send + Sync + 'static,
    fetch: impl Fn(S) -> F + Send + Sync + 'static,
) -> Load<T>
where
    S: Serialize + DeserializeOwned + 'static,
    T: Serialize + 'static,
    F: Future<Output = Result<T, ApiError>> + Send + 'static,
{
    let fetch: Fetch = Box::new(move |source| match postcard::from_bytes::<S>(&source) {
        Ok(source) => {
            let answer = fetch(source);
            Box::pin(async move { packed(&answer.await) })
        }
        Err(_) => Box::pin(async { Vec::new() }),
    });
    Load { bytes: resource(Box::new(move || packed(&source())), fetch), kind: PhantomData }
}

fn packed<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).unwrap_or_default()
}

#[cfg(not(feature = "ssr"))]
use in_the_browser::{Bytes, resource, shown};
#[cfg(feature = "ssr")]
use on_the_server::{Bytes, resource, shown};

impl<T: DeserializeOwned + 'static> Load<T> {
    /// Loads again, which only the browser does.
    pub fn refetch(self) {
        #[cfg(not(feature = "ssr"))]
        self.bytes.refetch();
    }

    /// What was loaded, as a view; `waiting` stands there until it has come for the first time.
    pub fn show(
        self,
        waiting: fn() -> AnyView,
        view: impl Fn(Result<T, ApiError>) -> AnyView + Send + Sync + 'static,
    ) -> AnyView {
        let show: Show = Arc::new(move |bytes| {
            view(postcard::from_bytes(bytes).unwrap_or_else(|_| {
                Err(ApiError::Transport("The answer of the server could not be read.".to_owned()))
            }))
        });
        shown(self.bytes, waiting, show)
    }
}

/// For what needs no place before it has come.
pub fn nothing() -> AnyView {
    ().into_any()
}

#[cfg(not(feature = "ssr"))]
mod in_the_browser {
    use super::{Fetch, Packed, Show};
    use leptos::prelude::*;
    use std::sync::Arc;

    pub type Bytes = Resource<Vec<u8>, Packed>;

    pub fn resource(source: Box<dyn Fn() -> Vec<u8> + Send + Sync>, fetch: Fetch) -> Bytes {
        Resource::new_with_options(source, fetch, false)
    }

    pub fn shown(bytes: Bytes, waiting: fn() -> AnyView, show: Show) -> AnyView {
        view! {
            <Transition fallback=waiting>
                {move || {
                    let show = Arc::clone(&show);
                    Suspend::new(async move { show(&bytes.await) })
                }}
            </Transition>
        }
        .into_any()
    }
}

/// On the server everything is loaded once and shown once. Leptos' own way shows several times what loads something else
/// when it is shown; the browser then does not find what belongs to it.
#[cfg(feature = "ssr")]
mod on_the_server {
    use super::{Fetch, Packed, Show};
    use futures::future::{BoxFuture, FutureExt, Shared};
    use leptos::prelude::*;
    use leptos::reactive::computed::ScopedFuture;
    use leptos::server::codee::Encoder;
    use leptos::tachys::reactive_graph::OwnedView;

    pub type Bytes = StoredValue<Shared<BoxFuture<'static, Vec<u8>>>>;

    pub fn resource(source: Box<dyn Fn() -> Vec<u8> + Send + Sync>, fetch: Fetch) -> Bytes {
        let context = Owner::current_shared_context();
        let id = context.as_ref().map(|context| context.next_id());
        let task = tokio::spawn(ScopedFuture::new(fetch(untrack(source))));
        // Nothing, which cannot be read, if it has panicked.
        let bytes = async move { task.await.unwrap_or_default() }.boxed().shared();
        if let (Some(context), Some(id)) = (context, id) {
            let bytes = bytes.clone();
            let carried = async move {
                let packed = <Packed as Encoder<Vec<u8>>>::encode(&bytes.await).unwrap_or_default();
                leptos::server::IntoEncodedString::into_encoded_string(packed)
            };
            context.write_async(id, Box::pin(carried));
        }
        StoredValue::new(bytes)
    }

    pub fn shown(bytes: Bytes, _waiting: fn() -> AnyView, show: Show) -> AnyView {
        // The number that the browser's `Transition` takes.
        if let Some(context) = Owner::current_shared_context() {
            context.next_id();
        }
        let bytes = bytes.get_value();
        Suspend::new(async move { OwnedView::new(show(&bytes.await)) }).into_any()
    }
}
