//! Any bytes: the review ends, its totals add up, every row can be shown, and how the bytes are cut makes no difference.
#![no_main]

use libfuzzer_sys::fuzz_target;
use roster::PasswordPolicy;
use roster::convert::{Converter, convert};
use roster::dialect::DialectChoice;
use roster::review::{Pushed, Review};
use roster::summary::{review_bytes, row_of};

fuzz_target!(|data: &[u8]| {
    let Some((&cut, bytes)) = data.split_first() else { return };
    let Ok(whole) = review_bytes(bytes, DialectChoice::default(), PasswordPolicy::default(), Vec::new()) else {
        return;
    };
    let totals = whole.totals();
    assert_eq!(totals.rows, totals.add_new + totals.update + totals.unchanged + totals.skip + totals.invalid);
    for row in 1..=totals.rows.min(200) {
        let span = whole.span(row).expect("a row has a place");
        let view = whole.view(row, row_of(bytes, span), None);
        assert!(view.line > 0);
    }
    let mut pieces = Review::new(DialectChoice::default(), None, PasswordPolicy::default(), Vec::new());
    loop {
        let mut again = false;
        for piece in bytes.chunks(usize::from(cut) + 1) {
            if pieces.push(piece) == Ok(Pushed::Restart) {
                again = true;
                break;
            }
        }
        if !again && pieces.finish() != Ok(Pushed::Restart) {
            break;
        }
    }
    assert_eq!(pieces.totals(), totals);
    if let Ok(converted) = convert(bytes, &DialectChoice::default()) {
        let mut pieces = Converter::new(bytes, true, &DialectChoice::default(), &[]).expect("it was converted before");
        let mut text = Vec::new();
        for piece in bytes.chunks(usize::from(cut) + 1) {
            pieces.push(piece, &mut text).expect("memory takes everything");
        }
        pieces.finish(&mut text).expect("memory takes everything");
        assert_eq!(String::from_utf8(text).as_ref(), Ok(&converted.text));
    }
});
