//! Hands out what the outbox owes, in several lanes with a connection each. At-least-once: a message is marked as sent
//! only after the mail server took it, so the worst that a crash can do is one more copy of the same mail, with the
//! same Message-ID and a secret that works.

use std::sync::Arc;
use std::time::Duration;

use directory::outbox::{ClaimError, OutgoingMessage, retry_after};
use directory::{Directory, StoreError};
use tokio::time::{Instant, timeout};

use super::Step;
use super::gate::{Gate, Pass};
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
/// Messages claimed at a time when nothing limits the rate.
const BATCH: u32 = 32;
/// Attempts to write down what the mail server said, before the message is left to its lease.
const RECORD_ATTEMPTS: u32 = 5;

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
}

/// One connection's worth of sending.
pub struct Lane {
    sender: Arc<Sender>,
    name: String,
    transport: Transport,
}

impl Lane {
    /// A lane that is not connected yet; `name` tells it from all others on the same database.
    pub fn new(sender: Arc<Sender>, name: String) -> Lane {
        let transport = sender.post.transport();
        Lane { sender, name, transport }
    }

    /// Claims a few messages and deals with each.
    ///
    /// # Errors
    /// The database failed before anything was handed over.
    pub async fn step(&mut self) -> Result<Step, StoreError> {
        let sender = self.sender.clone();
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
        let one_by_one = pass == Pass::Trial || sender.pace.is_limited();
        let most = if one_by_one { 1 } else { BATCH };
        let claimed = match sender.directory.claim_messages(&self.name, most, LEASE).await {
            Ok(claimed) if !claimed.is_empty() => claimed,
            nothing => {
                sender.pace.give_back();
                if pass == Pass::Trial {
                    sender.gate.not_tried();
                }
                nothing?;
                self.transport.close_if_unused().await;
                return Ok(Step::Idle);
            }
        };
        let settings = sender.directory.settings().await?;
        let letterhead = sender.post.letterhead(&settings);
        self.deal_with(claimed, &letterhead).await;
        Ok(Step::Worked)
    }

    async fn deal_with(&mut self, claimed: Vec<OutgoingMessage>, letterhead: &Letterhead) {
        let begun = Instant::now();
        let mut closed: Option<(String, Duration)> = None;
        for message in claimed {
            let conclusion = match &closed {
                Some((words, pause)) => Conclusion::Later(words.clone(), *pause),
                None if self.sender.shutdown.is_requested() => {
                    Conclusion::Later("waiting: the server is being stopped".to_owned(), Duration::ZERO)
                }
                None if begun.elapsed() > START_WITHIN => {
                    Conclusion::Later("waiting for its turn".to_owned(), Duration::ZERO)
                }
                None => self.attempt(&message, letterhead, &mut closed).await,
            };
            self.record(&message, &conclusion).await;
        }
    }

    /// Hands one message over; closes the gate, and says so in `closed`, when nobody's message can go.
    async fn attempt(
        &mut self,
        message: &OutgoingMessage,
        letterhead: &Letterhead,
        closed: &mut Option<(String, Duration)>,
    ) -> Conclusion {
        let mail = match letterhead.compose(message) {
            Ok(mail) => mail,
            Err(error) => return Conclusion::Failed(error.to_string()),
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
                self.sender.gate.works();
                Conclusion::Sent(words)
            }
            Err(fault) => match fault.verdict() {
                Verdict::Refuse => {
                    self.sender.gate.works();
                    Conclusion::Failed(fault.words)
                }
                Verdict::TryLater => Conclusion::Later(fault.words.clone(), wait_after(message)),
                Verdict::Wait | Verdict::Mend => {
                    let pause = self.sender.gate.close(&fault);
                    self.transport.close().await;
                    *closed = Some((fault.to_string(), pause));
                    Conclusion::Later(fault.to_string(), pause)
                }
            },
        }
    }

    /// Writes the outcome down, patiently: a message that was sent and not marked would be sent again.
    async fn record(&self, message: &OutgoingMessage, conclusion: &Conclusion) {
        let directory = &self.sender.directory;
        let mut pause = Duration::from_millis(200);
        for attempt in 1..=RECORD_ATTEMPTS {
            let recorded = match conclusion {
                Conclusion::Sent(words) => directory.record_sent(message.id, message.fence, words).await,
                Conclusion::Failed(words) => directory.record_failed(message.id, message.fence, words).await,
                Conclusion::Later(words, after) => {
                    directory.record_retry(message.id, message.fence, words, *after).await
                }
            };
            match recorded {
                Ok(()) => return,
                Err(ClaimError::Lost) => {
                    tracing::warn!(message = %message.id, "another worker has taken the message over");
                    return;
                }
                Err(ClaimError::Store(error)) if attempt == RECORD_ATTEMPTS => {
                    tracing::error!(message = %message.id, %error, "the outcome could not be written down; the mail may be sent again");
                }
                Err(ClaimError::Store(error)) => {
                    tracing::warn!(message = %message.id, %error, "the outcome could not be written down; trying again");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
            }
        }
    }
}

enum Conclusion {
    Sent(String),
    Later(String, Duration),
    Failed(String),
}

/// The schedule's wait, up to a tenth longer, so that messages that failed together do not all come back together.
/// The tenth is taken from the message's own random id.
fn wait_after(message: &OutgoingMessage) -> Duration {
    let wait = retry_after(message.attempts);
    let lot = message.id.0.as_bytes().last().copied().unwrap_or_default();
    wait + wait.mul_f64(f64::from(lot) / 2550.0)
}
