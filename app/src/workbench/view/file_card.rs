//! What was understood of the file: each finding is a chip, each chip opens its choice.

use super::bench;
use super::mapping::MappingTable;
use super::sheet::SheetChip;
use crate::components::icon::Icon;
use crate::components::number::{bytes, count, counted, seconds};
use crate::workbench::protocol::{Command, Phase};
use crate::workbench::state::Workbench;
use leptos::prelude::*;
use roster::columns::Target;
use roster::dialect::{Delimiter, Dialect, DialectChoice, Escape};
use roster::encoding::Encoding;

/// Name, size, encoding, delimiter, header and columns of the file. What a chip opens is made when it is opened: hundreds of
/// elements that few look at would come before the first rows.
#[component]
pub fn FileCard() -> impl IntoView {
    let bench = bench();
    let note = move || {
        let size = bench.file.with(|file| file.as_ref().map_or(0, |file| file.size));
        let reading = match bench.phase.get() {
            _ if bench.is_unusable() => "cannot be used".to_owned(),
            Some(Phase::Reading) => "reading…".to_owned(),
            Some(Phase::Comparing) => {
                let rows = bench.totals.with(|totals| u64::from(totals.rows.max(1)));
                let done = u64::from(bench.compared.get()) * 100 / rows;
                format!("read in {} · comparing with the directory, {done}%", seconds(bench.elapsed_ms.get()))
            }
            _ => format!("read in {}", seconds(bench.elapsed_ms.get())),
        };
        let recipe =
            bench.mapping.with(|mapping| mapping.as_ref().and_then(|mapping| mapping.recipe.clone()));
        let recipe = recipe.map(|name| format!(" · looks like a {name} export")).unwrap_or_default();
        format!("{} · {reading}{recipe}", bytes(size))
    };
    let borrowed = move || {
        bench.mapping.with(|mapping| match mapping {
            Some(mapping) if mapping.username_from_email => {
                Some("There is no column with usernames: the email address serves as the username.")
            }
            Some(mapping) if mapping.email_from_username => {
                Some("There is no column with email addresses: the username, which is one, serves as the email address.")
            }
            _ => None,
        })
    };
    let read = move || {
        let size = bench.file.with(|file| file.as_ref().map_or(1, |file| file.to_read.max(1)));
        bench.totals.with(|totals| totals.bytes_read * 100 / size).min(100).to_string()
    };
    // Whoever has chosen a file finds the focus at its name: the button that was pressed is not there any more.
    Effect::new(move |before: Option<u32>| {
        let turn = bench.turn.get();
        if turn > 0 && before != Some(turn) {
            super::focus::to("file-name");
        }
        turn
    });
    let sending = Memo::new(move |_| bench.is_sending());
    // Of a file that nothing was understood of, there is nothing to choose.
    let understood = Memo::new(move |_| !bench.is_unusable() || bench.dialect.with(Option::is_some));
    view! {
        <section class="card file-card" aria-label="File" inert=move || sending.get()>
            <Icon name="file"/>
            <div class="file-title">
                <h2 class="file-name" id="file-name" tabindex="-1">{move || bench.file.with(|file| file.as_ref().map(|file| file.name.clone()))}</h2>
                <p class="file-note" data-phase=move || bench.phase.get().map(|phase| format!("{phase:?}").to_lowercase()) data-elapsed-ms=move || bench.elapsed_ms.get() data-wasm-bytes=move || bench.memory.get()>{note}</p>
                {move || borrowed().map(|words| view! { <p class="file-borrowed">{words}</p> })}
                <PutBack/>
            </div>
            <div class="chips">
                <SheetChip/>
                <Show when=move || understood.get()>
                    <EncodingChip/>
                    <DelimiterChip/>
                    <HeaderChip/>
                    <ColumnsChip/>
                </Show>
            </div>
            <button class="button is-small" type="button" on:click=move |_| bench.close()>"Choose another file"</button>
            <Show when=move || !bench.is_unusable()>
                <progress
                    class="progress is-thin"
                    class:is-ok=move || bench.phase.get() == Some(Phase::Ready)
                    max="100"
                    prop:value=read
                    aria-label="Reading the file"
                ></progress>
            </Show>
        </section>
    }
    .into_any()
}

/// Says that cells were put back that were mended another time.
#[component]
fn PutBack() -> impl IntoView {
    let bench = bench();
    let discard = move |_| {
        bench.tell(&Command::Discard);
        bench.put_back.set(0);
        bench.ask_rows(true);
        super::focus::to("file-name");
    };
    move || {
        let cells = bench.put_back.get();
        (cells > 0).then(|| {
            let words = format!("{} from before put back.", counted(cells.into(), "change", "changes"));
            view! {
                <p class="file-borrowed" role="status">
                    {words} " " <button class="button is-small is-quiet" type="button" on:click=discard>"Throw them away"</button>
                </p>
            }
        })
    }
}

