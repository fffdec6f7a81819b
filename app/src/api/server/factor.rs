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
