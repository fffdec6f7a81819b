//! A mail text that an administrator may edit: plain lines with fixed placeholders, nothing else. There are no
//! expressions, conditions or loops to inject; what is not a placeholder of that kind of mail is refused when the text is
//! saved.
//!
//! One text makes both parts of a mail. The first line that is only the placeholder of the button ([`Kind::button`]) becomes
//! the button of the HTML part (where there is none, the button follows the paragraph that names it), and `{{ password }}`
//! and `{{ username }}` stand out there. Lines with a value that a mail does not have - a temporary password where the
//! roster brought one - are left out of it, so that one text serves both.

use std::fmt;

use serde::Serialize;

use super::kinds::Kind;
use super::values::{Placeholder, Values, one_line};

/// Where in the texts of a mail something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the subject.
    Subject,
    /// In this line of the text, from 1.
    Line(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Subject => f.write_str("Subject"),
            Place::Line(line) => write!(f, "Text, line {line}"),
        }
    }
}

/// Why a text cannot be saved. Each message is a sentence for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Something else than a placeholder of this kind of mail between double braces.
    #[error("{place}: “{{{{ {name} }}}}” is not a placeholder of this mail. Use {known}.")]
    Unknown {
        /// Where.
        place: Place,
        /// What was written.
        name: String,
        /// What can be written.
        known: String,
    },
    /// Double braces that are not closed on the same line.
    #[error("{0}: the “{{{{” is not closed. Write “}}}}” after the name of the placeholder.")]
    Unclosed(Place),
    /// `{%` or `{#`: conditions, loops and comments of template languages.
    #[error(
        "{place}: “{mark}” has no meaning here. A text holds placeholders such as {{{{ first_name }}}} only."
    )]
    Statement {
        /// Where.
        place: Place,
        /// What was written.
        mark: &'static str,
    },
    /// Without it the mail is of no use.
    #[error("Text: “{{{{ {0} }}}}” is missing. Without it this mail gets nobody in.")]
    Missing(&'static str),
    /// Subjects are shown on lock screens.
    #[error(
        "Subject: “{{{{ {0} }}}}” does not belong there, it would be shown on lock screens. Put it into the text."
    )]
    Shown(&'static str),
    /// The subject has to fit one line.
    #[error("{0}")]
    Subject(&'static str),
    /// Larger than a mail text needs to be.
    #[error("Text: it is longer than 10,000 characters. Shorten it.")]
    TooLong,
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
    /// Reads a line or the lines of a text.
    ///
    /// # Errors
    /// The first line that is not plain text with placeholders of this kind of mail.
    fn parse(kind: &Kind, text: &str, place: impl Fn(usize) -> Place) -> Result<Template, TemplateError> {
        let lines = text.lines().enumerate().map(|(index, line)| parse_line(kind, line, place(index + 1)));
        Ok(Template { lines: lines.collect::<Result<_, _>>()? })
    }

    /// Reads a subject: one line, and nothing secret in it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn subject(kind: &Kind, subject: &str) -> Result<Template, TemplateError> {
        if subject.trim().is_empty() {
            return Err(TemplateError::Subject(
                "Subject: it is empty. Say in a few words what the mail is about.",
            ));
        }
        if subject.chars().any(char::is_control) {
            return Err(TemplateError::Subject("Subject: it has to be one line."));
        }
        if subject.chars().count() > 200 {
            return Err(TemplateError::Subject("Subject: it is longer than 200 characters. Shorten it."));
        }
        let subject = Template::parse(kind, subject, |_| Place::Subject)?;
        match [Placeholder::Password, Placeholder::Link].into_iter().find(|secret| subject.uses(*secret)) {
            Some(secret) => Err(TemplateError::Shown(secret.name())),
            None => Ok(subject),
        }
    }

    /// Reads a text, which holds what the kind of mail needs.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn body(kind: &Kind, text: &str) -> Result<Template, TemplateError> {
        if text.chars().count() > 10_000 {
            return Err(TemplateError::TooLong);
        }
        let text = Template::parse(kind, text, Place::Line)?;
        match kind.needed.iter().find(|needed| !text.uses(**needed)) {
            Some(needed) => Err(TemplateError::Missing(needed.name())),
            None => Ok(text),
        }
    }

    fn uses(&self, placeholder: Placeholder) -> bool {
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

    /// The blocks of the HTML part, with one button in them, which is that of the kind.
    pub fn blocks(&self, kind: &Kind, values: &Values<'_>) -> Vec<Block> {
        let (leads_to, label) = kind.button;
        let button = values.get(leads_to).map(|url| Block::Button { url, label });
        let mut blocks = Vec::new();
        let mut paragraph = Vec::new();
        for line in self.filled(values) {
            let mut visible = line.iter().filter(|(_, text)| !text.trim().is_empty());
            match (visible.next(), visible.next()) {
                (None, _) => blocks.extend(finished(&mut paragraph)),
                (Some((Some(placeholder), _)), None) if *placeholder == leads_to => {
                    blocks.extend(finished(&mut paragraph));
                    blocks.extend(button.clone().filter(|button| !blocks.contains(button)));
                }
                _ => paragraph.push(line.into_iter().map(run).collect()),
            }
        }
        blocks.extend(finished(&mut paragraph));
        if let Some(Block::Button { url, .. }) = &button
            && !blocks.iter().any(|block| matches!(block, Block::Button { .. }))
        {
            let named =
                blocks.iter().position(|block| block.names(url)).map_or(blocks.len(), |index| index + 1);
            blocks.splice(named..named, button);
        }
        blocks
    }
}