/// What is wrong with the file as a whole.
#[component]
pub fn FileProblem() -> impl IntoView {
    let bench = bench();
    move || {
        bench.problem.get().map(|(code, message, fatal)| {
            view! {
                <div class="notice" class:is-bad=fatal class:is-warn=!fatal role="alert">
                    <Icon name="warning"/>
                    <div><p class="notice-title">{code.title()}</p><p>{message}</p><p class="muted"><code>{code.as_str()}</code></p></div>
                </div>
            }
        })
    }
}

/// How the file is read in one respect. What was chosen counts at once, not only when the file was read so.
fn chosen_or_understood<T: 'static>(
    chosen: fn(&DialectChoice) -> Option<T>,
    understood: fn(&Dialect) -> T,
) -> impl Fn() -> Option<T> + Copy + Send + Sync + 'static {
    let bench = bench();
    move || {
        bench.choice.with(chosen).or_else(|| bench.dialect.with(|dialect| dialect.as_ref().map(understood)))
    }
}

/// Why something was understood as it was.
fn evidence(of: fn(&Dialect) -> &String) -> impl IntoView {
    let bench = bench();
    let words = move || bench.dialect.with(|dialect| dialect.as_ref().map(|dialect| of(dialect).clone()));
    view! { <p class="popover-note">{words}</p> }
}

