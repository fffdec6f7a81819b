//! A site full of people who mean no good: whatever can be stored was given by somebody who hoped that it runs somewhere.

use super::calls::settings;
use super::eye::HERE;
use super::payloads::{encoded, payloads};
use crate::site::{Answer, Site, form_to};
use app::api::mail_texts::{MailKind, MailText};
use app::api::settings::SettingsForm;
use axum::body::Body;
use axum::http::{Method, Request, header};
use directory::handover::HandOver;
use directory::id::ImportId;
use directory::imports::{NewImport, RunnerStep};
use directory::people::Actor;
use directory::sessions::SessionToken;
use directory::trouble::TroubleKind;
use directory::waves::{NewWave, WaveId};
use roster::PersonRow;
use roster::field::{Field, Values};
use roster::review::{Action, Options};
use std::time::Duration;

/// Whose eyes see a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Nobody,
    Newcomer,
    Member,
    Administrator,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Nobody, Role::Newcomer, Role::Member, Role::Administrator];
}

/// The site, and a session for each role.
pub struct Town {
    pub site: Site,
    pub import: ImportId,
    pub wave: WaveId,
    newcomer: SessionToken,
    member: SessionToken,
    administrator: SessionToken,
}

/// No answer takes longer than this.
const PATIENCE: Duration = Duration::from_secs(30);

/// The beginning of what stands in every hostile cell, so that a spreadsheet would take it for a formula.
pub const FORMULA: &str = "=1+1|zq";

impl Town {
    /// A site where everything that can be stored is hostile.
    pub async fn new() -> Town {
        let site = Site::with(HERE, &[("sign_in_burst", "0")]).await;
        let administrator = site.administrator("petra", "\"><zqtag zqattr=1></script></title>").await;
        let member = site.member("anna").await;
        let newcomer = site.newcomer("bert").await;
        let field = "\"><zqtag>field";
        let hostile = SettingsForm {
            organisation: "</title></script>\"><zqtag zqattr=1>'zqjs\"-zqjs()-\"".to_owned(),
            custom_fields: vec![field.to_owned()],
            ..settings()
        };
        let town = Town {
            import: import(&site, field).await,
            wave: wave(&site).await,
            site,
            newcomer,
            member,
            administrator,
        };
        let body = postcard::to_stdvec(&(hostile,)).expect("written");
        let saved = town.post(Role::Administrator, "/api/admin/save_settings", false, body).await;
        assert!(saved.status.is_success(), "{}", saved.body);
        for kind in MailKind::ALL {
            let text = "{{ password }} {{ link }} {{ sign_in_url }} </textarea></script>\"><zqtag zqattr=1>";
            let text = match kind {
                MailKind::LoginDetails => text.replace("{{ link }}", ""),
                MailKind::SetPasswordLink | MailKind::PasswordReset => text.replace("{{ password }}", ""),
                _ => text.replace("{{ password }} {{ link }}", ""),
            };
            let text = MailText { kind, subject: "\"><zqtag zqattr=1>'zqjs\"-zqjs()-\"".to_owned(), text };
            let body = postcard::to_stdvec(&(text,)).expect("written");
            let saved = town.post(Role::Administrator, "/api/admin/save_mail_text", false, body).await;
            assert!(saved.status.is_success(), "{}", saved.body);
        }
        // What a mail server says stands above every page of administrators.
        let words = "535 \"><zqtag zqattr=1>'zqjs\"-zqjs()-\" </q></script>";
        let told =
            town.site.world.directory.mail_waits(TroubleKind::Login, words, Duration::from_secs(86_400));
        told.await.expect("noted");
        // What strangers leave behind: logins that failed, browsers with names.
        for text in payloads() {
            let request = form_to("/api/public/sign_in").header(header::USER_AGENT, "Firefox/<zqtag>");
            let form = format!("login={}&password=wrong", encoded(&text));
            town.site.send(request.body(Body::from(form)).expect("a request")).await;
        }
        town
    }

    /// The cookie of a role.
    pub fn cookie(&self, role: Role) -> String {
        let token = match role {
            Role::Nobody => return String::new(),
            Role::Newcomer => &self.newcomer,
            Role::Member => &self.member,
            Role::Administrator => &self.administrator,
        };
        format!("__Host-sid={}", token.expose())
    }