impl Block {
    /// Whether this address stands in it, as a link.
    fn names(&self, url: &str) -> bool {
        match self {
            Block::Paragraph { lines } => {
                lines.iter().flatten().any(|run| run.kind == "link" && run.text == url)
            }
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
        Some(Placeholder::SignInUrl | Placeholder::Link) => "link",
        _ => "text",
    };
    Run { kind, text }
}

fn parse_line(kind: &Kind, line: &str, place: Place) -> Result<Vec<Piece>, TemplateError> {
    for mark in ["{%", "{#"] {
        if line.contains(mark) {
            return Err(TemplateError::Statement { place, mark });
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
        let (name, after) = after.split_once("}}").ok_or(TemplateError::Unclosed(place))?;
        let name = name.trim();
        let known = kind.placeholders.iter().find(|placeholder| placeholder.name() == name);
        let placeholder = known.ok_or_else(|| TemplateError::Unknown {
            place,
            name: name.chars().take(40).collect(),
            known: kind.names(),
        })?;
        pieces.push(Piece::Placeholder(*placeholder));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(one_line(rest)));
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use directory::outbox::MessageKind;

    fn login_details() -> &'static Kind {
        Kind::of(MessageKind::LoginDetails)
    }

    fn body(text: &str) -> Template {
        Template::parse(login_details(), text, Place::Line).expect("valid")
    }

    const VALUES: Values<'_> = Values {
        organisation: "Acme",
        first_name: "Zoë",
        last_name: "Smith",
        username: "zsmith",
        email: "zoe@example.com",
        password: Some("ABCDE-FGHJK"),
        link: None,
        sign_in_url: "https://people.example.com/sign-in",
        expires: Some("Friday"),
        hours: Some(72),
    };

    #[test]
    fn without_a_password_its_lines_are_left_out() {
        let template = body(login_details().text);
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
        let blocks = body(login_details().text).blocks(login_details(), &VALUES);
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
        let template = body("Hello\n\nSign in at {{ sign_in_url }}\n\nBye");
        let blocks = template.blocks(login_details(), &VALUES);
        assert_eq!(blocks.len(), 4);
        assert!(matches!(&blocks[2], Block::Button { url, .. } if url == VALUES.sign_in_url), "{blocks:?}");
    }

