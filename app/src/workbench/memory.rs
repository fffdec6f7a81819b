//! Remembers in this browser which column fed which field, so that the next file with the same headers is mapped as the
//! last one was.

use roster::columns::{ColumnMapping, MappedColumn, Target};

/// Remembers a mapping that a person chose.
pub fn keep(mapping: &ColumnMapping, targets: &[Target]) {
    if let Some(storage) = storage() {
        let words: Vec<String> = targets.iter().map(Target::key).collect();
        let _ = storage.set_item(&name(&mapping.columns), &words.join("\n"));
    }
}

/// The mapping that a person chose for the same headers, where it is another one.
pub fn recall(mapping: &ColumnMapping) -> Option<Vec<Target>> {
    let words = storage()?.get_item(&name(&mapping.columns)).ok()??;
    let targets: Vec<Target> = words.split('\n').map(Target::parse_key).collect::<Option<_>>()?;
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
