//! People whose names occur more than once: the same person twice, perhaps, under another address. Found by reading the
//! rows once more when somebody asks; common names are no problem of a row.

use super::Review;
use super::key::Key;
use crate::field::clean;

/// A row and what its names come to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct NameKey {
    key: u64,
    row: u32,
}

impl Review {
    /// What the names of a row come to, without case, spaces and marks; `None` without both names.
    pub fn name_key(&self, row: u32, bytes: &[u8]) -> Option<NameKey> {
        let values = self.with_record(bytes, |record| self.plan.values(&self.row_text(row, record)));
        let plain = |name: &str| -> String {
            clean(name).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let (first, last) = (plain(&values.first_name), plain(&values.last_name));
        (!first.is_empty() && !last.is_empty())
            .then(|| NameKey { key: Key::of(&format!("{first} {last}")).fingerprint(), row })
    }
}

/// The rows that share their names with others: those of one name next to each other, in the order of the first of each.
pub fn namesakes(mut names: Vec<NameKey>) -> Vec<u32> {
    names.sort_unstable();
    let groups = names.chunk_by(|a, b| a.key == b.key).filter(|group| group.len() > 1);
    let mut rows: Vec<(u32, u32)> =
        groups.flat_map(|group| group.iter().map(|name| (group[0].row, name.row))).collect();
    rows.sort_unstable();
    rows.into_iter().map(|(_, row)| row).collect()
}
