//! Headers as the exports of particular systems have them, beyond those of the table in `documented`.

use crate::columns::{Target, map_columns};

/// A system, the header of its export, and what the columns become: a field's key, `full_name`, `status`, or nothing.
#[rustfmt::skip]
const EXPORTS: &[(&str, &[(&str, &str)])] = &[
    ("ADP Workforce Now, report", &[
        ("Payroll Name", "full_name"), ("File Number", ""), ("Position Status", "status"), ("Job Title Description", "job_title"),
        ("Home Department Description", "department"), ("Location Description", "location"), ("Reports To Name", "manager"),
        ("Work Contact: Work Email", "email"), ("Personal Contact: Personal Email", ""), ("Work Contact: Work Phone", "phone"),
        ("Associate ID", "employee_id"),
    ]),
    ("Apple School Manager, students.csv", &[
        ("person_id", ""), ("person_number", "employee_id"), ("first_name", "first_name"), ("last_name", "last_name"),
        ("grade_level", ""), ("email_address", "email"), ("sis_username", "username"), ("password_policy", ""),
    ]),
    ("Atlassian administration, export of users", &[
        ("User id", ""), ("User name", "full_name"), ("email", "email"), ("User status", "status"), ("Org role", ""),
    ]),
    ("BambooHR, employee directory", &[
        ("Last Name, First Name", "full_name"), ("Work Email", "email"), ("Home Email", ""), ("Reporting to", "manager"),
    ]),
    ("Blackboard, person feed", &[
        ("EXTERNAL_PERSON_KEY", "employee_id"), ("USER_ID", "username"), ("FIRSTNAME", "first_name"), ("LASTNAME", "last_name"),
        ("PASSWD", "password"), ("EMAIL", "email"), ("INSTITUTION_ROLE", ""), ("ROW_STATUS", "status"), ("AVAILABLE_IND", "status"),
    ]),
    ("Clever, teachers.csv", &[
        ("School_id", ""), ("Teacher_id", "employee_id"), ("Teacher_email", "email"), ("First_name", "first_name"),
        ("Last_name", "last_name"), ("Username", "username"),
    ]),
    ("Freshservice, requesters", &[("Reporting Manager Email", "manager"), ("Department Names", "department"), ("Active", "status")]),
    ("HiBob", &[("Email", "email"), ("Personal email", ""), ("Reports to email", "manager"), ("Lifecycle status", "status")]),
    ("ILIAS, export of users", &[
        ("Login", "username"), ("Telefon (Büro)", "phone"), ("Telefon (privat)", ""), ("Telefon (mobil)", "mobile"), ("Aktiv", "status"),
    ]),
    ("IServ, import of users", &[
        ("Import-ID", "employee_id"), ("Vorname", "first_name"), ("Nachname", "last_name"), ("Klasse/Information", ""),
        ("Account", "username"), ("Passwort", "password"), ("Gruppen", ""),
    ]),
    ("JumpCloud", &[("Activated", "status"), ("Suspended", "status"), ("Alternate Email", ""), ("Recovery Email", "")]),
    ("OneRoster 1.1, users.csv", &[
        ("sourcedId", ""), ("status", "status"), ("enabledUser", "status"), ("role", ""), ("username", "username"),
        ("givenName", "first_name"), ("familyName", "last_name"), ("identifier", "employee_id"), ("email", "email"),
    ]),
    ("Okta, report", &[
        ("user.login", "username"), ("user.firstName", "first_name"), ("user.lastName", "last_name"), ("user.email", "email"),
        ("user.secondEmail", ""), ("user.status", "status"),
    ]),
    ("Personio, German", &[
        ("E-Mail", "email"), ("Private E-Mail", ""), ("Mobil (geschäftlich)", "mobile"), ("Mobil (privat)", ""), ("Status", "status"),
    ]),
    ("Rippling", &[("Employee", "full_name"), ("Employee number", "employee_id"), ("Employment status", "status"), ("Work email", "email")]),
    ("Sakai, import of users", &[
        ("user id", "username"), ("first name", "first_name"), ("last name", "last_name"), ("email", "email"), ("type", ""),
    ]),
    ("SAP, list of users", &[("User", "username"), ("Sperre", "status")]),
    ("Schoology, import of users", &[("Unique User ID", "employee_id"), ("User Name", "username"), ("Parent Email", "")]),
    ("ServiceNow, list of users", &[
        ("User ID", "username"), ("Name", "full_name"), ("Email", "email"), ("Active", "status"), ("Created", ""), ("Updated", ""),
    ]),
    ("Thunderbird, address book", &[
        ("First Name", "first_name"), ("Last Name", "last_name"), ("Primary Email", "email"), ("Secondary Email", ""), ("Screen Name", ""),
    ]),
    ("UKG Pro", &[
        ("Employee Name (Last, First)", "full_name"), ("Work E-mail", "email"), ("Home E-mail", ""),
        ("Employment Status Code", "status"), ("Supervisor Name", "manager"), ("Supervisor E-mail", ""),
    ]),
    ("WooCommerce, customers", &[("user_login", "username"), ("user_email", "email"), ("billing_email", "")]),
    ("Workday, report", &[
        ("Preferred Name - First Name", "first_name"), ("Preferred Name - Last Name", "last_name"), ("Email - Primary Work", "email"),
        ("Email - Primary Home", ""), ("Worker Status", "status"), ("Supervisory Organization", "department"),
    ]),
    ("Zoho People", &[
        ("EmployeeID", "employee_id"), ("Email address", "email"), ("Designation", "job_title"), ("Reporting Manager", "manager"),
        ("Personal mobile number", ""), ("Work phone number", "phone"), ("Personal email address", ""),
    ]),
    ("389 Directory Server", &[("uid", "username"), ("mailAlternateAddress", ""), ("mail", "email"), ("nsAccountLock", "status")]),
];

#[test]
fn exports_are_mapped_as_their_systems_mean_them() {
    for (system, columns) in EXPORTS {
        let headers: Vec<String> = columns.iter().map(|(header, _)| (*header).to_owned()).collect();
        let mapping = map_columns(Some(&headers), &[], &[], None);
        for (at, (header, becomes)) in columns.iter().enumerate() {
            let found = match &mapping.columns[at].target {
                Target::Ignore if mapping.statuses.iter().any(|(status, _)| *status == at) => {
                    "status".to_owned()
                }
                Target::Ignore => String::new(),
                target => target.key(),
            };
            assert_eq!(found, *becomes, "{system}: {header}");
        }
    }
}
