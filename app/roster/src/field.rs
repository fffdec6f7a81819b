//! What a column can mean, and what a valid value is: the rule and its sentence in one place.
//!
//! A value of one of the types here exists only if it passed its rule ("parse, don't validate"): [`Username`],
//! [`EmailAddress`], [`PersonName`], [`ProfileText`], and [`Person`] as a whole.

mod email;
mod plain;
mod punycode;
mod script;
mod text;
mod username;
mod values;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use email::EmailAddress;
pub(crate) use plain::plain_letters;
pub use text::{PersonName, ProfileText, clean, clean_address, parse_flag};
pub(crate) use text::{is_forbidden, is_settled};
pub(crate) use username::MAX as MAX_USERNAME;
pub use username::Username;
pub(crate) use values::hold_profile;
pub use values::{CUSTOM_PREFIX, Person, PersonRow, Secret, Values};

/// What a column means to Rollcall.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The name to sign in with. Required.
    Username,
    /// Given name. Required.
    FirstName,
    /// Family name. Required.
    LastName,
    /// E-mail address. Required.
    Email,
    /// A password that the roster brings.
    Password,
    /// Whether the person has to choose an own password at the next sign-in.
    ChangePasswordNextTime,
    /// Telephone at work.
    Phone,
    /// Mobile telephone.
    Mobile,
    /// What the person does.
    JobTitle,
    /// Part of the organisation.
    Department,
    /// Office or city.
    Location,
    /// Street address.
    Address,
    /// The person's manager, as text.
    Manager,
    /// The organisation's own number for the person; leading zeros are kept.
    EmployeeId,
}

impl Field {
    /// Every field, in the order in which screens list them.
    pub const ALL: &[Field] = &[
        Field::Username,
        Field::FirstName,
        Field::LastName,
        Field::Email,
        Field::Password,
        Field::ChangePasswordNextTime,
        Field::Phone,
        Field::Mobile,
        Field::JobTitle,
        Field::Department,
        Field::Location,
        Field::Address,
        Field::Manager,
        Field::EmployeeId,
    ];

    /// The fields without which nobody can be added.
    pub const REQUIRED: &[Field] = &[Field::Username, Field::FirstName, Field::LastName, Field::Email];

    /// The optional texts that make up a profile.
    pub const PROFILE: &[Field] = &[
        Field::Phone,
        Field::Mobile,
        Field::JobTitle,
        Field::Department,
        Field::Location,
        Field::Address,
        Field::Manager,
        Field::EmployeeId,
    ];

    /// The name people read, such as "First name".
    pub const fn label(self) -> &'static str {
        match self {
            Field::Username => "Username",
            Field::FirstName => "First name",
            Field::LastName => "Last name",
            Field::Email => "Email",
            Field::Password => "Password",
            Field::ChangePasswordNextTime => "Change password next time",
            Field::Phone => "Phone",
            Field::Mobile => "Mobile",
            Field::JobTitle => "Job title",
            Field::Department => "Department",
            Field::Location => "Location",
            Field::Address => "Address",
            Field::Manager => "Manager",
            Field::EmployeeId => "Employee ID",
        }
    }

    /// The name machines read, such as `first_name`.
    pub const fn key(self) -> &'static str {
        match self {
            Field::Username => "username",
            Field::FirstName => "first_name",
            Field::LastName => "last_name",
            Field::Email => "email",
            Field::Password => "password",
            Field::ChangePasswordNextTime => "change_password_next_time",
            Field::Phone => "phone",
            Field::Mobile => "mobile",
            Field::JobTitle => "job_title",
            Field::Department => "department",
            Field::Location => "location",
            Field::Address => "address",
            Field::Manager => "manager",
            Field::EmployeeId => "employee_id",
        }
    }

    /// The field with this key.
    pub fn parse_key(key: &str) -> Option<Field> {
        Field::ALL.iter().copied().find(|field| field.key() == key)
    }

    /// Whether every row needs it.
    pub fn is_required(self) -> bool {
        Field::REQUIRED.contains(&self)
    }

    /// Whether it is one of the optional texts of a profile.
    pub fn is_profile(self) -> bool {
        Field::PROFILE.contains(&self)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
