//! Times for people: a plain UTC date from the server, in the reader's own words and zone once the page is alive.

use crate::api::Millis;
use leptos::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY: i64 = 86_400_000;

/// Year, month (1..=12) and day of a day counted from 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn two(text: &mut String, number: i64) {
    if number < 10 {
        text.push('0');
    }
    text.push_str(&number.to_string());
}

fn clock(text: &mut String, at: Millis) {
    let minutes = at.rem_euclid(DAY) / 60_000;
    two(text, minutes / 60);
    text.push(':');
    two(text, minutes % 60);
}

fn date(text: &mut String, at: Millis) {
    let (year, month, day) = civil(at.div_euclid(DAY));
    text.push_str(&day.to_string());
    text.push(' ');
    text.push_str(usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or(""));
    text.push(' ');
    text.push_str(&year.to_string());
}

/// `23 Nov 2026, 11:40 UTC`.
#[must_use]
pub fn utc(at: Millis) -> String {
    let mut text = String::with_capacity(24);
    date(&mut text, at);
    text.push_str(", ");
    clock(&mut text, at);
    text.push_str(" UTC");
    text
}

/// `2026-11-23T11:40:00Z`, for the `datetime` attribute.
fn machine(at: Millis) -> String {
    let (year, month, day) = civil(at.div_euclid(DAY));
    let mut text = String::with_capacity(20);
    text.push_str(&year.to_string());
    text.push('-');
    two(&mut text, month);
    text.push('-');
    two(&mut text, day);
    text.push('T');
    clock(&mut text, at);
    text.push(':');
    two(&mut text, at.rem_euclid(60_000) / 1_000);
    text.push('Z');
    text
}

/// In words that depend on now; both times in the reader's zone (milliseconds shifted by its offset).
fn words(at: Millis, now: Millis) -> String {
    let ago = now - at;
    let mut text = String::with_capacity(24);
    if (0..60_000).contains(&ago) {
        return "just now".to_owned();
    }
    if (0..3_600_000).contains(&ago) {
        text.push_str(&(ago / 60_000).to_string());
        text.push_str(" min ago");
        return text;
    }
    match now.div_euclid(DAY) - at.div_euclid(DAY) {
        0 => text.push_str("today"),
        1 => text.push_str("yesterday"),
        -1 => text.push_str("tomorrow"),
        _ => date(&mut text, at),
    }
    text.push_str(", ");
    clock(&mut text, at);
    text
}

/// In the reader's words and zone; only in the browser.
fn local_words(at: Millis) -> String {
    // Asked for each time anew, so that summer time is right for past dates too.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of dates fit a double exactly")]
    let minutes_west = |time: Millis| js_sys::Date::new(&(time as f64).into()).get_timezone_offset();
    #[expect(clippy::cast_possible_truncation, reason = "offsets are whole and small")]
    let local = |time: Millis| time - (minutes_west(time) as Millis) * 60_000;
    #[expect(clippy::cast_possible_truncation, reason = "a clock's milliseconds are whole")]
    let now = js_sys::Date::now() as Millis;
    words(local(at), local(now))
}

/// Whether the page has taken over what the server sent; from then on nothing has to match it.
static ALIVE: AtomicBool = AtomicBool::new(false);

/// Called once the page has taken over; effects run in the browser only, so the server never gets here.
pub fn page_is_alive() {
    ALIVE.store(true, Ordering::Relaxed);
}

/// A point in time. Server and first render agree on UTC; an effect then puts it into the reader's words.
#[component]
pub fn Moment(
    /// The point in time.
    at: Millis,
) -> impl IntoView {
    let plain = utc(at);
    let alive = ALIVE.load(Ordering::Relaxed);
    let shown = RwSignal::new(if alive { local_words(at) } else { plain.clone() });
    if !alive {
        Effect::new(move |_| shown.set(local_words(at)));
    }
    view! { <time datetime=machine(at) title=plain>{move || shown.get()}</time> }
}

#[cfg(test)]
mod tests {
    use super::{machine, utc, words};

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(utc(0), "1 Jan 1970, 00:00 UTC");
        assert_eq!(utc(951_782_400_000), "29 Feb 2000, 00:00 UTC");
        assert_eq!(utc(1_795_433_999_000), "23 Nov 2026, 11:39 UTC");
        assert_eq!(machine(1_795_433_999_000), "2026-11-23T11:39:59Z");
    }

    #[test]
    fn recent_times_are_told_in_words() {
        let now = 1_795_433_999_000;
        assert_eq!(words(now - 5_000, now), "just now");
        assert_eq!(words(now - 300_000, now), "5 min ago");
        assert_eq!(words(now - 7_200_000, now), "today, 09:39");
        assert_eq!(words(now - 86_400_000, now), "yesterday, 11:39");
        assert_eq!(words(now + 86_400_000, now), "tomorrow, 11:39");
        assert_eq!(words(now - 10 * 86_400_000, now), "13 Nov 2026, 11:39");
    }
}
