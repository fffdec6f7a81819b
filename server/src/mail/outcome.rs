//! What came of an attempt to hand a mail over, and what it means for the queue. The same reply code means different
//! things at different verbs: 550 at RCPT concerns one person, 550 at MAIL FROM concerns everyone.

use std::fmt;

use directory::trouble::TroubleKind;

/// How far an SMTP conversation had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Name lookup, TCP, or the network during TLS.
    Connect,
    /// The server's first line.
    Greeting,
    /// EHLO.
    Hello,
    /// STARTTLS, certificate.
    Encryption,
    /// AUTH.
    Authentication,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA, before the server's 354.
    Data,
    /// The message and its final dot: the server may have taken it even if its answer is lost.
    Message,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Connect => "connecting",
            Phase::Greeting => "greeting",
            Phase::Hello => "EHLO",
            Phase::Encryption => "encryption",
            Phase::Authentication => "signing in at the mail server",
            Phase::Sender => "MAIL FROM",
            Phase::Recipient => "RCPT TO",
            Phase::Data => "DATA",
            Phase::Message => "message",
        })
    }
}

/// Who ended the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The server, with this reply code (RFC 5321, 4.2).
    Answer(u16),
    /// The network, or a server that did not answer in time.
    Broken,
    /// Rollcall, which would not or could not go on.
    Own,
}

/// An attempt that did not end in the server taking the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// When it happened.
    pub phase: Phase,
    /// Who ended it.
    pub cause: Cause,
    /// The server's words or the reason, one line, at most 400 characters.
    pub words: String,
}

/// What the queue has to do about a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// This message alone: try again later.
    TryLater,
    /// This message alone: never.
    Refuse,
    /// Nobody's message can go now, because the server cannot be reached, is overloaded or asks for fewer mails.
    /// Wait without counting an attempt.
    Wait,
    /// Nobody's message can go until somebody mends the configuration. Wait, tell, and count no attempt.
    Mend,
}

impl Fault {
    /// The network broke.
    pub fn broken(phase: Phase, words: impl fmt::Display) -> Fault {
        Fault { phase, cause: Cause::Broken, words: tidy(&words.to_string()) }
    }

    /// Rollcall stopped by itself.
    pub fn own(phase: Phase, words: impl fmt::Display) -> Fault {
        Fault { phase, cause: Cause::Own, words: tidy(&words.to_string()) }
    }

    /// The server did not answer in time.
    pub fn timeout(phase: Phase) -> Fault {
        Fault::broken(phase, format!("no answer in time ({phase})"))
    }

    /// A negative answer of the server; `words` with or without the code in front.
    pub fn answered(phase: Phase, code: u16, words: &str) -> Fault {
        let words = tidy(words);
        let words = if words.starts_with(&code.to_string()) { words } else { format!("{code} {words}") };
        Fault { phase, cause: Cause::Answer(code), words }
    }

    /// The same for an error of lettre's.
    pub fn from_lettre(phase: Phase, error: &lettre::transport::smtp::Error) -> Fault {
        let said = || std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        match error.status().and_then(|code| code.to_string().parse().ok()) {
            Some(code) => Fault::answered(phase, code, &said()),
            None if error.is_client() => Fault::own(phase, said()),
            None => Fault::broken(phase, error),
        }
    }

    /// What it means for the queue.
    pub fn verdict(&self) -> Verdict {
        match (self.phase, self.cause) {
            // RFC 5321, 3.8: the server is closing down. RFC 3463, X.3.2 and X.4.5: the system, not the message.
            (_, Cause::Answer(421 | 432)) => Verdict::Wait,
            (_, Cause::Answer(400..=499)) if self.words.contains("4.3.2") || self.words.contains("4.4.5") => {
                Verdict::Wait
            }
            (Phase::Encryption, _) | (Phase::Authentication, Cause::Own) => Verdict::Mend,
            (
                Phase::Greeting | Phase::Hello | Phase::Authentication | Phase::Sender,
                Cause::Answer(500..=599),
            ) => Verdict::Mend,
            (Phase::Connect | Phase::Greeting | Phase::Hello | Phase::Authentication, _) => Verdict::Wait,
            (_, Cause::Answer(500..=599) | Cause::Own) => Verdict::Refuse,
            _ => Verdict::TryLater,
        }
    }

    /// What has to be done about it, where it keeps all mail back.
    pub fn trouble(&self) -> TroubleKind {
        match (self.verdict(), self.phase, self.cause) {
            (Verdict::Mend, Phase::Encryption, _) => TroubleKind::Encryption,
            (Verdict::Mend, Phase::Authentication, _) => TroubleKind::Login,
            (Verdict::Mend, Phase::Sender, _) => TroubleKind::Sender,
            (Verdict::Mend, ..) => TroubleKind::Refused,
            (_, _, Cause::Answer(_)) => TroubleKind::Busy,
            _ => TroubleKind::Unreachable,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.phase, self.words)
    }
}

