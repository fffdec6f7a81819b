//! Promises about the sources themselves: what `docs/security.md` and
//! `docs/reliability.md` name exists, and what only one place may do is done
//! in one place.

use std::path::{Path, PathBuf};

/// Where the sources and tests of this project are.
const FOLDERS: &[&str] = &["app", "frontend/src", "server", "end2end/journeys"];

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    fn is(&self, end: &str) -> bool {
        self.path.ends_with(end)
    }

    /// The text before the file's own unit tests.
    fn without_tests(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "js") {
                let text = std::fs::read_to_string(&path).expect("UTF-8");
                found.push(Source { path, text });
            }
        }
    }
    assert!(found.len() > 150, "{} sources", found.len());
    found
}

/// Whether `text` has a test function of this name: marked as one, listed to be run on both engines, or a scenario of
/// the program of bad days.
fn has_function(text: &str, name: &str) -> bool {
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else { return false };
    let marks = before.rsplit_once("\n\n").map_or(before, |(_, marks)| marks);
    let listed = text.split_once("on_both!(").and_then(|(_, rest)| rest.split_once(");"));
    let listed = listed.is_some_and(|(names, _)| names.split(',').any(|entry| entry.trim() == name));
    let scenario = text.contains(&format!("pub async fn {name}(world: &mut World)"));
    listed || scenario || marks.contains("#[test]") || marks.contains("#[tokio::test")
}

/// Whether `text` has a Playwright test of this title, apart from what is put in per engine.
fn has_title(text: &str, title: &str) -> bool {
    let begins = |quote: &str| text.contains(&format!("test({quote}{title}"));
    begins("\"") || begins("`")
}

fn exists(sources: &[Source], name: &str) -> bool {
    let find = |stem: &str, test: &dyn Fn(&str) -> bool| {
        sources
            .iter()
            .filter(|source| source.path.file_stem().is_some_and(|file| file == stem))
            .any(|source| test(&source.text))
    };
    match name.split_once("::") {
        Some((stem, function)) => find(stem, &|text| has_function(text, function)),
        None => {
            let (stem, title) = name.split_once(": ").expect("`file::test` or `file: title`");
            find(stem, &|text| has_title(text, title))
        }
    }
}

/// The numbers of a page's lines; each line names tests that exist, or says why there is none.
fn proven(page: &str) -> Vec<String> {
    let page = std::fs::read_to_string(root().join(page)).expect("the page");
    let sources = sources();
    let mut numbers = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| T") || line.starts_with("| F")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [number, _, holds, proof] = cells[..] else { panic!("not four cells: {line}") };
        numbers.push(number.to_owned());
        let names: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        for name in &names {
            assert!(exists(&sources, name), "{number}: there is no test {name}");
        }
        let says_why =
            ["*Not covered*", "*Partly*", "Does not apply"].iter().any(|word| holds.contains(word));
        assert!(!names.is_empty() || says_why, "{number}: neither a test nor a reason");
    }
    numbers
}

#[test]
fn every_fault_has_its_line_and_every_named_test_exists() {
    let expected: Vec<String> = (1..=27).chain(39..=47).map(|number| format!("F{number:02}")).collect();
    assert_eq!(proven("docs/reliability.md"), expected);
}

#[test]
fn every_threat_has_its_line_and_every_named_test_exists() {
    let threats = (1..=75).map(|number| format!("T{number:02}"));
    let expected: Vec<String> = threats.chain((28..=38).map(|number| format!("F{number}"))).collect();
    assert_eq!(proven("docs/security.md"), expected);
}

/// Level 1 of OWASP ASVS 5.0.0, and level 2 of its chapters 6, 7 and 8.
const ASVS: &[(&str, u8)] = &[
    ("1.2", 0b1_1111),
    ("1.3", 0b11),
    ("1.5", 0b1),
    ("2.1", 0b1),
    ("2.2", 0b11),
    ("2.3", 0b1),
    ("3.2", 0b11),
    ("3.3", 0b1),
    ("3.4", 0b11),
    ("3.5", 0b111),
    ("4.1", 0b1),
    ("4.4", 0b1),
    ("5.2", 0b11),
    ("5.3", 0b11),
];

/// The numbers of chapters 6 to 8, section by section: how many of the first are of level 1 or 2, and which of them are 1.
const ASVS_TWO: &[(&str, u8, &[u8])] = &[
    ("6.1", 3, &[1]),
    ("6.2", 12, &[1, 2, 3, 4, 5, 6, 7, 8]),
    ("6.3", 4, &[1, 2]),
    ("6.4", 4, &[1, 2]),
    ("6.5", 5, &[]),
    ("6.6", 3, &[]),
    ("6.8", 4, &[]),
    ("7.1", 3, &[]),
    ("7.2", 4, &[1, 2, 3, 4]),
    ("7.3", 2, &[]),
    ("7.4", 5, &[1, 2]),
    ("7.5", 2, &[]),
    ("7.6", 2, &[]),
    ("8.1", 2, &[1]),
    ("8.2", 3, &[1, 2]),
    ("8.3", 1, &[1]),
    ("8.4", 1, &[]),
];

