//! How many rows a second the reader and the whole review manage: `cargo run --release -p roster --example throughput`.

use std::time::Instant;

use roster::PasswordPolicy;
use roster::dialect::{Dialect, DialectChoice};
use roster::reader::Reader;
use roster::review::Filter;
use roster::summary::{review_bytes, row_of};

const ROWS: u32 = 400_000;

#[expect(clippy::print_stdout, reason = "an example speaks on standard output")]
fn main() {
    let mut text = String::from("Username,First name,Last name,Email,Department,Phone\r\n");
    for i in 0..ROWS {
        text.push_str(&format!("user{i},Mária,Müller-{i},maria.mueller{i}@example.org,\"Research, and Development\",+49 30 {i}\r\n"));
    }
    let bytes = text.into_bytes();
    let dialect = Dialect { delimiter: b','.into(), header_line: 1, ..Dialect::default() };
    let rate = |seconds: f64| f64::from(ROWS) / seconds;
    let start = Instant::now();
    let (mut reader, mut rows) = (Reader::new(&dialect), 0u64);
    for piece in bytes.chunks(1 << 20) {
        reader.push(piece, &mut |record| {
            rows += record.cells() as u64;
            true
        });
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "reader {:>9.0} rows/s, {:.0} MB/s, {rows} cells",
        rate(seconds),
        bytes.len() as f64 / seconds / 1e6
    );
    let start = Instant::now();
    let mut review = review_bytes(&bytes, DialectChoice::default(), PasswordPolicy::default(), Vec::new())
        .expect("readable");
    println!("review {:>9.0} rows/s, {} rows", rate(start.elapsed().as_secs_f64()), review.totals().rows);
    let start = Instant::now();
    for i in 0..1_000 {
        std::hint::black_box(review.locate(&Filter::default(), i * 399, 50));
    }
    println!("locate, all rows {:>9.1} us", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let filter = Filter { only_problems: true, ..Filter::default() };
    std::hint::black_box(review.rows_matching(&filter));
    println!("a filter over everything {:>6.2} ms", start.elapsed().as_secs_f64() * 1e3);
    let start = Instant::now();
    let spans = review.rows_to_ask(usize::MAX);
    let asked: Vec<_> =
        spans.iter().filter_map(|span| review.question(span.row, row_of(&bytes, *span))).collect();
    review.learn(&[], &asked);
    println!("asking {:>9.0} rows/s", rate(start.elapsed().as_secs_f64()));
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
        println!("{line} (file: {} MB)", bytes.len() / 1_000_000);
    }
}
