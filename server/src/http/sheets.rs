//! Sheets with login details: made by a form, once, and kept nowhere.
//!
//! A page to print, or a table. Both are answers to a POST, carry `no-store` as everything about people does, and hold
//! nothing that runs but the button that prints.

use super::Site;
use super::downloads::cell;
use crate::mail::message::in_words;
use app::api::ApiError;
use app::api::people_admin::{AccountFilter, Selection};
use app::api::server::{Caller, people_query, qr_code};
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use directory::people::{AccountId, Actor};
use directory::sheets::{Sheet, Slip};
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// What the dialog sends.
#[derive(Deserialize)]
pub struct Wanted {
    /// `slips` or `csv`.
    form: String,
    /// Identifiers, with spaces between them; for a selection.
    #[serde(default)]
    accounts: String,
    /// There where everybody is meant whom the filter lets through.
    #[serde(default)]
    matching: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    show: String,
    #[serde(default)]
    import: String,
}

/// Makes a sheet.
pub async fn make(
    State(site): State<Site>,
    Extension(caller): Extension<Caller>,
    wanted: Result<Form<Wanted>, FormRejection>,
) -> Response {
    match made(&site, caller, wanted).await {
        Ok(answer) => answer,
        Err(error) => {
            let page = page(context! { problem => error.to_string() });
            (error.status(), page).into_response()
        }
    }
}

async fn made(
    site: &Site,
    caller: Caller,
    wanted: Result<Form<Wanted>, FormRejection>,
) -> Result<Response, ApiError> {
    // The door has let administrators alone through; this says in whose name.
    let session = caller.session.ok_or(ApiError::SignInRequired)?;
    let actor =
        Actor { account: session.account.id, username: session.account.username, role: session.account.role };
    let refused = |words: &str| ApiError::Refused(words.to_owned());
    let Form(wanted) = wanted.map_err(|_| refused("The request could not be understood."))?;
    let directory = &site.services.directory;
    let accounts: Vec<AccountId> = match chosen(&wanted) {
        Selection::Accounts(ids) => ids
            .iter()
            .map(|id| id.parse().map_err(|_| refused("This is not an account.")))
            .collect::<Result<_, _>>()?,
        Selection::Matching(filter) => directory.matching_accounts(&people_query(&filter)?).await?,
    };
    let sheet = directory.make_sheet(&actor, &accounts).await?;
    let organisation = directory.settings().await?.organisation;
    let addresses = Addresses { public_url: &site.public_url };
    match wanted.form.as_str() {
        "csv" => Ok(table(&sheet, &addresses).into_response()),
        _ => Ok(slips(&sheet, &addresses, &organisation).into_response()),
    }
}

fn chosen(wanted: &Wanted) -> Selection {
    if wanted.matching.is_empty() {
        Selection::Accounts(wanted.accounts.split_whitespace().map(str::to_owned).collect())
    } else {
        Selection::Matching(AccountFilter {
            text: wanted.text.clone(),
            show: wanted.show.clone(),
            import: wanted.import.clone(),
            page: 1,
        })
    }
}

/// Where people go.
struct Addresses<'a> {
    public_url: &'a str,
}

impl Addresses<'_> {
    fn sign_in(&self) -> String {
        format!("{}/sign-in", self.public_url)
    }

    /// The token stands after the #, which browsers keep to themselves.
    fn link(&self, slip: &Slip) -> String {
        format!("{}/password/set#{}", self.public_url, slip.link.expose())
    }
}

fn name(slip: &Slip) -> String {
    format!("{} {}", slip.first_name, slip.last_name).trim().to_owned()
}

const TITLES: [&str; 6] = ["Username", "Name", "Temporary password", "Link", "Sign in at", "Valid until"];

/// As a table that no spreadsheet takes for formulas.
fn table(sheet: &Sheet, addresses: &Addresses<'_>) -> impl IntoResponse + use<> {
    let mut csv = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    let (sign_in, until) = (addresses.sign_in(), in_words(sheet.expires_at.0));
    let mut written = csv.write_record(TITLES);
    for slip in &sheet.slips {
        let (password, link) = (slip.secret.expose(), addresses.link(slip));
        let cells = [&slip.username, &name(slip), &password, &link, &sign_in, &until];
        written = written.and_then(|()| csv.write_record(cells.map(|text| cell(text))));
    }
    match (written, csv.into_inner()) {
        (Ok(()), Ok(bytes)) => Ok((
            [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
                (
                    header::CONTENT_DISPOSITION,
                    HeaderValue::from_static("attachment; filename=\"login-details.csv\""),
                ),
            ],
            bytes,
        )),
        _ => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// A slip as the page shows it.
#[derive(Serialize)]
struct Shown {
    name: String,
    username: String,
    password: String,
    /// Modules along an edge of the QR code, with the quiet zone.
    size: usize,
    /// The dark ones as the path of an SVG; empty where the address is too long for a code.
    path: String,
}

/// As a page to print.
fn slips(sheet: &Sheet, addresses: &Addresses<'_>, organisation: &str) -> Html<String> {
    let shown: Vec<Shown> = sheet
        .slips
        .iter()
        .map(|slip| {
            let (size, path) = qr_code(&addresses.link(slip)).unwrap_or_default();
            Shown {
                name: name(slip),
                username: slip.username.clone(),
                password: slip.secret.expose(),
                size,
                path,
            }
        })
        .collect();
    page(context! {
        organisation,
        left_out => sheet.left_out,
        sign_in => addresses.sign_in(),
        until => in_words(sheet.expires_at.0),
        slips => Value::from(Serde(shown)),
    })
}

/// The page, read once. Values are escaped as HTML.
static PAGE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment
        .add_template("slips", include_str!("slips.html"))
        .expect("the page is part of the program, and its tests read it");
    environment
});

fn page(values: Value) -> Html<String> {
    let page = PAGE.get_template("slips").and_then(|page| page.render(values));
    Html(page.expect("the tests render every branch of the page, and values are plain strings"))
}
