//! Headers as the documentation of many systems has them: each is recognised as what it is.

use super::*;
use crate::columns::{Target, map_columns};

/// A line of the table: what its headers are.
enum Is {
    A(Field),
    Principal,
    Full,
    Status(Standing),
    Never,
}

#[rustfmt::skip]
const HEADERS: &[(Is, &[&str])] = &[
    (Is::A(Field::Username), &[
        "username", "Username", "User Name", "login", "login_id", "User Login", "SamAccountName", "sAMAccountName",
        "user_login", "preferred_username", "Login Name", "Login",
    ]),
    // Its own name is a username's.
    (Is::A(Field::Username), &["User name [userPrincipalName] Required"]),
    (Is::Principal, &["userPrincipalName", "User principal name"]),
    (Is::A(Field::FirstName), &[
        "firstname", "First Name", "First name [givenName]", "givenName", "GivenName", "First Name [Required]", "firstName",
        "first_name", "given_name", "Legal First Name", "Legal Name - First Name", "FName", "first", "fname", "Prénom",
        "Vorname", "Nombre",
    ]),
    (Is::A(Field::LastName), &[
        "lastname", "Last Name", "Last name [surname]", "surname", "Surname", "Last Name [Required]", "lastName", "last_name",
        "family_name", "sn", "Legal Last Name", "Legal Name - Last Name", "LName", "last", "lname", "Nom", "Nom de famille",
        "Nachname", "Apellido",
    ]),
    (Is::A(Field::Email), &[
        "email", "Email", "e-mail", "mail", "Email Address [Required]", "Email Address", "E-mail Address", "E-mail 1 - Value",
        "Work Email", "Primary Work Email", "Company Mail", "user_email", "E-Mail", "Courriel", "Correo Electrónico",
    ]),
    (Is::Full, &[
        "Name", "Full name", "full_name", "fullname", "displayName", "Name [displayName] Required", "Display Name",
        "displayname", "Payroll Name", "Employee Name", "Worker",
    ]),
    (Is::A(Field::EmployeeId), &[
        "integration_id", "idnumber", "studentid", "Employee #", "Employee ID", "Employee Number", "employeeNumber",
        "Associate ID", "Worker ID", "EmployeeNum",
    ]),
    (Is::Never, &["objectId", "id", "ObjectGUID", "userid"]),
    (Is::A(Field::Password), &[
        "password", "Password", "Initial password [passwordProfile] Required", "Password [Required]", "user_pass",
    ]),
    (Is::Never, &["ssha_password", "Password Hash Function [UPLOAD ONLY]"]),
    (Is::A(Field::ChangePasswordNextTime), &[
        "Change password next time", "must_change_passwd", "Change Password at Next Sign-In", "changePasswordAtNextLogin",
        "CHANGEPWD",
    ]),
    (Is::Status(Standing::Words), &[
        "status", "New Status [UPLOAD ONLY]", "Status [READ ONLY]", "Employment Status", "Position Status",
    ]),
    (Is::Status(Standing::Active), &["active", "Activated", "Enabled", "accountEnabled"]),
    (Is::Status(Standing::Blocked), &[
        "suspended", "deleted", "Block sign in (Yes/No) [accountEnabled] Required", "Block credential", "AccountDisabled",
    ]),
    (Is::Status(Standing::Control), &["userAccountControl"]),
    (Is::A(Field::Phone), &[
        "phone", "phone number", "telephone", "tel.", "Office phone [telephoneNumber]", "Work Phone", "primaryPhone", "phone1",
        "phone_number",
    ]),
    (Is::A(Field::Mobile), &["Mobile phone [mobile]", "Mobile Phone", "mobilePhone", "phone2"]),
    (Is::A(Field::JobTitle), &["Job title [jobTitle]", "Job Title", "title", "Business Title", "Position Description"]),
    (Is::A(Field::Department), &["Department [department]", "department"]),
    (Is::A(Field::Location), &["Location", "Office [physicalDeliveryOfficeName]", "City [city]"]),
    (Is::A(Field::Address), &["Street address [streetAddress]", "address"]),
    (Is::Never, &[
        "Recovery Email", "Home Secondary Email", "Work Secondary Email", "secondEmail", "alternateEmailAddress",
        "New Primary Email [UPLOAD ONLY]", "E-mail 2 Address", "Licensed to Email", "Email - Primary Home",
    ]),
    // Of somebody else.
    (Is::A(Field::Manager), &["Manager Email", "Reports To Email"]),
];

#[test]
fn every_documented_header_is_recognised() {
    for (is, headers) in HEADERS {
        for header in *headers {
            let found = recognise(header).map(|found| found.meaning);
            let right = match is {
                Is::A(field) => found == Some(Meaning::Field(*field)),
                Is::Principal => found == Some(Meaning::PrincipalName),
                Is::Full => found == Some(Meaning::FullName),
                Is::Status(standing) => found == Some(Meaning::Standing(*standing)),
                Is::Never => matches!(found, Some(Meaning::Never(_))),
            };
            assert!(right, "{header}: {found:?}");
        }
    }
}

/// Parts of an address that are no fields of a person; they can become profile fields.
#[test]
fn parts_of_addresses_stay_unmapped() {
    for header in [
        "Cost Center",
        "State or province [state]",
        "ZIP or postal code [postalCode]",
        "Postal Code",
        "zip",
        "Country or region [country]",
        "Usage location [usageLocation]",
    ] {
        let mapping = map_columns(Some(&[header.to_owned()]), &[], &[], None);
        assert_eq!(mapping.columns[0].target, Target::Ignore, "{header}");
    }
}
