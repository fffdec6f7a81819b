//! Reads a roster: bytes of a CSV to rows, fields and problems. No I/O; native and Wasm.
//!
//! The same code is fed by a worker's file slices in the browser, by the command line and by the server, so that
//! all three agree on what a row says and what is wrong with it. Bytes are pushed in, answers are pulled out; the
//! crate opens no file, reads no clock and draws no randomness.
//!
//! * [`review`] is the engine: it reads a whole file, keeps a compact index and answers questions about every row.
//! * [`field`] holds what a valid value is; the server calls [`field::Values::check`] again on what it receives.
//! * [`policy`] decides about passwords, [`problem`] is the one table of everything that can be wrong.

pub mod columns;
pub mod convert;
pub mod dialect;
pub mod encoding;
pub mod export;
pub mod field;
pub mod policy;
pub mod problem;
pub mod reader;
pub mod review;
pub mod summary;
#[cfg(feature = "workbook")]
pub mod workbook;

mod unicode;

pub use field::{Field, Person, PersonRow, Values};
pub use policy::PasswordPolicy;
pub use problem::{Code, Problem, RowProblem, Severity};
pub use summary::fingerprint;
