//! Exports that are known by their set of headers. A recipe names the system, and wins over single aliases.

use super::aliases::{Meaning, recognise};
use super::normal::{names, normalise};
use super::standing::Standing;
use crate::field::Field;

/// A known export.
pub(super) struct Recipe {
    /// The system, as people call it.
    pub(super) name: &'static str,
    /// Headers that must all be there.
    headers: &'static [&'static str],
    /// Headers that mean something else here than elsewhere.
    pub(super) overrides: &'static [(&'static str, Meaning)],
}

const STORED: &str = "A password for some other place is never used";
const PLACE: &str = "The name of a place, not of a person";

/// More particular ones first.
#[rustfmt::skip]
const RECIPES: &[Recipe] = &[
    Recipe { name: "Google Workspace", headers: &["First Name", "Last Name", "Email Address", "Org Unit Path"], overrides: &[] },
    Recipe { name: "Microsoft Entra ID", headers: &["displayName", "userPrincipalName", "accountEnabled"], overrides: &[] },
    Recipe { name: "Microsoft 365", headers: &["User Name", "First Name", "Last Name", "Display Name", "Job Title"], overrides: &[] },
    Recipe { name: "Active Directory", headers: &["sAMAccountName", "givenName", "sn"], overrides: &[] },
    Recipe { name: "Active Directory", headers: &["SamAccountName", "GivenName", "Surname"], overrides: &[] },
    Recipe { name: "Canvas", headers: &["user_id", "login_id", "status"], overrides: &[("user_id", Meaning::Field(Field::EmployeeId))] },
    Recipe { name: "Redmine", headers: &["login", "firstname", "lastname", "mail", "must_change_passwd"], overrides: &[] },
    Recipe { name: "Zammad", headers: &["login", "firstname", "lastname", "email", "active"], overrides: &[] },
    Recipe { name: "Mahara", headers: &["username", "password", "email", "firstname", "lastname", "studentid"], overrides: &[] },
    Recipe { name: "Slack", headers: &["username", "email", "status", "userid", "fullname", "displayname"], overrides: &[] },
    Recipe { name: "WordPress", headers: &["user_login", "user_email"], overrides: &[] },
    Recipe { name: "AWS Cognito", headers: &["cognito:username", "email"], overrides: &[("cognito:username", Meaning::Field(Field::Username))] },
    Recipe { name: "MicroStrategy", headers: &["NAME", "FULLNAME", "CHANGEPWD"], overrides: &[("NAME", Meaning::Field(Field::Username))] },
    Recipe { name: "lldap", headers: &["id", "email", "firstName", "lastName", "displayName"], overrides: &[("id", Meaning::Field(Field::Username))] },
    Recipe { name: "Open Dental", headers: &["LName", "FName", "EmployeeNum"], overrides: &[] },
    Recipe { name: "Outlook contacts", headers: &["First Name", "Last Name", "E-mail Address", "E-mail 2 Address"], overrides: &[] },
    Recipe { name: "Google Contacts", headers: &["E-mail 1 - Value"], overrides: &[] },
    Recipe { name: "ADP", headers: &["Associate ID", "Legal First Name", "Legal Last Name"], overrides: &[] },
    Recipe { name: "Workday", headers: &["Worker", "Employee ID"], overrides: &[] },
    Recipe { name: "Workday", headers: &["Legal Name - First Name", "Legal Name - Last Name"], overrides: &[] },
    Recipe { name: "BambooHR", headers: &["Employee #", "First Name", "Last Name", "Work Email"], overrides: &[] },
    Recipe { name: "Snipe-IT", headers: &["First Name", "Last Name", "Username", "Employee Number"], overrides: &[] },
    Recipe { name: "Untis", headers: &["Langname", "Vorname", "Klasse"], overrides: &[("Langname", Meaning::Field(Field::LastName)), ("Name", Meaning::Never("A short name of the timetable"))] },
    Recipe { name: "Blackboard", headers: &["EXTERNAL_PERSON_KEY", "USER_ID", "FIRSTNAME", "LASTNAME"], overrides: &[
        ("EXTERNAL_PERSON_KEY", Meaning::Field(Field::EmployeeId)), ("USER_ID", Meaning::Field(Field::Username)),
        ("PASSWD", Meaning::Field(Field::Password)), ("ROW_STATUS", Meaning::Standing(Standing::Words)),
        ("AVAILABLE_IND", Meaning::Standing(Standing::Active)),
    ] },
    Recipe { name: "Blackboard", headers: &["Last Name", "First Name", "Username", "Last Access", "Availability"], overrides: &[("Availability", Meaning::Standing(Standing::Active))] },
    Recipe { name: "OneRoster", headers: &["sourcedId", "enabledUser", "givenName", "familyName"], overrides: &[("identifier", Meaning::Field(Field::EmployeeId))] },
    Recipe { name: "Sakai", headers: &["user id", "first name", "last name", "email", "type"], overrides: &[("user id", Meaning::Field(Field::Username))] },
    Recipe { name: "ServiceNow", headers: &["User ID", "Name", "Email", "Active", "Created", "Updated"], overrides: &[("User ID", Meaning::Field(Field::Username))] },
    Recipe { name: "IServ", headers: &["Import-ID", "Vorname", "Nachname", "Klasse/Information"], overrides: &[("Import-ID", Meaning::Field(Field::EmployeeId)), ("Account", Meaning::Field(Field::Username))] },
    // What it calls a user name is the person's.
    Recipe { name: "Atlassian", headers: &["User id", "User name", "email", "User status"], overrides: &[("User name", Meaning::FullName)] },
    Recipe { name: "Thunderbird", headers: &["Primary Email", "Secondary Email", "Screen Name"], overrides: &[("Screen Name", Meaning::Never("A name in a chat"))] },
    Recipe { name: "Rippling", headers: &["Employee", "Employee number", "Employment status"], overrides: &[("Employee", Meaning::FullName)] },
    Recipe { name: "password manager", headers: &["URL", "Username", "Password"], overrides: &[("Password", Meaning::Never(STORED)), ("Name", Meaning::Never(PLACE)), ("Title", Meaning::Never(PLACE))] },
    Recipe { name: "password manager", headers: &["Account", "Login Name", "Password", "Web Site"], overrides: &[("Password", Meaning::Never(STORED))] },
    Recipe { name: "password manager", headers: &["login_uri", "login_username", "login_password"], overrides: &[("name", Meaning::Never(PLACE))] },
    Recipe { name: "Moodle", headers: &["username", "firstname", "lastname", "email"], overrides: &[] },
    Recipe { name: "Okta", headers: &["login", "firstName", "lastName", "email"], overrides: &[] },
];

