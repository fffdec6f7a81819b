//! `rollcall serve`: the server. From top to bottom: open everything, start the workers, answer requests until asked to
//! end, let everyone finish.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use app::api::server::Services;
use directory::Directory;
use tokio::net::TcpListener;

use super::{Outcome, Output, open};
use crate::config::Config;
use crate::http::serve::{Limits, serve};
use crate::mail::Post;
use crate::mail::mailroom::Office;
use crate::shutdown::Shutdown;
use crate::workers;
use crate::workers::gate::{Gate, Pauses};
use crate::{http, metrics};

/// Whoever watches needs one or two connections.
const METRICS_CONNECTIONS: usize = 16;

/// Transactions whose audit records are checked before anything else happens (T72).
const AUDITED_AT_START: u32 = 1_000;
/// How long requests and units of work under way may take to end (F10).
const GRACE: Duration = Duration::from_secs(30);

/// Runs the server until SIGTERM or Ctrl-C.
///
/// # Errors
/// Something that has to work at the start does not; the sentence names it.
pub async fn run(mut config: Config, output: &mut Output) -> anyhow::Result<Outcome> {
    let shutdown = Shutdown::new();
    shutdown.listen_to_signals().context("signals cannot be listened to")?;
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!(
            "{} cannot be listened on; choose another address with --listen or ROLLCALL_LISTEN",
            config.listen
        )
    })?;
    config.bound_to(listener.local_addr().context("the address that was bound is not known")?);
    let config = Arc::new(config);

    let site = http::find_site(config.site_dir.as_deref())
        .context("the files for the browser are missing; build them with `make build`, or name their folder with site_dir")?;
    let post = Post::new(config.clone())?;
    let directory = open::directory_as_configured(&config).await?;
    open::calibrate(&directory, &config, 1).await;

    // The newest records only, so that a long trail does not delay the start; `rollcall audit verify` checks all.
    if let Err(error) = directory.check_audit(Some(AUDITED_AT_START), None).await {
        tracing::error!("{error}");
    }
    workers::take_over(&directory).await?;
    let gate = Arc::new(Gate::new(Pauses::in_proportion_to(config.mail.retry)));
    let workers = workers::start(&directory, &config, &post, &gate, &shutdown);
    let services = Services {
        directory: directory.clone(),
        mailroom: Arc::new(Office::new(post.clone(), gate)),
        runner: workers.runner.clone(),
        sender: workers.sender.clone(),
        secure: config.public_url.is_https(),
        seats_fixed: config.seats.is_some(),
        second_factor_fixed: config.require_second_factor.is_some(),
    };
    directory.limit_sign_in(config.sign_in_rate);
    let router = http::router(services, config.public_url.as_str(), &site, config.trusted_proxies.clone())?;
    let metrics = match config.metrics_listen {
        None => None,
        Some(address) => Some(TcpListener::bind(address).await.with_context(|| {
            format!("{address} cannot be listened on for metrics; choose another metrics_listen")
        })?),
    };
    let watched = metrics.as_ref().and_then(|listener| listener.local_addr().ok());
    announce(&config, &directory, &post, watched, output).await?;
    if let Some(listener) = metrics {
        let (asked, router) = (shutdown.clone(), metrics::router(directory.clone()));
        tokio::spawn(serve(listener, router, Limits::new(METRICS_CONNECTIONS), async move {
            asked.requested().await
        }));
    }

    let asked = shutdown.clone();
    let limits = Limits::new(config.max_connections);
    let serving = serve(listener, router, limits, async move { asked.requested().await });
    let served = tokio::select! {
        result = serving => result.context("the server ended"),
        () = too_late(&shutdown) => {
            tracing::warn!("some requests did not end in time and were cut off");
            Ok(())
        }
    };
    shutdown.request();
    if !workers.ended(GRACE).await {
        tracing::warn!("a unit of work did not end in time; it will be taken up again");
    }
    directory.close().await;
    tracing::info!("ended");
    served.map(|()| Outcome::Fine)
}

async fn too_late(shutdown: &Shutdown) {
    shutdown.requested().await;
    tokio::time::sleep(GRACE).await;
}

/// Says on standard output where everything is. The first-run link is a secret: it goes here and never into the log.
async fn announce(
    config: &Config,
    directory: &Directory,
    post: &Post,
    metrics: Option<SocketAddr>,
    output: &mut Output,
) -> anyhow::Result<()> {
    output.line(format!("Rollcall is ready at {}", config.public_url))?;
    output.line(format!("  Data: {} ({})", config.data_dir.display(), config.database_for_display()))?;
    if let Some(address) = metrics {
        output.line(format!("  Metrics: http://{address}/metrics"))?;
    }
    output.line(format!("  Mail: {}", post.describe()))?;
    if let Some(sentence) = super::mail::told(&directory.held_mail().await?) {
        output.line(format!("  {sentence}"))?;
        tracing::warn!("{sentence}");
    }
    if directory.setup_needed().await? {
        let token = directory.issue_setup_token().await?;
        output.line("")?;
        // The code stands after the #, which browsers keep to themselves.
        output.line("Create the first administrator within the next hour:")?;
        output.line(format!("  {}/setup#{}", config.public_url, token.expose()))?;
    }
    // A reader who closed our output is no reason not to serve.
    let _ = output.flush();
    tracing::info!(listen = %config.listen, public_url = %config.public_url, "ready");
    Ok(())
}
