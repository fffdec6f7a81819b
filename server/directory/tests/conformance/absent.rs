//! People who are not in a full roster.

use crate::world::{World, new_import, people, person};
use directory::id::{AccountId, ImportId};
use directory::imports::{AbsentError, Import, ImportState, NewImport, UndoState};
use directory::people::{Actor, Status};
use roster::PersonRow;
use roster::review::{Absent, Action, Existing, Options, key_fingerprint};
use std::time::Duration;

on_both!(
    exactly_who_was_named_is_deactivated,
    the_brake_holds_when_they_are_named,
    the_brake_holds_when_they_are_closed,
    who_is_touched_or_changed_is_kept,
    administrators_are_never_closed,
    an_undo_opens_them_again,
    no_more_are_opened_than_seats_are_free,
    a_cancelled_import_closes_nobody,
    an_upload_that_was_cut_off_closes_nobody,
    a_process_that_dies_while_closing_changes_nothing,
    an_importer_who_may_no_longer_import_closes_nobody,
    members_are_told_by_their_keys,
);

fn full(at_most: u8) -> Options {
    Options { absent: Absent::Deactivate { at_most }, existing: Existing::Overwrite, ..Options::default() }
}

impl World {
    /// Opens an import of a full roster, names who is absent, and sends the rows. Not sealed.
    async fn open_full(
        &self,
        actor: &Actor,
        at_most: u8,
        rows: &[(PersonRow, Action)],
        absent: &[AccountId],
    ) -> Result<ImportId, AbsentError> {
        let new =
            NewImport { reviewed_at: Some(self.directory.time()), ..new_import(&full(at_most), rows.len()) };
        let (id, _) = self.directory.open_import(actor, new).await.unwrap();
        for some in absent.chunks(7) {
            self.directory.name_absent(id, some).await?;
        }
        if !rows.is_empty() {
            self.directory.receive_chunk(actor, id, 0, rows.to_vec()).await.unwrap();
        }
        Ok(id)
    }

    /// Carries such an import out.
    async fn run_full(
        &self,
        at_most: u8,
        rows: &[(PersonRow, Action)],
        absent: &[AccountId],
    ) -> Result<Import, AbsentError> {
        let actor = Actor::system();
        let id = self.open_full(&actor, at_most, rows, absent).await?;
        self.directory.seal_import(&actor, id).await.unwrap();
        self.drain().await;
        Ok(self.directory.import(id).await.unwrap().unwrap())
    }

    async fn ids(&self, names: &[&str]) -> Vec<AccountId> {
        let mut ids = Vec::new();
        for name in names {
            ids.push(self.account_id(name).await);
        }
        ids
    }

    async fn is_active(&self, name: &str) -> bool {
        self.directory.account_by_username(name).await.unwrap().unwrap().status == Status::Active
    }

    /// Twenty members, a moment ago.
    async fn twenty(&self) {
        self.run(&Options::default(), &people("u", 20)).await;
        self.clock.advance(Duration::from_secs(60));
    }

    /// Why each absent person was kept, by username; nothing for those who were closed.
    async fn reasons(&self, import: ImportId) -> Vec<(String, Option<String>)> {
        let listed = self.directory.import_absent(import, 1).await.unwrap();
        listed.items.into_iter().map(|person| (person.username, person.reason)).collect()
    }
}

async fn exactly_who_was_named_is_deactivated(world: World) {
    world.twenty().await;
    let absent = world.ids(&["u0003", "u0011"]).await;
    // Nothing but closing: everybody else is as the file says.
    let import = world.run_full(10, &[], &absent).await.unwrap();
    assert_eq!(import.state, ImportState::Completed);
    assert_eq!((import.rows, import.absent, import.deactivated, import.absent_kept), (0, 2, 2, 0));
    for row in 1..=20 {
        let name = format!("u{row:04}");
        assert_eq!(world.is_active(&name).await, ![3, 11].contains(&row), "{name}");
    }
    assert_eq!(world.directory.seats().await.unwrap().used, 18);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'user_deactivated'").await, 2);
    let listed = world.directory.import_absent(import.id, 1).await.unwrap();
    assert_eq!(listed.total, 2);
    assert_eq!((listed.items[0].username.as_str(), listed.items[0].name.as_str()), ("u0003", "Anna Smith-U"));
    world.check_invariants().await;
}

