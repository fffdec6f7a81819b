//! The review of a roster: what every row would do, and what is wrong with it. The engine behind the browser's
//! worker, the command line and the benchmark.
//!
//! Sans-IO: whoever drives it pushes the file's bytes once, from front to back. What stays in memory is an index of
//! some twenty bytes per row, not the rows: [`Review::view`] and its kin are handed a row's bytes again, which
//! [`Review::span`] says where to find. Edits lie over the file, which is never changed.
//!
//! In this order: [`Review::push`] and [`Review::finish`]; [`Review::doubtful`] and [`Review::confirm`] for rows that seem
//! to share a key; at any time [`Review::rows_to_ask`], [`Review::question`] and [`Review::learn`], so that the directory's
//! people are known.

mod absent;
mod align;
mod alike;
mod change;
mod column;
mod confirm;
mod content;
mod domains;
mod fix;
mod index;
mod judge;
mod key;
mod keyset;
mod known;
mod list;
mod looks;
mod mend;
mod moves;
mod places;
mod quick;
mod read;
mod sets;
mod show;
mod sixteen;
mod terms;
mod twins;

use std::collections::{BTreeMap, BTreeSet};

use crate::columns::{ColumnMapping, Target};
use crate::dialect::{Dialect, DialectChoice};
use crate::encoding::Encoding;
use crate::policy::PasswordPolicy;
use crate::problem::{Code, RowProblem};
use crate::reader::{Reader, Record};

use change::Step;
use confirm::Confirming;
use content::Content;
use index::{Index, Keys, Rules};
use judge::{Plan, RowText, Text};
use key::{Key, Map};
use known::DirectoryKeys;
use quick::Quick;

pub use absent::Absentees;
pub use alike::{Alike, AlikeKey, alike};
pub use change::EditedCells;
pub use fix::FixPlan;
pub use known::{key_fingerprint, look_fingerprint};
pub use mend::{USERNAME_PATTERN, is_pattern};
pub use terms::{
    Absent, Action, Cell, ChangePassword, EmptyCell, Existing, Filter, Fix, FixSample, HandOver, KeyQuery,
    KnownPerson, MatchBy, Options, Pushed, RowView, Span, Totals, Verdict,
};

/// How much of a file is looked at to guess its dialect.
pub(crate) const SAMPLE: usize = 64 * 1024;
/// How much is looked at from the first row on that is not UTF-8.
pub(crate) const DOUBT_SAMPLE: usize = 32 * 1024;
/// How many findings are kept with their sentences, for reports.
pub const KEPT_FINDINGS: usize = 1000;

/// Where the review is in the file.
#[derive(Debug)]
enum Stage {
    /// Collecting the beginning.
    Sampling(Vec<u8>),
    /// Reading rows.
    Reading(Box<Reader>),
    /// UTF-8 was only assumed and does not fit: collecting what tells the encoding.
    Doubt(Vec<u8>),
    /// All was read.
    Done,
}

/// A roster under review.
#[derive(Debug)]
pub struct Review {
    choice: DialectChoice,
    mapping_choice: Option<Vec<Target>>,
    policy: PasswordPolicy,
    custom_fields: Vec<String>,
    rules: Rules,
    /// The encoding that was found after UTF-8 had been assumed.
    better: Option<Encoding>,
    /// The encoding from which the file has to be turned into UTF-8.
    foreign: Option<Encoding>,
    stage: Stage,
    dialect: Dialect,
    mapping: ColumnMapping,
    plan: Plan,
    quick: Quick,
    /// Whether the mapping was made from the file's beginning, as it almost always is.
    mapped: bool,
    header: Vec<Vec<String>>,
    content: Content,
    file_problems: Vec<RowProblem>,
    findings: Vec<RowProblem>,
    index: Index,
    confirming: Confirming,
    directory_keys: Option<DirectoryKeys>,
    /// Up to this row the directory was asked.
    asked_to: u32,
    /// Rows that were edited since the directory was asked about them.
    ask_again: BTreeSet<u32>,
    /// Rows with an address that another account has, and the username of that account.
    contested: BTreeMap<u32, Key>,
    edits: Map<u32, BTreeMap<usize, String>>,
    /// Rows that were cut anew.
    aligned: BTreeSet<u32>,
    steps: Vec<Step>,
    undone: Vec<Step>,
}

