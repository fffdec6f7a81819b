//! Who of the directory is not in the file, where the file is said to be a full roster; and naming them for an import.

use super::{Engine, Shared, comparing, sending, server, tell};
use app::wire::{ABSENT_AT_ONCE, AbsentPeople, ApiError, CancelImport, MemberKeys, MembersAfter, NameAbsent};
use app::workbench::protocol::{ABSENT_SHOWN, AbsentPreview, Phase, Report};
use roster::review::{Absent, Absentees};
use wasm_bindgen_futures::spawn_local;

/// What is known of those who are absent.
#[derive(Default)]
pub struct Absence {
    /// Active members; asked for once for each file.
    members: Option<Vec<MemberKeys>>,
    found: Absentees,
    /// Place in the list of the first who is shown.
    from: u32,
    /// Members are being asked for.
    asking: bool,
}

impl Absence {
    /// The accounts of those who are absent.
    fn accounts(&self) -> Vec<[u8; 16]> {
        let members = self.members.as_deref().unwrap_or_default();
        self.found
            .members
            .iter()
            .filter_map(|place| members.get(*place as usize))
            .map(|member| member.account)
            .collect()
    }
}

/// Finds out again who is absent, if that was asked for and every row has been compared; reports it.
pub fn look(engine: &Shared) {
    let generation = {
        let mut state = engine.borrow_mut();
        let wanted = state.review.as_ref().is_some_and(|review| review.options().absent != Absent::Leave);
        if state.phase != Phase::Ready || !wanted || state.absence.asking {
            return;
        }
        state.absence.asking = true;
        state.generation
    };
    let engine = engine.clone();
    spawn_local(async move {
        // Another file was opened meanwhile: it has begun by itself.
        if find(&engine, generation).await.is_some() {
            engine.borrow_mut().absence.asking = false;
        }
    });
}

async fn find(engine: &Shared, generation: u32) -> Option<()> {
    if engine.borrow().absence.members.is_none() {
        let mut members: Vec<MemberKeys> = Vec::new();
        loop {
            let after = members.last().map(|member| member.account);
            let some = comparing::persist(engine, generation, async || {
                server::call::<MembersAfter>(&(after,)).await
            })
            .await?;
            if some.is_empty() {
                break;
            }
            members.extend(some);
        }
        engine.borrow_mut().absence.members = Some(members);
    }
    {
        let mut state = engine.borrow_mut();
        state.find_absent()?;
        let count = state.absence.found.members.len() as u32;
        if state.absence.from >= count {
            state.absence.from = 0;
        }
        // The server did not answer for a while, and does now.
        if state.phase.is_cut_off() {
            state.phase = Phase::Ready;
            state.report(true);
        }
    }
    show(engine, generation).await
}

/// Shows those who are absent from a place in their list on.
pub async fn turn(engine: Shared, from: u32) {
    let generation = {
        let mut state = engine.borrow_mut();
        state.absence.from = from;
        state.generation
    };
    show(&engine, generation).await;
}

async fn show(engine: &Shared, generation: u32) -> Option<()> {
    let (from, accounts) = {
        let state = engine.borrow();
        let from = state.absence.from;
        let accounts: Vec<[u8; 16]> =
            state.absence.accounts().into_iter().skip(from as usize).take(ABSENT_SHOWN as usize).collect();
        (from, accounts)
    };
    let people = if accounts.is_empty() {
        Vec::new()
    } else {
        comparing::persist(engine, generation, async || {
            server::call::<AbsentPeople>(&(accounts.clone(),)).await
        })
        .await?
    };
    let mut state = engine.borrow_mut();
    if state.phase.is_cut_off() {
        state.phase = Phase::Ready;
        state.report(true);
    }
    let absence = &state.absence;
    tell(&Report::Absent(AbsentPreview {
        members: absence.members.as_ref().map_or(0, Vec::len) as u32,
        absent: absence.found.members.len() as u32,
        unclear: absence.found.unclear.clone(),
        unclear_rows: absence.found.unclear_rows,
        from,
        people,
    }));
    Some(())
}

impl Engine {
    fn find_absent(&mut self) -> Option<()> {
        let members = self.absence.members.as_deref()?;
        let keys: Vec<(u64, u64)> = members.iter().map(|member| (member.username, member.email)).collect();
        self.absence.found = self.review.as_ref()?.absent(&keys);
        Some(())
    }
}

/// The accounts that the import closes; none unless that was chosen.
pub fn chosen(engine: &Shared) -> Vec<[u8; 16]> {
    let mut state = engine.borrow_mut();
    let chosen = state.review.as_ref().is_some_and(|review| review.options().absent != Absent::Leave);
    // A cell may have been mended this very moment.
    if !chosen || state.find_absent().is_none() {
        return Vec::new();
    }
    state.absence.accounts()
}

/// Names the accounts that an import closes.
pub async fn name(import: &str, accounts: &[[u8; 16]]) -> Result<(), ApiError> {
    for some in accounts.chunks(ABSENT_AT_ONCE) {
        let arguments = (import.to_owned(), some.to_vec());
        let named = sending::persist(async || server::call::<NameAbsent>(&arguments).await).await;
        if let Err(ApiError::Refused(why)) = &named {
            // Nothing of it is to be carried out, then. If this fails too, it receives nothing more and does nothing; but it
            // stays in the list, which somebody should know.
            let cancelled =
                sending::persist(async || server::call::<CancelImport>(&(import.to_owned(),)).await).await;
            if let Err(error) = cancelled {
                return Err(ApiError::Refused(not_cancelled(why, &error)));
            }
        }
        named?;
    }
    Ok(())
}

/// What is said where an import was refused its accounts to close and could not be cancelled either.
fn not_cancelled(why: &str, error: &ApiError) -> String {
    format!(
        "{why} The import that was begun could not be cancelled: {error} It does nothing by itself; cancel it in the list of \
         imports."
    )
}
