//! Pages as they leave the server: to the end, whatever they wait for and whichever thread finishes them.

use crate::site::Site;
use directory::handover::HandOver;
use directory::id::ImportId;
use directory::imports::{NewImport, RunnerStep};
use directory::people::Actor;
use directory::trouble::TroubleKind;
use directory::waves::NewWave;
use roster::review::{Absent, Action, Options};
use roster::summary::{review_bytes, row_of};
use roster::{PasswordPolicy, PersonRow, Values};
use std::sync::Arc;
use std::time::Duration;

const HERE: &str = "http://people.example.org";

/// One thread is another order of events than several: what is woken by whom differs.
#[tokio::test]
async fn they_arrive_whole_from_one_thread() {
    pages_arrive_whole().await;
}

/// What a page makes for the browser alone must not be made on the server: it would be dropped by whichever thread sends
/// the end of the answer, and take the answer with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn they_arrive_whole_whatever_thread_ends_them() {
    pages_arrive_whole().await;
}

/// Pages of each kind, also those that load something within what was loaded.
async fn pages_arrive_whole() {
    let site = Site::at(HERE).await;
    let petra = site.administrator("petra", "Petra").await;
    site.world.import(&["anna", "bert"], false).await;
    let directory = &site.world.directory;
    let import = directory.imports(1).await.expect("read").items[0].id;
    let anna = directory.account_by_username("anna").await.expect("read").expect("there").id;
    let plan = NewWave {
        name: "autumn".to_owned(),
        chosen: "two".to_owned(),
        hand_over: HandOver::Link,
        begins_at: None,
        per_hour: None,
    };
    let wave = directory.plan_wave(&Actor::system(), plan, &[anna]).await.expect("planned");
    let leaving = without_bert(&site).await;
    let cut_off = directory
        .open_import(&Actor::system(), NewImport { rows: 5, digest: vec![9; 16], ..full_roster() })
        .await
        .expect("opened")
        .0;
    let pages = [
        "/people".to_owned(),
        "/people/anna".to_owned(),
        "/me".to_owned(),
        "/admin/people".to_owned(),
        "/admin/waves".to_owned(),
        "/admin/settings".to_owned(),
        format!("/admin/imports/{import}"),
        format!("/admin/imports/{leaving}"),
        format!("/admin/imports/{cut_off}"),
        format!("/admin/waves/{wave}"),
    ];
    for _ in 0..25 {
        for page in &pages {
            let answer = tokio::time::timeout(Duration::from_secs(20), site.open(page, Some(&petra))).await;
            let body = answer.unwrap_or_else(|_| panic!("{page} does not end")).body;
            // What the stream of a page ends with, after everything that it waited for.
            assert!(body.ends_with("__INCOMPLETE_CHUNKS=[];</script>"), "{page}: {body}");
        }
    }
}

/// F28, F31: on every page of administrators, and on no other.
#[tokio::test]
async fn administrators_are_told_that_no_mail_leaves() {
    let site = Site::at(HERE).await;
    let petra = site.administrator("petra", "Petra").await;
    let member = site.member("anna").await;
    let directory = &site.world.directory;
    let pages = ["/people", "/me", "/admin/people", "/admin/people/import", "/admin/mail", "/admin/settings"];
    let words = "MAIL FROM: 550 5.7.1 not allowed to send as this";
    directory.mail_waits(TroubleKind::Sender, words, Duration::from_secs(600)).await.expect("noted");
    while let [message] =
        &directory.claim_messages("mail", 1, Duration::from_secs(60)).await.expect("read")[..]
    {
        directory.record_sent(message.id, message.fence, "250").await.expect("recorded");
    }
    let body = site.open("/people", Some(&petra)).await.body;
    assert!(!body.contains("refuses our sender address"), "nothing waits for it: {body}");
    site.world.import(&["bert", "cid"], true).await;
    for page in pages {
        let body = site.open(page, Some(&petra)).await.body;
        assert!(body.contains("refuses our sender address") && body.contains(words), "{page}: {body}");
        assert!(body.contains("2 mails wait"), "{page}: {body}");
    }
    for page in ["/people", "/me"] {
        let body = site.open(page, Some(&member)).await.body;
        assert!(!body.contains("banners") && !body.contains(words), "{page}: {body}");
    }
    assert!(!site.open("/sign-in", None).await.body.contains(words));
    directory.mail_leaves().await.expect("noted");
    let body = site.open("/people", Some(&petra)).await.body;
    assert!(body.contains("banners") && !body.contains(words), "{body}");
}

