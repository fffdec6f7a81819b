//! Warms the engine up before a file is chosen: a browser compiles Wasm quickly at first and well later, function by
//! function, as they are used. Rows made up here give it the occasion.

use super::{Shared, pause, reading};
use roster::review::Review;
use roster::{PasswordPolicy, dialect::DialectChoice};
use std::hint::black_box;

const ROWS: u32 = 20_000;
/// How often: by then everything that a review does often has been compiled well.
const TIMES: u32 = 20;
/// Bytes of memory that are had from the system beforehand: what a million rows need. Page by page while they are
/// reviewed, it would take a tenth of their time.
const MEMORY: usize = 24 << 20;

/// Reviews rows that nobody sees, until a file is chosen.
pub async fn up(engine: Shared) {
    reading::prepare();
    drop(black_box(vec![1_u8; MEMORY]));
    let text = rows();
    for _ in 0..TIMES {
        if engine.borrow().generation > 0 {
            return;
        }
        let mut review = Review::new(DialectChoice::default(), None, PasswordPolicy::default(), Vec::new());
        for piece in text.as_bytes().chunks(1 << 18) {
            let _ = review.push(piece);
        }
        let _ = review.finish();
        pause(0).await;
    }
}

fn rows() -> String {
    let mut text =
        String::from("Username,First name,Last name,Email,Department,Phone,Change password next time\r\n");
    for row in 0..ROWS {
        let note = if row % 16 == 0 { "\"Research, Development\"" } else { "Support" };
        let name = if row % 32 == 0 { "Zo\u{eb}" } else { "Ann" };
        text.push_str(&format!("user.{row},{name},Person,user.{row}@example.org,{note},+44 20 {row},1\r\n"));
    }
    text
}
