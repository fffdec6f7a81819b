//! A page as a browser's tokenizer takes it apart, and what must not be found in one.

/// What payloads are called by, wherever they come out: no element, attribute or header of the site has it in its name.
pub const MARK: &str = "zq";

/// An element's beginning, and the text of elements that hold text alone.
#[derive(Debug)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
}

impl Element {
    /// The value of an attribute, or nothing.
    pub fn value(&self, name: &str) -> &str {
        self.attributes.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }
}

/// Elements whose content is no markup.
const RAW: &[&str] = &["script", "style", "title", "textarea"];

/// All elements, in their order.
pub fn elements(html: &str) -> Vec<Element> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
        } else if rest[1..].starts_with(|first: char| first.is_ascii_alphabetic()) {
            let (mut element, after) = opening(&rest[1..]);
            rest = after;
            if RAW.contains(&element.name.as_str()) {
                let end = format!("</{}", element.name);
                let end = rest.to_ascii_lowercase().find(&end).unwrap_or(rest.len());
                element.text = rest[..end].to_owned();
                rest = &rest[end..];
            }
            found.push(element);
        } else {
            rest = &rest[1..];
        }
    }
    found
}

/// Reads a tag from its name on; answers what follows it.
fn opening(tag: &str) -> (Element, &str) {
    let name_ends = |c: char| c.is_ascii_whitespace() || c == '/' || c == '>';
    let (name, mut rest) = tag.split_at(tag.find(name_ends).unwrap_or(tag.len()));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            break;
        }
        // An equals sign at the beginning is part of the name.
        let end = rest[1..].find(|c| name_ends(c) || c == '=').map_or(rest.len(), |end| end + 1);
        let (attribute, after) = rest.split_at(end.max(rest.chars().next().map_or(1, char::len_utf8)));
        let value = after.trim_start().strip_prefix('=').map(str::trim_start);
        let (value, after) = match value {
            None => ("", after),
            Some(text) => match text.chars().next().filter(|quote| ['"', '\''].contains(quote)) {
                Some(quote) => text[1..].split_once(quote).unwrap_or((&text[1..], "")),
                None => {
                    let bare = |c: char| c.is_ascii_whitespace() || c == '>';
                    text.split_at(text.find(bare).unwrap_or(text.len()))
                }
            },
        };
        attributes.push((attribute.to_ascii_lowercase(), decoded(value)));
        rest = after;
    }
    let element = Element { name: name.to_ascii_lowercase(), attributes, text: String::new() };
    (element, rest.strip_prefix('>').unwrap_or(rest))
}

/// A value without the references that stand for what has a meaning in markup.
fn decoded(value: &str) -> String {
    let references =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    references.iter().fold(value.to_owned(), |text, (name, meant)| text.replace(name, meant))
}

/// Attributes whose value a browser goes to, loads or sends something to.
const ADDRESSES: &[&str] =
    &["href", "src", "action", "formaction", "xlink:href", "poster", "data", "srcset", "background", "ping"];
/// Elements that load or run something of others, or change what addresses mean.
const FOREIGN: &[&str] = &["iframe", "frame", "object", "embed", "applet", "base", "portal"];

/// What is wrong with a page whose scripts have to carry this nonce.
pub fn wrongs(html: &str, nonce: &str) -> Vec<String> {
    let mut wrongs = Vec::new();
    for element in elements(html) {
        if element.name.contains(MARK) || FOREIGN.contains(&element.name.as_str()) {
            wrongs.push(format!("the element {}", element.name));
        }
        for (name, value) in &element.attributes {
            if name.contains(MARK) || name.starts_with("on") || name == "style" || name == "srcdoc" {
                wrongs.push(format!("the attribute {name} of {}", element.name));
            }
            if ADDRESSES.contains(&name.as_str()) && !stays_here(value) {
                wrongs.push(format!("{name}={value:.60} of {}", element.name));
            }
            if name == "http-equiv" && !element.value("content").is_empty() {
                wrongs.push(format!("http-equiv {value}"));
            }
        }
        if element.name == "script" {
            if element.value("src").is_empty() && element.value("nonce") != nonce {
                wrongs.push(format!("a script without the nonce: {:.80}", element.text));
            }
            if leaves_a_string(&element.text) {
                wrongs.push("a payload that ends a string of a script".to_owned());
            }
        }
    }
    wrongs
}

/// Whether an address is one of this site, or of a mailbox or telephone.
fn stays_here(address: &str) -> bool {
    let address = address.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    let path = address.starts_with('/') && !address.starts_with("//") && !address.starts_with("/\\");
    let none = address.is_empty() || address.starts_with(['#', '?']);
    path || none || address.starts_with("mailto:") || address.starts_with("tel:")
}

/// Whether a quotation mark of a payload (`zqjs"`, with or without backslashes before it) stands in a script as it is,
/// where it would end the string it is in.
fn leaves_a_string(script: &str) -> bool {
    script.split("zqjs").skip(1).any(|after| {
        let backslashes = after.bytes().take_while(|byte| *byte == b'\\').count();
        after[backslashes..].starts_with('"') && backslashes % 2 == 0
    })
}

#[test]
fn what_is_wrong_is_seen() {
    let bad = [
        "<p title=\"\"><zqtag zqattr=1>\">",
        "<p title='' zqattr='1'>",
        "<p title=x zqattr=1 >",
        "<script nonce=n></script><zqtag></script>",
        "<title></title><zqtag></title>",
        "<!-- --><zqtag> -->",
        "<a href=javascript:zqjs()>",
        "<a href=\" javascript:zqjs()\">",
        "<a href=//zq.example>",
        "<img src=\"data:text/html,x\">",
        "<b onclick=x()>",
        "<script>x</script>",
        "<script nonce=m>x</script>",
        "<script nonce=n>x=\"zqjs\"-zqjs()-\"\"</script>",
        "<script nonce=n>x=\"zqjs\\\\\"-zqjs()-\"\"</script>",
        "<iframe>",
        "<meta http-equiv=refresh content=0>",
    ];
    for html in bad {
        assert!(!wrongs(html, "n").is_empty(), "{html}");
    }
    let good = [
        "<p title=\"&quot;&gt;&lt;zqtag zqattr=1&gt;\">&lt;zqtag&gt;</p>",
        "<p title='\"><zqtag>'>",
        "<title>&lt;/title&gt;<zqtag></title>",
        "<!--<zqtag>-->",
        "<script nonce=n>x=\"<zqtag>zqjs\\\"-zqjs()\"</script>",
        "<a href=/people/zq><a href=#zq><a href='mailto:zq@example.org'>",
    ];
    for html in good {
        assert_eq!(wrongs(html, "n"), Vec::<String>::new(), "{html}");
    }
}
