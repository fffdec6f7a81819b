//! People who are not in the file: whether their accounts are to be deactivated, who they are, and how many at most.

use super::bench;
use crate::components::dialog::Dialog;
use crate::components::number::{count, counted};
use crate::workbench::protocol::{ABSENT_SHOWN, AbsentPreview, Command};
use leptos::prelude::*;
use roster::review::Absent;

/// The choice, and what it comes to.
#[component]
pub fn AbsentPeople() -> impl IntoView {
    let bench = bench();
    let chosen = Memo::new(move |_| bench.options.with(|options| options.absent != Absent::Leave));
    let choose = move |event| {
        let absent = match event_target_checked(&event) {
            true => Absent::Deactivate { at_most: Absent::AT_MOST },
            false => Absent::Leave,
        };
        bench.set_options(|options| options.absent = absent);
    };
    let raise = move |event| {
        if let Ok(at_most) = event_target_value(&event).trim().parse::<u8>() {
            let at_most = at_most.min(100);
            bench.set_options(|options| options.absent = Absent::Deactivate { at_most });
        }
    };
    let at_most = move || match bench.options.with(|options| options.absent) {
        Absent::Deactivate { at_most } => at_most,
        Absent::Leave => Absent::AT_MOST,
    };
    let looking = RwSignal::new(false);
    let some = move || bench.absent.with(|absent| absent.as_ref().is_some_and(|absent| absent.absent > 0));
    view! {
        <label class="check">
            <input type="checkbox" aria-describedby="absent-hint" prop:checked=move || chosen.get() on:change=choose/>
            <span>"Deactivate people who are not in this file"</span>
        </label>
        <p class="field-hint" id="absent-hint">"Only for a full roster. Rows that are not ticked or have problems count as present; administrators are never deactivated."</p>
        <Show when=move || chosen.get()>
            <div class="field">
                <label class="field-label" for="absent-at-most">"At most, in percent of all active people"</label>
                <input class="input" id="absent-at-most" type="number" inputmode="numeric" min="0" max="100" prop:value=at_most on:change=raise/>
            </div>
            <p class="field-hint" role="status">{move || bench.absent.with(told)}</p>
            <Show when=some>
                <button class="button is-small is-quiet" type="button" on:click=move |_| looking.set(true)>"Show who"</button>
            </Show>
        </Show>
        <Dialog open=looking name="absent" title="People who are not in this file" broad=true>
            <div class="dialog-body">{move || bench.absent.with(|absent| absent.as_ref().map(list))}</div>
            <div class="dialog-foot"><button class="button" type="button" on:click=move |_| looking.set(false)>"Close"</button></div>
        </Dialog>
    }
    .into_any()
}

/// How many are absent, in a sentence.
fn told(absent: &Option<AbsentPreview>) -> String {
    match absent {
        None => "Looking up who is not in this file…".to_owned(),
        Some(found) => [
            count(found.absent.into()).as_str(),
            " of ",
            &counted(found.members.into(), "active person", "active people"),
            if found.absent == 1 { " is" } else { " are" },
            " not in this file.",
        ]
        .concat(),
    }
}

/// Why nobody can be deactivated as it stands.
pub(super) fn hindrance(absent: &Option<AbsentPreview>, option: Absent) -> Option<String> {
    let Absent::Deactivate { at_most } = option else { return None };
    let Some(found) = absent else {
        return Some("People who are not in this file are still being looked up.".to_owned());
    };
    if found.unclear_rows > 0 && found.absent > 0 {
        let rows: Vec<String> = found.unclear.iter().map(|row| count((*row).into())).collect();
        let more = if found.unclear_rows as usize > rows.len() { " and others" } else { "" };
        return Some(
            [
                "Nobody can be deactivated: it is not clear whom ",
                if found.unclear_rows == 1 { "row " } else { "rows " },
                &rows.join(", "),
                more,
                " mean. Mend them first.",
            ]
            .concat(),
        );
    }
    if !option.allows(found.absent.into(), found.members.into()) {
        let at_most = count(at_most.into());
        return Some(
            [
                told(absent).as_str(),
                " That is more than ",
                &at_most,
                " %. Check that the file is complete, or raise the limit.",
            ]
            .concat(),
        );
    }
    None
}

fn list(found: &AbsentPreview) -> AnyView {
    let bench = bench();
    let (from, until) = (found.from, found.from + found.people.len() as u32);
    let row = |person: &crate::wire::AbsentBrief| {
        view! {
            <tr>
                <td>{person.name.clone()}" "<span class="muted">{person.username.clone()}</span></td>
                <td>{person.email.clone()}</td>
                <td>{person.department.clone()}</td>
            </tr>
        }
        .into_any()
    };
    let place =
        [&count((from + 1).into()), "–", &count(until.into()), " of ", &count(found.absent.into())].concat();
    view! {
        <div class="table-wrap" role="region" aria-label="People who are not in this file" tabindex="0">
            <table class="table">
                <thead><tr><th scope="col">"Person"</th><th scope="col">"Email"</th><th scope="col">"Department"</th></tr></thead>
                <tbody>{found.people.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
        <p class="muted" role="status">{place}</p>
        <button class="button is-small" type="button" disabled={from == 0} on:click=move |_| bench.tell(&Command::Absent { from: from.saturating_sub(ABSENT_SHOWN) })>"Earlier"</button>
        " "
        <button class="button is-small" type="button" disabled={until >= found.absent} on:click=move |_| bench.tell(&Command::Absent { from: until })>"More"</button>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hinders_is_said() {
        let found = |absent, members, unclear: &[u32]| {
            Some(AbsentPreview {
                members,
                absent,
                unclear: unclear.to_vec(),
                unclear_rows: unclear.len() as u32,
                from: 0,
                people: Vec::new(),
            })
        };
        let tenth = Absent::Deactivate { at_most: 10 };
        assert_eq!(hindrance(&None, Absent::Leave), None);
        assert!(hindrance(&None, tenth).is_some());
        assert_eq!(hindrance(&found(10, 100, &[]), tenth), None);
        let many = hindrance(&found(11, 100, &[]), tenth).expect("too many");
        assert!(many.contains("11 of 100 active people are not") && many.contains("10 %"), "{many}");
        let unclear = hindrance(&found(1, 100, &[7, 1234]), tenth).expect("unclear");
        assert!(unclear.contains("rows 7, 1,234 mean"), "{unclear}");
        // Nobody would be deactivated anyway.
        assert_eq!(hindrance(&found(0, 100, &[7]), tenth), None);
    }
}
