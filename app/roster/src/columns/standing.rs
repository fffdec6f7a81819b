//! What a column says about whether people are active. Not imported; rows of people who left are not ticked.

use serde::{Deserialize, Serialize};

use crate::field::clean;

/// How the values of such a column are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Standing {
    /// Words such as "Active", "Terminated" or "On leave".
    Words,
    /// Yes means active.
    Active,
    /// Yes means blocked, suspended, deleted.
    Blocked,
    /// A number whose second bit means disabled (Active Directory's userAccountControl).
    Control,
}

/// Words that say so whatever the column asks.
#[rustfmt::skip]
const LEFT: &[&str] = &[
    "inactive", "not active", "terminated", "deactivated", "disabled", "archived", "deleted", "suspended", "blocked", "locked",
    "deprovisioned", "offboarded", "tobedeleted", "to be deleted", "withdrawn", "graduated", "exited", "former employee",
    "locked_out", "locked out", "closed", "expired", "resigned", "retired", "separated", "left", "former", "laid off", "not on payroll", "dismissed",
    "inaktiv", "nicht aktiv", "deaktiviert", "gesperrt", "gelöscht", "gekündigt", "ausgeschieden", "ausgetreten", "ehemalig", "login gesperrt",
    "inactif", "désactivé", "suspendu", "supprimé", "parti", "inactivo", "desactivado", "suspendido", "eliminado", "baja",
    "inattivo", "disattivato", "cessato", "inactief", "uit dienst", "geblokkeerd", "inativo", "desligado", "nieaktywny",
];
/// Short ones that mean it where the column asks for a status; elsewhere T is true.
const LEFT_SHORT: &[&str] = &["term", "t", "i", "n", "no", "0", "false", "nein", "non"];
const YES: &[&str] = &[
    "yes",
    "y",
    "true",
    "t",
    "1",
    "x",
    "on",
    "ja",
    "j",
    "wahr",
    "oui",
    "o",
    "vrai",
    "sí",
    "si",
    "s",
    "verdadero",
];
const NO: &[&str] = &["no", "n", "false", "f", "0", "off", "nein", "falsch", "non", "faux", "falso"];

impl Standing {
    /// Whether a value says that somebody is not active; what is unclear does not.
    pub fn is_inactive(self, value: &str) -> bool {
        let value = clean(value).to_lowercase();
        let is = |words: &[&str]| words.contains(&value.as_str());
        match self {
            Standing::Words => is(LEFT) || is(LEFT_SHORT),
            Standing::Active => is(LEFT) || is(NO),
            Standing::Blocked => is(LEFT) || is(YES),
            Standing::Control => value.parse::<u64>().is_ok_and(|bits| bits & 2 != 0),
        }
    }

    /// Whether a value is plainly one of the usual ones of people who are active; told from its bytes.
    pub(crate) fn is_plainly_active(self, value: &[u8]) -> bool {
        let is = |words: &[&[u8]]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
        value.is_empty()
            || match self {
                Standing::Words => is(&[b"active", b"a", b"1", b"true", b"yes", b"enabled"]),
                Standing::Active => is(&[b"1", b"true", b"yes", b"active", b"y"]),
                Standing::Blocked => is(&[b"0", b"false", b"no", b"n"]),
                Standing::Control => value == b"512" || value == b"66048",
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Standing; 4] = [Standing::Words, Standing::Active, Standing::Blocked, Standing::Control];

    #[test]
    fn what_people_write() {
        for (standing, value, inactive) in [
            (Standing::Words, " Terminated ", true),
            (Standing::Words, "T", true),
            (Standing::Words, "Unpaid Leave", false),
            (Standing::Words, "LOA", false),
            (Standing::Words, "L", false),
            (Standing::Words, "", false),
            (Standing::Active, "T", false),
            (Standing::Active, "FALSE", true),
            (Standing::Active, "Disabled", true),
            (Standing::Blocked, "no", false),
            (Standing::Blocked, "Oui", true),
            (Standing::Control, "514", true),
            (Standing::Control, "512", false),
            (Standing::Control, "no", false),
        ] {
            assert_eq!(standing.is_inactive(value), inactive, "{standing:?} {value}");
        }
    }

    #[test]
    fn the_quick_look_passes_nobody_who_left() {
        let words = LEFT
            .iter()
            .chain(LEFT_SHORT)
            .chain(YES)
            .chain(NO)
            .chain(&["", "a", "active", "512", "514", "66048", "66050"]);
        for word in words {
            for standing in ALL {
                let quick = standing.is_plainly_active(word.to_uppercase().as_bytes());
                assert!(!(quick && standing.is_inactive(word)), "{standing:?} {word}");
            }
        }
    }
}
