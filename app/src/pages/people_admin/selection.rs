//! Which accounts are chosen, and what can be done to them together.

use crate::api::ApiError;
use crate::api::people_admin::{AccountFilter, BulkAction, BulkResult, Selection, bulk};
use crate::components::dialog::Dialog;
use crate::components::number::{count, counted};
use crate::components::proof::Proof;
use crate::components::toast::{ToastKind, toasts};
use crate::pages::hand_over::{SendDialog, SheetDialog};
use leptos::prelude::*;

/// The chosen accounts: some of this page, or all that match.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chosen {
    /// Identifiers, in the order of choosing.
    pub ids: Vec<String>,
    /// All accounts that match the filter, on every page; their number.
    pub all: Option<u64>,
}

impl Chosen {
    /// How many accounts that is.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.all.unwrap_or(self.ids.len() as u64)
    }

    /// Whether this account is among them.
    #[must_use]
    pub fn holds(&self, id: &str) -> bool {
        self.all.is_some() || self.ids.iter().any(|chosen| chosen == id)
    }

    /// Chooses or leaves out one account; that ends `all`.
    pub fn set(&mut self, id: &str, on: bool) {
        self.all = None;
        self.ids.retain(|chosen| chosen != id);
        if on {
            self.ids.push(id.to_owned());
        }
    }
}

const fn name(action: BulkAction) -> &'static str {
    match action {
        BulkAction::Deactivate => "Deactivate",
        BulkAction::Reactivate => "Reactivate",
    }
}

/// What is asked before it is done to people who are not on the screen.
fn question(action: BulkAction, people: &str) -> String {
    [name(action), " ", people, "?"].concat()
}

/// What was done, in a sentence; and what was not.
fn told(action: BulkAction, result: BulkResult) -> (String, ToastKind) {
    let people = counted(result.done.into(), "person", "people");
    let mut text = match action {
        BulkAction::Deactivate => ["Deactivated ", &people, "; their seats are free."].concat(),
        BulkAction::Reactivate => ["Reactivated ", &people, "."].concat(),
    };
    if result.left > 0 {
        let why = match action {
            BulkAction::Deactivate => " left as they were.",
            BulkAction::Reactivate => " active already.",
        };
        text.push(' ');
        text.push_str(&count(result.left.into()));
        text.push_str(why);
    }
    if result.without_seat > 0 {
        text.push(' ');
        text.push_str(&counted(result.without_seat.into(), "person", "people"));
        text.push_str(" found no free seat.");
    }
    let kind = if result.without_seat > 0 {
        ToastKind::Problem
    } else if result.done > 0 {
        ToastKind::Done
    } else {
        ToastKind::Info
    };
    (text, kind)
}

