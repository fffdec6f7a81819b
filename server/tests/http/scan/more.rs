//! T35: requests that bring more than the function asked for. Twice the same site: one is sent every call as it is, the other
//! the same call with a dozen more fields that would make somebody an administrator; both databases stay alike.

use super::calls::{self, Call};
use super::payloads::encoded;
use super::town::{Role, Town};
use crate::site::{Answer, OWN, PASSWORD, Site, form_to};
use axum::body::Body;
use directory::outbox::MessageKind;
use sqlx::{Connection, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What somebody might hope that a request is read into.
const MORE: &[(&str, &str)] = &[
    ("role", "administrator"),
    ("person[role]", "administrator"),
    ("form.role", "administrator"),
    ("is_admin", "true"),
    ("admin", "1"),
    ("actor", "petra"),
    ("actor_id", "ID"),
    ("account", "ID"),
    ("account_id", "ID"),
    ("user", "petra"),
    ("session", "ID"),
    ("id", "ID"),
    ("username", "petra"),
    ("email", "petra@example.org"),
    ("status", "active"),
    ("must_change", "false"),
    ("change_password", "0"),
    ("proven", "true"),
    ("proven_at", "9999999999999"),
    ("second_factor", "off"),
    ("seats", "1"),
    ("seat_limit", "1"),
    ("password_hash", "x"),
    ("expires_at", "9999999999999"),
    ("__proto__[role]", "administrator"),
];

/// The same call with more: fields that its form does not have, a query, bytes after the arguments' end.
fn with_more(call: &Call, petra: &str) -> (String, Vec<u8>) {
    let given = String::from_utf8_lossy(&call.body).into_owned();
    let own: BTreeSet<&str> = given.split('&').filter_map(|pair| pair.split('=').next()).collect();
    let more: Vec<String> = MORE
        .iter()
        .filter(|(name, _)| !call.form || !own.contains(name))
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(&value.replace("ID", petra))))
        .collect();
    let more = more.join("&");
    let body = match (call.form, given.is_empty()) {
        (true, true) => more.clone().into_bytes(),
        (true, false) => format!("{given}&{more}").into_bytes(),
        (false, _) => {
            let tail = postcard::to_stdvec(&("administrator", true, petra, u32::MAX)).expect("written");
            [call.body.clone(), tail].concat()
        }
    };
    (format!("{}?{more}", call.path), body)
}

/// Whether it did what it is for: pages without scripts are led on, others are told where to go.
fn done(answer: &Answer) -> bool {
    answer.status.is_success()
        || (answer.status.is_redirection() && !answer.header("location").contains("error"))
}

/// Whatever is drawn by lot, such as identifiers, salts and tokens, as one word.
fn without_lots(text: &str) -> String {
    let drawn = |c: char| c.is_ascii_alphanumeric() || "-_+/=$,".contains(c);
    let mut clean = String::new();
    let mut rest = text;
    while let Some(begin) = rest.find(drawn) {
        let (before, from) = rest.split_at(begin);
        let (run, after) = from.split_at(from.find(|c| !drawn(c)).unwrap_or(from.len()));
        clean.push_str(before);
        clean.push_str(if run.len() >= 32 && run.bytes().any(|byte| byte.is_ascii_digit()) {
            "LOT"
        } else {
            run
        });
        rest = after;
    }
    clean + rest
}

/// Every row of every table, but for bytes and what is drawn by lot.
async fn everything(site: &Site) -> BTreeMap<String, Vec<String>> {
    let url = format!("sqlite://{}", site.database().display());
    let mut connection = SqliteConnection::connect(&url).await.expect("opened");
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await.expect("read");
    let mut all = BTreeMap::new();
    for table in tables.into_iter().filter(|table| !table.starts_with('_')) {
        let columns = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)").bind(&table);
        let columns: Vec<String> = columns.fetch_all(&mut connection).await.expect("read");
        let shown: Vec<String> = columns
            .iter()
            .map(|column| format!("'{column}', iif(typeof(\"{column}\") = 'blob', 'bytes', \"{column}\")"))
            .collect();
        let rows = format!("SELECT json_object({}) FROM \"{table}\"", shown.join(", "));
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_all(&mut connection).await;
        let rows: Vec<String> = rows.expect("read");
        let mut rows: Vec<String> = rows.iter().map(|row| without_lots(row)).collect();
        rows.sort();
        all.insert(table, rows);
    }
    connection.close().await.expect("closed");
    all
}

/// The first row that one has and the other has not.
fn difference(one: &BTreeMap<String, Vec<String>>, other: &BTreeMap<String, Vec<String>>) -> Option<String> {
    one.iter().find_map(|(table, rows)| {
        let others = &other[table];
        let only =
            |these: &[String], those: &[String]| these.iter().find(|row| !those.contains(row)).cloned();
        (rows != others).then(|| {
            let (here, there) = (only(rows, others), only(others, rows));
            format!("{table} ({} and {} rows): {here:?} and {there:?}", rows.len(), others.len())
        })
    })
}

fn form(path: &'static str, body: String) -> Call {
    Call { path, form: true, body: body.into_bytes() }
}

async fn id_of(site: &Site, username: &str) -> String {
    let account = site.world.directory.account_by_username(username).await.expect("read").expect("there");
    account.id.to_string()
}

