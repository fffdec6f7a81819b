//! The mail text that an administrator may edit: plain lines with fixed placeholders, nothing else. There are no
//! expressions, conditions or loops to inject; what is not a known placeholder is refused when the text is saved.
//!
//! One text makes both parts of a mail. The first line that is only `{{ sign_in_url }}` becomes the button of the HTML
//! part (where there is none, the button follows the paragraph that names the address), and `{{ password }}` and
//! `{{ username }}` stand out there. Lines with `{{ password }}`, `{{ expires }}` or `{{ hours }}` are left out of
//! mails that carry no temporary password, so that one text serves both.

use serde::Serialize;

/// What may stand between double braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// Name of the organisation, from the settings.
    Organisation,
    /// First name of the recipient.
    FirstName,
    /// Last name of the recipient.
    LastName,
    /// Username of the recipient.
    Username,
    /// E-mail address of the recipient.
    Email,
    /// The temporary password, in groups.
    Password,
    /// Address of the sign-in page.
    SignInUrl,
    /// When the temporary password expires.
    Expires,
    /// For how many hours the temporary password works, counted from the sending.
    Hours,
}

impl Placeholder {
    /// All of them.
    pub const ALL: [Placeholder; 9] = [
        Placeholder::Organisation,
        Placeholder::FirstName,
        Placeholder::LastName,
        Placeholder::Username,
        Placeholder::Email,
        Placeholder::Password,
        Placeholder::SignInUrl,
        Placeholder::Expires,
        Placeholder::Hours,
    ];

    /// As it is written between the braces.
    pub fn name(self) -> &'static str {
        match self {
            Placeholder::Organisation => "organisation",
            Placeholder::FirstName => "first_name",
            Placeholder::LastName => "last_name",
            Placeholder::Username => "username",
            Placeholder::Email => "email",
            Placeholder::Password => "password",
            Placeholder::SignInUrl => "sign_in_url",
            Placeholder::Expires => "expires",
            Placeholder::Hours => "hours",
        }
    }

    /// What it stands for, for people who write texts.
    pub fn meaning(self) -> &'static str {
        match self {
            Placeholder::Organisation => "the name of the organisation",
            Placeholder::FirstName => "the first name",
            Placeholder::LastName => "the last name",
            Placeholder::Username => "the username",
            Placeholder::Email => "the address the mail goes to",
            Placeholder::Password => "the temporary password",
            Placeholder::SignInUrl => "where to sign in",
            Placeholder::Expires => "when the temporary password runs out",
            Placeholder::Hours => "for how many hours it works",
        }
    }
}

/// Why a text cannot be saved. Each message is a sentence for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Something else than a known placeholder between double braces.
    #[error(
        "Line {line}: “{{{{ {name} }}}}” is not a placeholder. Use organisation, first_name, last_name, username, email, password, sign_in_url, expires or hours."
    )]
    Unknown {
        /// Line, from 1.
        line: usize,
        /// What was written.
        name: String,
    },
    /// Double braces that are not closed on the same line.
    #[error("Line {line}: the “{{{{” is not closed. Write “}}}}” after the name of the placeholder.")]
    Unclosed {
        /// Line, from 1.
        line: usize,
    },
    /// `{%` or `{#`: conditions, loops and comments of template languages.
    #[error(
        "Line {line}: “{mark}” has no meaning here. A text holds placeholders such as {{{{ first_name }}}} only."
    )]
    Statement {
        /// Line, from 1.
        line: usize,
        /// What was written.
        mark: &'static str,
    },
    /// Without it nobody could sign in.
    #[error("The text does not contain {{{{ {0} }}}}. Without it nobody who gets this mail can sign in.")]
    Missing(&'static str),
    /// The subject has to fit one line, and passwords do not belong on lock screens.
    #[error("{0}")]
    Subject(&'static str),
    /// Larger than a mail text needs to be.
    #[error("The text is longer than 10,000 characters. Shorten it.")]
    TooLong,
}

/// The subject that a new installation has.
pub const DEFAULT_SUBJECT: &str = "Your account at {{ organisation }}";

/// The text that a new installation has.
pub use directory::settings::DEFAULT_MAIL_TEXT as DEFAULT_TEXT;

/// What the placeholders stand for in one mail.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    /// Name of the organisation.
    pub organisation: &'a str,
    /// First name of the recipient.
    pub first_name: &'a str,
    /// Last name of the recipient.
    pub last_name: &'a str,
    /// Username of the recipient.
    pub username: &'a str,
    /// E-mail address of the recipient.
    pub email: &'a str,
    /// The temporary password in groups, when the mail carries one.
    pub password: Option<&'a str>,
    /// Address of the sign-in page.
    pub sign_in_url: &'a str,
    /// When the temporary password expires, in words.
    pub expires: Option<&'a str>,
    /// For how many hours the temporary password works.
    pub hours: Option<u64>,
}

