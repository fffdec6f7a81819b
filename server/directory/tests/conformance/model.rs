//! An import as a state machine, held to a model of it: any sequence of steps has the answers and the effects that the
//! model foretells.

use crate::world::{World, new_import, people};
use directory::id::ImportId;
use directory::imports::{ChunkError, ImportError, ImportState, RunnerStep};
use directory::people::Actor;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use roster::PersonRow;
use roster::review::{Action, Options};
use std::time::Duration;

on_both!(any_sequence_of_steps_does_what_the_model_foretells);

const CASES: usize = 40;
const CHUNKS: u32 = 6;
const ROWS: u32 = 10;
/// Chunks that one call of the runner carries out at most.
const BATCH: u32 = 8;
/// What chunks gather for at most while others follow.
const GATHERED: Duration = Duration::from_millis(250);

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The chunk of a number; `other` rows than the first time.
    Send {
        number: u32,
        other: bool,
    },
    Seal,
    Cancel,
    Continue,
    Run,
    Undo,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        // Mostly what comes next, so that imports get somewhere.
        6 => (0..=CHUNKS, prop::bool::weighted(0.1)).prop_map(|(number, other)| Step::Send { number, other }),
        2 => Just(Step::Seal),
        1 => Just(Step::Cancel),
        1 => Just(Step::Continue),
        4 => Just(Step::Run),
        1 => Just(Step::Undo),
    ]
}

struct Model {
    state: ImportState,
    /// Of each chunk that was taken, whether it had the other rows.
    taken: Vec<bool>,
    /// Chunks that were carried out.
    done: u32,
    undone: bool,
}

impl Model {
    fn next(&self) -> u32 {
        u32::try_from(self.taken.len()).unwrap()
    }

    fn waiting(&self) -> u32 {
        let runs = matches!(self.state, ImportState::Receiving | ImportState::Running);
        if runs { self.next() - self.done } else { 0 }
    }

    fn complete_if_done(&mut self) {
        if self.state == ImportState::Running && self.waiting() == 0 {
            self.state = ImportState::Completed;
        }
    }
}

fn rows(case: usize, number: u32, other: bool) -> Vec<(PersonRow, Action)> {
    let all = people(&format!("c{case}p"), (CHUNKS + 1) * ROWS);
    let from = (number * ROWS) as usize;
    let mut rows = all[from..from + ROWS as usize].to_vec();
    if other {
        rows[0].0.values.last_name = "Somebody".to_owned();
    }
    rows
}

async fn any_sequence_of_steps_does_what_the_model_foretells(world: World) {
    let mut runner = TestRunner::default();
    let steps = prop::collection::vec(step(), 1..60);
    for case in 0..CASES {
        let steps = steps.new_tree(&mut runner).unwrap().current();
        let (id, _) = world
            .directory
            .open_import(&Actor::system(), new_import(&Options::default(), (CHUNKS * ROWS) as usize))
            .await
            .unwrap();
        let mut model = Model { state: ImportState::Receiving, taken: Vec::new(), done: 0, undone: false };
        for (place, step) in steps.iter().enumerate() {
            // Every other chunk is the expected one.
            let step = match *step {
                Step::Send { number, other } if place % 2 == 0 && number > 1 => {
                    Step::Send { number: model.next().min(CHUNKS), other }
                }
                step => step,
            };
            carry_out(&world, id, case, step, &mut model, &steps).await;
        }
        settle(&world, id, &mut model, &steps).await;
    }
    world.check_invariants().await;
}

