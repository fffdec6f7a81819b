//! Waves: everybody once, at their time, at their pace, whatever happens meanwhile.

use crate::world::{World, people, secret};
use directory::clock::Timestamp;
use directory::handover::{HandOver, LeftOut};
use directory::id::AccountId;
use directory::outbox::MessageKind;
use directory::people::Actor;
use directory::waves::{NewWave, PlanError, WaveFunnel, WaveId, WavePeople, WaveState, WaveStep};
use roster::review::Options;
use std::collections::HashMap;
use std::time::Duration;
use tokio::task::JoinSet;

on_both!(
    a_wave_waits_for_its_time,
    a_wave_keeps_its_pace,
    who_cannot_get_anything_is_left_out_and_said,
    the_funnel_follows_the_people,
    a_cancelled_wave_sends_nothing_more,
    a_wave_ends_with_the_right_of_its_planner,
    who_never_signed_in_gets_it_again,
    several_servers_release_everybody_once,
    what_cannot_be_planned,
);

const LEASE: Duration = Duration::from_secs(15 * 60);
const NEW: &str = "seven paper lanterns drift";

fn now() -> NewWave {
    NewWave {
        name: "Autumn".to_owned(),
        chosen: "all new people".to_owned(),
        hand_over: HandOver::Link,
        begins_at: None,
        per_hour: None,
    }
}

/// A world with an administrator and so many people who were told nothing.
async fn untold(world: &World, count: u32) -> (Actor, Vec<AccountId>) {
    let petra = world.administrator("petra").await;
    world.run(&Options::default(), &people("u", count)).await;
    let mut accounts = Vec::new();
    for number in 1..=count {
        accounts.push(world.account_id(&format!("u{number:04}")).await);
    }
    (petra, accounts)
}

/// Releases all that is due.
async fn release(world: &World) -> u32 {
    let mut released = 0;
    while let WaveStep::Released(number) = world.directory.release_next_wave().await.unwrap() {
        released += number;
    }
    released
}

async fn state(world: &World, wave: WaveId) -> (WaveState, WaveFunnel) {
    let (wave, funnel) = world.directory.wave(wave).await.unwrap().unwrap();
    (wave.state, funnel)
}

/// Sends what is due; the links by username.
async fn mail(world: &World) -> HashMap<String, String> {
    let mut links = HashMap::new();
    for message in world.directory.claim_messages("mail", 100, LEASE).await.unwrap() {
        assert_eq!(message.kind, MessageKind::SetPasswordLink);
        links.insert(message.username.clone(), message.link_token.as_ref().unwrap().expose().to_owned());
        world.directory.record_sent(message.id, message.fence, "250 ok").await.unwrap();
    }
    links
}

async fn a_wave_waits_for_its_time(world: World) {
    let (petra, accounts) = untold(&world, 3).await;
    let begins_at = Some(world.directory.time().after(Duration::from_secs(3600)));
    let wave = world.directory.plan_wave(&petra, NewWave { begins_at, ..now() }, &accounts).await.unwrap();
    world.clock.advance(Duration::from_secs(3599));
    assert_eq!(release(&world).await, 0);
    assert_eq!(state(&world, wave).await.0, WaveState::Scheduled);
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM credential").await, 1, "nothing was issued before");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(release(&world).await, 3);
    let (state, funnel) = state(&world, wave).await;
    assert_eq!((state, funnel.queued), (WaveState::Done, 3));
    assert_eq!(release(&world).await, 0, "once");
    for event in ["wave_planned", "wave_completed"] {
        let audit = world.directory.audit(&Default::default(), 1).await.unwrap().items;
        assert_eq!(audit.iter().filter(|entry| entry.event == event).count(), 1, "{event}");
    }
    let issued = format!("issue 1, by link, wave {wave}");
    let audit = world.directory.audit(&Default::default(), 1).await.unwrap().items;
    let records: Vec<_> = audit.iter().filter(|entry| entry.detail == issued).collect();
    assert_eq!(records.len(), 3);
    assert!(records.iter().all(|entry| entry.actor == "petra"), "in the name of who planned it");
}