impl Review {
    /// A review at the start of a file. `choice` and `mapping_choice` are what a person decided, if anything;
    /// `custom_fields` are the names of the organisation's own profile fields.
    pub fn new(
        choice: DialectChoice,
        mapping_choice: Option<Vec<Target>>,
        policy: PasswordPolicy,
        custom_fields: Vec<String>,
    ) -> Review {
        Review {
            choice,
            mapping_choice,
            policy,
            custom_fields,
            rules: Rules::default(),
            better: None,
            foreign: None,
            stage: Stage::Sampling(Vec::new()),
            dialect: Dialect::default(),
            mapping: ColumnMapping::default(),
            plan: Plan::default(),
            quick: Quick::default(),
            mapped: false,
            header: Vec::new(),
            content: Content::default(),
            file_problems: Vec::new(),
            findings: Vec::new(),
            index: Index::default(),
            confirming: Confirming::default(),
            directory_keys: None,
            asked_to: 0,
            ask_again: BTreeSet::new(),
            contested: BTreeMap::new(),
            edits: Map::default(),
            aligned: BTreeSet::new(),
            steps: Vec::new(),
            undone: Vec::new(),
        }
    }

    /// What was understood of the file.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// The encoding from which the file has to be turned into UTF-8 before it is read: it was chosen, or, after
    /// `file.encoding`, recognised. See [`Review::read_as`].
    pub fn to_transcode(&self) -> Option<Encoding> {
        self.foreign.or(self.choice.encoding.filter(|encoding| encoding.is_transcoded()))
    }

    /// Which column feeds which field.
    pub fn mapping(&self) -> &ColumnMapping {
        &self.mapping
    }

    /// The options that apply.
    pub fn options(&self) -> &Options {
        &self.rules.options
    }

    /// Findings about the file as a whole: headers that are missing or occur twice.
    pub fn file_problems(&self) -> &[RowProblem] {
        &self.file_problems
    }

    /// `header.missing_required`, if a required field has no column: nothing can be imported until it has one.
    pub fn header_problem(&self) -> Option<RowProblem> {
        self.file_problems.iter().find(|problem| problem.problem.code == Code::HeaderMissingRequired).cloned()
    }

    /// The first [`KEPT_FINDINGS`] findings as the file was read, in the order of its rows; edits do not change them.
    pub fn findings(&self) -> impl Iterator<Item = &RowProblem> {
        self.file_problems.iter().chain(&self.findings).take(KEPT_FINDINGS)
    }

    /// Whether the whole file was read.
    pub fn is_finished(&self) -> bool {
        matches!(self.stage, Stage::Done)
    }

    /// The columns that feed something: their header and the key of their field.
    pub fn mapped_columns(&self) -> Vec<(String, String)> {
        self.mapping.feeding().collect()
    }

    /// A row's cells with what was edited lying over them.
    fn row_text<'a>(&'a self, row: u32, record: &Record<'a>) -> RowText<'a> {
        let mut text = read::row_text(record, self.plan.defused);
        if let Some(edits) = self.edits.get(&row) {
            for (&column, value) in edits {
                while text.cells.len() <= column {
                    text.cells.push(Text::Read("".into()));
                }
                text.cells[column] = Text::Read(value.as_str().into());
            }
            // Whoever fills in the last missing cell has mended the form; quotation marks were looked at, too.
            if edits.contains_key(&usize::from(text.shape.unclosed_quote.unwrap_or(u16::MAX))) {
                text.shape.unclosed_quote = None;
            }
            if edits.contains_key(&usize::from(text.shape.stray_quote.unwrap_or(u16::MAX))) {
                text.shape.stray_quote = None;
            }
        }
        text
    }
}

/// What the index keeps of a row, and the keys behind it.
#[derive(Clone, Debug)]
struct Facts {
    own: u64,
    keys: Keys,
    username_key: String,
    email_key: String,
}

impl Facts {
    fn domain(&self) -> Option<&str> {
        (!self.email_key.is_empty()).then(|| self.email_key.rsplit_once('@').map_or("", |(_, domain)| domain))
    }
}
