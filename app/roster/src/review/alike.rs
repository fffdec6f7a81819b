//! People whose names occur more than once - the same person twice, perhaps, under another address - and usernames that look
//! alike. Found by reading the rows once more when somebody asks; common names are no problem of a row.

use serde::{Deserialize, Serialize};

use super::Review;
use super::key::Key;
use crate::field::{Username, clean};

/// What rows may have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Alike {
    /// First and last name.
    Names,
    /// A username that can be taken for another one's.
    Usernames,
}

/// A row and what it has that may be alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AlikeKey {
    key: u64,
    /// Rows are alike only where these differ: the same username twice is another finding.
    own: u64,
    row: u32,
}

impl Review {
    /// What a row has: its names without case, spaces and marks, or what its username looks like; `None` where that is empty.
    pub fn alike_key(&self, alike: Alike, row: u32, bytes: &[u8]) -> Option<AlikeKey> {
        let values = self.with_record(bytes, |record| self.plan.values(&self.row_text(row, record)));
        let fingerprint = |text: &str| Key::of(text).fingerprint();
        match alike {
            Alike::Names => {
                let plain = |name: &str| -> String {
                    clean(name).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
                };
                let (first, last) = (plain(&values.first_name), plain(&values.last_name));
                (!first.is_empty() && !last.is_empty()).then(|| AlikeKey {
                    key: fingerprint(&format!("{first} {last}")),
                    own: row.into(),
                    row,
                })
            }
            Alike::Usernames => {
                let own = Username::key_of(&values.username);
                (!own.is_empty()).then(|| AlikeKey {
                    key: fingerprint(&Username::skeleton_of(&values.username)),
                    own: fingerprint(&own),
                    row,
                })
            }
        }
    }
}

/// The rows that are alike: those of one kind next to each other, in the order of the first of each.
pub fn alike(mut keys: Vec<AlikeKey>) -> Vec<u32> {
    keys.sort_unstable();
    let groups = keys
        .chunk_by(|a, b| a.key == b.key)
        .filter(|group| group.iter().any(|other| other.own != group[0].own));
    let mut rows: Vec<(u32, u32)> = Vec::new();
    for group in groups {
        let first = group.iter().map(|key| key.row).min().unwrap_or_default();
        rows.extend(group.iter().map(|key| (first, key.row)));
    }
    rows.sort_unstable();
    rows.into_iter().map(|(_, row)| row).collect()
}