    /// Asks for something with any method, as a browser does; nothing where an address cannot be sent at all.
    pub async fn ask(&self, role: Role, method: Method, path: &str) -> Option<Answer> {
        let request = Request::builder().method(method).uri(path).header(header::ACCEPT, "text/html");
        let request = request.header(header::COOKIE, self.cookie(role)).body(Body::empty()).ok()?;
        let answer = tokio::time::timeout(PATIENCE, self.site.send(request)).await;
        Some(answer.unwrap_or_else(|_| panic!("{path} is not answered")))
    }

    /// Opens a page.
    pub async fn open(&self, role: Role, path: &str) -> Answer {
        self.ask(role, Method::GET, path).await.unwrap_or_else(|| panic!("{path} is no address"))
    }

    /// Sends a form or a call.
    pub async fn post(&self, role: Role, path: &str, form: bool, body: Vec<u8>) -> Answer {
        let kind = if form { "application/x-www-form-urlencoded" } else { "application/postcard" };
        let request = Request::post(path).header(header::CONTENT_TYPE, kind);
        let request = request.header(header::COOKIE, self.cookie(role));
        self.site.send(request.body(Body::from(body)).expect("a request")).await
    }
}

/// Texts that names and profiles may have.
fn storable() -> Vec<String> {
    let good = |text: &String| {
        !text.trim().is_empty() && text.chars().count() <= 60 && !text.chars().any(char::is_control)
    };
    payloads().into_iter().filter(good).collect()
}

/// A person for each payload, and rows that fail.
async fn import(site: &Site, field: &str) -> ImportId {
    let columns = ["username", "first_name", "last_name", "email", "job_title", "department"];
    let rows: Vec<(PersonRow, Action)> = storable()
        .iter()
        .zip(1..)
        .flat_map(|(text, number)| {
            let name = format!("{FORMULA} {text}");
            let profile = Field::PROFILE.iter().map(|field| (field.key().to_owned(), name.clone()));
            let good = Values {
                username: format!("zq{number}"),
                first_name: text.clone(),
                last_name: name.clone(),
                email: format!("zq{number}+'zq@example.org"),
                profile: profile.chain([(format!("x:{field}"), text.clone())]).collect(),
                ..Values::default()
            };
            let bad = Values { username: name.clone(), email: name, ..good.clone() };
            [good, bad]
        })
        .zip(1..)
        .map(|(values, row)| (PersonRow { row, line: row + 1, values }, Action::Add))
        .collect();
    let new = NewImport {
        file_name: "../../\"><zqtag zqattr=1>.csv".to_owned(),
        file_digest: String::new(),
        options: Options { email_login_details: true, ..Options::default() },
        columns: columns.map(|key| (format!("{FORMULA}\"><zqtag>{key}"), key.to_owned())).into(),
        reviewed_at: None,
        rows: u32::try_from(rows.len()).expect("few"),
        digest: vec![9],
    };
    let directory = &site.world.directory;
    let actor = directory.account_by_username("petra").await.expect("read").expect("there");
    let actor = Actor { account: actor.id, username: actor.username, role: actor.role };
    let (id, _) = directory.open_import(&actor, new).await.expect("opened");
    directory.receive_chunk(&actor, id, 0, rows).await.expect("taken");
    directory.seal_import(&actor, id).await.expect("sealed");
    while directory.run_next_batch("test").await.expect("carried out") == RunnerStep::Worked {}
    let done = directory.import(id).await.expect("read").expect("there");
    assert!(done.created > 15 && done.failed > 15, "people with hostile names, and rows that fail: {done:?}");
    id
}

async fn wave(site: &Site) -> WaveId {
    let plan = NewWave {
        name: "\"><zqtag zqattr=1>".to_owned(),
        chosen: "</script><zqtag>".to_owned(),
        hand_over: HandOver::Link,
        begins_at: None,
        per_hour: Some(1),
    };
    let account = site.world.directory.account_by_username("zq1").await.expect("read").expect("there").id;
    site.world.directory.plan_wave(&Actor::system(), plan, &[account]).await.expect("planned")
}
