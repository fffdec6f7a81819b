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
        self.waiting.set(rest.clone());
        self.waiting.can_join.set(false);
        self.open(first.clone());
        if !rest.is_empty() {
            let mut all = vec![first];
            all.extend(rest);
            self.offer_to_join(all);
        }
    }

    /// The first lines of the file under review, each cut to what fits beside a choice; `None` where they cannot be read.
    #[cfg(feature = "hydrate")]
    pub async fn first_lines(self, encoding: roster::encoding::Encoding) -> Option<Vec<String>> {
        let bytes = joining::beginning(&self.current_file()?).await?;
        if !encoding.is_transcoded() {
            return Some(lines_of(&bytes, encoding));
        }
        let decoder = web_sys::TextDecoder::new_with_label(encoding.label()).ok()?;
        let text = decoder.decode_with_u8_array(&bytes).ok()?;
        Some(lines_of(text.as_bytes(), roster::encoding::Encoding::Utf8))
    }

    /// Takes files that were dropped or pasted: under review, if there is nothing that would be lost by that; else they wait.
    #[cfg(feature = "hydrate")]
    pub fn take(self, files: &web_sys::FileList) {
        let under_review = self.file.with_untracked(|file| file.as_ref().map(|file| file.name.clone()));
        let sending = untrack(|| self.is_sending());
        let given: Vec<_> = (0..files.length()).filter_map(|at| files.get(at)).collect();
        let newer = given.len() == 1 && given.first().map(web_sys::File::name) == under_review;
        if untrack(|| self.is_free()) {
            self.open_all(files);
        } else if let (true, false, Some(file)) = (newer, sending, given.first()) {
            // The same file again: it was changed where it comes from.
            self.open(file.clone());
        } else {
            self.wait(given);
        }
    }

    /// Lets files wait for their review behind those that wait already.
    #[cfg(feature = "hydrate")]
    pub fn wait(self, more: Vec<web_sys::File>) {
        let mut files = self.waiting.files.get_value();
        files.extend(more);
        self.waiting.set(files.clone());
        self.waiting.can_join.set(false);
        if let Some(current) = self.current_file() {
            files.insert(0, current);
            self.offer_to_join(files);
        }
    }

    #[cfg(feature = "hydrate")]
    fn offer_to_join(self, all: Vec<web_sys::File>) {
        leptos::task::spawn_local(async move {
            // Unless others came meanwhile.
            if joining::is_possible(&all).await
                && self.waiting.names.with_untracked(Vec::len) + 1 == all.len()
            {
                self.waiting.can_join.set(true);
            }
        });
    }

    /// Reviews the first file that waits, in place of one that was sent.
    pub fn review_next(self) {
        #[cfg(feature = "hydrate")]
        {
            let mut files = self.waiting.files.get_value();
            if !files.is_empty() {
                let next = files.remove(0);
                self.waiting.set(files);
                self.open(next);
            }
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

/// Lines that are shown of a file to choose its header from, and the most characters of each.
#[cfg(any(test, feature = "hydrate"))]
const LINES: (usize, usize) = (10, 80);

/// The first lines of a text.
#[cfg(any(test, feature = "hydrate"))]
fn lines_of(bytes: &[u8], encoding: roster::encoding::Encoding) -> Vec<String> {
    let raw = encoding.to_raw(bytes);
    // What is cut in the middle of a character is no text any more; its beginning still is.
    let text = encoding
        .decode(&raw)
        .map_or_else(|_| String::from_utf8_lossy(&raw).into_owned(), |text| text.into_owned());
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let lines = text.split(['\n', '\r']).take(LINES.0);
    let mut lines: Vec<String> = lines.map(|line| line.chars().take(LINES.1).collect()).collect();
    // Behind the last line end there is none.
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
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

    /// The beginning of a file.
    pub async fn beginning(file: &File) -> Option<Vec<u8>> {
        let part = file.slice_with_f64_and_f64(0.0, LONGEST).ok()?;
        Some(Uint8Array::new(&JsFuture::from(part.array_buffer()).await.ok()?).to_vec())
    }

    async fn first_line(file: &File) -> Option<Vec<u8>> {
        let bytes = beginning(file).await?;
        let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?;
        Some(bytes[..end].to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::lines_of;
    use roster::encoding::Encoding;

    #[test]
    fn the_first_lines_are_shown_as_they_are_understood() {
        let lines = lines_of("Staff list\r\n\r\nName;Ort\rMüller;Köln\n".as_bytes(), Encoding::Utf8);
        assert_eq!(lines, ["Staff list", "", "Name;Ort", "Müller;Köln"]);
        assert_eq!(lines_of(b"M\xfcller", Encoding::Windows1252), ["Müller"]);
        let wide: Vec<u8> = "\u{feff}Müller\nx".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(lines_of(&wide, Encoding::Utf16Le), ["Müller", "x"]);
        // Cut in the middle of a character.
        assert_eq!(lines_of(&"abc\nKöln".as_bytes()[..6], Encoding::Utf8)[0], "abc");
        assert_eq!(lines_of("x\n".repeat(50).as_bytes(), Encoding::Utf8).len(), 10);
        assert!(lines_of(b"", Encoding::Utf8).is_empty());
    }
}
