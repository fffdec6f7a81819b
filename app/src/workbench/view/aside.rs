//! Beside the table: problems with their fixes, options, seats.

use super::bench;
use crate::components::number::count;
use crate::workbench::protocol::Command;
use leptos::prelude::*;
use roster::columns::Target;
use roster::field::Field;
use roster::problem::{Code, Severity};
use roster::review::{ChangePassword, EmptyCell, Existing, Filter, HandOver, MatchBy};

/// Problems of the rows, each with its count and, where there is one, its fix.
#[component]
pub fn Problems() -> impl IntoView {
    let bench = bench();
    let counts = Memo::new(move |_| bench.totals.with(|totals| totals.problem_counts.clone()));
    let facet = move |code: Code| {
        let number = Memo::new(move |_| {
            counts.with(|counts| {
                counts.iter().find(|(other, _)| *other == code).map_or(0, |(_, number)| *number)
            })
        });
        let pressed = move || bench.filter.with(|filter| filter.code == Some(code));
        let press = move |_| {
            let code = if pressed() { None } else { Some(code) };
            bench.show(Filter { verdict: None, code, only_problems: false });
        };
        let fixable = code.fix_label();
        view! {
            <li>
                <button
                    class="facet"
                    class:is-warn=code.severity() == Severity::Warning
                    type="button"
                    aria-pressed=move || if pressed() { "true" } else { "false" }
                    on:click=press
                >
                    <span class="facet-name">{code.title()}</span>
                    <span class="facet-count">{move || count(number.get().into())}</span>
                </button>
                {fixable.map(|label| view! {
                    <button class="facet-fix" type="button" on:click=move |_| bench.propose_fix(code, None)>{label}</button>
                    <p class="field-hint" role="status">{move || {
                        (bench.asked_fix.get() == Some((code, true))).then_some("None of these can be put right without asking. Mend them one by one.")
                    }}</p>
                })}
            </li>
        }
    };
    let codes = move || counts.with(|counts| counts.iter().map(|(code, _)| *code).collect::<Vec<_>>());
    let any = move || counts.with(|counts| !counts.is_empty());
    view! {
        <section class="card" aria-labelledby="problems-title">
            <h2 id="problems-title">"Problems"</h2>
            <Show when=any fallback=|| view! { <p class="muted">"None found."</p> }>
                <ul class="facets">
                    <For each=codes key=|code| *code children=facet/>
                </ul>
                <button class="button is-small is-quiet" type="button" on:click=move |_| bench.tell(&Command::ExportProblems)>
                    "Download rows with problems"
                </button>
            </Show>
        </section>
    }
    .into_any()
}

