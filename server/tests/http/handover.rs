//! Sheets and links as a browser meets them.

use crate::site::{OWN, Site, form_to};
use axum::body::Body;
use axum::http::{StatusCode, header};
use directory::people::{AccountId, Actor};
use directory::sheets::Sheet;

const HERE: &str = "http://people.example.org";
const SHEET: &str = "/admin/sheet";
const SET: &str = "/api/public/set_first_password";

async fn id(site: &Site, username: &str) -> AccountId {
    site.world.directory.account_by_username(username).await.expect("read").expect("there").id
}

async fn sheet(site: &Site, username: &str) -> Sheet {
    let accounts = [id(site, username).await];
    site.world.directory.make_sheet(&Actor::system(), &accounts).await.expect("made")
}

#[tokio::test]
async fn sheets_are_for_administrators_and_never_fetched() {
    let site = Site::at(HERE).await;
    let petra = site.administrator("petra", "Petra").await;
    let member = site.member("anna").await;
    let newcomer = site.newcomer("bert").await;
    let form = format!("form=csv&accounts={}", id(&site, "bert").await);
    assert_eq!(site.call(SHEET, None, &form).await.status, StatusCode::UNAUTHORIZED);
    for session in [&member, &newcomer] {
        let answer = site.call(SHEET, Some(session), &form).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
    }
    assert_eq!(site.open(SHEET, Some(&petra)).await.status, StatusCode::METHOD_NOT_ALLOWED);
    let foreign = form_to(SHEET)
        .header(header::HOST, "people.example.org")
        .header(header::COOKIE, format!("sid={}", petra.expose()))
        .header("sec-fetch-site", "cross-site");
    let answer = site.send(foreign.body(Body::from(form.clone())).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let before = site.temporary("bert").await;
    assert!(site.world.directory.sign_in("bert", before.into(), "").await.is_ok(), "nothing was issued anew");
    assert_eq!(site.call(SHEET, Some(&petra), &form).await.status, StatusCode::OK);
}

#[tokio::test]
async fn slips_hold_what_works_and_nothing_that_runs() {
    let site = Site::at(HERE).await;
    let petra = site.administrator("petra", "Petra").await;
    site.world.import(&["anna", "bert"], false).await;
    let answer = site.call(SHEET, Some(&petra), "form=slips&matching=1&show=not_issued").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.body.matches("<li class=\"slip\">").count(), 2);
    assert_eq!(answer.body.matches("<svg class=\"slip-code\"").count(), 2);
    assert!(!answer.body.contains("style="), "the policy would refuse it");
    assert!(answer.header("content-security-policy").contains("style-src 'self'"));
    for username in ["anna", "bert"] {
        let password = site.temporary(username).await;
        assert!(answer.body.contains(&format!("<dd>{password}</dd>")), "{}", answer.body);
        assert!(
            site.world.directory.sign_in(username, password.into(), "").await.expect("works").must_change
        );
    }
    let nobody = site.call(SHEET, Some(&petra), "form=slips&matching=1&show=administrators").await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nobody.body.contains("Earlier login details still work."), "{}", nobody.body);
    for wrong in ["", "form=slips", "form=slips&accounts=x", "form=slips&matching=1&import=x"] {
        let answer = site.call(SHEET, Some(&petra), wrong).await;
        assert!(answer.status.is_client_error(), "{wrong}: {}", answer.status);
    }
    let audit = site.world.directory.audit(&Default::default(), 1).await.expect("read").items;
    let made: Vec<_> = audit.iter().filter(|entry| entry.event == "sheet_made").collect();
    assert_eq!((made.len(), made[0].actor.as_str()), (1, "petra"));
}

#[tokio::test]
async fn tables_are_defused_and_kept_by_nobody() {
    let site = Site::at(HERE).await;
    let petra = site.administrator("petra", "Petra").await;
    site.world.import_named("anna", "=cmd|' /C calc'!A0", "\"><script>").await;
    let form = format!("form=csv&accounts={}", id(&site, "anna").await);
    let answer = site.call(SHEET, Some(&petra), &form).await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"login-details.csv\"");
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut csv = csv::Reader::from_reader(answer.body.trim_start_matches('\u{feff}').as_bytes());
    let row = csv.records().next().expect("a row").expect("is CSV");
    assert_eq!(&row[0], "anna");
    assert!(row[1].starts_with("'=cmd"), "{}", &row[1]);
    assert_eq!(row[2], site.temporary("anna").await);
    assert!(row[3].starts_with("http://people.example.org/password/set#"), "{}", &row[3]);
    assert_eq!(&row[4], "http://people.example.org/sign-in");
    // The same name on a slip is text.
    let slips = site.call(SHEET, Some(&petra), &form.replace("csv", "slips")).await;
    assert!(!slips.body.contains("\"><script>"), "{}", slips.body);
}

#[tokio::test]
async fn a_link_is_looked_at_as_often_as_one_likes_and_used_once() {
    let site = Site::at(HERE).await;
    site.world.import(&["anna"], false).await;
    let sheet = sheet(&site, "anna").await;
    let token = sheet.slips[0].link.expose();
    for _ in 0..3 {
        // What a mail scanner does.
        assert_eq!(site.open("/password/set", None).await.status, StatusCode::OK);
        let looked = site.call("/api/public/link_page", None, &format!("\u{40}{token}")).await;
        assert_eq!(looked.status, StatusCode::OK, "{}", looked.body);
        assert!(looked.body.contains("anna"), "{}", looked.body);
        assert_eq!(looked.header("set-cookie"), "");
    }
    let form = |token: &str, new: &str, repeat: &str| {
        let encode = |text: &str| text.replace(' ', "+");
        format!("token={token}&new={}&repeat={}", encode(new), encode(repeat))
    };
    for (form, words) in [
        (form(token, OWN, "another"), "not the same"),
        (form(token, "short", "short"), "at least"),
        (form("guess", OWN, OWN), "no longer works"),
    ] {
        let answer = site.call(SET, None, &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(answer.body.contains(words), "{form}: {}", answer.body);
    }
    let set = site.call(SET, None, &form(token, OWN, OWN)).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.body);
    assert!(set.header("set-cookie").starts_with("sid="), "signed in");
    // Used and made up are told apart by nobody.
    let used = site.call(SET, None, &form(token, OWN, OWN)).await;
    let made_up = site.call(SET, None, &form(&"A".repeat(64), OWN, OWN)).await;
    assert_eq!((used.status, &used.body), (made_up.status, &made_up.body));
    for token in [token, &"A".repeat(64)] {
        let looked = site.call("/api/public/link_page", None, &format!("\u{40}{token}")).await;
        assert_eq!((looked.status, looked.body.as_str()), (StatusCode::NOT_FOUND, "\"NotFound\""));
    }
    assert!(!site.world.directory.sign_in("anna", OWN.into(), "").await.expect("works").must_change);
}
