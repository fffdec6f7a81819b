//! Fixes for all rows with one problem: shown before they are done, and taken back.

use roster::Code;
use roster::review::{EmptyCell, Existing, Verdict};

use super::{Bench, HEADER, known};

#[test]
fn domains_are_repaired_together() {
    let mut text = HEADER.to_owned();
    for i in 0..95 {
        text.push_str(&format!("user{i},A,B,user{i}@example.org,\n"));
    }
    text.push_str("slip1,A,B,slip1@exmaple.org,\nslip2,A,B,user3@exmaple.org,\nslip3,A,B,me@gmial.com,\n");
    let mut bench = Bench::new(&text);
    bench.check();
    let totals = bench.review.totals();
    assert_eq!((totals.warnings, totals.invalid), (3, 0));
    let messages: Vec<String> =
        bench.review.findings().map(|f| format!("{} {}", f.row, f.problem.message)).collect();
    assert_eq!(messages[0], "96 Did you mean example.org? Correct the address if so.");
    let (fix, changed) = bench.apply_fix(Code::EmailSuspiciousDomain, None);
    let fix = fix.unwrap();
    assert_eq!((fix.rows, changed), (3, 3));
    assert_eq!(
        (fix.samples[2].before.as_str(), fix.samples[2].after.as_str()),
        ("me@gmial.com", "me@gmail.com")
    );
    bench.check();
    assert_eq!(bench.view(96).cells[3].value, "slip1@example.org");
    assert_eq!(bench.view(97).verdict, Verdict::Invalid, "now the address is there twice");
    let asked = bench.questions(1_000);
    assert!(asked.iter().any(|q| q.email_key == "slip1@example.org" && q.username_key == "slip1"));
    bench.review.undo().unwrap();
    bench.check();
    assert_eq!(bench.review.totals().warnings, 3);
}

#[test]
fn later_namesakes_are_numbered() {
    let mut bench = Bench::new(&format!(
        "{HEADER}anna,A,A,a@example.org,\nanna,B,B,b@example.org,\nANNA,C,C,c@example.org,\nanna2,D,D,d@example.org,\nanna,E,E,a@example.org,\n"
    ));
    let (fix, changed) = bench.apply_fix(Code::UsernameDuplicateInFile, None);
    let samples: Vec<_> =
        fix.unwrap().samples.iter().map(|s| format!("{} {}>{}", s.row, s.before, s.after)).collect();
    assert_eq!(samples, ["2 anna>anna3", "3 ANNA>ANNA4"], "anna2 is in use, and row 5 is the same person");
    assert_eq!(changed, 2);
    bench.check();
    use Verdict::{AddNew, Invalid};
    assert_eq!(bench.verdicts(), [AddNew, AddNew, AddNew, AddNew, Invalid]);
    // A number that somebody has already must not change that person.
    bench.compare(&[known("anna3", "somebody@example.org", &[])]);
    bench.options(Existing::Overwrite, EmptyCell::Leave);
    assert_eq!(bench.verdicts()[1], Invalid);
    assert_eq!(bench.view(2).cells[0].problems[0].code, Code::UsernameTaken);
    bench.review.undo().unwrap();
    bench.check();
    assert_eq!(bench.verdicts(), [AddNew, Invalid, Invalid, AddNew, Invalid]);
}

#[test]
fn fixes_mend_what_they_say() {
    let mut bench = Bench::new(
        "Username,First name,Last name,Email,Change password next time,Password\n\
         ,Jürgen,Müßig,j@example.org,1,\n,Jürgen,Müssig,k@example.org,0,\n,,Nobody,n@example.org,1,\n\
         Zoë Żak!,Zoë,Żak,z@example.org,1,\nfour,Ann\u{7}a,Four,four@example.org,1,\n\
         five,Eve,Five,Eve Five <five@example.org>,1,\nsix,Six,Six,sixth,1,\nseven,Sue,Seven,s@example.org,perhaps,\n\
         eight,Ed,Eight,e@example.org,1,eight\n",
    );
    bench.check();
    for (code, rows, sample) in [
        (Code::UsernameMissing, 2, " > juergen.muessig"),
        (Code::UsernameInvalid, 1, "Zoë Żak! > zoe.zak"),
        (Code::NameControlCharacter, 1, "Ann\u{7}a > Anna"),
        (Code::EmailInvalid, 1, "Eve Five <five@example.org> > five@example.org"),
        (Code::FlagNotBoolean, 1, "perhaps > "),
        (Code::PasswordTooShort, 1, "•••••••• > "),
    ] {
        let before = bench.review.digest();
        let (fix, changed) = bench.apply_fix(code, None);
        let fix = fix.unwrap();
        assert_eq!((fix.rows, changed), (rows, rows), "{code}");
        assert_eq!(format!("{} > {}", fix.samples[0].before, fix.samples[0].after), sample);
        bench.check();
        bench.review.undo();
        assert_eq!(bench.review.digest(), before);
        bench.review.redo();
        bench.check();
    }
    assert_eq!(bench.view(2).cells[0].value, "juergen.muessig2");
    use Verdict::{AddNew, Invalid};
    let expected = [AddNew, AddNew, Invalid, AddNew, AddNew, AddNew, Invalid, AddNew, AddNew];
    assert_eq!(bench.verdicts(), expected);
    for _ in 0..6 {
        bench.review.undo();
    }
    let (fix, _) = bench.apply_fix(Code::UsernameMissing, Some("{l}{first}"));
    let fix = fix.unwrap();
    assert_eq!((fix.samples[1].after.as_str(), fix.pattern.as_deref()), ("mjuergen2", Some("{l}{first}")));
}
