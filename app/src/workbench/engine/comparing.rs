//! Asks the server which people exist already, so that verdicts are true before anything is confirmed.

use super::{Shared, pause};
use crate::api::people_admin::known_people;
use crate::workbench::protocol::Phase;
use wasm_bindgen_futures::spawn_local;

/// Keys per question.
const KEYS: usize = 2_000;
/// Pauses before a question is put again, in milliseconds.
const PAUSES: [u32; 4] = [300, 1_000, 3_000, 5_000];

/// Starts asking, unless that is going on already.
pub fn start(engine: &Shared) {
    let generation = {
        let mut state = engine.borrow_mut();
        if state.comparing {
            return;
        }
        state.comparing = true;
        state.generation
    };
    spawn_local(compare(engine.clone(), generation));
}

async fn compare(engine: Shared, generation: u32) {
    let mut failures = 0;
    loop {
        let keys = {
            let mut state = engine.borrow_mut();
            if state.generation != generation {
                return;
            }
            let Some(review) = state.review.as_mut() else { return };
            let keys = review.take_unknown_keys(KEYS);
            if keys.is_empty() {
                state.comparing = false;
                if matches!(state.phase, Phase::Comparing | Phase::Offline) {
                    state.report(true);
                    state.phase = Phase::Ready;
                }
                state.report(true);
                return;
            }
            keys
        };
        let usernames: Vec<String> =
            keys.iter().map(|key| key.username_key.clone()).filter(|key| !key.is_empty()).collect();
        let emails: Vec<String> =
            keys.iter().map(|key| key.email_key.clone()).filter(|key| !key.is_empty()).collect();
        loop {
            let answer = known_people(usernames.clone(), emails.clone()).await;
            let wait = {
                let mut state = engine.borrow_mut();
                if state.generation != generation {
                    return;
                }
                match answer {
                    Ok(known) => {
                        failures = 0;
                        if let Some(review) = state.review.as_mut() {
                            review.learn(&known, &keys);
                        }
                        if state.phase == Phase::Offline {
                            state.phase = Phase::Comparing;
                        }
                        state.report(false);
                        None
                    }
                    Err(_) => {
                        let wait = PAUSES[failures.min(PAUSES.len() - 1)];
                        failures += 1;
                        if state.phase != Phase::Reading {
                            state.phase = Phase::Offline;
                            state.report(true);
                        }
                        Some(wait)
                    }
                }
            };
            match wait {
                None => break,
                Some(wait) => pause(wait).await,
            }
        }
    }
}
