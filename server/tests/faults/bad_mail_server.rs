//! A mail server that fails every fifth mail, in ten different ways, while the process that sends to it is killed: all the
//! same everybody gets a mail whose secret works, and nobody gets a copy for no reason.

use super::Figures;
use super::chance::Chance;
use super::smtp_sink::{Act, Moment, Plan, Sink, Taken};
use super::world::{World, secret_in};
use anyhow::{Context, ensure};
use secrecy::SecretString;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// People and kills, in `make soak` and in `make test`.
const LONG: (u32, u32) = (10_000, 5);
const SHORT: (u32, u32) = (1_000, 2);
/// Longest that all of it may take.
const PATIENCE: Duration = Duration::from_secs(900);
/// Mails that the server took and a killed process had not written down yet: what may wait for a commit, what may be in
/// it, and one on each connection.
const WINDOW: usize = 64 + 32 + CONNECTIONS;
const CONNECTIONS: usize = 8;

/// The ten ways: when, out of how many thousand times, what, and its name. A connection is made for some mails only, so
/// what befalls connections has to be more likely.
const WAYS: &[(&str, u64, Act, &str)] = &[
    ("CONNECT", 150, Act::SayAndClose("451 4.3.0 not now"), "451 at the banner"),
    ("EHLO", 150, Act::Say("451 4.3.0 not now"), "451 at EHLO"),
    ("MAIL", 26, Act::Say("451 4.3.0 not now"), "451 at MAIL"),
    ("MAIL", 26, Act::SayAndClose("421 4.7.0 too many mails, slow down"), "421 at MAIL"),
    ("MAIL", 6, Act::Hang, "hangs"),
    ("RCPT", 26, Act::Say("450 4.2.1 mailbox busy"), "450 at RCPT"),
    ("DATA", 26, Act::Say("451 4.3.0 not now"), "451 at DATA"),
    ("BODY", 26, Act::Close, "cut in the middle of the mail"),
    ("DOT", 26, Act::Say("452 4.3.1 no room"), "452 at the final dot"),
    ("DOT", 26, Act::Close, "taken, answer lost"),
    ("DOT", 6, Act::Hang, "hangs"),
];

/// How often each way was taken.
type Counts = BTreeMap<&'static str, u32>;

fn misbehave(moment: &Moment<'_>, chance: &mut Chance, counts: &mut Counts) -> Option<Act> {
    let mut lot = chance.below(1_000);
    for (_, weight, act, name) in WAYS.iter().filter(|(verb, ..)| *verb == moment.verb) {
        if lot < *weight {
            *counts.entry(name).or_default() += 1;
            return Some(*act);
        }
        lot -= weight;
    }
    None
}

pub async fn mailed(world: &mut World) -> anyhow::Result<Figures> {
    let soak = std::env::var_os("ROLLCALL_SOAK_MINUTES").is_some();
    let (people, kills) = if soak { LONG } else { SHORT };
    let state = Arc::new(Mutex::new((Chance::new(world.chance.below(u64::MAX)), Counts::new())));
    let shared = state.clone();
    let sink = Plan::new()
        .without_raw()
        .script(move |moment| {
            let (chance, counts) = &mut *shared.lock().expect("lock");
            misbehave(moment, chance, counts)
        })
        .start()
        .await;
    world.settings = vec![
        ("ROLLCALL_SMTP_URL", format!("smtp://{}?tls=none", sink.address)),
        ("ROLLCALL_MAIL_FROM", "people@example.com".to_owned()),
        ("ROLLCALL_MAIL_CONNECTIONS", CONNECTIONS.to_string()),
        ("ROLLCALL_MAIL_RETRY_SECONDS", "1".to_owned()),
        ("ROLLCALL_MAIL_TIMEOUT_SECONDS", "2".to_owned()),
    ];

    let id = world.send_rows(people, true).await?;
    let begun = Instant::now();
    // How many more copies than one each person may get.
    let mut allowed: HashMap<String, usize> = HashMap::new();
    let mut unrecorded = Vec::new();
    let mut before = 0;
    for kill in 1..=kills {
        let server = world.server()?;
        // Somewhere in the part of the mails that belongs to this kill.
        let part = u64::from(people / (kills + 1));
        let after = usize::try_from(u64::from(kill - 1) * part + 1 + world.chance.below(part))?;
        while sink.number_taken() < after {
            ensure!(begun.elapsed() < PATIENCE, "mails stand still; the log:\n{}", world.log());
            sleep(Duration::from_millis(1)).await;
        }
        server.kill()?;
        let lost = not_recorded(world, &sink, before).await?;
        before = sink.number_taken();
        ensure!(lost.len() <= WINDOW, "{} results were not written down at a kill", lost.len());
        unrecorded.push(lost.len());
        for address in lost {
            *allowed.entry(address).or_default() += 1;
        }
    }
    let server = world.server()?;
    loop {
        let counts = world.directory.outbox_counts().await;
        if let (Ok(None), Ok(counts)) = (world.done(id).await, counts)
            && counts.queued + counts.sending == 0
        {
            ensure!((counts.sent, counts.failed) == (people, 0), "{counts:?}");
            break;
        }
        ensure!(begun.elapsed() < PATIENCE, "not everything is sent; the log:\n{}", world.log());
        sleep(Duration::from_millis(50)).await;
    }
    server.terminate()?;
    let took = begun.elapsed();

    let taken = sink.taken();
    for mail in taken.iter().filter(|mail| !mail.answered) {
        *allowed.entry(recipient(mail)?.to_owned()).or_default() += 1;
    }
    let copies = copies_by_person(&taken, people)?;
    let mut more = 0;
    for (address, mails) in &copies {
        let may = allowed.get(*address).copied().unwrap_or(0);
        ensure!(
            mails.len() <= 1 + may,
            "{address} got {} copies, {} for no reason",
            mails.len(),
            mails.len() - 1 - may
        );
        more += mails.len() - 1;
    }
    try_all(world, &copies).await?;

    let counts = state.lock().expect("lock").1.clone();
    let missing: Vec<_> = WAYS.iter().filter(|(.., name)| !counts.contains_key(name)).collect();
    ensure!(missing.is_empty(), "these ways did not happen: {missing:?}");
    let failures: u32 = counts.values().sum();
    let attempts = u32::try_from(taken.iter().filter(|mail| mail.answered).count())? + failures;
    let ways: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    Ok(format!(
        "{people} people, {failures} of {attempts} attempts failed ({:.0}%: {}), {kills} kills with {unrecorded:?} mails \
         not yet recorded, {more} second copies, all explained, {} secrets work, {:.0} s",
        f64::from(failures) * 100.0 / f64::from(attempts),
        ways.join(", "),
        copies.len(),
        took.as_secs_f32(),
    ))
}