/// Calls that really do something, in an order in which each still can.
async fn that_succeed(town: &Town) -> Vec<(Role, Call)> {
    let temporary = town.site.temporary("bert").await;
    let own = encoded("thirteen green bottles on a wall");
    vec![
        (Role::Administrator, form("/api/admin/end_sessions", "username=zq1".to_owned())),
        (Role::Administrator, form("/api/admin/lift_lock", "username=zq1".to_owned())),
        (Role::Nobody, form("/api/public/forgot_password", "login=anna".to_owned())),
        (Role::Nobody, form("/api/public/sign_in", format!("login=anna&password={}&next=", encoded(OWN)))),
        (Role::Member, form("/api/me/begin_second_factor", String::new())),
        (Role::Member, form("/api/me/end_other_sessions", String::new())),
        (Role::Newcomer, form("/api/password/change", format!("current={temporary}&new={own}&repeat={own}"))),
        (Role::Member, form("/api/me/prove", format!("password={}&next=/me", encoded(OWN)))),
        (Role::Administrator, form("/api/me/prove", format!("password={}&next=/me", encoded(PASSWORD)))),
    ]
}

#[tokio::test]
async fn more_than_was_asked_for_changes_nothing() {
    let (plain, crammed) = (Town::new().await, Town::new().await);
    let petra = id_of(&crammed.site, "petra").await;
    let before = everything(&plain.site).await;
    assert_eq!(difference(&before, &everything(&crammed.site).await), None, "two towns are alike");
    let (mut taken, certain) = (0, that_succeed(&plain).await.len());
    let calls = all_calls(&plain).await.into_iter().zip(all_calls(&crammed).await);
    let last = calls.len() - certain;
    for (at, ((role, call), (_, same))) in calls.enumerate() {
        let asked = format!("{role:?} {} {}", call.path, String::from_utf8_lossy(&call.body));
        let (path, body) = with_more(&same, &petra);
        if at >= last {
            // Who gave a wrong password before waits.
            plain.site.world.clock.advance(Duration::from_secs(11));
            crammed.site.world.clock.advance(Duration::from_secs(11));
        }
        let one = plain.post(role, call.path, call.form, call.body).await;
        let other = crammed.post(role, &path, call.form, body).await;
        assert_eq!(one.status, other.status, "{asked}: {:.200} and {:.200}", one.body, other.body);
        assert!(done(&one) || at < last, "{asked}: {} {:.200}", one.status, one.body);
        taken += usize::from(done(&one));
        let (here, there) = (everything(&plain.site).await, everything(&crammed.site).await);
        assert_eq!(difference(&here, &there), None, "{asked}");
    }
    assert!(taken > 40, "{taken} calls did what they are for");
    assert_ne!(difference(&before, &everything(&plain.site).await), None, "and what they do is seen");
}

/// Every function, as a member and as an administrator, and then what certainly succeeds.
async fn all_calls(town: &Town) -> Vec<(Role, Call)> {
    let as_role = |role| calls::with_text("zq1").into_iter().map(move |call| (role, call));
    let all = as_role(Role::Member).chain(as_role(Role::Administrator));
    let all = all.filter(|(_, call)| call.path != super::ENDS);
    all.chain(that_succeed(town).await).collect()
}

/// The ways in which somebody gets an account's first password, which need a token of their own.
#[tokio::test]
async fn no_field_makes_more_of_who_sets_a_password() {
    let mut after = Vec::new();
    for crammed in [false, true] {
        let site = Site::at("https://people.example.org").await;
        let directory = &site.world.directory;
        let token = directory.issue_setup_token().await.expect("issued").expose().to_owned();
        let send = async |path: &'static str, body: String| {
            let petra = "019368a0-0000-7000-8000-000000000000";
            let call = form(path, body);
            let (path, body) =
                if crammed { with_more(&call, petra) } else { (call.path.to_owned(), call.body.clone()) };
            let request = form_to(&path).body(Body::from(body)).expect("a request");
            let answer = site.send(request).await;
            assert!(done(&answer), "{path}: {} {}", answer.status, answer.body);
        };
        let password = encoded(PASSWORD);
        let body = format!(
            "token={token}&username=petra&email=petra@example.org&first_name=Petra&last_name=Smith&password={password}&repeat={password}"
        );
        send("/api/public/complete_setup", body).await;
        site.newcomer("anna").await;
        site.world.import(&["bert"], false).await;
        directory.request_password_reset("anna", "192.0.2.9").await.expect("asked");
        let messages = directory.claim_messages("test", 10, Duration::from_secs(60)).await.expect("claimed");
        let reset = messages.iter().find(|message| message.kind == MessageKind::PasswordReset);
        let token =
            reset.and_then(|message| message.reset_token.as_ref()).expect("a link").expose().to_owned();
        let own = encoded(OWN);
        send("/api/public/reset_password", format!("token={token}&new={own}&repeat={own}")).await;
        after.push(everything(&site).await);
    }
    assert_eq!(difference(&after[0], &after[1]), None);
    let administrators = after[1]["account"].iter().filter(|row| row.contains("\"role\":\"administrator\""));
    assert_eq!(administrators.count(), 1, "{:#?}", after[1]["account"]);
}
