//! What the page knows of the review, as signals, and what it can ask of the worker.

#[cfg(feature = "hydrate")]
mod hearing;
#[cfg(any(test, feature = "hydrate"))]
mod unfold;

use super::files::Waiting;
#[cfg(feature = "hydrate")]
use super::protocol::LIKELIEST_SHEET;
use super::protocol::{AbsentPreview, ColumnValue, ColumnValues, Command, Phase};
use crate::api::imports::{NewImport, WorkbenchContext};
use leptos::prelude::*;
use roster::columns::{ColumnMapping, Target};
use roster::dialect::{Dialect, DialectChoice};
use roster::problem::Code;
#[cfg(feature = "hydrate")]
use roster::review::Absent;
use roster::review::{Alike, Filter, Fix, Options, RowView, Totals, Verdict};

/// Rows at hand above and below those that the table shows.
const SPARE: u32 = 20;

/// Name and size of the chosen file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// Its name, without a path.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Bytes that are read: of a workbook those of a sheet as CSV.
    pub to_read: u64,
}

/// The part of the list that is at hand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// How long the whole list is.
    pub total: u32,
    /// Position of the first row at hand.
    pub first: u32,
    /// The rows at hand.
    pub rows: Vec<RowView>,
}

/// How far sending is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sending {
    /// Not confirmed yet.
    #[default]
    Not,
    /// Confirmed; so many rows of so many are on the server.
    Rows {
        /// Rows on the server.
        sent: u32,
        /// Rows in all.
        of: u32,
        /// What it waits for, if it does.
        waiting: Option<String>,
    },
    /// Every row is on the server.
    Done,
    /// It ended before its end.
    Failed(String),
}

/// All of the workbench's state. Copies share it.
#[derive(Clone, Copy)]
pub struct Workbench {
    /// Policy, custom fields and seats.
    pub context: StoredValue<WorkbenchContext>,
    /// The chosen file.
    pub file: RwSignal<Option<FileInfo>>,
    /// Files that were chosen together with it.
    pub waiting: Waiting,
    /// Names of the sheets, if the file is a workbook.
    pub sheets: RwSignal<Vec<String>>,
    /// Which of them is read.
    pub sheet: RwSignal<u32>,
    /// What the person chose for encoding, delimiter and header line.
    pub choice: RwSignal<DialectChoice>,
    /// The person's column mapping, once changed.
    pub targets: RwSignal<Option<Vec<Target>>>,
    /// What was understood.
    pub dialect: RwSignal<Option<Dialect>>,
    /// Which column feeds which field.
    pub mapping: RwSignal<Option<ColumnMapping>>,
    /// Running totals.
    pub totals: RwSignal<Totals>,
    /// How far reading is; `None` without a file.
    pub phase: RwSignal<Option<Phase>>,
    /// How long reading and checking took, in milliseconds.
    pub elapsed_ms: RwSignal<u32>,
    /// Whether there is a change of cells to take back.
    pub can_undo: RwSignal<bool>,
    /// Whether there is a change to do again.
    pub can_redo: RwSignal<bool>,
    /// Rows that the directory was asked about.
    pub compared: RwSignal<u32>,
    /// Memory of the worker's module, in bytes.
    pub memory: RwSignal<u64>,
    /// What is wrong with the file as a whole: code, sentence, whether reading ended there.
    pub problem: RwSignal<Option<(Code, String, bool)>>,
    /// Which rows are shown.
    pub filter: RwSignal<Filter>,
    /// Text that shown rows hold.
    pub search: RwSignal<String>,
    /// A value that shown rows have in a column.
    pub value: RwSignal<Option<ColumnValue>>,
    /// What shown rows have alike with another one, if only such rows are shown.
    pub alike: RwSignal<Option<Alike>>,
    /// Whether rows are sorted by what they do.
    pub by_verdict: RwSignal<bool>,
    /// The column whose values are counted, and what was found so far.
    pub values: RwSignal<Option<ColumnValues>>,
    /// The rows at hand.
    pub window: RwSignal<Window>,
    /// Options of the import.
    pub options: RwSignal<Options>,
    /// Who is not in the file, where that matters and is known.
    pub absent: RwSignal<Option<AbsentPreview>>,
    /// The import in which the rows of this file failed.
    pub mends: RwSignal<Option<String>>,
    /// Whether the password is asked for once more.
    pub proof: RwSignal<bool>,
    /// A fix that was proposed.
    pub fix: RwSignal<Option<Fix>>,
    /// The problem whose fix was asked for last, and whether it turned out that there is nothing to be done at once.
    pub asked_fix: RwSignal<Option<(Code, bool)>>,
    /// Sending.
    pub sending: RwSignal<Sending>,
    /// Identifier of the import, once it is open.
    pub import: RwSignal<Option<String>>,
    /// Counts the files that were opened and closed by somebody who is to find the focus where the file is now.
    pub turn: RwSignal<u32>,
    /// Cells that were mended in this file before and were put back; 0 once that was seen.
    pub put_back: RwSignal<u32>,
    /// First row and number of rows that the table shows.
    pub view: RwSignal<(u32, u32)>,
    /// Counts the questions for rows.
    ticket: StoredValue<u32>,
    /// Answers to questions before this one are for another filter, file or part of the list.
    oldest: StoredValue<u32>,
    /// A question for rows is under way.
    asking: StoredValue<bool>,
    /// Counts the answers that were shown.
    #[cfg(feature = "hydrate")]
    unfolding: StoredValue<u32>,
    #[cfg(feature = "hydrate")]
    link: StoredValue<Option<super::link::Link>, LocalStorage>,
    #[cfg(feature = "hydrate")]
    source: StoredValue<Option<web_sys::File>, LocalStorage>,
}