/// Looks up the first lines of the file, as they are understood, so that the header can be told from what stands there.
fn first_lines(bench: Workbench, lines: RwSignal<Vec<String>>) {
    #[cfg(feature = "hydrate")]
    leptos::task::spawn_local(async move {
        let encoding =
            bench.dialect.with_untracked(|dialect| dialect.as_ref().map(|dialect| dialect.encoding));
        let workbook = bench.sheets.with_untracked(|sheets| !sheets.is_empty());
        if let (Some(encoding), false) = (encoding, workbook) {
            lines.set(bench.first_lines(encoding).await.unwrap_or_default());
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (bench, lines);
}

#[component]
fn EncodingChip() -> impl IntoView {
    let bench = bench();
    let current = chosen_or_understood(|choice| choice.encoding, |dialect| dialect.encoding);
    let choices = move || {
        let choice = |&encoding: &Encoding| {
            let pick = move |_| {
                bench.choice.update(|choice| choice.encoding = Some(encoding));
                bench.read();
            };
            let sample = move || {
                bench.dialect.with(|dialect| {
                    let samples = dialect.as_ref()?.samples.iter();
                    samples.clone().find(|(other, _)| *other == encoding).map(|(_, text)| text.clone())
                })
            };
            view! {
                <label class="choice">
                    <input type="radio" name="encoding" prop:checked=move || current() == Some(encoding) on:change=pick/>
                    <span class="choice-name">{encoding.description()}</span>
                    <span class="choice-note">{sample}</span>
                </label>
            }
        };
        Encoding::ALL.iter().map(choice).collect_view()
    };
    let opened = RwSignal::new(false);
    view! {
        <button class="chip" type="button" popovertarget="pick-encoding" on:click=move |_| opened.set(true)>
            "Encoding " <b>{move || current().map_or("…", Encoding::label)}</b>
        </button>
        <div class="popover" id="pick-encoding" popover="auto">
            <h3 class="popover-title">"Encoding"</h3>
            {evidence(|dialect| &dialect.encoding_evidence)}
            <p class="popover-note">"Choose the one that shows the names right. The file is read again at once."</p>
            <div class="choices">{move || opened.get().then(choices)}</div>
        </div>
    }
    .into_any()
}

/// Delimiters with the words people use for them.
const DELIMITERS: [(u8, &str, &str); 4] =
    [(b',', ",", "Comma"), (b';', ";", "Semicolon"), (b'\t', "Tab", "Tab"), (b'|', "|", "Vertical bar")];

#[component]
fn DelimiterChip() -> impl IntoView {
    let bench = bench();
    let current = chosen_or_understood(|choice| choice.delimiter, |dialect| dialect.delimiter);
    let sign = move || match current() {
        None => "…".to_owned(),
        Some(delimiter) => DELIMITERS
            .iter()
            .find(|(byte, _, _)| Delimiter::of(*byte) == delimiter)
            .map_or_else(|| delimiter.label(), |(_, sign, _)| (*sign).to_owned()),
    };
    let choose = move |delimiter: Delimiter| {
        bench.choice.update(|choice| choice.delimiter = Some(delimiter));
        bench.targets.set(None);
        bench.read();
    };
    let choices = DELIMITERS
        .iter()
        .map(|&(byte, _, name)| {
            let delimiter = Delimiter::of(byte);
            view! {
                <label class="choice">
                    <input type="radio" name="delimiter" prop:checked=move || current() == Some(delimiter) on:change=move |_| choose(delimiter)/>
                    <span class="choice-name">{name}</span>
                </label>
            }
        })
        .collect_view();
    // Any other one, of a few characters.
    let own = move || {
        let delimiter = current()?;
        let usual = DELIMITERS.iter().any(|(byte, _, _)| Delimiter::of(*byte) == delimiter);
        (!usual && !delimiter.is_none()).then(|| delimiter.label())
    };
    let quotes = Memo::new(move |_| {
        bench.dialect.with(|dialect| dialect.as_ref().map(|dialect| (dialect.quote, dialect.escape)))
    });
    let quoting = move || match quotes.get() {
        None | Some((Some(b'"'), Escape::Doubled)) => "double",
        Some((Some(b'"'), Escape::Backslash)) => "backslash",
        Some((Some(_), _)) => "single",
        Some((None, _)) => "none",
    };
    let quote = move |event: leptos::ev::Event| {
        let (mark, escape) = match event_target_value(&event).as_str() {
            "backslash" => (b'"', Escape::Backslash),
            "single" => (b'\'', Escape::Doubled),
            "none" => (0, Escape::Doubled),
            _ => (b'"', Escape::Doubled),
        };
        bench.choice.update(|choice| (choice.quote, choice.escape) = (Some(mark), Some(escape)));
        bench.targets.set(None);
        bench.read();
    };
    let write = move |event: leptos::ev::Event| {
        if let Ok(delimiter) = Delimiter::parse(&event_target_value(&event)) {
            choose(delimiter);
        }
    };
    view! {
        <button class="chip" type="button" popovertarget="pick-delimiter">"Delimiter " <b>{sign}</b></button>
        <div class="popover" id="pick-delimiter" popover="auto">
            <h3 class="popover-title">"Delimiter"</h3>
            {evidence(|dialect| &dialect.delimiter_evidence)}
            <p class="popover-note">"What stands between two cells."</p>
            <div class="choices">{choices}</div>
            <div class="field">
                <label class="field-label" for="own-delimiter">"Another one"</label>
                <input class="input" id="own-delimiter" type="text" maxlength="5" autocomplete="off" spellcheck="false" prop:value=move || own().unwrap_or_default() on:change=write/>
            </div>
            <div class="field">
                <label class="field-label" for="quoting">"Around a cell that holds one"</label>
                <select class="select" id="quoting" on:change=quote prop:value=quoting>
                    <option value="double">"Quotation marks, twice inside: \"\""</option>
                    <option value="backslash">"Quotation marks, inside after a backslash: \\\""</option>
                    <option value="single">"Single quotation marks: '"</option>
                    <option value="none">"Nothing"</option>
                </select>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn HeaderChip() -> impl IntoView {
    let bench = bench();
    let current = chosen_or_understood(|choice| choice.header_line, |dialect| dialect.header_line);
    let lines = RwSignal::new(Vec::<String>::new());
    let label = move || match current() {
        None => "…".to_owned(),
        Some(0) => "none".to_owned(),
        Some(line) => format!("line {line}"),
    };
    let choices = move || {
        let choice = |line: u32| {
            let pick = move |_| {
                bench.choice.update(|choice| choice.header_line = Some(line));
                bench.targets.set(None);
                bench.read();
            };
            let name = if line == 0 { "No header".to_owned() } else { format!("Line {line}") };
            view! {
                <label class="choice">
                    <input type="radio" name="header" prop:checked=move || current() == Some(line) on:change=pick/>
                    <span class="choice-name">{name}</span>
                    <span class="choice-note is-line">{move || {
                        let at = (line as usize).checked_sub(1)?;
                        lines.with(|lines| lines.get(at).cloned())
                    }}</span>
                </label>
            }
        };
        // The line that was found may be further down, and a short file has fewer.
        let known = lines.with(|lines| lines.len() as u32);
        let last = if known > 0 { known.min(10) } else { 10 };
        (0..=last.max(untrack(current).unwrap_or_default())).map(choice).collect_view()
    };
    let opened = RwSignal::new(false);
    view! {
        <button class="chip" type="button" popovertarget="pick-header" on:click=move |_| { opened.set(true); first_lines(bench, lines); }>"Header " <b>{label}</b></button>
        <div class="popover" id="pick-header" popover="auto">
            <h3 class="popover-title">"Header"</h3>
            {evidence(|dialect| &dialect.header_evidence)}
            <p class="popover-note">"The line with the column titles; people start below it."</p>
            <div class="choices">{move || opened.get().then(choices)}</div>
        </div>
    }
    .into_any()
}

#[component]
fn ColumnsChip() -> impl IntoView {
    let bench = bench();
    let matched = move || {
        bench.mapping.with(|mapping| {
            mapping.as_ref().map(|mapping| {
                let used = mapping.columns.iter().filter(|column| column.target != Target::Ignore).count();
                (used, mapping.columns.len())
            })
        })
    };
    let label = move || {
        matched().map_or("…".to_owned(), |(used, all)| {
            format!("{} of {} matched", count(used as u64), count(all as u64))
        })
    };
    let warn = move || bench.problem.with(Option::is_some) && !bench.is_unusable();
    let opened = RwSignal::new(false);
    view! {
        <button class="chip" class:is-warn=warn type="button" popovertarget="pick-columns" on:click=move |_| opened.set(true)>"Columns " <b>{label}</b></button>
        <div class="popover is-broad" id="pick-columns" popover="auto">
            <h3 class="popover-title">"Columns"</h3>
            <p class="popover-note">"What each column of the file becomes. A change is applied to every row at once."</p>
            <Show when=move || opened.get()><MappingTable/></Show>
        </div>
    }
    .into_any()
}
