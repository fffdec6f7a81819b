//! Remembers in this browser which column fed which field, so that the next file with the same headers is mapped as the
//! last one was.

use roster::columns::{ColumnMapping, MappedColumn, Target};
use roster::field::Field;

/// Remembers a mapping that a person chose.
pub fn keep(mapping: &ColumnMapping, targets: &[Target]) {
    if let Some(storage) = storage() {
        let words: Vec<String> = targets.iter().map(key).collect();
        let _ = storage.set_item(&name(&mapping.columns), &words.join("\n"));
    }
}

/// The mapping that a person chose for the same headers, where it is another one.
pub fn recall(mapping: &ColumnMapping) -> Option<Vec<Target>> {
    let words = storage()?.get_item(&name(&mapping.columns)).ok()??;
    let targets: Vec<Target> = words.split('\n').map(target).collect::<Option<_>>()?;
    let current = mapping.columns.iter().map(|column| &column.target);
    (targets.len() == mapping.columns.len() && !targets.iter().eq(current)).then_some(targets)
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn name(columns: &[MappedColumn]) -> String {
    let headers: Vec<&str> = columns.iter().map(|column| column.header.as_str()).collect();
    format!("rollcall-mapping:{}", headers.join("\u{1f}"))
}

/// The word for a target: the key of its field.
#[must_use]
pub fn key(target: &Target) -> String {
    match target {
        Target::Field(field) => field.key().to_owned(),
        Target::FullName => "full_name".to_owned(),
        Target::Custom(name) => format!("x:{name}"),
        Target::Ignore => "ignore".to_owned(),
    }
}

/// The target behind a word.
#[must_use]
pub fn target(key: &str) -> Option<Target> {
    match key {
        "ignore" => Some(Target::Ignore),
        "full_name" => Some(Target::FullName),
        _ => match key.strip_prefix("x:") {
            Some(name) => Some(Target::Custom(name.to_owned())),
            None => Field::ALL.iter().copied().find(|field| field.key() == key).map(Target::Field),
        },
    }
}
