//! Who of the directory is not in the file.
//!
//! Whoever a row names counts as present, whatever the row would do: one that is not ticked, or not usable, closes
//! nobody's account. A row that names nobody for certain could be anybody; as long as there is one, nobody is absent.

use super::Review;
use super::index::Kind;
use super::key::Key;
use super::terms::MatchBy;
use crate::problem::Code;

/// Who is absent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Absentees {
    /// Places in the list of members of those whom no row names, by username or by address.
    pub members: Vec<u32>,
    /// Rows that could be anybody, the first of them first; a handful is enough to mend them.
    pub unclear: Vec<u32>,
    /// How many such rows there are.
    pub unclear_rows: u32,
}

/// Rows that are named.
const NAMED: usize = 5;

/// Problems of a row whose cells may be in the wrong columns, or damaged.
const CONFUSED: u64 = Code::RowTooFewFields.bit()
    | Code::RowTooManyFields.bit()
    | Code::RowUnclosedQuote.bit()
    | Code::RowTooLong.bit()
    | Code::FileUndecodable.bit();

/// Keys in order.
struct Sorted(Vec<Key>);

impl Sorted {
    fn new(keys: impl Iterator<Item = Key>) -> Sorted {
        let mut keys: Vec<Key> = keys.filter(|key| !key.is_none()).collect();
        keys.sort_unstable();
        Sorted(keys)
    }

    fn has(&self, key: Key) -> bool {
        self.0.binary_search(&key).is_ok()
    }
}

impl Review {
    /// Which of `members`, given by [`key_fingerprint`](super::key_fingerprint) of their username and address keys, no row
    /// of the file names. To be asked when the whole file was read.
    pub fn absent(&self, members: &[(u64, u64)]) -> Absentees {
        let of_file = |kind| Sorted::new((1..=self.index.len()).map(|row| self.index.key(kind, row)));
        let (usernames, emails) = (of_file(Kind::Username), of_file(Kind::Email));
        let members = || {
            members
                .iter()
                .map(|&(username, email)| (Key::from_fingerprint(username), Key::from_fingerprint(email)))
        };
        let is_absent = |(username, email): (Key, Key)| !usernames.has(username) && !emails.has(email);
        let absent = (0..).zip(members()).filter(|(_, keys)| is_absent(*keys)).map(|(place, _)| place);

        let known_usernames = Sorted::new(members().map(|(username, _)| username));
        let known_emails = Sorted::new(members().map(|(_, email)| email));
        let is_unclear = |row: u32| {
            let (username, email) = (self.index.key(Kind::Username, row), self.index.key(Kind::Email, row));
            let identity = match self.rules.options.match_by {
                MatchBy::Username => username,
                MatchBy::Email => email,
            };
            (identity.is_none() || self.index.own(row) & CONFUSED != 0)
                && !known_usernames.has(username)
                && !known_emails.has(email)
        };
        let mut found = Absentees { members: absent.collect(), ..Absentees::default() };
        for row in (1..=self.index.len()).filter(|row| is_unclear(*row)) {
            found.unclear_rows += 1;
            if found.unclear.len() < NAMED {
                found.unclear.push(row);
            }
        }
        found
    }

    /// The digest of a plan that also closes the accounts of absent people, given by some bytes for each.
    pub fn digest_with<'a>(&self, absent: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut digest = self.digest();
        for account in absent {
            digest.extend_from_slice(account);
            digest = super::key::hash(&digest).map(u64::to_le_bytes).concat();
        }
        digest
    }
}
