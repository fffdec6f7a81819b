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
    let allowed = ["directory/src/credentials.rs", "directory/src/hashing.rs"];
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
