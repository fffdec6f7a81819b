//! What keeps mail back, as the pages show it.

use crate::api::mail::{HeldView, HoldupView, TroubleKind, TroubleView};
use directory::trouble::{self, Holdup};

impl From<trouble::TroubleKind> for TroubleKind {
    fn from(kind: trouble::TroubleKind) -> Self {
        match kind {
            trouble::TroubleKind::Unreachable => TroubleKind::Unreachable,
            trouble::TroubleKind::Busy => TroubleKind::Busy,
            trouble::TroubleKind::Login => TroubleKind::Login,
            trouble::TroubleKind::Sender => TroubleKind::Sender,
            trouble::TroubleKind::Encryption => TroubleKind::Encryption,
            trouble::TroubleKind::Refused => TroubleKind::Refused,
            trouble::TroubleKind::NotWritten => TroubleKind::NotWritten,
        }
    }
}

impl From<Holdup> for HoldupView {
    fn from(Holdup { trouble, waiting, held }: Holdup) -> Self {
        // Where nothing waits, nothing is kept back.
        let trouble = trouble.filter(|_| waiting > 0).map(|trouble| TroubleView {
            kind: trouble.kind.into(),
            words: trouble.words,
            since: trouble.since.0,
            next_try_at: trouble.next_try_at.0,
            waiting,
        });
        let held = held
            .since
            .map(|since| HeldView { mails: held.mails, owed: (since.0, held.until.unwrap_or(since).0) });
        HoldupView { trouble, held }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use directory::clock::Timestamp;
    use directory::held::Held;
    use directory::trouble::Trouble;

    #[test]
    fn where_nothing_waits_nothing_is_said() {
        let trouble = Trouble {
            kind: trouble::TroubleKind::Busy,
            words: "421 later".to_owned(),
            since: Timestamp(1),
            next_try_at: Timestamp(2),
        };
        let none = Held { mails: 0, since: None, until: None };
        let seen = |waiting, held| HoldupView::from(Holdup { trouble: Some(trouble.clone()), waiting, held });
        assert_eq!(seen(0, none), HoldupView::default());
        assert_eq!(seen(3, none).trouble.map(|trouble| (trouble.waiting, trouble.since)), Some((3, 1)));
        let some = Held { mails: 2, since: Some(Timestamp(5)), until: Some(Timestamp(7)) };
        assert_eq!(seen(0, some).held, Some(HeldView { mails: 2, owed: (5, 7) }));
    }
}