impl Workbench {
    /// An empty workbench.
    #[must_use]
    pub fn new(context: WorkbenchContext) -> Self {
        Self {
            context: StoredValue::new(context),
            file: RwSignal::new(None),
            waiting: Waiting::none(),
            sheets: RwSignal::new(Vec::new()),
            sheet: RwSignal::new(0),
            choice: RwSignal::new(DialectChoice::default()),
            targets: RwSignal::new(None),
            dialect: RwSignal::new(None),
            mapping: RwSignal::new(None),
            totals: RwSignal::new(Totals::default()),
            phase: RwSignal::new(None),
            elapsed_ms: RwSignal::new(0),
            can_undo: RwSignal::new(false),
            can_redo: RwSignal::new(false),
            compared: RwSignal::new(0),
            memory: RwSignal::new(0),
            problem: RwSignal::new(None),
            filter: RwSignal::new(Filter::default()),
            search: RwSignal::new(String::new()),
            value: RwSignal::new(None),
            alike: RwSignal::new(None),
            by_verdict: RwSignal::new(false),
            values: RwSignal::new(None),
            window: RwSignal::new(Window::default()),
            options: RwSignal::new(Options::default()),
            absent: RwSignal::new(None),
            mends: RwSignal::new(None),
            proof: RwSignal::new(false),
            fix: RwSignal::new(None),
            asked_fix: RwSignal::new(None),
            sending: RwSignal::new(Sending::Not),
            import: RwSignal::new(None),
            turn: RwSignal::new(0),
            put_back: RwSignal::new(0),
            view: RwSignal::new((0, 40)),
            ticket: StoredValue::new(0),
            oldest: StoredValue::new(0),
            asking: StoredValue::new(false),
            #[cfg(feature = "hydrate")]
            unfolding: StoredValue::new(0),
            #[cfg(feature = "hydrate")]
            link: StoredValue::new_local(None),
            #[cfg(feature = "hydrate")]
            source: StoredValue::new_local(None),
        }
    }

    /// Starts reading a file.
    #[cfg(feature = "hydrate")]
    pub fn open(self, file: web_sys::File) {
        let size = file.size() as u64;
        self.file.set(Some(FileInfo { name: file.name(), size, to_read: size }));
        self.source.set_value(Some(file));
        self.sheets.set(Vec::new());
        self.sheet.set(LIKELIEST_SHEET);
        self.choice.set(DialectChoice::default());
        self.targets.set(None);
        self.sending.set(Sending::Not);
        self.import.set(None);
        self.filter.set(Filter::default());
        self.search.set(String::new());
        self.by_verdict.set(false);
        self.alike.set(None);
        self.put_back.set(0);
        self.fix.set(None);
        // That one file is a full roster says nothing about the next.
        self.options.update(|options| options.absent = Absent::Leave);
        self.turn.update(|turn| *turn += 1);
        self.read();
    }

    /// Says of what was dropped or chosen why it cannot be read.
    #[cfg(feature = "hydrate")]
    pub fn refuse(self, name: String, why: &str) {
        self.close();
        self.file.set(Some(FileInfo { name, size: 0, to_read: 0 }));
        self.problem.set(Some((Code::FileNotText, why.to_owned(), true)));
    }