impl std::error::Error for Fault {}

/// One line without control characters, at most 400 characters: servers may say anything, and it is stored, shown
/// and logged.
pub fn tidy(words: &str) -> String {
    let line: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(400) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// Code and length of the SMTP answer that `bytes` begin with, once it is complete (RFC 5321, 4.2.1).
pub fn one_answer(bytes: &[u8]) -> Option<(u16, usize)> {
    let mut start = 0;
    loop {
        let end = start + bytes.get(start..)?.iter().position(|byte| *byte == b'\n')? + 1;
        let line = bytes.get(start..end)?;
        let code =
            std::str::from_utf8(line.get(..3).unwrap_or_default()).ok().and_then(|code| code.parse().ok());
        match (code, line.get(3)) {
            (Some(_), Some(b'-')) => start = end,
            (Some(code), _) => return Some((code, end)),
            // Not SMTP. 500 makes it a refusal in whatever phase it is.
            (None, _) => return Some((500, end)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_code_means_different_things_at_different_verbs() {
        for (phase, code, verdict) in [
            (Phase::Recipient, 550, Verdict::Refuse),
            (Phase::Recipient, 451, Verdict::TryLater),
            (Phase::Sender, 550, Verdict::Mend),
            (Phase::Sender, 451, Verdict::TryLater),
            (Phase::Authentication, 535, Verdict::Mend),
            (Phase::Authentication, 454, Verdict::Wait),
            (Phase::Message, 554, Verdict::Refuse),
            (Phase::Message, 452, Verdict::TryLater),
            (Phase::Data, 421, Verdict::Wait),
            (Phase::Sender, 421, Verdict::Wait),
            (Phase::Message, 432, Verdict::Wait),
            (Phase::Greeting, 554, Verdict::Mend),
            (Phase::Greeting, 421, Verdict::Wait),
            (Phase::Encryption, 454, Verdict::Mend),
        ] {
            assert_eq!(Fault::answered(phase, code, "x").verdict(), verdict, "{phase} {code}");
        }
        assert_eq!(Fault::broken(Phase::Connect, "refused").verdict(), Verdict::Wait);
        assert_eq!(Fault::own(Phase::Authentication, "no mechanism").verdict(), Verdict::Mend);
        assert_eq!(Fault::own(Phase::Recipient, "needs SMTPUTF8").verdict(), Verdict::Refuse);
        assert_eq!(Fault::timeout(Phase::Message).verdict(), Verdict::TryLater);
        assert_eq!(Fault::answered(Phase::Recipient, 450, "4.3.2 slow down").verdict(), Verdict::Wait);
    }

    #[test]
    fn what_to_do_follows_from_who_said_no_to_what() {
        for (fault, kind) in [
            (Fault::answered(Phase::Authentication, 535, "x"), TroubleKind::Login),
            (Fault::own(Phase::Authentication, "no mechanism"), TroubleKind::Login),
            (Fault::answered(Phase::Sender, 550, "x"), TroubleKind::Sender),
            (Fault::broken(Phase::Encryption, "expired"), TroubleKind::Encryption),
            (Fault::answered(Phase::Greeting, 554, "x"), TroubleKind::Refused),
            (Fault::answered(Phase::Sender, 421, "x"), TroubleKind::Busy),
            (Fault::answered(Phase::Authentication, 454, "x"), TroubleKind::Busy),
            (Fault::broken(Phase::Connect, "refused"), TroubleKind::Unreachable),
            (Fault::timeout(Phase::Greeting), TroubleKind::Unreachable),
        ] {
            assert_eq!(fault.trouble(), kind, "{fault}");
        }
    }

    #[test]
    fn answers_are_found_and_their_end() {
        assert_eq!(one_answer(b"220 hello\r\n"), Some((220, 11)));
        assert_eq!(one_answer(b"250-a\r\n250 b\r\n"), Some((250, 14)));
        assert_eq!(one_answer(b"250-a\r\n250 b"), None);
        assert_eq!(one_answer(b"220 x\r\n250 smuggled\r\n"), Some((220, 7)));
        assert_eq!(one_answer(b"HTTP/1.1 400\r\n"), Some((500, 14)));
        assert_eq!(one_answer(b"250\r\n"), Some((250, 5)));
    }

    #[test]
    fn words_become_one_short_line() {
        assert_eq!(tidy("a\r\n\u{1b}[31m b"), "a [31m b");
        assert_eq!(tidy(&"x".repeat(500)).chars().count(), 401);
    }
}