async fn a_wave_keeps_its_pace(world: World) {
    let (petra, accounts) = untold(&world, 7).await;
    let wave = NewWave { per_hour: Some(3), ..now() };
    let id = world.directory.plan_wave(&petra, wave, &accounts).await.unwrap();
    assert_eq!(release(&world).await, 1);
    world.clock.advance(Duration::from_secs(20 * 60 - 1));
    assert_eq!(release(&world).await, 0);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(release(&world).await, 1);
    assert_eq!(state(&world, id).await.0, WaveState::Sending);
    // Nobody looked for hours: what was missed is not made up for at once.
    world.clock.advance(Duration::from_secs(5 * 3600));
    assert_eq!(release(&world).await, 1);
    for _ in 0..4 {
        world.clock.advance(Duration::from_secs(20 * 60));
        assert_eq!(release(&world).await, 1);
    }
    assert_eq!(state(&world, id).await.0, WaveState::Done);
}

async fn who_cannot_get_anything_is_left_out_and_said(world: World) {
    let (petra, mut accounts) = untold(&world, 6).await;
    let directory = &world.directory;
    let sheet = directory.make_sheet(&petra, &accounts[..1]).await.unwrap();
    directory.set_first_password(sheet.slips[0].link.expose(), secret(NEW), "").await.unwrap();
    accounts.push(petra.account);
    accounts.push(accounts[5]);
    let begins_at = Some(directory.time().after(Duration::from_secs(60)));
    let id = directory.plan_wave(&petra, NewWave { begins_at, ..now() }, &accounts).await.unwrap();
    let (wave, _) = directory.wave(id).await.unwrap().unwrap();
    assert_eq!((wave.people, wave.released, wave.left_out), (7, 0, 2), "each once");

    // Meanwhile one is closed, one is gone, and one gets a mail of somebody else.
    directory.deactivate(&petra, &accounts[1..2]).await.unwrap();
    world.execute("DELETE FROM account WHERE username = 'u0003'").await.unwrap();
    directory.send_login_details(&petra, &accounts[3..4]).await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(release(&world).await, 2);
    let (wave, funnel) = directory.wave(id).await.unwrap().unwrap();
    assert_eq!((wave.people, wave.released, wave.left_out, wave.state), (7, 2, 5, WaveState::Done));
    assert_eq!((funnel.queued, funnel.sent, funnel.failed), (2, 0, 0));
    let left_out = directory.wave_people(id, Some(WavePeople::LeftOut), 1).await.unwrap();
    let why: HashMap<&str, LeftOut> =
        left_out.items.iter().map(|person| (person.username.as_str(), person.left_out.unwrap())).collect();
    let expected = [
        ("u0001", LeftOut::OwnPassword),
        ("u0002", LeftOut::Closed),
        ("u0003", LeftOut::Gone),
        ("u0004", LeftOut::UnderWay),
        ("petra", LeftOut::Administrator),
    ];
    assert_eq!(why, HashMap::from(expected));
    assert_eq!(left_out.total, 5);
    assert_eq!(directory.wave_people(id, None, 1).await.unwrap().total, 7);
}

