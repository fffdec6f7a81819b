//! `key rotate` and `key forget`.

use crate::program::Program;

#[test]
fn a_key_is_replaced_and_the_former_one_kept_until_nothing_needs_it() {
    let program = Program::new();
    let none = program.run(&["key", "rotate"]);
    assert_eq!(none.code, Some(2), "{}", none.out);
    assert!(none.err.contains("secret.key was not replaced"), "{}", none.err);

    let file =
        program.file("people.csv", b"Username,First name,Last name,Email\nann,Ann,Lee,ann@example.org\n");
    assert_eq!(program.run(&["import", &file, "--yes", "--email"]).code, Some(0));
    let path = program.folder().join("data/secret.key");
    let before = std::fs::read_to_string(&path).expect("a key");
    let rotated = program.run(&["key", "rotate"]);
    assert_eq!(rotated.code, Some(0), "{}", rotated.err);
    assert!(rotated.out.contains("Restart every server process"), "{}", rotated.out);
    let after = std::fs::read_to_string(&path).expect("a key");
    assert!(after.trim_end().ends_with(before.trim()) && !after.starts_with(before.trim()));
    for line in before.lines().chain(after.lines()).filter(|line| !line.starts_with('#')) {
        assert!(!format!("{}{}", rotated.out, rotated.err).contains(line), "the key is not printed");
    }
    // The mail to Ann still waits, and its temporary password is of the former key.
    let refused = program.run(&["key", "forget"]);
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(refused.err.contains("1 temporary passwords"), "{}", refused.err);
    assert_eq!(std::fs::read_to_string(&path).expect("a key"), after);
    let forced = program.run(&["key", "forget", "--force"]);
    assert_eq!(forced.code, Some(0), "{}", forced.err);
    let last = std::fs::read_to_string(&path).expect("a key");
    assert_eq!(last.lines().filter(|line| !line.starts_with("seal ")).count(), 1);
    assert!(!last.contains(before.trim()), "the former key is gone");
    let verified = program.run(&["audit", "verify"]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.out, verified.err);
}