    #[test]
    fn the_button_is_that_of_the_kind() {
        let kind = Kind::of(MessageKind::SetPasswordLink);
        let values = Values { password: None, link: Some("https://people.example.com/l#1"), ..VALUES };
        let made = |text: &str| Template::body(kind, text).expect("valid").blocks(kind, &values);
        let button =
            Block::Button { url: "https://people.example.com/l#1".to_owned(), label: "Set your password" };
        // The address of the sign-in page is only a link here, also on a line of its own.
        let blocks = made("{{ sign_in_url }}\n\nHere: {{ link }}\n\nBye");
        assert_eq!((blocks.len(), &blocks[2]), (4, &button), "{blocks:?}");
        let blocks = made("Hello\n{{ link }}\n{{ link }}\nBye");
        assert_eq!((blocks.len(), &blocks[1]), (3, &button), "{blocks:?}");
    }

    #[test]
    fn what_is_not_a_placeholder_is_refused_with_its_place() {
        let refusal = |kind, subject: &str, text: &str| {
            let subject = Template::subject(kind, subject).map(|_| ());
            let refused = subject.and_then(|()| Template::body(kind, text).map(|_| ()));
            refused.expect_err(text).to_string()
        };
        for (text, sentence) in [
            (
                "{{ password }}\n{{ pasword }}",
                "Text, line 2: “{{ pasword }}” is not a placeholder of this mail",
            ),
            ("{{ password | upper }}", "Text, line 1: “{{ password | upper }}”"),
            ("{{- password -}}", "Text, line 1"),
            ("{{ 7 * 7 }}", "Text, line 1"),
            ("{{ link }}", "Text, line 1: “{{ link }}” is not a placeholder of this mail"),
            ("{{ first_name", "Text, line 1: the “{{” is not closed"),
            ("x\n{% if true %}", "Text, line 2: “{%” has no meaning"),
            ("{# note #}", "Text, line 1: “{#” has no meaning"),
            ("{{ password }}", "Text: “{{ sign_in_url }}” is missing"),
            ("{{ sign_in_url }}", "Text: “{{ password }}” is missing"),
        ] {
            let said = refusal(login_details(), "Subject", text);
            assert!(said.contains(sentence), "{text}: {said}");
        }
        for (subject, sentence) in [
            ("", "Subject: it is empty"),
            ("two\nlines", "Subject: it has to be one line"),
            ("{{ password }}", "Subject: “{{ password }}” does not belong there"),
            ("{{ foo }}", "Subject: “{{ foo }}” is not a placeholder of this mail"),
            (&"x".repeat(201), "Subject: it is longer"),
        ] {
            let said = refusal(login_details(), subject, login_details().text);
            assert!(said.contains(sentence), "{subject}: {said}");
        }
        let reset = Kind::of(MessageKind::PasswordReset);
        assert!(
            refusal(reset, "{{ link }}", reset.text).contains("Subject: “{{ link }}” does not belong there")
        );
        assert!(
            refusal(reset, "Subject", "{{ password }}").contains("“{{ password }}” is not a placeholder")
        );
        assert!(refusal(reset, "Subject", "Hello").contains("Text: “{{ link }}” is missing"));
    }

    #[test]
    fn a_refusal_lists_every_placeholder() {
        for kind in MessageKind::ALL.iter().map(|kind| Kind::of(*kind)) {
            let refusal = Template::subject(kind, "{{ first }}").expect_err("unknown").to_string();
            for placeholder in kind.placeholders {
                assert!(refusal.contains(placeholder.name()), "{refusal}");
            }
        }
    }

    #[test]
    fn values_are_not_templates_and_cannot_begin_lines() {
        let values = Values { first_name: "{{ password }}", last_name: "x\r\nBcc: y\u{0}", ..VALUES };
        let template = body("{{ first_name }} {{ last_name }}");
        assert_eq!(template.text(&values), "{{ password }} x  Bcc: y\n");
    }
}
