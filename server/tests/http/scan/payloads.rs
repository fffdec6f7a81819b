//! What is put wherever something can be put.

/// Texts that would do harm where they were taken for something else. Whatever they bring about has `zq` in its name.
pub fn payloads() -> Vec<String> {
    let mut all: Vec<String> = [
        // Markup, out of text, attributes, raw text, comments.
        "\"><zqtag zqattr=1>",
        "'><zqtag zqattr=1>",
        "</script><zqtag>",
        "</title></textarea></style><zqtag>",
        "--><zqtag>",
        "\" zqattr=\"1",
        "' zqattr='1",
        "zq zqattr=1 ",
        "<img src=x onerror=zqjs()>",
        "&lt;zqtag&gt;&#60;zqtag&#62;",
        // Scripts and addresses.
        "javascript:zqjs()",
        "data:text/html,<zqtag>",
        "zqjs\"-zqjs()-\"",
        "zqjs\\\"-zqjs()-\"",
        "//zq.example/",
        "/\\zq.example/",
        "https://zq.example/",
        "/people/..//zq.example",
        // Templates, statements, formulas, paths.
        "{{7*7}}zq{%if 1%}{#zq#}",
        "${7*7}#{7*7}%{7*7}zq",
        "zq' OR '1'='1' --",
        "zq'; DROP TABLE account; --",
        "zq\") UNION ALL TABLE account --",
        "%_zq\\",
        "=cmd|' /C calc'!A0zq",
        "@SUM(1)zq",
        "../../../../etc/passwd",
        "..\\..\\zq",
        "%2e%2e%2fzq%00",
        // What ends lines and texts.
        "zq\r\nX-Zq: 1\r\n\r\n<zqtag>",
        "zq\0zq",
        "\u{202e}zq\u{200b}\u{feff}\u{85}\u{2028}",
        "\u{1f4a5}zq\u{fffd}\u{10ffff}",
        // Numbers and nothing.
        "",
        "-1",
        "4294967296",
        "99999999999999999999999",
        "-9223372036854775808",
        "1e999",
        "019368a0-0000-7000-8000-000000000000",
    ]
    .map(str::to_owned)
    .into();
    all.push("zq".repeat(5_000));
    all.push("\u{e9}".repeat(1_025));
    all
}

/// A payload as it stands in a query or a form.
pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Bytes by a seed that is part of the test, so that every run is the same.
pub struct Dice(pub u64);

impl Dice {
    /// The next number (xorshift).
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_le_bytes()[3]).collect()
    }
}