impl Values<'_> {
    /// `None` when the mail has no such value.
    fn get(&self, placeholder: Placeholder) -> Option<String> {
        let value = match placeholder {
            Placeholder::Organisation => self.organisation,
            Placeholder::FirstName => self.first_name,
            Placeholder::LastName => self.last_name,
            Placeholder::Username => self.username,
            Placeholder::Email => self.email,
            Placeholder::Password => self.password?,
            Placeholder::SignInUrl => self.sign_in_url,
            Placeholder::Expires => self.expires?,
            Placeholder::Hours => return self.hours.map(|hours| hours.to_string()),
        };
        Some(one_line(value))
    }
}

/// `text` with every control character replaced by a space: a value can never begin a new line or header.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Placeholder(Placeholder),
}

/// A text whose placeholders are all known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    lines: Vec<Vec<Piece>>,
}

/// A run of characters in the HTML part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// `text`, `code` or `link`.
    pub kind: &'static str,
    /// The characters, not escaped.
    pub text: String,
}

/// What the button of login details says.
pub const SIGN_IN: &str = "Sign in";

/// A paragraph or the button of the HTML part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Block {
    /// Lines of runs.
    Paragraph {
        /// The lines.
        lines: Vec<Vec<Run>>,
    },
    /// The one button.
    Button {
        /// Where it leads.
        url: String,
        /// What it says.
        label: &'static str,
    },
}

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// The first line that is not plain text with known placeholders.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let lines = text.lines().enumerate().map(|(index, line)| parse_line(line, index + 1));
        Ok(Template { lines: lines.collect::<Result<_, _>>()? })
    }

    /// Whether the text uses `placeholder`.
    pub fn uses(&self, placeholder: Placeholder) -> bool {
        self.lines.iter().flatten().any(|piece| *piece == Piece::Placeholder(placeholder))
    }

    /// The lines of which every value exists, each with its values filled in.
    fn filled<'a>(
        &'a self,
        values: &'a Values<'_>,
    ) -> impl Iterator<Item = Vec<(Option<Placeholder>, String)>> + 'a {
        self.lines.iter().filter_map(|line| {
            line.iter()
                .map(|piece| match piece {
                    Piece::Literal(text) => Some((None, text.clone())),
                    Piece::Placeholder(placeholder) => Some((Some(*placeholder), values.get(*placeholder)?)),
                })
                .collect()
        })
    }

    /// The plain-text part: lines end in LF, never two empty ones in a row.
    pub fn text(&self, values: &Values<'_>) -> String {
        let mut text = String::new();
        for line in self.filled(values) {
            let line: String = line.into_iter().map(|(_, text)| text).collect();
            if line.trim().is_empty() && (text.is_empty() || text.ends_with("\n\n")) {
                continue;
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }

    /// The blocks of the HTML part, with one button in them.
    pub fn blocks(&self, values: &Values<'_>) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut paragraph = Vec::new();
        for line in self.filled(values) {
            let mut visible = line.iter().filter(|(_, text)| !text.trim().is_empty());
            match (visible.next(), visible.next()) {
                (None, _) => blocks.extend(finished(&mut paragraph)),
                (Some((Some(Placeholder::SignInUrl), url)), None) => {
                    let button = Block::Button { url: url.clone(), label: SIGN_IN };
                    blocks.extend(finished(&mut paragraph));
                    if !blocks.contains(&button) {
                        blocks.push(button);
                    }
                }
                _ => paragraph.push(line.into_iter().map(run).collect()),
            }
        }
        blocks.extend(finished(&mut paragraph));
        if !blocks.iter().any(|block| matches!(block, Block::Button { .. })) {
            let named = blocks.iter().position(Block::names_a_link).map_or(blocks.len(), |index| index + 1);
            blocks.insert(named, Block::Button { url: one_line(values.sign_in_url), label: SIGN_IN });
        }
        blocks
    }
}

impl Block {
    fn names_a_link(&self) -> bool {
        match self {
            Block::Paragraph { lines } => lines.iter().flatten().any(|run| run.kind == "link"),
            Block::Button { .. } => false,
        }
    }
}

/// The paragraph that has been collected, if any; leaves an empty one.
fn finished(paragraph: &mut Vec<Vec<Run>>) -> Option<Block> {
    let lines = std::mem::take(paragraph);
    (!lines.is_empty()).then_some(Block::Paragraph { lines })
}

fn run((placeholder, text): (Option<Placeholder>, String)) -> Run {
    let kind = match placeholder {
        Some(Placeholder::Password | Placeholder::Username) => "code",
        Some(Placeholder::SignInUrl) => "link",
        _ => "text",
    };
    Run { kind, text }
}

fn parse_line(line: &str, number: usize) -> Result<Vec<Piece>, TemplateError> {
    for mark in ["{%", "{#"] {
        if line.contains(mark) {
            return Err(TemplateError::Statement { line: number, mark });
        }
    }
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some(open) = rest.find("{{") {
        let (before, after) = rest.split_at(open);
        if !before.is_empty() {
            pieces.push(Piece::Literal(one_line(before)));
        }
        let after = after.strip_prefix("{{").unwrap_or(after);
        let (name, after) = after.split_once("}}").ok_or(TemplateError::Unclosed { line: number })?;
        let name = name.trim();
        let placeholder = Placeholder::ALL
            .into_iter()
            .find(|placeholder| placeholder.name() == name)
            .ok_or_else(|| TemplateError::Unknown { line: number, name: name.chars().take(40).collect() })?;
        pieces.push(Piece::Placeholder(placeholder));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(one_line(rest)));
    }
    Ok(pieces)
}

