//! East Asian encodings as UTF-8, a piece at a time.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult};
use roster::encoding::Encoding;

/// A byte that UTF-8 never has, for bytes that mean nothing: the row that they are in is told.
const MEANINGLESS: u8 = 0xFF;
const PIECE: usize = 64 * 1024;

/// A file of another encoding, read as UTF-8.
pub struct Transcoding<R> {
    from: R,
    decoder: Decoder,
    /// What was read and is not decoded yet, from `at` on.
    bytes: Vec<u8>,
    at: usize,
    /// All was read.
    ended: bool,
    /// All was decoded.
    finished: bool,
    /// What was decoded and is not taken yet, from `taken` on.
    text: Vec<u8>,
    taken: usize,
}

impl<R: Read> Transcoding<R> {
    pub fn new(from: R, encoding: Encoding) -> Self {
        let known = encoding_rs::Encoding::for_label(encoding.label().as_bytes());
        Transcoding {
            from,
            decoder: known.expect("a label of the standard").new_decoder_without_bom_handling(),
            bytes: Vec::new(),
            at: 0,
            ended: false,
            finished: false,
            text: Vec::new(),
            taken: 0,
        }
    }

    fn decode(&mut self) -> io::Result<()> {
        if self.at == self.bytes.len() && !self.ended {
            self.bytes.resize(PIECE, 0);
            let length = self.from.read(&mut self.bytes)?;
            self.bytes.truncate(length);
            self.at = 0;
            self.ended = length == 0;
        }
        self.text.resize(PIECE, 0);
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
            &self.bytes[self.at..],
            &mut self.text,
            self.ended,
        );
        self.at += read;
        self.text.truncate(written);
        self.taken = 0;
        match result {
            DecoderResult::Malformed(..) => self.text.push(MEANINGLESS),
            DecoderResult::InputEmpty => self.finished = self.ended,
            DecoderResult::OutputFull => {}
        }
        Ok(())
    }
}

impl<R: Read> Read for Transcoding<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.text.len() {
            if self.finished {
                return Ok(0);
            }
            self.decode()?;
        }
        let length = into.len().min(self.text.len() - self.taken);
        into[..length].copy_from_slice(&self.text[self.taken..self.taken + length]);
        self.taken += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source that gives one byte at a time.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let length = into.len().min(1);
            self.0.read(&mut into[..length])
        }
    }

    #[test]
    fn text_is_the_same_in_any_pieces_and_what_is_damaged_is_marked() {
        let text = "ログイン,姓\r\nyamada,山田\r\n".repeat(9_000);
        for encoding in [Encoding::ShiftJis, Encoding::EucJp, Encoding::Gb18030, Encoding::Iso2022Jp] {
            let known = encoding_rs::Encoding::for_label(encoding.label().as_bytes()).expect("a label");
            let (bytes, _, _) = known.encode(&text);
            for whole in [true, false] {
                let mut read = String::new();
                if whole {
                    Transcoding::new(&bytes[..], encoding).read_to_string(&mut read).expect("text");
                } else {
                    Transcoding::new(Drops(&bytes), encoding).read_to_string(&mut read).expect("text");
                }
                assert!(read == text, "{encoding}");
            }
        }
        let mut read = Vec::new();
        Transcoding::new(&b"a\x81\xFFb,\x93\x63\n\x93"[..], Encoding::ShiftJis)
            .read_to_end(&mut read)
            .expect("read");
        assert_eq!(read, [&b"a\xFFb,"[..], "田".as_bytes(), b"\n\xFF"].concat());
    }
}
