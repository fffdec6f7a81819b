//! Waves as the pages see them.

use super::fail;
use crate::api::ApiError;
use crate::api::people_admin::{AccountFilter, MailState, Selection};
use crate::api::waves::{WaveFunnelView, WavePersonView, WavePlan, WaveState, WaveView};
use directory::clock::Timestamp;
use directory::handover::{HandOver, LeftOut};
use directory::waves::{self, NewWave, Wave, WaveFunnel, WaveId, WavePerson};

/// The identifier of a wave; anything else is as good as one that does not exist.
///
/// # Errors
/// [`ApiError::NotFound`].
pub fn wave_id(text: &str) -> Result<WaveId, ApiError> {
    text.parse().map_err(|_| fail(ApiError::NotFound))
}

/// A plan as the directory takes it.
#[must_use]
pub fn new_wave(plan: WavePlan, selection: &Selection) -> NewWave {
    NewWave {
        name: plan.name,
        chosen: in_words(selection),
        hand_over: plan.hand_over,
        begins_at: plan.begins_at.map(Timestamp),
        per_hour: plan.per_hour,
    }
}

/// Who was chosen, for the record.
fn in_words(selection: &Selection) -> String {
    let filter = match selection {
        Selection::Accounts(ids) => return format!("{} chosen by hand", ids.len()),
        Selection::Matching(filter) => filter,
    };
    let AccountFilter { text, show, import, page: _ } = filter;
    let mut words = match show.as_str() {
        "" => "everyone".to_owned(),
        "not_issued" => "who was sent nothing yet".to_owned(),
        "issued" => "who was sent login details".to_owned(),
        "expired" => "whose login details expired".to_owned(),
        "never_signed_in" => "who never signed in".to_owned(),
        other => format!("everyone listed as {}", other.replace('_', " ")),
    };
    if !import.is_empty() {
        words.push_str(", of one import");
    }
    if !text.trim().is_empty() {
        words.push_str(&format!(", matching “{}”", text.trim()));
    }
    words
}

impl From<Wave> for WaveView {
    fn from(wave: Wave) -> Self {
        WaveView {
            id: wave.id.to_string(),
            name: wave.name,
            by: wave.by,
            chosen: wave.chosen,
            hand_over: if wave.by_link { HandOver::Link } else { HandOver::Password },
            per_hour: wave.per_hour.and_then(|number| u32::try_from(number).ok()),
            state: match wave.state {
                waves::WaveState::Scheduled => WaveState::Scheduled,
                waves::WaveState::Sending => WaveState::Sending,
                waves::WaveState::Done => WaveState::Done,
                waves::WaveState::Cancelled => WaveState::Cancelled,
            },
            begins_at: wave.begins_at.0,
            next_at: wave.next_at.0,
            people: wave.people,
            released: wave.released,
            left_out: wave.left_out,
            note: wave.note.unwrap_or_default(),
            created_at: wave.created_at.0,
        }
    }
}

impl From<WaveFunnel> for WaveFunnelView {
    fn from(funnel: WaveFunnel) -> Self {
        WaveFunnelView {
            queued: funnel.queued,
            sent: funnel.sent,
            failed: funnel.failed,
            signed_in: funnel.signed_in,
            own_password: funnel.own_password,
            never_signed_in: funnel.never_signed_in,
        }
    }
}

impl From<WavePerson> for WavePersonView {
    fn from(person: WavePerson) -> Self {
        let why = match person.left_out {
            None => return Self::with_mail(person),
            Some(LeftOut::Gone) => "The account was removed.",
            Some(LeftOut::Closed) => "The account is deactivated.",
            Some(LeftOut::Administrator) => "Administrators look after their own passwords.",
            Some(LeftOut::OwnPassword) => "Has an own password already.",
            Some(LeftOut::UnderWay) => "Another mail with login details was under way.",
            Some(LeftOut::TooOften) => "Was sent several mails within hours. Try again later.",
        };
        WavePersonView { why: why.to_owned(), left_out: true, ..Self::with_mail(person) }
    }
}

impl WavePersonView {
    fn with_mail(person: WavePerson) -> Self {
        WavePersonView {
            username: person.username,
            name: person.name.trim().to_owned(),
            mail: person.mail.map(MailState::from),
            why: person.reply.unwrap_or_default(),
            left_out: false,
            signed_in_at: person.signed_in_at.map(|at| at.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_chosen_reads_well() {
        let matching = |text: &str, show: &str, import: &str| {
            let (text, show, import) = (text.to_owned(), show.to_owned(), import.to_owned());
            in_words(&Selection::Matching(AccountFilter { text, show, import, page: 1 }))
        };
        assert_eq!(in_words(&Selection::Accounts(vec![String::new(); 3])), "3 chosen by hand");
        assert_eq!(matching("", "", ""), "everyone");
        assert_eq!(
            matching(" lab ", "never_signed_in", "x"),
            "who never signed in, of one import, matching “lab”"
        );
    }
}
