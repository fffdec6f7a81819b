//! Several files at once: they are reviewed one after the other, or joined where their first lines are the same.

use super::state::Workbench;
use leptos::prelude::*;

/// The files that wait for their review.
#[derive(Clone, Copy)]
pub struct Waiting {
    /// Their names.
    pub names: RwSignal<Vec<String>>,
    /// All of them and the one under review begin with the same header.
    pub can_join: RwSignal<bool>,
    #[cfg(feature = "hydrate")]
    files: StoredValue<Vec<web_sys::File>, LocalStorage>,
}

impl Waiting {
    /// None.
    #[must_use]
    pub fn none() -> Self {
        Self {
            names: RwSignal::new(Vec::new()),
            can_join: RwSignal::new(false),
            #[cfg(feature = "hydrate")]
            files: StoredValue::new_local(Vec::new()),
        }
    }

    /// Forgets the files.
    pub fn clear(self) {
        #[cfg(feature = "hydrate")]
        self.set(Vec::new());
        self.can_join.set(false);
    }

    #[cfg(feature = "hydrate")]
    fn set(self, files: Vec<web_sys::File>) {
        self.names.set(files.iter().map(web_sys::File::name).collect());
        self.files.set_value(files);
    }
}

impl Workbench {
    /// Opens the first of several files; the others wait.
    #[cfg(feature = "hydrate")]
    pub fn open_all(self, files: &web_sys::FileList) {
        let mut all = (0..files.length()).filter_map(|at| files.get(at));
        let Some(first) = all.next() else { return };
        let rest: Vec<_> = all.collect();
        let several = (!rest.is_empty()).then(|| {
            let mut all = vec![first.clone()];
            all.extend(rest.iter().cloned());
            all
        });
        self.waiting.set(rest);
        self.waiting.can_join.set(false);
        self.open(first);
        if let Some(all) = several {
            leptos::task::spawn_local(async move {
                if joining::is_possible(&all).await {
                    self.waiting.can_join.set(true);
                }
            });
        }
    }

    /// Reviews a file that waits; the one under review waits in its place.
    pub fn review_waiting(self, place: usize) {
        #[cfg(feature = "hydrate")]
        {
            let mut files = self.waiting.files.get_value();
            if let (Some(next), Some(current)) = (files.get(place).cloned(), self.current_file()) {
                files[place] = current;
                self.waiting.set(files);
                self.open(next);
            }
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = place;
    }

    /// Reviews all files as one.
    pub fn join(self) {
        #[cfg(feature = "hydrate")]
        leptos::task::spawn_local(async move {
            let Some(current) = self.current_file() else { return };
            let mut all = vec![current];
            all.extend(self.waiting.files.get_value());
            if let Some(joined) = joining::join(&all).await {
                self.waiting.clear();
                self.open(joined);
            }
        });
    }
}

#[cfg(feature = "hydrate")]
mod joining {
    use js_sys::{Array, Uint8Array};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Blob, File};

    /// A header is not longer.
    const LONGEST: f64 = 64.0 * 1024.0;

    /// Whether files begin with the same line, and it is one of several cells.
    pub async fn is_possible(files: &[File]) -> bool {
        let mut first: Option<Vec<u8>> = None;
        for file in files {
            let Some(line) = first_line(file).await else { return false };
            let text = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line);
            let is_header = text.iter().any(|byte| matches!(byte, b',' | b';' | b'\t' | b'|'))
                // UTF-16, workbooks, and lines that say what follows are none.
                && !text.contains(&0)
                && !text.starts_with(b"PK")
                && ![&b"sep="[..], b"version:"].iter().any(|lead| text.starts_with(lead));
            if !is_header || first.as_ref().is_some_and(|first| *first != line) {
                return false;
            }
            first = Some(line);
        }
        true
    }

    /// The rows of all files below the header of the first.
    pub async fn join(files: &[File]) -> Option<File> {
        let header = first_line(files.first()?).await?;
        let parts = Array::new();
        for (at, file) in files.iter().enumerate() {
            if at == 0 {
                parts.push(file);
                continue;
            }
            // The last line before may have no end; an empty line is no row.
            parts.push(&"\n".into());
            let rows: Blob = file.slice_with_f64_and_f64(header.len() as f64, file.size()).ok()?;
            parts.push(&rows);
        }
        let name = format!("{} and {} more", files[0].name(), files.len() - 1);
        File::new_with_blob_sequence(&parts, &name).ok()
    }

    async fn first_line(file: &File) -> Option<Vec<u8>> {
        let part = file.slice_with_f64_and_f64(0.0, LONGEST).ok()?;
        let bytes = Uint8Array::new(&JsFuture::from(part.array_buffer()).await.ok()?).to_vec();
        let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
        Some(bytes[..end].to_vec())
    }
}
