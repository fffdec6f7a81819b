//! The mail sender: every message ends where it belongs, whatever the mail server does, and none is lost.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use directory::Directory;
use directory::account::Actor;
use directory::handover::HandOver;
use directory::id::AccountId;
use directory::outbox::{MessageState, OutboxItem};
use directory::trouble::TroubleKind;
use directory::waves::NewWave;
use mail_parser::MessageParser;
use secrecy::SecretString;
use server::mail::Post;
use server::mail::smtp::Timeouts;
use server::shutdown::Shutdown;
use server::workers::Step;
use server::workers::gate::{Gate, Pauses, State};
use server::workers::mail_sender::{Lane, Sender};
use server::workers::pace::Pace;
use server::workers::wave_runner::WaveRunner;
use sqlx::{Connection, SqliteConnection};

use crate::support::config;
use crate::support::people::World;
use crate::support::smtp_sink::{Act, Plan, Sink, Taken};

/// A gate that opens again at once, so that tests need not wait.
const EAGER: Pauses = Pauses { first: Duration::ZERO, longest: Duration::ZERO, mending: Duration::ZERO };

fn sender_to(directory: &Directory, folder: &Path, smtp_url: Option<&str>) -> Arc<Sender> {
    let mut settings =
        vec![("public_url", "https://people.example.com"), ("mail_from", "people@example.com")];
    settings.extend(smtp_url.map(|url| ("smtp_url", url)));
    let config = config(folder, &settings);
    let timeouts = Timeouts { command: Duration::from_secs(5), ..Timeouts::default() };
    let post = Post::with_timeouts(config, timeouts).expect("a post office");
    Sender::new(directory.clone(), post, Arc::new(Gate::new(EAGER)), Pace::new(None), Shutdown::new())
}

pub fn sender(directory: &Directory, folder: &Path, sink: &Sink) -> Arc<Sender> {
    sender_to(directory, folder, Some(&format!("smtp://{}?tls=none", sink.address)))
}

/// A wave that owes somebody the link to set a password.
pub async fn owe_link(directory: &Directory, account: AccountId) {
    let wave = NewWave {
        name: String::new(),
        chosen: String::new(),
        hand_over: HandOver::Link,
        begins_at: None,
        per_hour: None,
    };
    directory.plan_wave(&Actor::system(), wave, &[account]).await.expect("planned");
    let runner = WaveRunner::new(directory.clone(), Arc::default());
    assert_eq!(runner.step().await.expect("released"), Step::Worked);
    assert_eq!(runner.step().await.expect("nothing is left"), Step::Idle);
}

/// Works until there is nothing due.
pub async fn drain(sender: &Arc<Sender>) {
    let mut lane = Lane::new(sender.clone(), "lane".to_owned());
    while lane.step().await.expect("the database works") != Step::Idle {}
}

async fn items(directory: &Directory) -> Vec<OutboxItem> {
    let mut items = directory.outbox(None, 1).await.expect("read").items;
    items.sort_by(|a, b| a.username.cmp(&b.username));
    items
}

async fn states(directory: &Directory) -> Vec<(String, MessageState)> {
    items(directory).await.into_iter().map(|item| (item.username, item.state)).collect()
}

fn password(mail: &Taken) -> String {
    let parsed = MessageParser::default().parse(&mail.data).expect("a mail");
    let text = parsed.body_text(0).expect("text").into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("Temporary password: ")).expect("a password");
    line.trim().to_owned()
}

async fn can_sign_in(directory: &Directory, username: &str, password: &str) -> bool {
    directory.sign_in(username, SecretString::from(password), "127.0.0.1").await.is_ok()
}