#[test]
fn every_requirement_of_the_asvs_has_its_line() {
    let mut expected = Vec::new();
    for (section, ones) in ASVS {
        expected.extend(
            (1..=8).filter(|number| ones >> (number - 1) & 1 == 1).map(|n| format!("{section}.{n} 1")),
        );
    }
    for (section, most, ones) in ASVS_TWO {
        expected
            .extend((1..=*most).map(|n| format!("{section}.{n} {}", if ones.contains(&n) { 1 } else { 2 })));
    }
    let others = "9.1.1 9.1.2 9.1.3 9.2.1 10.4.1 10.4.2 10.4.3 10.4.4 10.4.5 11.3.1 11.3.2 11.4.1 12.1.1 12.2.1 12.2.2 13.4.1 \
                  14.2.1 14.3.1 15.1.1 15.2.1 15.3.1";
    expected.extend(others.split(' ').map(|number| format!("{number} 1")));
    assert_eq!(expected.iter().filter(|number| number.ends_with(" 1")).count(), 70, "level 1 has seventy");

    let page = std::fs::read_to_string(root().join("docs/asvs.md")).expect("the page");
    let sources = sources();
    let mut found = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| ") && line.as_bytes()[2].is_ascii_digit()) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [number, level, _, met, proof] = cells[..] else { panic!("not five cells: {line}") };
        found.push(format!("{number} {level}"));
        let names: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        for name in &names {
            assert!(exists(&sources, name), "{number}: there is no test {name}");
        }
        let says_why =
            ["*Partly*", "*Not met*", "*By reading*", "Does not apply"].iter().any(|word| met.contains(word));
        assert!(!names.is_empty() || says_why, "{number}: neither a test nor a reason");
    }
    assert_eq!(found, expected);
}

#[test]
fn names_of_tests_are_really_looked_for() {
    let sources = sources();
    for none in
        ["credentials::guesses_are_unlimited", "credentials::issued", "main-job.spec: a poem becomes people"]
    {
        assert!(!exists(&sources, none), "{none}");
    }
}

#[test]
fn one_place_compares_passwords() {
    let allowed = ["directory/src/credentials/check.rs", "directory/src/hashing.rs"];
    for source in sources().iter().filter(|source| source.path.to_string_lossy().contains("/src/")) {
        let compares = ["hasher().verify(", "verify_password("].iter().any(|call| source.text.contains(call));
        assert!(!compares || allowed.iter().any(|file| source.is(file)), "{}", source.path.display());
    }
}

#[test]
fn no_page_writes_raw_html() {
    let raw = ["inner_html", "set_inner_html", "outer_html", "insert_adjacent_html", "document().write"];
    let mut pages = 0;
    for source in
        sources().iter().filter(|source| source.path.components().any(|part| part.as_os_str() == "app"))
    {
        pages += 1;
        for word in raw {
            assert!(!source.text.contains(word), "{} has {word}", source.path.display());
        }
    }
    assert!(pages > 50, "{pages} files of the pages");
}

#[test]
fn statements_are_fixed_texts() {
    // Inserts of many rows repeat their placeholders; nothing else may build a statement.
    let allowed = ["store/sqlite/mod.rs", "store/postgres/mod.rs"];
    for source in sources().iter().filter(|source| source.path.to_string_lossy().contains("directory/src/")) {
        let builds = source.without_tests().contains("AssertSqlSafe");
        assert!(!builds || allowed.iter().any(|file| source.is(file)), "{}", source.path.display());
    }
}

fn of_the_project(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// T75: what is built is what the lock file says, bit for bit. This project's own packages are in its folders.
#[test]
fn every_dependency_comes_from_the_registry_with_a_digest() {
    let (lock, manifest) = (of_the_project("Cargo.lock"), of_the_project("Cargo.toml"));
    let mut own = Vec::new();
    let mut others = 0;
    for package in lock.split("[[package]]").skip(1) {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
            line.map(|line| line.trim_matches('"').to_owned())
        };
        let name = value("name").expect("a name");
        match value("source") {
            None => own.push(name),
            Some(source) => {
                assert!(source.starts_with("registry+"), "{name} comes from {source}");
                let digest = value("checksum").unwrap_or_default();
                assert_eq!(digest.len(), 64, "{name} has no SHA-256");
                others += 1;
            }
        }
    }
    assert!(others > 200, "{others} packages of others");
    let members: Vec<&str> = own.iter().map(String::as_str).collect();
    assert_eq!(members, ["app", "directory", "frontend", "roster", "server"], "packages in folders");
    assert!(!manifest.contains("[patch") && !manifest.contains("git ="), "nothing is put in another's place");
}

/// The dates in the reasons of `deny.toml`, as `year-month-day`.
fn dates(text: &str) -> Vec<&str> {
    text.match_indices("Look again ")
        .filter_map(|(at, words)| text.get(at + words.len()..)?.get(..10))
        .collect()
}

/// T75: an exception is looked at again, or the checks fail.
#[test]
fn no_exception_outlives_its_date() {
    let text = of_the_project("deny.toml");
    let exceptions: Vec<&str> = text.lines().filter(|line| line.contains("id = \"RUSTSEC-")).collect();
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    for exception in exceptions {
        let [date] = dates(exception)[..] else { panic!("one date to look again: {exception}") };
        assert!(date.parse::<jiff::civil::Date>().is_ok(), "{date} is no day: {exception}");
        assert!(date >= today.as_str(), "look again, it is {today}: {exception}");
    }
    assert_eq!(dates("x Look again 2027-01-31\" and Look again 20"), ["2027-01-31"]);
}
