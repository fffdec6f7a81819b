//! People of the directory who are in the file, as far as they are at hand: what they have is shown beside what a row
//! would make of it.

use roster::review::{KnownPerson, MatchBy};
use std::collections::HashMap;

/// More people than this are not kept; those whose rows are shown are asked for again.
const MOST: usize = 5_000;

#[derive(Default)]
pub struct People {
    by_username: HashMap<String, KnownPerson>,
    /// The usernames that addresses belong to.
    by_email: HashMap<String, String>,
    /// The server's time when the keys of the directory were asked for.
    pub as_of: Option<i64>,
}

impl People {
    pub fn keep(&mut self, people: &[KnownPerson]) {
        if self.by_username.len() + people.len() > MOST {
            self.by_username.clear();
            self.by_email.clear();
        }
        self.by_email
            .extend(people.iter().map(|person| (person.email_key.clone(), person.username_key.clone())));
        self.by_username.extend(people.iter().map(|person| (person.username_key.clone(), person.clone())));
    }

    /// The person with this key, which is a username or an address.
    pub fn get(&self, key: &str, match_by: MatchBy) -> Option<&KnownPerson> {
        self.by_username.get(match match_by {
            MatchBy::Username => key,
            MatchBy::Email => self.by_email.get(key)?.as_str(),
        })
    }
}