async fn the_brake_holds_when_they_are_named(world: World) {
    world.twenty().await;
    let absent = world.ids(&["u0001", "u0002", "u0003"]).await;
    let refused = world.run_full(10, &[], &absent).await;
    assert!(
        matches!(refused, Err(AbsentError::Brake { absent: 3, members: 20, percent: 10 })),
        "{refused:?}"
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM import_absent").await, 0);
    // Raised by hand for this import.
    let import = world.run_full(15, &[], &absent).await.unwrap();
    assert_eq!(import.deactivated, 3);
    // An import without that choice closes nobody, and without rows it is none.
    let (id, _) =
        world.directory.open_import(&Actor::system(), new_import(&Options::default(), 1)).await.unwrap();
    let refused = world.directory.name_absent(id, &absent).await;
    assert!(matches!(refused, Err(AbsentError::NotChosen)), "{refused:?}");
    assert!(world.directory.open_import(&Actor::system(), new_import(&Options::default(), 0)).await.is_err());
    assert_eq!(world.number("SELECT COUNT(*) FROM account WHERE status = 'deactivated'").await, 3);
}

async fn the_brake_holds_when_they_are_closed(world: World) {
    world.twenty().await;
    let actor = Actor::system();
    let absent = world.ids(&["u0001", "u0002"]).await;
    let id = world.open_full(&actor, 10, &[], &absent).await.unwrap();
    // Meanwhile others leave: two would be more than a tenth of those who are left.
    let others = world.ids(&["u0011", "u0012", "u0013"]).await;
    world.directory.deactivate(&actor, &others).await.unwrap();
    world.directory.seal_import(&actor, id).await.unwrap();
    world.drain().await;
    let import = world.directory.import(id).await.unwrap().unwrap();
    assert_eq!(
        (import.state, import.deactivated, import.absent_kept),
        (ImportState::Completed, 0, 2),
        "nobody is closed"
    );
    assert!(world.reasons(id).await.iter().all(|(_, reason)| reason.is_some()));
    world.check_invariants().await;
}

async fn who_is_touched_or_changed_is_kept(world: World) {
    world.twenty().await;
    let actor = Actor::system();
    let absent = world.ids(&["u0001", "u0002", "u0003", "u0004"]).await;
    // The first has a row after all, the second is changed by somebody after the review, the third is closed already.
    let rows = {
        let (mut row, _) = person(1, "u0001");
        row.values.last_name = "Jones".to_owned();
        [(row, Action::Update)]
    };
    let id = world.open_full(&actor, 50, &rows, &absent).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    let mut changed = person(1, "u0002").0;
    changed.values.last_name = "Miller".to_owned();
    let overwrite = Options { existing: Existing::Overwrite, ..Options::default() };
    let other = world.send(&overwrite, &[(changed, Action::Update)], 1).await;
    world.drain().await;
    assert_eq!(world.directory.import(other).await.unwrap().unwrap().updated, 1);
    world.directory.deactivate(&actor, &world.ids(&["u0003"]).await).await.unwrap();
    world.directory.seal_import(&actor, id).await.unwrap();
    world.drain().await;
    let import = world.directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.updated, import.deactivated, import.absent_kept), (1, 1, 3));
    let reasons = world.reasons(id).await;
    assert!(reasons[..3].iter().all(|(_, reason)| reason.is_some()), "{reasons:?}");
    assert_eq!(reasons[3], ("u0004".to_owned(), None));
    assert!(world.is_active("u0001").await && world.is_active("u0002").await);
    world.check_invariants().await;
}

async fn administrators_are_never_closed(world: World) {
    world.twenty().await;
    let petra = world.administrator("petra").await;
    world.clock.advance(Duration::from_secs(1));
    let nobody: AccountId = AccountId("01890000-0000-7000-8000-000000000000".parse().unwrap());
    let absent = [petra.account, nobody];
    let import = {
        let id = world.open_full(&petra, 100, &[], &absent).await.unwrap();
        world.directory.seal_import(&petra, id).await.unwrap();
        world.drain().await;
        world.directory.import(id).await.unwrap().unwrap()
    };
    assert_eq!((import.deactivated, import.absent_kept), (0, 2));
    assert!(world.is_active("petra").await);
    world.check_invariants().await;
}

async fn an_undo_opens_them_again(world: World) {
    world.twenty().await;
    let directory = &world.directory;
    let absent = world.ids(&["u0001", "u0002", "u0003"]).await;
    let import = world.run_full(50, &people("new", 2), &absent).await.unwrap();
    assert_eq!((import.created, import.deactivated), (2, 3));
    // One was opened and closed again by hand since: that stands.
    world.clock.advance(Duration::from_secs(1));
    directory.reactivate(&Actor::system(), &absent[..1]).await.unwrap();
    directory.deactivate(&Actor::system(), &absent[..1]).await.unwrap();

    directory.undo_import(&Actor::system(), import.id).await.unwrap();
    world.drain_undo().await;
    let import = directory.import(import.id).await.unwrap().unwrap();
    assert_eq!(import.undo_state, Some(UndoState::Done));
    assert_eq!((import.removed, import.reopened), (2, 2));
    assert!(!world.is_active("u0001").await);
    assert!(world.is_active("u0002").await && world.is_active("u0003").await);
    let listed = directory.import_absent(import.id, 1).await.unwrap().items;
    assert_eq!(listed[0].undo.as_deref(), Some("kept"));
    assert!(listed[0].undo_reason.is_some());
    assert_eq!(listed[1].undo.as_deref(), Some("reopened"));
    assert_eq!(directory.seats().await.unwrap().used, 19);
    world.check_invariants().await;
}

