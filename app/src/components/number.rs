//! Figures as people read them, the same on server and browser.

/// A count with a comma at every thousand: `284,112`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 person`, `2 people`.
#[must_use]
pub fn counted(number: u64, one: &str, more: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {more}", count(number)) }
}

/// Bytes in the largest fitting unit (powers of 1,000): `24.1 MB`.
#[must_use]
pub fn bytes(number: u64) -> String {
    match number {
        0..1_000 => format!("{number} bytes"),
        1_000..1_000_000 => format!("{}.{} KB", number / 1_000, number % 1_000 / 100),
        1_000_000..1_000_000_000 => format!("{}.{} MB", number / 1_000_000, number % 1_000_000 / 100_000),
        _ => format!("{}.{} GB", number / 1_000_000_000, number % 1_000_000_000 / 100_000_000),
    }
}

/// A duration in milliseconds: `0.3 s`, `2 min 5 s`; never less than a tenth of a second.
#[must_use]
pub fn seconds(milliseconds: u32) -> String {
    match milliseconds {
        0..100 => "0.1 s".to_owned(),
        100..10_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        10_000..60_000 => format!("{} s", milliseconds / 1_000),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, counted, seconds};

    #[test]
    fn figures_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(284_112), "284,112");
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(counted(1, "person", "people"), "1 person");
        assert_eq!(counted(2_000, "person", "people"), "2,000 people");
        assert_eq!(bytes(24_130_000), "24.1 MB");
        assert_eq!(bytes(512), "512 bytes");
        assert_eq!(seconds(340), "0.3 s");
        assert_eq!(seconds(125_000), "2 min 5 s");
    }
}
