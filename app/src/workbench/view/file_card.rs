//! What was understood of the file: each finding is a chip, each chip opens its choice.

use super::bench;
use super::mapping::MappingTable;
use super::sheet::SheetChip;
use crate::components::icon::Icon;
use crate::components::number::{bytes, count, counted, seconds};
use crate::workbench::protocol::{Command, Phase};
use leptos::prelude::*;
use roster::columns::Target;
use roster::dialect::Delimiter;
use roster::encoding::Encoding;

/// Name, size, encoding, delimiter, header and columns of the file. What a chip opens is made when it is opened: hundreds of
/// elements that few look at would come before the first rows.
#[component]
pub fn FileCard() -> impl IntoView {
    let bench = bench();
    let note = move || {
        let size = bench.file.with(|file| file.as_ref().map_or(0, |file| file.size));
        let reading = match bench.phase.get() {
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
        let size = bench.file.with(|file| file.as_ref().map_or(1, |file| file.size.max(1)));
        bench.totals.with(|totals| totals.bytes_read * 100 / size).min(100).to_string()
    };
    view! {
        <section class="card file-card" aria-label="File">
            <Icon name="file"/>
            <div class="file-title">
                <h2 class="file-name">{move || bench.file.with(|file| file.as_ref().map(|file| file.name.clone()))}</h2>
                <p class="file-note" data-phase=move || bench.phase.get().map(|phase| format!("{phase:?}").to_lowercase()) data-elapsed-ms=move || bench.elapsed_ms.get() data-wasm-bytes=move || bench.memory.get()>{note}</p>
                {move || borrowed().map(|words| view! { <p class="file-borrowed">{words}</p> })}
                <PutBack/>
            </div>
            <div class="chips">
                <SheetChip/>
                <EncodingChip/>
                <DelimiterChip/>
                <HeaderChip/>
                <ColumnsChip/>
            </div>
            <button class="button is-small" type="button" on:click=move |_| bench.close()>"Choose another file"</button>
            <progress
                class="progress is-thin"
                class:is-ok=move || bench.phase.get() == Some(Phase::Ready)
                max="100"
                prop:value=read
                aria-label="Reading the file"
            ></progress>
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

#[component]
fn EncodingChip() -> impl IntoView {
    let bench = bench();
    // What was chosen stands while it is read.
    let chosen = move || bench.choice.with(|choice| choice.encoding);
    let current = move || {
        bench.dialect.with(|dialect| dialect.as_ref().map(|dialect| dialect.encoding)).or_else(chosen)
    };
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
                    <span class="choice-name">{encoding.label()}</span>
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
    let chosen = move || bench.choice.with(|choice| choice.delimiter);
    let current = move || {
        bench.dialect.with(|dialect| dialect.as_ref().map(|dialect| dialect.delimiter)).or_else(chosen)
    };
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
    let write = move |event: leptos::ev::Event| {
        if let Ok(delimiter) = Delimiter::parse(&event_target_value(&event)) {
            choose(delimiter);
        }
    };
    view! {
        <button class="chip" type="button" popovertarget="pick-delimiter">"Delimiter " <b>{sign}</b></button>
        <div class="popover" id="pick-delimiter" popover="auto">
            <h3 class="popover-title">"Delimiter"</h3>
            <p class="popover-note">"What stands between two cells."</p>
            <div class="choices">{choices}</div>
            <div class="field">
                <label class="field-label" for="own-delimiter">"Another one"</label>
                <input class="input" id="own-delimiter" type="text" maxlength="5" autocomplete="off" spellcheck="false" prop:value=move || own().unwrap_or_default() on:change=write/>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn HeaderChip() -> impl IntoView {
    let bench = bench();
    let chosen = move || bench.choice.with(|choice| choice.header_line);
    let current = move || {
        bench.dialect.with(|dialect| dialect.as_ref().map(|dialect| dialect.header_line)).or_else(chosen)
    };
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
                </label>
            }
        };
        (0..=10).map(choice).collect_view()
    };
    let opened = RwSignal::new(false);
    view! {
        <button class="chip" type="button" popovertarget="pick-header" on:click=move |_| opened.set(true)>"Header " <b>{label}</b></button>
        <div class="popover" id="pick-header" popover="auto">
            <h3 class="popover-title">"Header"</h3>
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
    let warn = move || bench.problem.with(Option::is_some);
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