async fn the_funnel_follows_the_people(world: World) {
    let (petra, accounts) = untold(&world, 4).await;
    let directory = &world.directory;
    let id = directory.plan_wave(&petra, now(), &accounts).await.unwrap();
    assert_eq!(state(&world, id).await.1, WaveFunnel::default());
    release(&world).await;
    let messages = directory.claim_messages("mail", 4, LEASE).await.unwrap();
    directory.record_failed(messages[0].id, messages[0].fence, "550 no such mailbox").await.unwrap();
    for message in &messages[1..3] {
        directory.record_sent(message.id, message.fence, "250 ok").await.unwrap();
    }
    let link = messages[1].link_token.as_ref().unwrap();
    directory.set_first_password(link.expose(), secret(NEW), "").await.unwrap();
    let temporary = directory.temporary_secret(messages[2].account, 1).expose();
    directory.sign_in(&messages[2].username, secret(&temporary), "").await.unwrap();
    let funnel = state(&world, id).await.1;
    let expected =
        WaveFunnel { queued: 1, sent: 2, failed: 1, signed_in: 2, own_password: 1, never_signed_in: 2 };
    assert_eq!(funnel, expected);
    let failed = directory.wave_people(id, Some(WavePeople::Failed), 1).await.unwrap();
    assert_eq!(failed.items[0].reply.as_deref(), Some("550 no such mailbox"));
    assert_eq!(failed.total, 1);
    let waiting = directory.wave_people(id, Some(WavePeople::NotSignedIn), 1).await.unwrap();
    assert_eq!(waiting.total, 2);
}

async fn a_cancelled_wave_sends_nothing_more(world: World) {
    let (petra, accounts) = untold(&world, 4).await;
    let directory = &world.directory;
    let slow = NewWave { per_hour: Some(60), ..now() };
    let id = directory.plan_wave(&petra, slow.clone(), &accounts).await.unwrap();
    release(&world).await;
    assert_eq!(mail(&world).await.len(), 1);
    world.clock.advance(Duration::from_secs(60));
    release(&world).await;
    assert!(directory.cancel_wave(&petra, id).await.unwrap());
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(release(&world).await, 0);
    assert!(mail(&world).await.is_empty(), "what waited in the outbox is not sent");
    let (state, funnel) = state(&world, id).await;
    assert_eq!((state, funnel.sent, funnel.failed), (WaveState::Cancelled, 1, 1));
    assert!(!directory.cancel_wave(&petra, id).await.unwrap(), "there is nothing left to stop");
    assert!(!directory.cancel_wave(&petra, WaveId(uuid::Uuid::nil())).await.unwrap());
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'wave_cancelled'").await, 1);
    // Before it has begun, nothing at all happens.
    let begins_at = Some(directory.time().after(Duration::from_secs(60)));
    let id = directory.plan_wave(&petra, NewWave { begins_at, ..slow }, &accounts[2..]).await.unwrap();
    assert!(directory.cancel_wave(&petra, id).await.unwrap());
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(release(&world).await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 2);
}

async fn a_wave_ends_with_the_right_of_its_planner(world: World) {
    let (petra, accounts) = untold(&world, 2).await;
    let anna = world.administrator("anna").await;
    let begins_at = Some(world.directory.time().after(Duration::from_secs(60)));
    let id = world.directory.plan_wave(&anna, NewWave { begins_at, ..now() }, &accounts).await.unwrap();
    world.directory.deactivate(&petra, &[anna.account]).await.unwrap();
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(release(&world).await, 0);
    let (wave, _) = world.directory.wave(id).await.unwrap().unwrap();
    assert_eq!(wave.state, WaveState::Cancelled);
    assert_eq!(wave.note.as_deref(), Some("stopped: anna may no longer send login details"));
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 0);
}

async fn who_never_signed_in_gets_it_again(world: World) {
    let (petra, accounts) = untold(&world, 3).await;
    let directory = &world.directory;
    let id = directory.plan_wave(&petra, now(), &accounts).await.unwrap();
    release(&world).await;
    let links = mail(&world).await;
    directory.set_first_password(&links["u0002"], secret(NEW), "").await.unwrap();
    // Later, so that the list has an order.
    world.clock.advance(Duration::from_secs(60));
    let again = directory.repeat_wave(&petra, id).await.unwrap();
    assert_eq!(release(&world).await, 2);
    let (wave, _) = directory.wave(again).await.unwrap().unwrap();
    assert_eq!((wave.name.as_str(), wave.people, wave.by_link), ("Autumn, again", 2, true));
    let fresh = mail(&world).await;
    assert_ne!(fresh["u0001"], links["u0001"]);
    assert!(directory.link_owner(&links["u0001"]).await.unwrap().is_none(), "the older one is over");
    for username in ["u0001", "u0003"] {
        directory.set_first_password(&fresh[username], secret(NEW), "").await.unwrap();
    }
    assert!(matches!(directory.repeat_wave(&petra, again).await, Err(PlanError::Nobody)));
    let waves = directory.waves(1).await.unwrap();
    assert_eq!((waves.total, waves.items[0].id), (2, again));
}