#[tokio::test]
async fn everyone_gets_one_mail_with_a_password_that_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::with_mail_owed(folder.path(), &["ann", "bob", "cid"]).await;
    let sink = Plan::new().start().await;
    drain(&sender(&world.directory, folder.path(), &sink)).await;
    let taken = sink.taken();
    let recipients: BTreeSet<&str> = taken.iter().map(|mail| mail.to[0].as_str()).collect();
    assert_eq!(recipients, BTreeSet::from(["ann@example.com", "bob@example.com", "cid@example.com"]));
    assert_eq!((taken.len(), sink.count("CONNECT")), (3, 1));
    for item in items(&world.directory).await {
        assert_eq!(item.state, MessageState::Sent);
        assert_eq!(item.reply.as_deref(), Some("250 2.0.0 queued as 12345"));
    }
    let mail = taken.iter().find(|mail| mail.to[0].starts_with("ann")).expect("Ann's mail");
    assert!(can_sign_in(&world.directory, "ann", &password(mail)).await);
}

/// F29: the schedule, the count of attempts, and in the end exactly one mail.
#[tokio::test]
async fn a_refusal_for_now_is_tried_again_later() {
    for verb in ["MAIL", "RCPT", "DATA", "DOT"] {
        let folder = tempfile::tempdir().expect("a folder");
        let world = World::with_mail_owed(folder.path(), &["ann"]).await;
        let sink = Plan::new()
            .script(move |moment| {
                (moment.verb == verb && moment.earlier == 0).then_some(Act::Say("451 4.3.0 later"))
            })
            .start()
            .await;
        let sender = sender(&world.directory, folder.path(), &sink);
        drain(&sender).await;
        let waiting = &items(&world.directory).await[0];
        assert_eq!((waiting.state, waiting.attempts), (MessageState::Queued, 1), "{verb}");
        assert_eq!(waiting.reply.as_deref(), Some("451 4.3.0 later"));
        assert!(sink.taken().is_empty());
        world.clock.advance(Duration::from_secs(2 * 60));
        drain(&sender).await;
        let sent = &items(&world.directory).await[0];
        assert_eq!((sent.state, sent.attempts, sink.taken().len()), (MessageState::Sent, 2, 1), "{verb}");
    }
}

/// F33: the server took the mail and its answer was lost. The second copy is the same mail, and its password works.
#[tokio::test]
async fn a_lost_answer_makes_a_second_copy_of_the_same_mail() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::with_mail_owed(folder.path(), &["ann"]).await;
    let sink = Plan::new()
        .script(|moment| (moment.verb == "DOT" && moment.earlier == 0).then_some(Act::Close))
        .start()
        .await;
    let sender = sender(&world.directory, folder.path(), &sink);
    drain(&sender).await;
    assert_eq!(items(&world.directory).await[0].state, MessageState::Queued);
    world.clock.advance(Duration::from_secs(2 * 60));
    drain(&sender).await;
    let taken = sink.taken();
    assert_eq!(taken.len(), 2);
    assert!(taken[0].header("Message-ID").is_some_and(|id| id.ends_with("@example.com>")));
    assert_eq!(taken[0].header("Message-ID"), taken[1].header("Message-ID"));
    assert_eq!(password(&taken[0]), password(&taken[1]));
    assert!(can_sign_in(&world.directory, "ann", &password(&taken[0])).await);
}

/// F30: one unknown address.
#[tokio::test]
async fn a_recipient_refused_for_good_fails_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::with_mail_owed(folder.path(), &["ann", "bob", "cid"]).await;
    let sink = Plan::new()
        .script(|moment| moment.line.contains("bob@").then_some(Act::Say("550 5.1.1 no such user here")))
        .start()
        .await;
    drain(&sender(&world.directory, folder.path(), &sink)).await;
    let found = items(&world.directory).await;
    assert_eq!(found[1].state, MessageState::Failed);
    assert_eq!(found[1].reply.as_deref(), Some("550 5.1.1 no such user here"));
    assert_eq!((found[0].state, found[2].state), (MessageState::Sent, MessageState::Sent));
}

