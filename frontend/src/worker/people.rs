//! People of the directory who are in the file, as far as they are at hand: what they have is shown beside what a row
//! would make of it.

use roster::review::KnownPerson;
use std::collections::HashMap;

/// More people than this are not kept; those whose rows are shown are asked for again.
const MOST: usize = 5_000;

#[derive(Default)]
pub struct People {
    by_username: HashMap<String, KnownPerson>,
    /// The server's time when the keys of the directory were asked for.
    pub as_of: Option<i64>,
}

impl People {
    pub fn keep(&mut self, people: &[KnownPerson]) {
        if self.by_username.len() + people.len() > MOST {
            self.by_username.clear();
        }
        self.by_username.extend(people.iter().map(|person| (person.username_key.clone(), person.clone())));
    }

    pub fn get(&self, username_key: &str) -> Option<&KnownPerson> {
        self.by_username.get(username_key)
    }
}
