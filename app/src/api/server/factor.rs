//! Second factors as the pages see them, and QR codes.

use super::{directory, fail};
use crate::api::ApiError;
use crate::api::second_factor::{SecondFactorView, SetupView};
use directory::sessions::Session;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// Modules of the quiet zone around a code (ISO/IEC 18004, 9.1).
const QUIET: usize = 4;

/// A QR code: its size, and the runs of dark modules in each line as the path of an SVG. `None`: the text is too long.
#[must_use]
pub fn qr_code(text: &str) -> Option<(usize, String)> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, line) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        for run in line.chunk_by(|left, right| left == right) {
            if run[0] == Color::Dark {
                let _ = write!(path, "M{} {}h{}v1h-{}z", x + QUIET, y + QUIET, run.len(), run.len());
            }
            x += run.len();
        }
    }
    Some((width + 2 * QUIET, path))
}

/// The second factor of whoever asks. What sets it up is shown after a proof alone.
///
/// # Errors
/// [`ApiError::Unavailable`].
pub async fn second_factor_view(session: &Session) -> Result<SecondFactorView, ApiError> {
    let found = directory().second_factor(&session.actor()).await.map_err(|error| fail(error.into()))?;
    let setup = found.setup.filter(|_| session.proven).map(|setup| {
        let (qr_size, qr_path) = qr_code(&setup.address).unwrap_or_default();
        SetupView {
            secret: setup.secret.to_string(),
            qr_size: u32::try_from(qr_size).unwrap_or(0),
            qr_path,
            recovery_codes: setup.recovery_codes.iter().map(|code| code.to_string()).collect(),
        }
    });
    Ok(SecondFactorView {
        since: found.since.map(|at| at.0),
        recovery_codes: found.recovery_codes,
        setup,
        due: session.second_factor_due,
        proven: session.proven,
    })
}

#[cfg(test)]
mod tests {
    use super::qr_code;

    #[test]
    fn a_code_has_its_finders_and_a_quiet_zone() {
        let address = format!("https://people.example.org/password/set#{}", "A".repeat(64));
        let (size, path) = qr_code(&address).expect("fits");
        assert!((41..=57).contains(&size), "{size}: to be scanned from paper it must not be large");
        // The upper edge of the finder at the left, and that of the one at the right.
        assert!(path.starts_with("M4 4h7v1h-7z"), "{path}");
        assert!(path.contains(&format!("M{} 4h7v1h-7z", size - 4 - 7)), "{path}");
        assert_eq!(qr_code(&"x".repeat(4000)), None);
    }
}