/// F31: a wrong password or sender is nobody's message's fault.
#[tokio::test]
async fn a_refused_configuration_pauses_the_queue() {
    for verb in ["AUTH", "MAIL"] {
        let folder = tempfile::tempdir().expect("a folder");
        let world = World::with_mail_owed(folder.path(), &["ann", "bob"]).await;
        let sink = Plan::new()
            .extensions(&["AUTH PLAIN"])
            .script(move |moment| {
                (moment.verb == verb && moment.earlier == 0).then_some(Act::Say("535 5.7.8 not you"))
            })
            .start()
            .await;
        let url = format!("smtp://user:canary@{}?tls=none", sink.address);
        let sender = sender_to(&world.directory, folder.path(), Some(&url));
        let mut lane = Lane::new(sender.clone(), "lane".to_owned());
        assert_eq!(lane.step().await.expect("works"), Step::Worked);
        assert!(matches!(sender.gate.state(), State::ToMend(words) if words.contains("535 5.7.8 not you")));
        let found = states(&world.directory).await;
        assert!(found.iter().all(|(_, state)| *state == MessageState::Queued), "{verb}: {found:?}");
        assert_eq!(sink.count(verb), 1, "the others did not try");
        // Whoever looks is told what it is, whichever process they ask.
        let holdup = world.directory.mail_holdup().await.expect("read");
        let trouble = holdup.trouble.expect("a trouble");
        let kind = if verb == "AUTH" { TroubleKind::Login } else { TroubleKind::Sender };
        assert_eq!((trouble.kind, holdup.waiting), (kind, 2));
        assert!(trouble.words.contains("535 5.7.8 not you"), "{trouble:?}");
        drain(&sender).await;
        assert_eq!(sender.gate.state(), State::Open);
        assert_eq!(world.directory.mail_holdup().await.expect("read").trouble, None);
        let found = states(&world.directory).await;
        assert!(found.iter().all(|(_, state)| *state == MessageState::Sent), "{verb}: {found:?}");
    }
}

/// F28: the server is away, comes back, and everything is sent.
#[tokio::test]
async fn an_outage_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::with_mail_owed(folder.path(), &["ann", "bob"]).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let away = sender_to(&world.directory, folder.path(), Some(&format!("smtp://{address}?tls=none")));
    let mut lane = Lane::new(away.clone(), "away".to_owned());
    assert_eq!(lane.step().await.expect("works"), Step::Worked);
    assert!(matches!(away.gate.state(), State::Waiting(_)));
    let trouble = world.directory.mail_holdup().await.expect("read").trouble.expect("a trouble");
    assert_eq!(trouble.kind, TroubleKind::Unreachable);
    assert!(items(&world.directory).await.iter().all(|item| item.state == MessageState::Queued));
    let sink = Plan::new().start().await;
    drain(&sender(&world.directory, folder.path(), &sink)).await;
    assert!(items(&world.directory).await.iter().all(|item| item.state == MessageState::Sent));
    assert_eq!(sink.taken().len(), 2);
    let after = world.directory.mail_holdup().await.expect("read");
    assert_eq!((after.trouble, after.waiting), (None, 0), "another process than the one that met it");
}

/// F35: the server asks for patience.
#[tokio::test]
async fn a_server_that_asks_for_patience_gets_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::with_mail_owed(folder.path(), &["ann", "bob", "cid"]).await;
    let sink = Plan::new()
        .script(|moment| {
            (moment.verb == "MAIL" && moment.earlier == 1)
                .then_some(Act::SayAndClose("421 4.7.0 too many, wait"))
        })
        .start()
        .await;
    let sender = sender(&world.directory, folder.path(), &sink);
    drain(&sender).await;
    assert_eq!(sink.taken().len(), 3, "everyone got one mail in the end");
    let found = items(&world.directory).await;
    assert!(found.iter().all(|item| item.state == MessageState::Sent && item.attempts == 1), "{found:?}");
}