/// What tells apart two exports with the same words: Moodle writes `firstname`, Okta `firstName`.
fn spelt(recipe: &Recipe, headers: &[String]) -> bool {
    match recipe.name {
        // Any file may have these four columns under these words; the system's own spelling is what tells it.
        "Moodle" | "Mahara" | "Zammad" | "Okta" | "lldap" | "MicroStrategy" | "Sakai" | "ServiceNow"
        | "Atlassian" => recipe
            .headers
            .iter()
            .all(|wanted| headers.iter().any(|header| header.trim_matches(['\u{feff}', ' ']) == *wanted)),
        // People have names; the places that passwords are kept for have one.
        "password manager" => !headers.iter().any(|header| {
            let meaning = recognise(header).map(|found| found.meaning);
            matches!(meaning, Some(Meaning::Field(Field::FirstName | Field::LastName)))
        }),
        _ => true,
    }
}

/// The export a set of headers comes from.
pub(super) fn recipe_of(headers: &[String]) -> Option<&'static Recipe> {
    let known: Vec<(String, Option<String>)> = headers.iter().map(|header| names(header)).collect();
    RECIPES.iter().find(|recipe| {
        recipe.headers.iter().all(|wanted| {
            let wanted = normalise(wanted);
            known
                .iter()
                .any(|(own, bracketed)| *own == wanted || bracketed.as_deref() == Some(wanted.as_str()))
        }) && spelt(recipe, headers)
    })
}

impl Recipe {
    /// What a header means in this export in particular.
    pub(super) fn meaning(&self, header: &str) -> Option<Meaning> {
        let name = normalise(header);
        self.overrides.iter().find(|(wanted, _)| normalise(wanted) == name).map(|(_, meaning)| *meaning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_named() {
        for (line, name) in [
            ("username,firstname,lastname,email", Some("Moodle")),
            ("username,password,email,firstname,lastname,studentid", Some("Mahara")),
            (
                "user_id,login_id,authentication_provider_id,password,first_name,last_name,short_name,email,status",
                Some("Canvas"),
            ),
            ("login,firstname,lastname,email,web,active", Some("Zammad")),
            ("login,firstName,lastName,email", Some("Okta")),
            ("Username,First name,Last name,Email", None),
            ("Name,Langname,Vorname,Klasse,E-Mail Adresse", Some("Untis")),
            ("user_login,user_email,first_name,last_name", Some("WordPress")),
            ("user id,first name,last name,email,password,type", Some("Sakai")),
            ("User ID,First name,Last name,Email,Password,Type", None),
            ("name,url,username,password,note", Some("password manager")),
            ("username,password,firstname,lastname,url", None),
        ] {
            let headers: Vec<String> = line.split(',').map(str::to_owned).collect();
            assert_eq!(recipe_of(&headers).map(|recipe| recipe.name), name, "{line}");
        }
    }
}
