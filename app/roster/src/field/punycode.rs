//! Punycode (RFC 3492): how a domain with letters beyond ASCII is written in DNS, so that `müller.de` and
//! `xn--mller-kva.de` are one domain. Encoding only; small enough to own instead of a crate with Unicode tables.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;

fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > ((BASE - T_MIN) * T_MAX) / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + ((BASE - T_MIN + 1) * delta) / (delta + SKEW)
}

fn digit(value: u32) -> char {
    let value = u8::try_from(value).expect("a base-36 digit is below 36");
    char::from(if value < 26 { b'a' + value } else { b'0' + value - 26 })
}

/// One label as DNS writes it: unchanged if ASCII, `xn--…` otherwise. `None` when it is too long to be counted.
pub(super) fn label_to_ascii(label: &str) -> Option<String> {
    if label.is_ascii() {
        return Some(label.to_owned());
    }
    let input: Vec<u32> = label.chars().map(u32::from).collect();
    let mut output = String::from("xn--");
    output.extend(label.chars().filter(char::is_ascii));
    let basic = u32::try_from(output.len() - 4).ok()?;
    if basic > 0 {
        output.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (128u32, 0u32, 72u32, basic);
    let total = u32::try_from(input.len()).ok()?;
    while handled < total {
        let next = input.iter().copied().filter(|&c| c >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(handled + 1)?)?;
        n = next;
        for &c in &input {
            if c < n {
                delta = delta.checked_add(1)?;
            }
            if c == n {
                let mut q = delta;
                let mut k = BASE;
                loop {
                    let t = if k <= bias { T_MIN } else { (k - bias).min(T_MAX) };
                    if q < t {
                        break;
                    }
                    output.push(digit(t + (q - t) % (BASE - t)));
                    q = (q - t) / (BASE - t);
                    k += BASE;
                }
                output.push(digit(q));
                bias = adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        n = n.checked_add(1)?;
    }
    Some(output)
}

#[cfg(test)]
mod tests {
    use super::label_to_ascii;

    #[test]
    fn known_labels() {
        for (label, ascii) in [
            ("example", "example"),
            ("müller", "xn--mller-kva"),
            ("bücher", "xn--bcher-kva"),
            ("łódź", "xn--d-uga0v4h"),
            ("пример", "xn--e1afmkfd"),
            ("例え", "xn--r8jz45g"),
        ] {
            assert_eq!(label_to_ascii(label).unwrap(), ascii, "{label}");
        }
    }
}