fn recipient(mail: &Taken) -> anyhow::Result<&str> {
    ensure!(mail.to.len() == 1, "a mail for {:?}", mail.to);
    Ok(&mail.to[0])
}

/// To whom the killed process had given a mail, answer and all, of which its database knows nothing. The mail server had
/// taken `before` mails when that process began: what an earlier one left open and this one had no time for is not its.
async fn not_recorded(world: &World, sink: &Sink, before: usize) -> anyhow::Result<HashSet<String>> {
    let begun = Instant::now();
    // What was on the wire is read to its end.
    while sink.open() > 0 {
        ensure!(begun.elapsed() < Duration::from_secs(10), "the mail server still has connections");
        sleep(Duration::from_millis(1)).await;
    }
    let sql = "SELECT a.email FROM message m JOIN account a ON a.id = m.account_id WHERE m.state = 'sent'";
    let recorded: HashSet<String> = world.texts(sql).await?.into_iter().collect();
    let taken = sink.taken();
    let everybody = taken.iter().map(recipient).collect::<anyhow::Result<HashSet<_>>>()?;
    for address in &recorded {
        ensure!(everybody.contains(address.as_str()), "{address} is recorded as sent, but was not");
    }
    let mut last: HashMap<&str, bool> = HashMap::new();
    for mail in &taken[before..] {
        last.insert(recipient(mail)?, mail.answered);
    }
    let answered = last.into_iter().filter(|(_, answered)| *answered).map(|(address, _)| address.to_owned());
    Ok(answered.filter(|address| !recorded.contains(address)).collect())
}

/// A mail's Message-ID and secret.
type Copy = (String, String);

/// Everybody's copies; all of a person's are the same mail, and there is nobody else's.
fn copies_by_person(taken: &[Taken], people: u32) -> anyhow::Result<HashMap<&str, Vec<Copy>>> {
    let mut copies: HashMap<&str, Vec<Copy>> = HashMap::new();
    for mail in taken {
        let address = recipient(mail)?;
        let parsed = mail_parser::MessageParser::default().parse(&mail.data).context("a mail")?;
        let to = parsed.to().and_then(|to| to.first()).and_then(|to| to.address()).context("a recipient")?;
        ensure!(to == address, "a mail for {to} went to {address}");
        let id = parsed.message_id().context("a Message-ID")?.to_owned();
        let secret = secret_in(&parsed).context("a secret")?;
        copies.entry(address).or_default().push((id, secret));
    }
    let expected: HashSet<String> = (1..=people).map(|row| format!("person{row:06}@example.org")).collect();
    let found: HashSet<String> = copies.keys().map(|address| (*address).to_owned()).collect();
    ensure!(found == expected, "{} people got mail, {} should have", found.len(), expected.len());
    let mut ids = HashSet::new();
    for (address, mails) in &copies {
        ensure!(mails.windows(2).all(|pair| pair[0] == pair[1]), "{address} got different mails: {mails:?}");
        ensure!(ids.insert(&mails[0].0), "two people got the same Message-ID");
    }
    Ok(copies)
}

/// Signs everybody in with what the mail said.
async fn try_all(world: &World, copies: &HashMap<&str, Vec<Copy>>) -> anyhow::Result<()> {
    for (address, mails) in copies {
        let secret = SecretString::from(mails[0].1.as_str());
        let entered = world.directory.sign_in(address, secret, "192.0.2.7").await;
        ensure!(entered.is_ok(), "the secret of {address} does not open the account: {:?}", entered.err());
    }
    Ok(())
}
