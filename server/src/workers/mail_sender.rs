//! Hands out what the outbox owes, in several lanes with a connection each. At-least-once: a message is marked as sent
//! only after the mail server took it, so the worst that a crash can do is one more copy of the mails whose results
//! were not written down yet ([`Ledger`]), with the same Message-ID and a secret that works.

use std::sync::Arc;
use std::time::Duration;

use directory::outbox::{Attempt, AttemptEnd, OutgoingMessage, retry_after};
use directory::trouble::TroubleKind;
use directory::{Directory, StoreError};
use tokio::time::{Instant, timeout};

use super::Step;
use super::gate::{Gate, Pass};
use super::ledger::Ledger;
use super::pace::Pace;
use crate::mail::outcome::{Fault, Phase, Verdict};
use crate::mail::{Letterhead, Post, Transport};
use crate::shutdown::Shutdown;

/// How long a claimed message is ours. Longer than any attempt may take.
const LEASE: Duration = Duration::from_secs(15 * 60);
/// The longest attempt, all phases together.
const ATTEMPT: Duration = Duration::from_secs(12 * 60);
/// A claimed message whose turn comes later than this goes back: its attempt could outlast the lease.
const START_WITHIN: Duration = Duration::from_secs(2 * 60);
/// Messages claimed at a time at first, when nothing limits the rate; others shall have something to do as well.
const FIRST_BATCH: u32 = 8;
/// The most messages claimed at a time: as many as a quick server takes within [`QUICK`].
const LARGEST_BATCH: u32 = 256;
/// A lane that is done with its messages within this takes more the next time.
const QUICK: Duration = Duration::from_millis(500);

/// What all lanes of a process share.
pub struct Sender {
    /// Where messages are owed.
    pub directory: Directory,
    /// How mail leaves.
    pub post: Post,
    /// Closed while no mail can leave.
    pub gate: Arc<Gate>,
    /// How fast mail may leave.
    pub pace: Pace,
    /// Asked between two messages.
    pub shutdown: Shutdown,
    ledger: Ledger,
}

impl Sender {
    /// What the lanes of this process will share.
    pub fn new(
        directory: Directory,
        post: Post,
        gate: Arc<Gate>,
        pace: Pace,
        shutdown: Shutdown,
    ) -> Arc<Sender> {
        let ledger = Ledger::open(directory.clone(), shutdown.clone(), LEASE - ATTEMPT);
        Arc::new(Sender { directory, post, gate, pace, shutdown, ledger })
    }

    /// Mail leaves, which all processes and the pages are told once.
    async fn works(&self) {
        if !self.gate.works() {
            return;
        }
        match self.directory.mail_leaves().await {
            Ok(()) => self.gate.told(),
            Err(error) => tracing::warn!(%error, "that mail leaves could not be noted; with the next one"),
        }
    }

    /// Nobody's mail can go, which all are told with the reason. Answers for how long.
    async fn waits(&self, fault: &Fault) -> Duration {
        let pause = self.gate.close(fault);
        let kind = if self.post.files().is_some() { TroubleKind::NotWritten } else { fault.trouble() };
        if let Err(error) = self.directory.mail_waits(kind, &fault.to_string(), pause).await {
            tracing::warn!(%error, "why no mail leaves could not be noted; with the next attempt");
        }
        pause
    }
}

/// One connection's worth of sending.
pub struct Lane {
    sender: Arc<Sender>,
    name: String,
    transport: Transport,
    batch: u32,
    /// The answer to a claim was lost: messages may be ours without our knowing which.
    unsure: bool,
}

impl Lane {
    /// A lane that is not connected yet; `name` tells it from all others on the same database.
    pub fn new(sender: Arc<Sender>, name: String) -> Lane {
        let transport = sender.post.transport();
        Lane { sender, name, transport, batch: FIRST_BATCH, unsure: false }
    }

