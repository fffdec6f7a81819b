//! The placeholders of mail texts, and what they stand for in one mail.

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
    /// The link with which a password is set.
    Link,
    /// Address of the sign-in page.
    SignInUrl,
    /// When the temporary password or the link expires.
    Expires,
    /// For how many hours the temporary password or the link works, counted from the sending.
    Hours,
}

impl Placeholder {
    /// As it is written between the braces.
    pub fn name(self) -> &'static str {
        match self {
            Placeholder::Organisation => "organisation",
            Placeholder::FirstName => "first_name",
            Placeholder::LastName => "last_name",
            Placeholder::Username => "username",
            Placeholder::Email => "email",
            Placeholder::Password => "password",
            Placeholder::Link => "link",
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
            Placeholder::Link => "the link that sets a password",
            Placeholder::SignInUrl => "where to sign in",
            Placeholder::Expires => "when the password or the link runs out",
            Placeholder::Hours => "for how many hours it works",
        }
    }
}

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
    /// The link with which a password is set, when the mail carries one.
    pub link: Option<&'a str>,
    /// Address of the sign-in page.
    pub sign_in_url: &'a str,
    /// When the temporary password or the link expires, in words.
    pub expires: Option<&'a str>,
    /// For how many hours the temporary password or the link works.
    pub hours: Option<u64>,
}

impl Values<'_> {
    /// `None` when the mail has no such value.
    pub(super) fn get(&self, placeholder: Placeholder) -> Option<String> {
        let value = match placeholder {
            Placeholder::Organisation => self.organisation,
            Placeholder::FirstName => self.first_name,
            Placeholder::LastName => self.last_name,
            Placeholder::Username => self.username,
            Placeholder::Email => self.email,
            Placeholder::Password => self.password?,
            Placeholder::Link => self.link?,
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