    /// Whether the file cannot be used at all.
    #[must_use]
    pub fn is_unusable(self) -> bool {
        self.problem.with(|problem| matches!(problem, Some((_, _, true))))
    }

    /// Whether a file can be opened without another one being lost by that.
    #[must_use]
    pub fn is_free(self) -> bool {
        self.file.with(Option::is_none) || !self.is_sending() && self.is_unusable()
    }

    /// Whether rows are on their way: what was confirmed does not change any more.
    #[must_use]
    pub fn is_sending(self) -> bool {
        self.sending.with(|sending| !matches!(sending, Sending::Not | Sending::Failed(_)))
    }

    /// The file under review.
    #[cfg(feature = "hydrate")]
    pub(super) fn current_file(self) -> Option<web_sys::File> {
        self.source.get_value()
    }

    /// Starts the roster worker, so that it is ready when a file is chosen.
    #[cfg(feature = "hydrate")]
    pub fn start(self) {
        if self.link.with_value(Option::is_some) {
            return;
        }
        use super::link::{Link, Useless};
        let useless = move |why| {
            let message = match why {
                Useless::Broken => {
                    "This browser could not start the reader. Reload the page; if that does not help, use a current \
                     version of Chrome, Edge, Firefox or Safari."
                }
                Useless::OtherBuild => {
                    "Rollcall was updated while this page was open. Reload the page, then choose the file again; mended \
                     cells are kept."
                }
            };
            self.problem.set(Some((Code::FileNotText, message.to_owned(), true)));
        };
        match Link::start(move |report| self.hear(report), useless) {
            Ok(link) => self.link.set_value(Some(link)),
            Err(_) => useless(Useless::Broken),
        }
    }

    /// Reads the same file again, after a change of encoding, delimiter, header line or mapping.
    pub fn read(self) {
        #[cfg(feature = "hydrate")]
        {
            self.dialect.set(None);
            self.mapping.set(None);
            self.problem.set(None);
            self.asked_fix.set(None);
            self.absent.set(None);
            self.mends.set(None);
            self.totals.set(Totals::default());
            self.window.set(Window::default());
            self.value.set(None);
            self.values.set(None);
            self.view.set((0, 40));
            self.phase.set(Some(Phase::Reading));
            self.start();
            let context = self.context.get_value();
            let command = Command::Open {
                sheet: self.sheet.get_untracked(),
                choice: self.choice.get_untracked(),
                mapping: self.targets.get_untracked(),
                policy: context.policy,
                custom_fields: context.custom_fields,
                options: self.options.get_untracked(),
            };
            self.source.with_value(|file| {
                if let Some(file) = file {
                    self.link.with_value(|link| {
                        if let Some(link) = link {
                            link.tell_with_file(&command, file);
                        }
                    });
                }
            });
            self.ask_rows(false);
        }
    }

    /// Forgets the file.
    pub fn close(self) {
        #[cfg(feature = "hydrate")]
        {
            self.link.set_value(None);
            self.source.set_value(None);
        }
        self.turn.update(|turn| *turn += 1);
        self.waiting.clear();
        self.file.set(None);
        self.phase.set(None);
        self.problem.set(None);
        self.dialect.set(None);
        self.mapping.set(None);
        self.totals.set(Totals::default());
        self.window.set(Window::default());
        self.sending.set(Sending::Not);
    }

    /// Says something to the worker, if there is one.
    pub fn tell(self, command: &Command) {
        #[cfg(feature = "hydrate")]
        self.link.with_value(|link| {
            if let Some(link) = link {
                link.tell(command);
            }
        });
        #[cfg(not(feature = "hydrate"))]
        let _ = command;
    }

    /// Asks for the rows that the table shows, with some to spare on both sides. With `keep` the list stays as it was,
    /// so that no row moves because it was changed.
    pub fn ask_rows(self, keep: bool) {
        self.question(keep);
        self.oldest.set_value(self.ticket.get_value());
    }

    /// Whether the list is that of all rows, in the file's order.
    pub fn lists_everything(self) -> bool {
        self.filter.with(|filter| *filter == Filter::default())
            && self.search.with(|search| search.trim().is_empty())
            && self.value.with(Option::is_none)
            && self.alike.with(Option::is_none)
            && !self.by_verdict.get()
    }