async fn no_more_are_opened_than_seats_are_free(world: World) {
    world.twenty().await;
    let directory = &world.directory;
    let absent = world.ids(&["u0001", "u0002", "u0003"]).await;
    let import = world.run_full(50, &[], &absent).await.unwrap();
    directory.set_seat_limit(&Actor::system(), Some(19)).await.unwrap();
    directory.undo_import(&Actor::system(), import.id).await.unwrap();
    world.drain_undo().await;
    assert_eq!(directory.import(import.id).await.unwrap().unwrap().reopened, 2);
    assert_eq!(directory.seats().await.unwrap().used, 19);
    world.check_invariants().await;
}

async fn a_cancelled_import_closes_nobody(world: World) {
    world.twenty().await;
    let actor = Actor::system();
    let absent = world.ids(&["u0001"]).await;
    let id = world.open_full(&actor, 10, &[], &absent).await.unwrap();
    world.directory.cancel_import(&actor, id).await.unwrap();
    world.drain().await;
    let import = world.directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.deactivated, import.absent_kept), (0, 1));
    let refused = world.directory.name_absent(id, &absent).await;
    assert!(matches!(refused, Err(AbsentError::Closed)), "{refused:?}");
    assert!(world.is_active("u0001").await);
    world.check_invariants().await;
}

async fn an_upload_that_was_cut_off_closes_nobody(world: World) {
    world.twenty().await;
    let actor = Actor::system();
    let absent = world.ids(&["u0001"]).await;
    let of_file = |digest: u8| NewImport {
        file_digest: "same file".to_owned(),
        digest: vec![digest; 16],
        reviewed_at: Some(world.directory.time()),
        ..new_import(&full(50), 3)
    };
    let (cut_off, _) = world.directory.open_import(&actor, of_file(1)).await.unwrap();
    world.directory.name_absent(cut_off, &absent).await.unwrap();
    world.directory.receive_chunk(&actor, cut_off, 0, people("new", 2)).await.unwrap();
    // The same file is confirmed once more with another plan: what came is carried out, and nobody is closed for it.
    let (other, _) = world.directory.open_import(&actor, of_file(2)).await.unwrap();
    assert_ne!(cut_off, other);
    world.drain().await;
    let ended = world.directory.import(cut_off).await.unwrap().unwrap();
    assert_eq!((ended.state, ended.created, ended.absent), (ImportState::Completed, 2, 0));
    assert!(world.is_active("u0001").await);
    world.check_invariants().await;
}

async fn a_process_that_dies_while_closing_changes_nothing(world: World) {
    world.twenty().await;
    let actor = Actor::system();
    let absent = world.ids(&["u0001", "u0002", "u0003", "u0004", "u0005"]).await;
    let id = world.open_full(&actor, 50, &people("new", 3), &absent).await.unwrap();
    world.directory.seal_import(&actor, id).await.unwrap();
    // Dropped at every point in turn.
    let mut polls = 0;
    while world.directory.import(id).await.unwrap().unwrap().state != ImportState::Completed {
        polls += 1;
        crate::faults::crash_after(polls, world.directory.run_next_batch("mortal")).await;
        world.clock.advance(crate::world::LEASE_OVER);
    }
    let import = world.directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.created, import.deactivated), (3, 5));
    assert_eq!(world.number("SELECT COUNT(*) FROM audit WHERE event = 'user_deactivated'").await, 5);
    assert_eq!(world.directory.seats().await.unwrap().used, 18);
    world.check_invariants().await;
}

async fn an_importer_who_may_no_longer_import_closes_nobody(world: World) {
    world.twenty().await;
    let petra = world.administrator("petra").await;
    world.administrator("paul").await;
    world.clock.advance(Duration::from_secs(1));
    let absent = world.ids(&["u0001"]).await;
    let id = world.open_full(&petra, 50, &[], &absent).await.unwrap();
    world.directory.seal_import(&petra, id).await.unwrap();
    world.directory.deactivate(&Actor::system(), &[petra.account]).await.unwrap();
    while world.directory.run_next_batch("test").await.unwrap() == directory::imports::RunnerStep::Worked {}
    let import = world.directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.state, import.deactivated), (ImportState::Paused, 0));
    assert!(world.is_active("u0001").await);
    // Somebody else takes it over.
    world.directory.continue_import(&Actor::system(), id).await.unwrap();
    world.drain().await;
    let import = world.directory.import(id).await.unwrap().unwrap();
    assert_eq!((import.state, import.deactivated), (ImportState::Completed, 1));
    world.check_invariants().await;
}

async fn members_are_told_by_their_keys(world: World) {
    world.twenty().await;
    world.administrator("petra").await;
    world.directory.deactivate(&Actor::system(), &world.ids(&["u0007"]).await).await.unwrap();
    let mut all = Vec::new();
    loop {
        let some = world
            .directory
            .member_keys(all.last().map(|member: &directory::imports::MemberKeys| member.account))
            .await
            .unwrap();
        if some.is_empty() {
            break;
        }
        all.extend(some);
    }
    assert_eq!(all.len(), 19, "active members only");
    let anna = world.account_id("u0003").await;
    let found = all.iter().find(|member| member.account == anna).unwrap();
    assert_eq!(found.username, key_fingerprint("u0003"));
    assert_eq!(found.email, key_fingerprint("u0003@example.org"));
}