    /// Claims a few messages and deals with each; how each ended is written down when this returns.
    ///
    /// # Errors
    /// The database failed before anything was handed over.
    pub async fn step(&mut self) -> Result<Step, StoreError> {
        let sender = self.sender.clone();
        // Before anything is claimed: what is claimed must be dealt with.
        let settings = sender.directory.settings().await?;
        let letterhead = sender.post.letterhead(&settings, &sender.directory.mail_texts().await?);
        let pass = match sender.gate.pass() {
            Ok(pass) => pass,
            Err(wait) => return Ok(Step::Held(wait)),
        };
        if let Err(wait) = sender.pace.reserve() {
            if pass == Pass::Trial {
                sender.gate.not_tried();
            }
            return Ok(Step::Held(wait));
        }
        if self.unsure {
            // Nothing that we know of is left from before: each step ends when its results are written down.
            let released = sender.directory.release_messages_of(|worker| worker == self.name).await;
            self.unsure = released.is_err();
        }
        let one_by_one = pass == Pass::Trial || sender.pace.is_limited();
        let most = if one_by_one { 1 } else { self.batch };
        let claimed = match sender.directory.claim_messages(&self.name, most, LEASE).await {
            Ok(claimed) if !claimed.is_empty() => claimed,
            nothing => {
                sender.pace.give_back();
                if pass == Pass::Trial {
                    sender.gate.not_tried();
                }
                self.unsure |= nothing.is_err();
                nothing?;
                self.transport.close_if_unused().await;
                return Ok(Step::Idle);
            }
        };
        let begun = Instant::now();
        self.deal_with(claimed, &letterhead).await;
        self.batch = if begun.elapsed() <= QUICK { (self.batch * 2).min(LARGEST_BATCH) } else { FIRST_BATCH };
        sender.ledger.settled().await;
        Ok(Step::Worked)
    }

    async fn deal_with(&mut self, claimed: Vec<OutgoingMessage>, letterhead: &Letterhead) {
        let begun = Instant::now();
        let mut closed: Option<(String, Duration)> = None;
        for message in claimed {
            let (end, reply) = match &closed {
                Some((words, pause)) => (AttemptEnd::Postponed(*pause), words.clone()),
                None if self.sender.shutdown.is_requested() => {
                    (AttemptEnd::Postponed(Duration::ZERO), "waiting: the server is being stopped".to_owned())
                }
                None if begun.elapsed() > START_WITHIN => {
                    (AttemptEnd::Postponed(Duration::ZERO), "waiting for its turn".to_owned())
                }
                None => self.attempt(&message, letterhead, &mut closed).await,
            };
            self.sender.ledger.note(Attempt { id: message.id, fence: message.fence, end, reply }).await;
        }
    }

    /// Hands one message over; closes the gate, and says so in `closed`, when nobody's message can go.
    async fn attempt(
        &mut self,
        message: &OutgoingMessage,
        letterhead: &Letterhead,
        closed: &mut Option<(String, Duration)>,
    ) -> (AttemptEnd, String) {
        let mail = match letterhead.compose(message) {
            Ok(mail) => mail,
            Err(error) => return (AttemptEnd::Failed, error.to_string()),
        };
        let outcome = match timeout(ATTEMPT, self.transport.send(message, &mail)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                // The conversation was cut short in the middle; nothing more can be said over that connection.
                self.transport = self.sender.post.transport();
                Err(Fault::timeout(Phase::Message))
            }
        };
        match outcome {
            Ok(words) => {
                self.sender.works().await;
                (AttemptEnd::Sent, words)
            }
            Err(fault) => match fault.verdict() {
                Verdict::Refuse => {
                    self.sender.works().await;
                    (AttemptEnd::Failed, fault.words)
                }
                Verdict::TryLater => {
                    (AttemptEnd::Later(wait_after(message, self.sender.post.first_retry())), fault.words)
                }
                Verdict::Wait | Verdict::Mend => {
                    let pause = self.sender.waits(&fault).await;
                    self.transport.close().await;
                    *closed = Some((fault.to_string(), pause));
                    (AttemptEnd::Postponed(pause), fault.to_string())
                }
            },
        }
    }
}

/// The schedule's wait, up to a tenth longer, so that messages that failed together do not all come back together.
/// The tenth is taken from the message's own random id.
fn wait_after(message: &OutgoingMessage, first: Duration) -> Duration {
    let wait = retry_after(message.attempts, first);
    let lot = message.id.0.as_bytes().last().copied().unwrap_or_default();
    wait + wait.mul_f64(f64::from(lot) / 2550.0)
}