/// Many readers at the same time, on several threads, as on a busy day.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn they_arrive_whole_for_many_at_once() {
    let site = Arc::new(Site::at(HERE).await);
    let petra = site.administrator("petra", "Petra").await;
    site.world.import(&["anna", "bert"], false).await;
    let import = site.world.directory.imports(1).await.expect("read").items[0].id;
    let pages: Arc<[String]> = [
        "/people".to_owned(),
        format!("/admin/imports/{import}"),
        "/people/anna".to_owned(),
        format!("/admin/imports/{import}?outcome=created"),
        "/admin/people".to_owned(),
        "/admin/settings".to_owned(),
    ]
    .into();
    let readers = (0..8).map(|reader| {
        let (site, petra, pages) = (site.clone(), petra.clone(), pages.clone());
        tokio::spawn(async move {
            for time in 0..60 {
                let page = &pages[(reader + time) % pages.len()];
                let answer =
                    tokio::time::timeout(Duration::from_secs(20), site.open(page, Some(&petra))).await;
                let body = answer.unwrap_or_else(|_| panic!("{page} does not end")).body;
                assert!(body.ends_with("__INCOMPLETE_CHUNKS=[];</script>"), "{page}: {body}");
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for reader in readers {
        reader.await.expect("every page arrives");
    }
}

fn full_roster() -> NewImport {
    NewImport {
        file_name: "everybody.csv".to_owned(),
        file_digest: String::new(),
        options: Options { absent: Absent::Deactivate { at_most: 100 }, ..Options::default() },
        columns: vec![("Login".to_owned(), "username".to_owned()), ("Mail".to_owned(), "email".to_owned())],
        rows: 0,
        digest: vec![8; 16],
        reviewed_at: None,
    }
}

/// A full roster without bert, carried out.
async fn without_bert(site: &Site) -> ImportId {
    let (directory, actor) = (&site.world.directory, Actor::system());
    let bert = directory.account_by_username("bert").await.expect("read").expect("there").id;
    let (id, _) = directory.open_import(&actor, full_roster()).await.expect("opened");
    directory.name_absent(id, &[bert]).await.expect("named");
    directory.seal_import(&actor, id).await.expect("sealed");
    while directory.run_next_batch("test").await.expect("carried out") == RunnerStep::Worked {}
    id
}

/// Who was not in a full roster is listed with what became of them; an upload that was cut off says how it goes on.
#[tokio::test]
async fn results_tell_who_was_absent_and_what_is_missing() {
    let site = Site::at(HERE).await;
    let petra = site.administrator("petra", "Petra").await;
    site.world.import(&["anna", "bert"], false).await;
    let id = without_bert(&site).await;
    let page = site.open(&format!("/admin/imports/{id}"), Some(&petra)).await.body;
    for words in ["1 account deactivated", "Not in the file", "bert", "Deactivated", "Undo import"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Choose the file again"));
    let directory = &site.world.directory;
    let cut_off = NewImport { rows: 5, digest: vec![9; 16], ..full_roster() };
    let (id, _) = directory.open_import(&Actor::system(), cut_off).await.expect("opened");
    let page = site.open(&format!("/admin/imports/{id}"), Some(&petra)).await.body;
    for words in ["0 of 5 rows have come", "Choose the file again", "Finish with the rows that have come"] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

/// The download of failed rows says by what they are known again when they come back.
#[tokio::test]
async fn failed_rows_are_known_again() {
    let site = Site::at(HERE).await;
    let petra = site.administrator("petra", "Petra").await;
    let (directory, actor) = (&site.world.directory, Actor::system());
    let new = NewImport { rows: 1, options: Options::default(), ..full_roster() };
    let (id, _) = directory.open_import(&actor, new).await.expect("opened");
    let values = Values { username: "anna".to_owned(), email: "=none".to_owned(), ..Values::default() };
    let row = PersonRow { row: 7, line: 8, values };
    directory.receive_chunk(&actor, id, 0, vec![(row, Action::Add)]).await.expect("taken");
    directory.seal_import(&actor, id).await.expect("sealed");
    while directory.run_next_batch("test").await.expect("carried out") == RunnerStep::Worked {}
    let file = site.open(&format!("/admin/imports/{id}/failed.csv"), Some(&petra)).await.body;
    let bytes = file.as_bytes();
    let review =
        review_bytes(bytes, Default::default(), PasswordPolicy::default(), Vec::new()).expect("a roster");
    let span = review.span(1).expect("a row");
    assert_eq!(review.failed_row(1, row_of(bytes, span)), Some((id.to_string(), 7)), "{file}");
    assert!(file.contains("Login,Mail,Problem\r\nanna,'=none,"), "{file}");
}