#[tokio::test]
async fn two_lanes_share_the_work_and_nobody_gets_two_mails() {
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<String> = (0..100).map(|number| format!("person{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = World::with_mail_owed(folder.path(), &names).await;
    let sink = Plan::new().start().await;
    let sender = sender(&world.directory, folder.path(), &sink);
    let run = |name: &'static str| {
        let sender = sender.clone();
        tokio::spawn(async move {
            let mut lane = Lane::new(sender, name.to_owned());
            while lane.step().await.expect("works") != Step::Idle {}
        })
    };
    let (first, second) = tokio::join!(run("first"), run("second"));
    first.expect("ended");
    second.expect("ended");
    let taken = sink.taken();
    let recipients: BTreeSet<String> = taken.iter().map(|mail| mail.to[0].clone()).collect();
    assert_eq!((taken.len(), recipients.len()), (100, 100));
}

/// F36: a connection that hangs holds up what it has, and nothing else.
#[tokio::test]
async fn while_one_connection_hangs_the_other_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<String> = (0..40).map(|number| format!("person{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = World::with_mail_owed(folder.path(), &names).await;
    let sink = Plan::new()
        .script(|moment| (moment.verb == "MAIL" && moment.earlier == 0).then_some(Act::Hang))
        .start()
        .await;
    let sender = sender(&world.directory, folder.path(), &sink);
    let mut stuck = Lane::new(sender.clone(), "stuck".to_owned());
    let hanging = tokio::spawn(async move { stuck.step().await.expect("works") });
    while sink.count("MAIL") == 0 {
        tokio::task::yield_now().await;
    }
    drain(&sender).await;
    assert!(!hanging.is_finished(), "it still hangs");
    let counts = world.directory.outbox_counts().await.expect("counted");
    assert_eq!((counts.sent, counts.sending), (32, 8), "all that the first one does not hold");
    hanging.abort();
}

/// F10: asked to end, the lane finishes its mail and gives the others back.
#[tokio::test]
async fn a_lane_that_is_asked_to_end_gives_back_what_it_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::with_mail_owed(folder.path(), &["ann", "bob", "cid"]).await;
    let ending = Shutdown::new();
    let asked = ending.clone();
    let sink = Plan::new()
        .script(move |moment| {
            if moment.verb == "DOT" {
                asked.request();
            }
            None
        })
        .start()
        .await;
    let plain = sender(&world.directory, folder.path(), &sink);
    let (directory, post, gate) = (plain.directory.clone(), plain.post.clone(), plain.gate.clone());
    let sender = Sender::new(directory, post, gate, Pace::new(None), ending);
    Lane::new(sender, "ending".to_owned()).step().await.expect("works");
    assert_eq!(sink.taken().len(), 1);
    let counts = world.directory.outbox_counts().await.expect("counted");
    assert_eq!((counts.sent, counts.queued, counts.sending), (1, 2, 0));
    drain(&plain).await;
    assert_eq!(sink.taken().len(), 3);
}

#[tokio::test]
async fn the_rate_holds_a_lane_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::with_mail_owed(folder.path(), &["ann", "bob"]).await;
    let sink = Plan::new().start().await;
    let plain = sender(&world.directory, folder.path(), &sink);
    let (directory, post, gate) = (plain.directory.clone(), plain.post.clone(), plain.gate.clone());
    let slow = Sender::new(directory, post, gate, Pace::new(Some(25)), Shutdown::new());
    let mut lane = Lane::new(slow, "slow".to_owned());
    assert_eq!(lane.step().await.expect("works"), Step::Worked);
    let held = lane.step().await.expect("works");
    assert!(matches!(held, Step::Held(wait) if wait <= Duration::from_millis(2400)), "{held:?}");
    assert_eq!(sink.taken().len(), 1);
}

