//! What each encoding is called, and which table it is read by.

use super::{Encoding, tables};

/// An encoding's names and table.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) label: &'static str,
    pub(super) description: &'static str,
    /// Other names, in plain lower case.
    pub(super) others: &'static [&'static str],
    /// The meaning of 0x80 to 0xFF. True Latin-1 needs no table, Unicode has none.
    pub(super) table: Option<&'static [u16; 128]>,
}

macro_rules! known {
    ($label:literal, $use:literal, $others:expr, $table:expr) => {
        Known {
            label: $label,
            description: concat!($label, " (", $use, ")"),
            others: &$others,
            table: $table,
        }
    };
}

impl Encoding {
    pub(super) const fn known(self) -> Known {
        match self {
            Encoding::Utf8 => known!("UTF-8", "all languages", [], None),
            Encoding::Utf16Le => known!("UTF-16LE", "Excel's Unicode text", ["utf16"], None),
            Encoding::Utf16Be => known!("UTF-16BE", "Unicode, high byte first", [], None),
            Encoding::Windows1250 => {
                known!("Windows-1250", "Central European", ["cp1250"], Some(&tables::WINDOWS_1250))
            }
            Encoding::Windows1251 => {
                known!("Windows-1251", "Cyrillic", ["cp1251"], Some(&tables::WINDOWS_1251))
            }
            Encoding::Windows1252 => {
                known!("Windows-1252", "Western European", ["cp1252", "ansi"], Some(&tables::WINDOWS_1252))
            }
            Encoding::Windows1253 => known!("Windows-1253", "Greek", ["cp1253"], Some(&tables::WINDOWS_1253)),
            Encoding::Windows1254 => {
                known!("Windows-1254", "Turkish", ["cp1254", "iso88599"], Some(&tables::WINDOWS_1254))
            }
            Encoding::Windows1255 => {
                known!("Windows-1255", "Hebrew", ["cp1255"], Some(&tables::WINDOWS_1255))
            }
            Encoding::Windows1256 => {
                known!("Windows-1256", "Arabic, Persian", ["cp1256"], Some(&tables::WINDOWS_1256))
            }
            Encoding::Windows1257 => {
                known!("Windows-1257", "Baltic", ["cp1257"], Some(&tables::WINDOWS_1257))
            }
            Encoding::Windows1258 => {
                known!("Windows-1258", "Vietnamese", ["cp1258"], Some(&tables::WINDOWS_1258))
            }
            Encoding::Windows874 => {
                known!("Windows-874", "Thai", ["cp874", "tis620", "iso885911"], Some(&tables::WINDOWS_874))
            }
            Encoding::Iso8859_1 => known!("ISO-8859-1", "Latin-1", ["latin1"], None),
            Encoding::Iso8859_2 => {
                known!("ISO-8859-2", "Central European", ["latin2"], Some(&tables::ISO_8859_2))
            }
            Encoding::Iso8859_5 => known!("ISO-8859-5", "Cyrillic", [], Some(&tables::ISO_8859_5)),
            Encoding::Iso8859_6 => known!("ISO-8859-6", "Arabic", [], Some(&tables::ISO_8859_6)),
            Encoding::Iso8859_7 => known!("ISO-8859-7", "Greek", [], Some(&tables::ISO_8859_7)),
            Encoding::Iso8859_15 => known!("ISO-8859-15", "Latin-9", ["latin9"], Some(&tables::ISO_8859_15)),
            Encoding::Koi8R => known!("KOI8-R", "Russian", [], Some(&tables::KOI8_R)),
            Encoding::Koi8U => known!("KOI8-U", "Ukrainian", [], Some(&tables::KOI8_U)),
            Encoding::Ibm850 => known!("IBM850", "Western European DOS", ["cp850"], Some(&tables::IBM850)),
            Encoding::Ibm852 => known!("IBM852", "Central European DOS", ["cp852"], Some(&tables::IBM852)),
            Encoding::Ibm866 => known!("IBM866", "Cyrillic DOS", ["cp866"], Some(&tables::IBM866)),
            Encoding::MacRoman => {
                known!("Mac Roman", "older Macs", ["macintosh"], Some(&tables::MAC_ROMAN))
            }
            Encoding::ShiftJis => known!("Shift_JIS", "Japanese", ["cp932", "windows31j", "sjis"], None),
            Encoding::Gb18030 => {
                known!("GB18030", "Chinese, simplified", ["gbk", "gb2312", "cp936"], None)
            }
            Encoding::Big5 => known!("Big5", "Chinese, traditional", ["cp950"], None),
            Encoding::EucKr => known!("EUC-KR", "Korean", ["cp949", "uhc"], None),
            Encoding::EucJp => known!("EUC-JP", "Japanese", [], None),
            Encoding::Iso2022Jp => known!("ISO-2022-JP", "Japanese mail", [], None),
        }
    }
}
