//! HTTP: one router, and the layers every request passes.
//!
//! From the outside in: counted, security headers, one host named, panics become 500, bodies limited, cross-site requests refused, session looked
//! up, access decided ([`access`], the one place), then pages, server functions, downloads and static files.

mod access;
mod agent;
mod body;
pub mod downloads;
mod functions;
mod guard;
mod headers;
mod health;
mod origin;
pub mod serve;
mod sheets;
mod site;

use crate::config::Networks;
use crate::metrics::METERS;
use app::api::server::{Caller, Services};
use app::session::{PageContext, Viewer};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use leptos::prelude::{LeptosOptions, provide_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::limit::RequestBodyLimitLayer;

/// Name of the browser build for administrators.
const ADMIN_BUILD: &str = "rollcall";
/// Name of the browser build of the import workbench.
const IMPORT_BUILD: &str = "import";
/// Name of the browser build for everyone else, which is much smaller.
const PEOPLE_BUILD: &str = "people";

/// All pages, listed once: while Leptos makes the list, nothing loads in the whole process, and what another router's page
/// had begun to load then would never come.
static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();

/// What handlers share.
#[derive(Clone)]
pub struct Site {
    /// What server functions work with.
    pub services: Services,
    /// Leptos' own options.
    pub options: LeptosOptions,
    /// Where the address of this site starts, such as `https://people.example.org`.
    pub public_url: String,
    /// Proxies whose word is taken for where a request came from.
    pub trusted_proxies: Networks,
    /// Whether there are several browser builds; `cargo leptos watch` makes one with everything.
    several_builds: bool,
}

impl axum::extract::FromRef<Site> for LeptosOptions {
    fn from_ref(site: &Site) -> Self {
        site.options.clone()
    }
}

/// The whole router.
///
/// # Errors
/// When the public URL is no origin.
pub fn router(
    services: Services,
    public_url: &str,
    site_dir: &Path,
    trusted_proxies: Networks,
) -> anyhow::Result<Router> {
    let options = LeptosOptions::builder()
        .output_name(ADMIN_BUILD)
        .site_root(site_dir.to_string_lossy().into_owned())
        .site_pkg_dir("pkg")
        .build();
    let several_builds =
        [PEOPLE_BUILD, IMPORT_BUILD].iter().all(|name| site_dir.join(format!("pkg/{name}.js")).is_file());
    let public_url = public_url.trim_end_matches('/').to_owned();
    let site = Site { services, options, public_url, trusted_proxies, several_builds };
    let routes = pages().to_vec();
    let page_site = site.clone();

    let router = Router::new()
        .route("/", get(|| async { axum::response::Redirect::to("/people") }))
        .route("/sign-out", get(|| async { axum::response::Redirect::to("/me") }).post(functions::sign_out))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/admin/imports/{id}/failed.csv", get(downloads::failed_rows))
        .route("/admin/audit/export.csv", get(downloads::audit_trail))
        .route("/admin/sheet", post(sheets::make))
        .route("/api/{*function}", post(functions::call))
        .leptos_routes_with_handler(routes, get(page))
        .fallback_service(site::files(site_dir, page_site))
        .layer(axum::middleware::from_fn_with_state(site.clone(), guard::guard))
        .layer(CsrfLayer::new().add_trusted_origin(site.public_url.clone())?)
        .layer(RequestBodyLimitLayer::new(body::LIMIT))
        .layer(axum::middleware::from_fn(body::limits))
        .layer(CompressionLayer::new().no_deflate())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::from_fn(serve::one_host))
        .layer(axum::middleware::from_fn_with_state(site.clone(), headers::security_headers))
        .layer(axum::middleware::map_response(counted))
        .with_state(site);
    Ok(router)
}

/// The pages there are.
pub fn pages() -> &'static [AxumRouteListing] {
    ROUTES.get_or_init(|| generate_route_list(app::app::App))
}

/// Finds the folder with the built site: the configured one, else beside the program, else the development build's.
#[must_use]
pub fn find_site(configured: Option<&Path>) -> Option<PathBuf> {
    let beside =
        std::env::current_exe().ok().and_then(|program| program.parent().map(|folder| folder.join("site")));
    let built = std::env::current_exe()
        .ok()
        .and_then(|program| program.parent()?.parent().map(|folder| folder.join("site")));
    let candidates = match configured {
        Some(folder) => vec![folder.to_path_buf()],
        None => beside.into_iter().chain(built).collect(),
    };
    candidates.into_iter().find(|folder| folder.join("pkg/rollcall.js").is_file())
}

/// A defect ends one request and says no more than that; the log has the rest.
fn panicked(_: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    let words =
        "The server made a mistake. Nothing was changed; try again, and tell whoever runs it if it stays.";
    (axum::http::StatusCode::INTERNAL_SERVER_ERROR, words).into_response()
}

async fn counted(response: axum::response::Response) -> axum::response::Response {
    METERS.answered(response.status());
    response
}

fn provide(services: &Services, caller: &Caller) {
    provide_context(services.clone());
    provide_context(caller.clone());
}

async fn page(State(site): State<Site>, request: Request) -> axum::response::Response {
    render(site, request).await
}

async fn render(site: Site, request: Request<Body>) -> axum::response::Response {
    let request = functions::without_foreign_errors(request, &site.public_url);
    let caller = guard::caller(&request);
    let organisation = match site.services.directory.settings().await {
        Ok(settings) => settings.organisation,
        Err(_) => String::new(),
    };
    let viewer = caller.session.as_ref().map(|session| Viewer {
        username: session.account.username.clone(),
        name: format!("{} {}", session.account.first_name, session.account.last_name).trim().to_owned(),
        role: session.account.role.into(),
        must_change: session.must_change,
    });
    let administrator = viewer.as_ref().is_some_and(|viewer| viewer.role == app::api::Role::Administrator);
    let context = PageContext { viewer, organisation };
    let mut options = site.options.clone();
    if site.several_builds {
        options.output_name = match (administrator, request.uri().path()) {
            (false, _) => PEOPLE_BUILD,
            (true, path) if path.starts_with("/admin/people/import") => IMPORT_BUILD,
            (true, _) => ADMIN_BUILD,
        }
        .into();
    }
    let handler = leptos_axum::render_app_async_with_context(
        move || {
            provide(&site.services, &caller);
            provide_context(context.clone());
            headers::provide_policy();
        },
        move || app::app::shell(options.clone()),
    );
    handler(request).await.into_response()
}