    /// Whether the list of all rows grew below the rows at hand alone.
    #[cfg(feature = "hydrate")]
    fn grew_out_of_sight(self) -> bool {
        let (first, count) = self.view.get_untracked();
        let wanted = (first + count + SPARE).min(self.totals.with_untracked(|totals| totals.rows));
        let there = self.window.with_untracked(|window| window.first + window.rows.len() as u32);
        there >= wanted && untrack(|| self.lists_everything())
    }

    /// Asks for the same rows as before, which may have become more, or others: until then what is there stays.
    #[cfg(feature = "hydrate")]
    fn refresh_rows(self) {
        if !self.asking.get_value() {
            self.question(false);
        }
    }

    fn question(self, keep: bool) {
        let (first, count) = self.view.get_untracked();
        let from = first.saturating_sub(SPARE);
        self.ticket.update_value(|ticket| *ticket += 1);
        self.asking.set_value(true);
        self.tell(&Command::Rows {
            ticket: self.ticket.get_value(),
            filter: self.filter.get_untracked(),
            search: self.search.get_untracked(),
            value: self.value.get_untracked(),
            alike: self.alike.get_untracked(),
            by_verdict: self.by_verdict.get_untracked(),
            first: from,
            count: count + SPARE + (first - from),
            keep,
        });
    }

    /// Shows other rows.
    pub fn show(self, filter: Filter) {
        self.filter.set(filter);
        self.ask_rows(false);
    }

    /// Counts the values of a column, or of none.
    pub fn count_values(self, column: Option<u32>) {
        self.values.set(column.map(|column| ColumnValues { column, ..ColumnValues::default() }));
        self.tell(&Command::CountValues(column));
        if self.value.get_untracked().is_some() {
            self.show_value(None);
        }
    }

    /// Shows only rows with a value, or all again.
    pub fn show_value(self, value: Option<ColumnValue>) {
        self.value.set(value);
        self.ask_rows(false);
    }

    /// Shows only rows that have something alike with another one, or all again.
    pub fn show_alike(self, alike: Option<Alike>) {
        self.alike.set(alike);
        self.ask_rows(false);
    }

    /// Sorts rows by what they do, or as the file has them.
    pub fn sort_by_verdict(self, by_verdict: bool) {
        self.by_verdict.set(by_verdict);
        self.ask_rows(false);
    }

    /// Asks what could be done to all rows with a problem.
    pub fn propose_fix(self, code: Code, pattern: Option<String>) {
        self.asked_fix.set(Some((code, false)));
        self.tell(&Command::ProposeFix { code, pattern });
    }

    /// Ticks or unticks a row.
    pub fn choose(self, row: u32, chosen: bool) {
        self.tell(&Command::Choose { row, chosen });
        self.ask_rows(true);
    }

    /// Ticks or unticks every row with a verdict.
    pub fn choose_all(self, verdict: Verdict, chosen: bool) {
        self.tell(&Command::ChooseAll { verdict, chosen });
        self.ask_rows(true);
    }

    /// Puts a value into a cell.
    pub fn edit(self, row: u32, column: u32, value: String) {
        self.tell(&Command::Edit { row, column, value });
        self.ask_rows(true);
    }

    /// Changes the options.
    pub fn set_options(self, change: impl FnOnce(&mut Options)) {
        self.options.update(change);
        self.tell(&Command::Options(self.options.get_untracked()));
        self.ask_rows(true);
    }

    /// People that confirming would create or update.
    #[must_use]
    pub fn chosen(self) -> u32 {
        self.totals.with(|totals| totals.add_new + totals.update)
    }

    /// Sends the chosen rows.
    pub fn submit(self) {
        let Some(file) = self.file.get_untracked() else { return };
        if untrack(|| self.is_sending()) {
            return;
        }
        let of = self.totals.with_untracked(|totals| totals.add_new + totals.update);
        self.sending.set(Sending::Rows { sent: 0, of, waiting: None });
        if let Some(import) = self.mends.get_untracked() {
            return self.tell(&Command::Mend { import });
        }
        self.tell(&Command::Submit(NewImport {
            file_name: file.name,
            file_digest: String::new(),
            options: self.options.get_untracked(),
            columns: Vec::new(),
            rows: of,
            digest: Vec::new(),
            reviewed_at: None,
        }));
    }
}

/// Keeps reports in use where there is no worker.
#[cfg(not(feature = "hydrate"))]
const _: fn(super::protocol::Report) = drop;