async fn several_servers_release_everybody_once(world: World) {
    let (petra, accounts) = untold(&world, 60).await;
    // Twenty of them are in both.
    world.directory.plan_wave(&petra, now(), &accounts[..40]).await.unwrap();
    world.directory.plan_wave(&petra, now(), &accounts[20..]).await.unwrap();
    let mut servers = JoinSet::new();
    for _ in 0..4 {
        let directory = world.another().await;
        servers.spawn(async move {
            let mut idle = 0;
            // One that crosses another is taken back and tried again, as the worker does.
            while idle < 3 {
                match directory.release_next_wave().await {
                    Ok(WaveStep::Idle) => idle += 1,
                    Ok(WaveStep::Released(_)) => idle = 0,
                    Err(error) => assert!(error.is_crossing() || error.is_unavailable(), "{error}"),
                }
            }
        });
    }
    servers.join_all().await;
    release(&world).await;
    assert_eq!(world.number("SELECT COUNT(*) FROM message").await, 60, "one mail each");
    assert_eq!(world.number("SELECT COUNT(*) FROM wave WHERE state = 'done'").await, 2);
    let sums = "SELECT COUNT(*) FROM wave w WHERE people <> released + left_out OR released <> \
         (SELECT COUNT(*) FROM wave_person p WHERE p.wave_id = w.id AND p.message_id IS NOT NULL)";
    assert_eq!(world.number(sums).await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM wave_person WHERE left_out = 'under_way'").await, 20);
    assert_eq!(world.number("SELECT COUNT(*) FROM credential WHERE issue_number > 1").await, 0);
}

async fn what_cannot_be_planned(world: World) {
    let (petra, accounts) = untold(&world, 1).await;
    let directory = &world.directory;
    let plan =
        async |wave: NewWave, accounts: &[AccountId]| directory.plan_wave(&petra, wave, accounts).await;
    assert!(matches!(plan(now(), &[]).await, Err(PlanError::Nobody)));
    assert!(matches!(plan(now(), &[petra.account]).await, Err(PlanError::Nobody)));
    let none = NewWave { per_hour: Some(0), ..now() };
    assert!(matches!(plan(none, &accounts).await, Err(PlanError::NoPace)));
    let begins_at = Some(directory.time().after(Duration::from_secs(400 * 24 * 3600)));
    assert!(matches!(plan(NewWave { begins_at, ..now() }, &accounts).await, Err(PlanError::TooFar)));
    let unknown = WaveId(uuid::Uuid::nil());
    assert!(matches!(directory.repeat_wave(&petra, unknown).await, Err(PlanError::NotFound)));
    assert_eq!(world.number("SELECT COUNT(*) FROM wave").await, 0);
    // A time that has passed is now; a name that is missing is made; one with a NUL is kept without it.
    let begins_at = Some(Timestamp(0));
    let wave = plan(NewWave { begins_at, name: String::new(), ..now() }, &accounts).await.unwrap();
    let (wave, _) = directory.wave(wave).await.unwrap().unwrap();
    assert_eq!((wave.name.as_str(), wave.begins_at), ("1 person", directory.time()));
    let wave = plan(NewWave { name: "a\0b".repeat(100), ..now() }, &accounts).await.unwrap();
    assert_eq!(directory.wave(wave).await.unwrap().unwrap().0.name.chars().count(), 100);
}
