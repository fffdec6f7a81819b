//! The class that colours a verdict; the word beside it says the same.

use roster::review::Verdict;

/// Class of a verdict's badge and of its row.
#[must_use]
pub fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::AddNew => "is-new",
        Verdict::Update => "is-update",
        Verdict::Unchanged => "is-unchanged",
        Verdict::Skip => "is-skip",
        Verdict::Invalid => "is-invalid",
    }
}
