//! The sets of problems that rows have: a handful, whatever the number of rows, each under a number.

use super::key::Map;
use crate::problem::{Code, Severity};

/// Mask of the codes that are errors.
pub(super) const ERRORS: u64 = {
    let (mut set, mut at) = (0, 0);
    while at < Code::ALL.len() {
        if matches!(Code::ALL[at].severity(), Severity::Error) {
            set |= Code::ALL[at].bit();
        }
        at += 1;
    }
    set
};

/// The sets of problems that occur; number 0 is the empty one.
#[derive(Clone, Debug)]
pub(super) struct Sets {
    sets: Vec<u64>,
    numbers: Map<u64, u16>,
}

impl Default for Sets {
    fn default() -> Self {
        let mut sets = Sets { sets: Vec::new(), numbers: Map::default() };
        // Sets of one are always there: what a set falls back to where a file has more of them than can be numbered.
        for set in std::iter::once(0).chain(Code::ALL.iter().map(|code| code.bit())) {
            sets.number(set);
        }
        sets
    }
}

impl Sets {
    /// The number of a set; of the worst problem in it where there are more sets than numbers.
    pub(super) fn number(&mut self, set: u64) -> u16 {
        if let Some(&number) = self.numbers.get(&set) {
            return number;
        }
        match u16::try_from(self.sets.len()) {
            Ok(number) => {
                self.sets.push(set);
                self.numbers.insert(set, number);
                number
            }
            Err(_) => {
                let worst = if set & ERRORS == 0 { set } else { set & ERRORS };
                self.numbers[&(worst & worst.wrapping_neg())]
            }
        }
    }

    /// The problems of the set with a number.
    pub(super) fn codes(&self, number: u16) -> u64 {
        self.sets[usize::from(number)]
    }
}
