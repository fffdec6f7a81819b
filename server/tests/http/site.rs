//! A site of its own for each test: the whole router over an empty directory, without a listener.

use crate::support::{self, people::World};
use app::api::server::Services;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use directory::people::{Actor, NewAdministrator, Role};
use directory::sessions::SessionToken;
use secrecy::SecretString;
use server::mail::{Post, mailroom::Office};
use server::workers::gate::Gate;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt;

pub const PASSWORD: &str = "violet kettle marches north 41";
pub const OWN: &str = "seven paper lanterns drift";
/// Where requests come from unless a test says otherwise.
pub const PEER: &str = "192.0.2.1";

/// A router and what stands behind it.
pub struct Site {
    pub world: World,
    router: Router,
    folder: TempDir,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// A header's text, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Site {
    /// An empty site at `public_url`.
    pub async fn at(public_url: &str) -> Site {
        Site::with(public_url, &[]).await
    }

    /// An empty site at `public_url` with more settings.
    pub async fn with(public_url: &str, settings: &[(&'static str, &str)]) -> Site {
        let folder = tempfile::tempdir().expect("a folder");
        let files = folder.path().join("site");
        std::fs::create_dir_all(files.join("pkg")).expect("a folder");
        let world = World::new(folder.path()).await;
        let mut all = vec![("public_url", public_url)];
        all.extend(settings);
        let config = support::config(folder.path(), &all);
        world.directory.limit_sign_in(config.sign_in_rate);
        let post = Post::new(config.clone()).expect("a post office");
        let services = Services {
            directory: world.directory.clone(),
            mailroom: Arc::new(Office::new(post, Arc::new(Gate::default()))),
            runner: Arc::default(),
            sender: Arc::default(),
            secure: config.public_url.is_https(),
            seats_fixed: config.seats.is_some(),
            second_factor_fixed: config.require_second_factor.is_some(),
        };
        let router = server::http::router(
            services,
            config.public_url.as_str(),
            &files,
            config.trusted_proxies.clone(),
        )
        .expect("a router");
        Site { world, router, folder }
    }

    /// The database, as long as it is SQLite's.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("rollcall.db")
    }

    /// The write-ahead log of the database.
    pub fn database_log(&self) -> PathBuf {
        self.folder.path().join("rollcall.db-wal")
    }

    /// Puts a file into the folder of the site.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join("site").join(name), text).expect("written");
    }

    /// The router itself.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Sends a request.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(from(PEER));
        }
        let response = self.router.clone().oneshot(request).await.expect("the router always answers");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a whole body");
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// Opens a page as a browser does.
    pub async fn open(&self, path: &str, session: Option<&SessionToken>) -> Answer {
        let request = Request::get(path).header(header::ACCEPT, "text/html");
        self.send(with(request, session).body(Body::empty()).expect("a request")).await
    }

    /// Calls a server function with a form.
    pub async fn call(&self, path: &str, session: Option<&SessionToken>, form: &str) -> Answer {
        self.send(with(form_to(path), session).body(Body::from(form.to_owned())).expect("a request")).await
    }

    /// Creates an administrator with [`PASSWORD`], and signs in.
    pub async fn administrator(&self, username: &str, first_name: &str) -> SessionToken {
        let new = NewAdministrator {
            username: username.to_owned(),
            email: format!("{username}@example.org"),
            first_name: first_name.to_owned(),
            last_name: "Smith".to_owned(),
            password: SecretString::from(PASSWORD),
        };
        self.world.directory.create_administrator(new).await.expect("created");
        self.world.directory.sign_in(username, PASSWORD.into(), PEER).await.expect("signed in").token
    }

    /// Imports a member and signs in with the temporary password, so that a change is due.
    pub async fn newcomer(&self, username: &str) -> SessionToken {
        self.world.import(&[username], true).await;
        let temporary = self.temporary(username).await;
        self.world.directory.sign_in(username, temporary.into(), PEER).await.expect("signed in").token
    }

    /// Imports a member who has an own password, [`OWN`].
    pub async fn member(&self, username: &str) -> SessionToken {
        let session = self.newcomer(username).await;
        let temporary = self.temporary(username).await;
        let changed = self.world.directory.change_password(&session, temporary.into(), OWN.into()).await;
        changed.expect("changed")
    }

    /// The first temporary password of somebody.
    pub async fn temporary(&self, username: &str) -> String {
        let account = self.world.directory.account_by_username(username).await.expect("read").expect("there");
        self.world.directory.temporary_secret(account.id, 1).expose()
    }

    /// Closes somebody's account.
    pub async fn close(&self, username: &str) {
        let account = self.world.directory.account_by_username(username).await.expect("read").expect("there");
        let actor = Actor { role: Role::Administrator, ..Actor::system() };
        self.world.directory.deactivate(&actor, &[account.id]).await.expect("closed");
    }
}

/// A request that brings a form.
pub fn form_to(path: &str) -> axum::http::request::Builder {
    Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

/// What the listener tells of a connection from `address`.
pub fn from(address: &str) -> ConnectInfo<SocketAddr> {
    ConnectInfo(SocketAddr::new(address.parse().expect("an address"), 50_000))
}

fn with(
    request: axum::http::request::Builder,
    session: Option<&SessionToken>,
) -> axum::http::request::Builder {
    match session {
        Some(token) => request.header(header::COOKIE, format!("sid={}", token.expose())),
        None => request,
    }
}