/// What to do with new and existing people.
#[component]
pub fn ImportOptions() -> impl IntoView {
    let bench = bench();
    let has_column = Memo::new(move |_| {
        bench.mapping.with(|mapping| {
            mapping.as_ref().is_some_and(|mapping| {
                mapping
                    .columns
                    .iter()
                    .any(|column| column.target == Target::Field(Field::ChangePasswordNextTime))
            })
        })
    });
    let change = move |event| {
        let value = match event_target_value(&event).as_str() {
            "file" => ChangePassword::FromFile,
            "no-one" => ChangePassword::NoOne,
            _ => ChangePassword::Everyone,
        };
        bench.set_options(|options| options.change_password = value);
    };
    let hand_over = move |event| {
        let link = event_target_value(&event) == "link";
        bench.set_options(|options| {
            options.hand_over = if link { HandOver::Link } else { HandOver::Password }
        });
    };
    let existing = move |event| {
        let value = match event_target_value(&event).as_str() {
            "fill" => Existing::FillBlanks,
            "overwrite" => Existing::Overwrite,
            _ => Existing::Skip,
        };
        bench.set_options(|options| options.existing = value);
    };
    let match_by = move |event| {
        let email = event_target_value(&event) == "email";
        bench
            .set_options(|options| options.match_by = if email { MatchBy::Email } else { MatchBy::Username });
    };
    let empty = move |event| {
        let value = if event_target_value(&event) == "clear" { EmptyCell::Clear } else { EmptyCell::Leave };
        bench.set_options(|options| options.empty_cell = value);
    };
    let overwriting = move || bench.options.with(|options| options.existing == Existing::Overwrite);
    view! {
        <section class="card" aria-labelledby="options-title">
            <h2 id="options-title">"Options"</h2>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || bench.options.with(|options| options.generate_passwords)
                    on:change=move |event| bench.set_options(|options| options.generate_passwords = event_target_checked(&event))
                />
                <span>"Generate random passwords for new users"</span>
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=move || bench.options.with(|options| options.email_login_details)
                    on:change=move |event| bench.set_options(|options| options.email_login_details = event_target_checked(&event))
                />
                <span>"Email login details when the password has changed or was generated"</span>
            </label>
            <Show when=move || bench.options.with(|options| options.email_login_details)>
                <div class="field">
                    <label class="field-label" for="hand-over">"What the mail brings"</label>
                    <select class="select" id="hand-over" on:change=hand_over prop:value=move || bench.options.with(|options| match options.hand_over {
                        HandOver::Link => "link",
                        HandOver::Password => "password",
                    })>
                        <option value="password">"A temporary password"</option>
                        <option value="link">"A link to set a password (recommended)"</option>
                    </select>
                    <span class="field-hint">"With a link no password travels, and it works once."</span>
                </div>
            </Show>
            <p class="field-hint">{move || if bench.options.with(|options| options.email_login_details) { "Mails leave as soon as the accounts exist." } else { "Off: create now, notify later from the list of people." }}</p>
            <div class="field">
                <label class="field-label" for="change-password">"Change password at next sign-in"</label>
                <select class="select" id="change-password" aria-describedby="change-password-hint" on:change=change prop:value=move || bench.options.with(|options| match options.change_password {
                    ChangePassword::FromFile if has_column.get() => "file",
                    ChangePassword::NoOne => "no-one",
                    _ => "everyone",
                })>
                    <option value="file" disabled=move || !has_column.get()>"From the file’s column"</option>
                    <option value="everyone">"Everyone"</option>
                    <option value="no-one">"No one"</option>
                </select>
                <span class="field-hint" id="change-password-hint">{move || bench.options.with(|options| match options.change_password {
                    ChangePassword::Everyone => "",
                    ChangePassword::FromFile if !has_column.get() => "",
                    _ if !options.generate_passwords => "",
                    _ => "Who need not change a generated password keeps it, as it stood in a mail or on a sheet. Better not.",
                })}</span>
            </div>
            <div class="field">
                <label class="field-label" for="match-by">"Known by"</label>
                <select class="select" id="match-by" aria-describedby="match-by-hint" on:change=match_by prop:value=move || bench.options.with(|options| match options.match_by {
                    MatchBy::Username => "username",
                    MatchBy::Email => "email",
                })>
                    <option value="username">"Username"</option>
                    <option value="email">"Email"</option>
                </select>
                <span class="field-hint" id="match-by-hint">{move || match bench.options.with(|options| (options.match_by, options.existing)) {
                    (MatchBy::Username, _) => "A row is about the person with its username.",
                    (MatchBy::Email, Existing::Overwrite) => "A row is about the person with its address, who gets its username.",
                    (MatchBy::Email, _) => "A row is about the person with its address, whose username stays.",
                }}</span>
            </div>
            <div class="field">
                <label class="field-label" for="existing">"Existing people"</label>
                <select class="select" id="existing" on:change=existing prop:value=move || bench.options.with(|options| match options.existing {
                    Existing::Skip => "skip",
                    Existing::FillBlanks => "fill",
                    Existing::Overwrite => "overwrite",
                })>
                    <option value="skip">"Skip"</option>
                    <option value="fill">"Fill blanks"</option>
                    <option value="overwrite">"Overwrite"</option>
                </select>
            </div>
            <Show when=overwriting>
                <div class="field">
                    <label class="field-label" for="empty-cell">"An empty cell means"</label>
                    <select class="select" id="empty-cell" on:change=empty prop:value=move || bench.options.with(|options| match options.empty_cell {
                        EmptyCell::Leave => "leave",
                        EmptyCell::Clear => "clear",
                    })>
                        <option value="leave">"Leave the value"</option>
                        <option value="clear">"Clear the value"</option>
                    </select>
                </div>
            </Show>
            <super::absent::AbsentPeople/>
        </section>
    }
    .into_any()
}

/// Seats that the chosen rows need, and seats there are.
#[component]
pub fn SeatsNeeded() -> impl IntoView {
    let bench = bench();
    let seats = bench.context.with_value(|context| context.seats);
    let needed = move || bench.totals.with(|totals| totals.add_new);
    let free = seats.limit.map(|limit| limit.saturating_sub(seats.used));
    let free_text =
        free.map_or_else(|| "no limit".to_owned(), |free| format!("{} seats free", count(free.into())));
    view! {
        <section class="card" aria-labelledby="seats-title">
            <h2 id="seats-title">"Seats"</h2>
            <div class="seats">
                <div class="seats-line">
                    <span>{move || match needed() { 1 => "1 new account".to_owned(), more => format!("{} new accounts", count(more.into())) }}</span>
                    <span class="muted">{free_text}</span>
                </div>
                {free.map(|free| view! {
                    <progress
                        class="progress"
                        class:is-bad=move || { needed() > free }
                        max=free.max(1).to_string()
                        prop:value=move || needed().min(free.max(1)).to_string()
                        aria-label="Free seats that this import takes"
                    ></progress>
                    <Show when=move || { needed() > free }>
                        <p class="field-error">
                            {move || format!("{} people will wait until seats are free; the others go ahead.", count((needed().saturating_sub(free)).into()))}
                        </p>
                    </Show>
                })}
            </div>
        </section>
    }
    .into_any()
}