async fn carry_out(world: &World, id: ImportId, case: usize, step: Step, model: &mut Model, steps: &[Step]) {
    let (actor, directory) = (Actor::system(), &world.directory);
    let told = format!("{step:?} in {:?} after {} chunks, of {steps:?}", model.state, model.next());
    match step {
        Step::Send { number, other } => {
            let answer = directory.receive_chunk(&actor, id, number, rows(case, number, other)).await;
            match model.taken.get(number as usize) {
                Some(before) if *before == other => {
                    assert_eq!(answer.expect(&told).received_rows, (number + 1) * ROWS, "{told}");
                }
                Some(_) => assert!(matches!(answer, Err(ChunkError::Different)), "{told}: {answer:?}"),
                None if model.state != ImportState::Receiving => {
                    assert!(matches!(answer, Err(ChunkError::Closed)), "{told}: {answer:?}");
                }
                None if number > model.next() => {
                    let next = model.next();
                    assert!(
                        matches!(answer, Err(ChunkError::Gap { expected }) if expected == next),
                        "{told}: {answer:?}"
                    );
                }
                None if number == CHUNKS => {
                    assert!(matches!(answer, Err(ChunkError::Malformed(_))), "{told}: {answer:?}");
                }
                None => {
                    assert_eq!(answer.expect(&told).next_chunk, number + 1, "{told}");
                    model.taken.push(other);
                }
            }
        }
        Step::Seal => {
            let answer = directory.seal_import(&actor, id).await;
            match model.state {
                ImportState::Cancelled => {
                    assert!(matches!(answer, Err(ImportError::Ended)), "{told}: {answer:?}")
                }
                ImportState::Receiving if model.next() < CHUNKS => {
                    assert!(matches!(answer, Err(ImportError::RowsMissing { .. })), "{told}: {answer:?}");
                }
                ImportState::Receiving => {
                    answer.expect(&told);
                    model.state = ImportState::Running;
                    model.complete_if_done();
                }
                _ => answer.expect(&told),
            }
        }
        Step::Cancel => {
            let answer = directory.cancel_import(&actor, id).await;
            if matches!(model.state, ImportState::Completed | ImportState::Cancelled) {
                assert!(matches!(answer, Err(ImportError::Ended)), "{told}: {answer:?}");
            } else {
                answer.expect(&told);
                model.state = ImportState::Cancelled;
            }
        }
        Step::Continue => {
            let answer = directory.continue_import(&actor, id).await;
            match model.state {
                ImportState::Cancelled => {
                    assert!(matches!(answer, Err(ImportError::Ended)), "{told}: {answer:?}")
                }
                ImportState::Receiving => {
                    assert!(matches!(answer, Err(ImportError::RowsMissing { .. })), "{told}: {answer:?}");
                }
                _ => assert_eq!(answer.expect(&told), 0, "{told}"),
            }
        }
        Step::Run => {
            // An import that is locked by a transaction just being taken back is passed over; a moment later it is not.
            // Chunks of one that is still received gather for a while.
            while directory.run_next_batch("model").await.expect(&told) == RunnerStep::Idle
                && model.waiting() > 0
            {
                world.clock.advance(GATHERED);
            }
            // A batch that was prepared ahead may lack the chunks that have come since.
            let possible = u32::from(model.waiting() > 0)..=model.waiting().min(BATCH);
            let done = directory.import(id).await.unwrap().unwrap().done / ROWS - model.done;
            assert!(possible.contains(&done), "{told}: {done} chunks carried out");
            model.done += done;
            model.complete_if_done();
        }
        Step::Undo => {
            let answer = directory.undo_import(&actor, id).await;
            if matches!(model.state, ImportState::Completed | ImportState::Cancelled) {
                answer.expect(&told);
                model.undone = true;
            } else {
                assert!(matches!(answer, Err(ImportError::GoesOn)), "{told}: {answer:?}");
            }
        }
    }
    let import = directory.import(id).await.unwrap().unwrap();
    assert_eq!(import.state, model.state, "{told}");
    assert_eq!(import.rows_received, model.next() * ROWS, "{told}");
    assert_eq!(import.done, model.done * ROWS, "{told}");
}

/// Ends the import, so that the next case has the runner for itself.
async fn settle(world: &World, id: ImportId, model: &mut Model, steps: &[Step]) {
    if !matches!(model.state, ImportState::Completed | ImportState::Cancelled) {
        world.directory.cancel_import(&Actor::system(), id).await.unwrap();
        model.state = ImportState::Cancelled;
    }
    world.drain_undo().await;
    let import = world.directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.state, import.created), (model.state, model.done * ROWS), "{steps:?}");
    assert_eq!(import.removed, if model.undone { model.done * ROWS } else { 0 }, "{steps:?}");
}
