//! The review of a roster: what every row would do, and what is wrong with it.

mod terms;

pub use terms::{
    Action, ChangePassword, EmptyCell, Existing, Filter, KeyQuery, KnownPerson, Options, Span, Totals,
    Verdict,
};