/// The bar with the actions; there as soon as somebody is chosen.
#[component]
pub fn BulkBar(
    /// Who is chosen.
    chosen: RwSignal<Chosen>,
    /// What is listed.
    filter: Memo<AccountFilter>,
    /// Called after something was done.
    done: Callback<()>,
) -> impl IntoView {
    let toasts = toasts();
    let asking = RwSignal::new(false);
    let asked = RwSignal::new(BulkAction::Reactivate);
    let selection = Signal::derive(move || {
        let chosen = chosen.get();
        if chosen.all.is_some() { Selection::Matching(filter.get()) } else { Selection::Accounts(chosen.ids) }
    });
    let run = Action::new(move |action: &BulkAction| {
        let (action, selection) = (*action, selection.get_untracked());
        async move { (action, bulk(action, selection).await) }
    });
    let (sending, making) = (RwSignal::new(false), RwSignal::new(false));
    let sent = Callback::new(move |()| chosen.set(Chosen::default()));
    let busy = run.pending();
    let answer = run.value();
    let proof = RwSignal::new(false);
    let again = Callback::new(move |()| {
        run.dispatch(asked.get_untracked());
    });
    Effect::new(move |_| {
        let Some((action, result)) = answer.get() else { return };
        match result {
            Ok(result) => {
                let (text, kind) = told(action, result);
                toasts.say(text, kind);
                chosen.set(Chosen::default());
                done.run(());
            }
            Err(ApiError::ProofRequired) => {
                asked.set(action);
                proof.set(true);
            }
            Err(ApiError::SignInRequired) => {
                toasts.say("You are signed out. Sign in to go on.", ToastKind::Problem)
            }
            Err(error) => toasts.say(error.to_string(), ToastKind::Problem),
        }
    });
    // What reaches people who are not on the screen is asked for once more.
    let start = move |action: BulkAction| {
        if busy.get_untracked() {
            return;
        }
        if chosen.with_untracked(|chosen| chosen.all.is_some()) {
            asked.set(action);
            asking.set(true);
        } else {
            run.dispatch(action);
        }
    };
    let some = Memo::new(move |_| chosen.read().count() > 0);
    let words = move || {
        let chosen = chosen.read();
        [count(chosen.count()).as_str(), " selected"].concat()
    };
    let busy_attribute = move || busy.get().then_some("true");
    let people = move || counted(chosen.read().count(), "person", "people");
    let whom = Signal::derive(people);
    view! {
        {move || {
            some.get().then(|| {
                view! {
                    <div class="bulk-bar" role="group" aria-label="Selected accounts">
                        <b role="status">{words}</b>
                        <button class="button is-small is-primary" type="button" on:click=move |_| sending.set(true)>
                            "Send login details"
                        </button>
                        <button class="button is-small" type="button" on:click=move |_| making.set(true)>"Download sheet"</button>
                        <button
                            class="button is-small"
                            type="button"
                            aria-busy=busy_attribute
                            on:click=move |_| start(BulkAction::Reactivate)
                        >
                            "Reactivate"
                        </button>
                        <button class="button is-small is-danger" type="button" on:click=move |_| start(BulkAction::Deactivate)>
                            "Deactivate"
                        </button>
                        <button
                            class="button is-small is-quiet toolbar-end"
                            type="button"
                            on:click=move |_| chosen.set(Chosen::default())
                        >
                            "Clear selection"
                        </button>
                    </div>
                }
                .into_any()
            })
        }}
        <SendDialog open=sending selection=selection people=whom done=sent/>
        <SheetDialog open=making selection=selection people=whom/>
        <Dialog
            open=asking
            name="bulk"
            title=Signal::derive(move || question(asked.get(), &people()))
        >
            <div class="dialog-body">
                <p>
                    {move || match asked.get() {
                        BulkAction::Deactivate => {
                            "Nobody in this list can sign in any more, and their seats become free. Profiles are kept; you can reactivate them."
                        }
                        BulkAction::Reactivate => "Everyone in this list can sign in again, as far as there are free seats.",
                    }}
                </p>
            </div>
            <div class="dialog-foot">
                <button class="button" type="button" on:click=move |_| asking.set(false)>"Cancel"</button>
                <button
                    class=move || {
                        if asked.get() == BulkAction::Deactivate {
                            "button is-danger is-primary"
                        } else {
                            "button is-primary"
                        }
                    }
                    type="button"
                    on:click=move |_| {
                        asking.set(false);
                        run.dispatch(asked.get_untracked());
                    }
                >
                    {move || name(asked.get())}
                </button>
            </div>
        </Dialog>
        <Proof open=proof done=again/>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaving_one_out_ends_all() {
        let mut chosen = Chosen { ids: vec!["a".to_owned(), "b".to_owned()], all: Some(400) };
        assert_eq!(chosen.count(), 400);
        assert!(chosen.holds("z"));
        chosen.set("a", false);
        assert_eq!(chosen.count(), 1);
        assert!(!chosen.holds("a") && chosen.holds("b"));
    }

    #[test]
    fn what_was_not_done_is_told() {
        let result = BulkResult { done: 3, left: 1, without_seat: 0 };
        let (text, kind) = told(BulkAction::Deactivate, result);
        assert_eq!(text, "Deactivated 3 people; their seats are free. 1 left as they were.");
        assert_eq!(kind, ToastKind::Done);
        let (text, kind) = told(BulkAction::Reactivate, BulkResult { done: 0, left: 0, without_seat: 2 });
        assert!(text.ends_with("2 people found no free seat."), "{text}");
        assert_eq!(kind, ToastKind::Problem);
    }
}
