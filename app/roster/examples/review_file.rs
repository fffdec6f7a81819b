//! How long the review of a file takes: `cargo run --release -p roster --example review_file -- FILE`.

use std::time::Instant;

use roster::PasswordPolicy;
use roster::dialect::DialectChoice;
use roster::review::{Pushed, Review};

#[expect(clippy::print_stdout, reason = "an example speaks on standard output")]
fn main() {
    let path = std::env::args().nth(1).expect("a file");
    let bytes = std::fs::read(path).expect("readable");
    for _ in 0..3 {
        let start = Instant::now();
        let mut review = Review::new(DialectChoice::default(), None, PasswordPolicy::default(), Vec::new());
        for piece in bytes.chunks(1 << 20) {
            assert!(review.push(piece).expect("usable") == Pushed::More);
        }
        let read = start.elapsed();
        assert!(review.finish().expect("usable") == Pushed::More);
        let seconds = start.elapsed().as_secs_f64();
        let totals = review.totals();
        println!(
            "{} rows in {seconds:.3} s ({:.3} s without the search), {:.0} rows/s, {} invalid",
            totals.rows,
            read.as_secs_f64(),
            f64::from(totals.rows) / seconds,
            totals.invalid
        );
    }
}