#[tokio::test]
async fn the_file_transport_writes_what_the_page_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::with_mail_owed(folder.path(), &["ann"]).await;
    let sender = sender_to(&world.directory, folder.path(), None);
    drain(&sender).await;
    let item = &items(&world.directory).await[0];
    assert_eq!(item.state, MessageState::Sent);
    let text = sender.post.files().expect("files").read(&item.id.to_string()).await.expect("readable");
    assert!(
        text.contains("To: Zoë Smith <ann@example.com>") && text.contains("Temporary password: "),
        "{text}"
    );
}

/// T29: the link of a forgotten password starts with the configured address, and its token works.
#[tokio::test]
async fn a_forgotten_password_gets_a_link_that_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::new(folder.path()).await;
    world.import(&["ann"], false).await;
    world.directory.request_password_reset("ann@example.com", "192.0.2.1").await.expect("asked");
    let sink = Plan::new().start().await;
    drain(&sender(&world.directory, folder.path(), &sink)).await;
    let taken = sink.taken();
    assert_eq!(taken.len(), 1);
    let parsed = MessageParser::default().parse(&taken[0].data).expect("a mail");
    let text = parsed.body_text(0).expect("text").into_owned();
    let token = text
        .lines()
        .find_map(|line| line.strip_prefix("https://people.example.com/password/reset#"))
        .expect("a link to the configured address");
    let html = parsed.body_html(0).expect("HTML").into_owned();
    assert!(html.contains(token) && html.contains("Set a new password"), "{html}");
    let own = "seven paper lanterns drift";
    world.directory.reset_password(token, SecretString::from(own), "").await.expect("set");
    assert!(can_sign_in(&world.directory, "ann", own).await);
}

#[tokio::test]
async fn what_was_claimed_without_an_answer_is_sent_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::with_mail_owed(folder.path(), &["ann"]).await;
    let sink = Plan::new().start().await;
    let mut lane = Lane::new(sender(&world.directory, folder.path(), &sink), "lane".to_owned());
    // The database took the claim, and the answer never came.
    let lease = Duration::from_secs(900);
    let claimed = world.directory.claim_messages("lane", 8, lease).await.expect("claimed");
    assert_eq!(claimed.len(), 1);
    let url = format!("sqlite://{}", folder.path().join("rollcall.db").display());
    let mut other = SqliteConnection::connect(&url).await.expect("opened");
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.expect("locked");
    assert!(lane.step().await.is_err(), "nothing can be claimed");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("free again");
    assert_eq!(lane.step().await.expect("works"), Step::Worked);
    assert_eq!(sink.taken().len(), 1);
}

#[tokio::test]
async fn a_newcomer_gets_a_link_instead_of_a_password() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::new(folder.path()).await;
    world.import(&["ann"], false).await;
    let ann = world.directory.account_by_username("ann").await.expect("read").expect("there").id;
    owe_link(&world.directory, ann).await;
    let sink = Plan::new().start().await;
    drain(&sender(&world.directory, folder.path(), &sink)).await;
    let taken = sink.taken();
    let parsed = MessageParser::default().parse(&taken[0].data).expect("a mail");
    let text = parsed.body_text(0).expect("text").into_owned();
    let token = text
        .lines()
        .find_map(|line| line.strip_prefix("https://people.example.com/password/set#"))
        .expect("a link to the configured address");
    let html = parsed.body_html(0).expect("HTML").into_owned();
    assert!(html.contains(token) && html.contains("Set your password"), "{html}");
    let temporary = world.directory.temporary_secret(ann, 1).expose();
    assert!(!text.contains(&temporary) && !html.contains(&temporary), "no password travels");
    for words in ["Username: ann", "It works once, until ", "https://people.example.com/sign-in"] {
        assert!(text.contains(words), "{text}");
    }
    let own = "seven paper lanterns drift";
    world.directory.set_first_password(token, SecretString::from(own), "").await.expect("set");
    assert!(can_sign_in(&world.directory, "ann", own).await);
}
