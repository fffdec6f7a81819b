//! Verdicts and states: a word with a sign, never colour alone.

use leptos::prelude::*;
use roster::review::Verdict;

/// Class of a verdict: `is-new`, `is-update`, …
#[must_use]
pub const fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::AddNew => "is-new",
        Verdict::Update => "is-update",
        Verdict::Unchanged => "is-unchanged",
        Verdict::Skip => "is-skip",
        Verdict::Invalid => "is-invalid",
    }
}

/// What a row would do, as a badge.
pub fn verdict_badge(verdict: Verdict) -> AnyView {
    let class = match verdict {
        Verdict::AddNew => "verdict is-new",
        Verdict::Update => "verdict is-update",
        Verdict::Unchanged => "verdict is-unchanged",
        Verdict::Skip => "verdict is-skip",
        Verdict::Invalid => "verdict is-invalid",
    };
    view! { <span class=class><i class="verdict-sign" aria-hidden="true"></i><span>{verdict.label()}</span></span> }
        .into_any()
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Needs attention some time.
    Warning,
    /// Went wrong.
    Bad,
    /// Under way.
    Busy,
    /// Neither good nor bad.
    Quiet,
}

/// A word with a dot in the shape and colour of its meaning.
pub fn state(tone: Tone, words: impl Into<String>) -> AnyView {
    let class = match tone {
        Tone::Good => "state is-ok",
        Tone::Warning => "state is-warn",
        Tone::Bad => "state is-bad",
        Tone::Busy => "state is-busy",
        Tone::Quiet => "state is-quiet",
    };
    let words: String = words.into();
    view! { <span class=class>{words}</span> }.into_any()
}
