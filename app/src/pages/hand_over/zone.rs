//! Times that a person types, in the zone of the browser: there is no other that anybody would expect.

use crate::api::Millis;
use js_sys::{Date, Intl, Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

/// What a field for date and time holds (`2026-11-27T08:00`), as a moment; `None` while it is not complete.
pub fn moment(typed: &str) -> Option<Millis> {
    // Without a zone it is read in the browser's own.
    let time = Date::new(&JsValue::from_str(typed)).get_time();
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of dates are whole and fit")]
    (!typed.is_empty() && time.is_finite()).then_some(time as Millis)
}

/// Tomorrow at eight, as a field for date and time holds it.
pub fn tomorrow_morning() -> String {
    let day = Date::new_0();
    day.set_date(day.get_date() + 1);
    field(day.get_full_year(), day.get_month() + 1, day.get_date(), 8)
}

fn field(year: u32, month: u32, day: u32, hour: u32) -> String {
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:00")
}

/// Name of the browser's zone, such as `Europe/Berlin`, with its distance to UTC at a moment.
pub fn name(at: Option<Millis>) -> String {
    let options = Intl::DateTimeFormat::new(&js_sys::Array::new(), &Object::new()).resolved_options();
    let name = Reflect::get(&options, &JsValue::from_str("timeZone")).ok().and_then(|name| name.as_string());
    let name = name.unwrap_or_else(|| "the zone of this browser".to_owned());
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of dates fit a double exactly")]
    let date = at.map_or_else(Date::new_0, |at| Date::new(&JsValue::from_f64(at as f64)));
    #[expect(clippy::cast_possible_truncation, reason = "offsets are whole and small")]
    let minutes = -date.get_timezone_offset() as i32;
    [name.as_str(), ", ", &distance(minutes)].concat()
}

/// Minutes east of UTC, as people write them.
fn distance(minutes: i32) -> String {
    if minutes == 0 {
        return "UTC".to_owned();
    }
    let sign = if minutes < 0 { "−" } else { "+" };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    let rest = if rest == 0 { String::new() } else { format!(":{rest:02}") };
    ["UTC", sign, &hours.to_string(), &rest].concat()
}

/// Keeps the name of the zone up to date; empty until the page is alive.
pub fn watch(at: Signal<Option<Millis>>) -> RwSignal<String> {
    let shown = RwSignal::new(String::new());
    Effect::new(move |_| shown.set(name(at.get())));
    shown
}

#[cfg(test)]
mod tests {
    use super::{distance, field};

    #[test]
    fn zones_and_fields_are_written_as_usual() {
        assert_eq!(distance(0), "UTC");
        assert_eq!(distance(60), "UTC+1");
        assert_eq!(distance(-210), "UTC−3:30");
        assert_eq!(distance(345), "UTC+5:45");
        assert_eq!(field(2026, 3, 9, 8), "2026-03-09T08:00");
    }
}