/// Whether the subject and the text may be saved.
///
/// # Errors
/// The first thing that is wrong, as a sentence for the administrator.
pub fn validate_template(subject: &str, text: &str) -> Result<(), TemplateError> {
    if subject.trim().is_empty() {
        return Err(TemplateError::Subject(
            "The subject is empty. Say in a few words what the mail is about.",
        ));
    }
    if subject.chars().any(char::is_control) {
        return Err(TemplateError::Subject("The subject has to be one line."));
    }
    if subject.chars().count() > 200 {
        return Err(TemplateError::Subject("The subject is longer than 200 characters. Shorten it."));
    }
    if text.chars().count() > 10_000 {
        return Err(TemplateError::TooLong);
    }
    let subject = Template::parse(subject)?;
    if subject.uses(Placeholder::Password) {
        return Err(TemplateError::Subject(
            "A password does not belong into the subject: it is shown on lock screens. Put it into the text.",
        ));
    }
    let text = Template::parse(text)?;
    for needed in [Placeholder::Password, Placeholder::SignInUrl] {
        if !text.uses(needed) {
            return Err(TemplateError::Missing(needed.name()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: Values<'_> = Values {
        organisation: "Acme",
        first_name: "Zoë",
        last_name: "Smith",
        username: "zsmith",
        email: "zoe@example.com",
        password: Some("ABCDE-FGHJK"),
        sign_in_url: "https://people.example.com/sign-in",
        expires: Some("Friday"),
        hours: Some(72),
    };

    #[test]
    fn the_default_may_be_saved() {
        assert_eq!(validate_template(DEFAULT_SUBJECT, DEFAULT_TEXT), Ok(()));
    }

    #[test]
    fn without_a_password_its_lines_are_left_out() {
        let template = Template::parse(DEFAULT_TEXT).expect("valid");
        let with = template.text(&VALUES);
        assert!(
            with.contains("Temporary password: ABCDE-FGHJK\n") && with.contains("until Friday"),
            "{with}"
        );
        let without = template.text(&Values { password: None, expires: None, hours: None, ..VALUES });
        assert!(
            without.contains("Username: zsmith\n\nhttps://people.example.com/sign-in\n\nIf you"),
            "{without}"
        );
        assert!(!without.contains("{{") && !without.contains("\n\n\n"), "{without}");
    }

    #[test]
    fn the_html_part_has_one_button() {
        let blocks = Template::parse(DEFAULT_TEXT).expect("valid").blocks(&VALUES);
        let buttons = blocks.iter().filter(|block| matches!(block, Block::Button { .. })).count();
        assert_eq!(buttons, 1);
        let code: Vec<&str> = blocks
            .iter()
            .filter_map(|block| match block {
                Block::Paragraph { lines } => Some(lines.iter().flatten()),
                Block::Button { .. } => None,
            })
            .flatten()
            .filter(|run| run.kind == "code")
            .map(|run| run.text.as_str())
            .collect();
        assert_eq!(code, ["zsmith", "ABCDE-FGHJK"]);
    }

    #[test]
    fn a_text_without_a_line_for_the_button_gets_one_after_the_address() {
        let template = Template::parse("Hello\n\nSign in at {{ sign_in_url }}\n\nBye").expect("valid");
        let blocks = template.blocks(&VALUES);
        assert_eq!(blocks.len(), 4);
        assert!(matches!(&blocks[2], Block::Button { url, .. } if url == VALUES.sign_in_url), "{blocks:?}");
    }

    #[test]
    fn what_is_not_a_placeholder_is_refused_with_its_line() {
        for (text, sentence) in [
            ("{{ password }}\n{{ pasword }}", "Line 2: “{{ pasword }}” is not a placeholder"),
            ("{{ password | upper }}", "Line 1: “{{ password | upper }}”"),
            ("{{- password -}}", "Line 1"),
            ("{{ 7 * 7 }}", "Line 1"),
            ("{{ first_name", "Line 1: the “{{” is not closed"),
            ("x\n{% if true %}", "Line 2: “{%” has no meaning"),
            ("{# note #}", "Line 1: “{#” has no meaning"),
            ("{{ password }}", "{{ sign_in_url }}"),
            ("{{ sign_in_url }}", "{{ password }}"),
        ] {
            let refusal = validate_template("Subject", text).expect_err(text).to_string();
            assert!(refusal.contains(sentence), "{text}: {refusal}");
        }
        for subject in ["", "two\nlines", "{{ password }}", "{{ foo }}", &"x".repeat(201)] {
            assert!(validate_template(subject, DEFAULT_TEXT).is_err(), "{subject}");
        }
    }

    #[test]
    fn a_refusal_lists_every_placeholder() {
        let refusal = validate_template("{{ first }}", DEFAULT_TEXT).expect_err("unknown").to_string();
        for placeholder in Placeholder::ALL {
            assert!(refusal.contains(placeholder.name()), "{refusal}");
        }
    }

    #[test]
    fn values_are_not_templates_and_cannot_begin_lines() {
        let values = Values { first_name: "{{ password }}", last_name: "x\r\nBcc: y\u{0}", ..VALUES };
        let template = Template::parse("{{ first_name }} {{ last_name }}").expect("valid");
        assert_eq!(template.text(&values), "{{ password }} x  Bcc: y\n");
    }
}
