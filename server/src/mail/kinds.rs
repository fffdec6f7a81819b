//! The kinds of mail: what each says unless an administrator has written otherwise, what its text can hold, and where its
//! button leads.

use directory::outbox::MessageKind;

use super::values::Placeholder::{
    self, Email, Expires, FirstName, Hours, LastName, Link, Organisation, Password, SignInUrl, Username,
};

/// What the button of most mails says.
pub const SIGN_IN: &str = "Sign in";

/// What is known about a kind of mail.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Which.
    pub kind: MessageKind,
    /// The built-in subject.
    pub subject: &'static str,
    /// The built-in text.
    pub text: &'static str,
    /// What its texts can hold.
    pub placeholders: &'static [Placeholder],
    /// Without which the mail is of no use.
    pub needed: &'static [Placeholder],
    /// Where its button leads, and what it says.
    pub button: (Placeholder, &'static str),
}

impl Kind {
    /// What is known about `kind`.
    pub fn of(kind: MessageKind) -> &'static Kind {
        match kind {
            MessageKind::LoginDetails => &LOGIN_DETAILS,
            MessageKind::SetPasswordLink => &SET_PASSWORD_LINK,
            MessageKind::PasswordReset => &PASSWORD_RESET,
            MessageKind::SecondFactorOn => &SECOND_FACTOR_ON,
            MessageKind::SecondFactorOff => &SECOND_FACTOR_OFF,
        }
    }

    /// The names of the placeholders, in a sentence.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.placeholders.iter().map(|placeholder| placeholder.name()).collect();
        match names.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            _ => names.concat(),
        }
    }
}

/// Username and temporary password. A roster may have brought the password: then the lines about it are left out.
static LOGIN_DETAILS: Kind = Kind {
    kind: MessageKind::LoginDetails,
    subject: "Your account at {{ organisation }}",
    text: "Hello {{ first_name }},

your account at {{ organisation }} is ready.

Username: {{ username }}
Temporary password: {{ password }}

{{ sign_in_url }}

The temporary password works until {{ expires }}. When you sign in for the first time, you may be asked to choose your own.

If you did not expect this mail, you can ignore it.
",
    placeholders: &[Organisation, FirstName, LastName, Username, Email, Password, SignInUrl, Expires, Hours],
    needed: &[Password, SignInUrl],
    button: (SignInUrl, SIGN_IN),
};

static SET_PASSWORD_LINK: Kind = Kind {
    kind: MessageKind::SetPasswordLink,
    subject: "Your account at {{ organisation }}",
    text: "Hello {{ first_name }},

your account at {{ organisation }} is ready.

Username: {{ username }}

Set your own password with this link; you are signed in right after:

{{ link }}

It works once, until {{ expires }}.

Later on you sign in at {{ sign_in_url }}.

If you did not expect this mail, you can ignore it. Do not pass the link on: whoever has it can use it.
",
    placeholders: &[Organisation, FirstName, LastName, Username, Email, Link, SignInUrl, Expires, Hours],
    needed: &[Link],
    button: (Link, "Set your password"),
};

static PASSWORD_RESET: Kind = Kind {
    kind: MessageKind::PasswordReset,
    subject: "Set a new password at {{ organisation }}",
    text: "Hello {{ first_name }},

somebody, most likely you, has asked for a new password for {{ username }}. This link sets it, once, within 30 minutes:

{{ link }}

If it was not you, there is nothing to do: your password stays as it is.
",
    placeholders: &[Organisation, FirstName, LastName, Username, Email, Link, SignInUrl],
    needed: &[Link],
    button: (Link, "Set a new password"),
};

/// Whoever did not do it has to know; there is nothing that the mail has to hand over.
static SECOND_FACTOR_ON: Kind = Kind {
    kind: MessageKind::SecondFactorOn,
    subject: "Second factor switched on at {{ organisation }}",
    text: "Hello {{ first_name }},

the second factor of your account {{ username }} was switched on. Signing in asks for a code of your authenticator app from now on, beside the password.

If neither you nor your administrators did this, set a new password at once and tell them.

{{ sign_in_url }}
",
    placeholders: &[Organisation, FirstName, LastName, Username, Email, SignInUrl],
    needed: &[],
    button: (SignInUrl, SIGN_IN),
};

static SECOND_FACTOR_OFF: Kind = Kind {
    kind: MessageKind::SecondFactorOff,
    subject: "Second factor switched off at {{ organisation }}",
    text: "Hello {{ first_name }},

the second factor of your account {{ username }} was switched off. Your password alone gets you in from now on, until you set a second factor up again.

If neither you nor your administrators did this, set a new password at once and tell them.

{{ sign_in_url }}
",
    placeholders: SECOND_FACTOR_ON.placeholders,
    needed: &[],
    button: (SignInUrl, SIGN_IN),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::message::Texts;

    #[test]
    fn every_built_in_text_may_be_saved() {
        for kind in MessageKind::ALL {
            let known = Kind::of(*kind);
            assert_eq!(known.kind, *kind);
            assert!(Texts::read(known, known.subject, known.text).is_ok(), "{kind:?}");
            assert!(known.needed.iter().all(|needed| known.placeholders.contains(needed)), "{kind:?}");
        }
    }

    #[test]
    fn a_forgotten_password_has_as_long_as_its_mail_says() {
        let minutes = directory::resets::LIFE.as_secs() / 60;
        assert!(PASSWORD_RESET.text.contains(&format!("within {minutes} minutes")));
    }
}
