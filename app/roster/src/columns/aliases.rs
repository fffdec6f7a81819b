//! The one table of header aliases. Collected from the documentation of the systems whose exports people bring.
//!
//! Within a meaning the order is the preference where several columns fit.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::normal::{distance, names, normalise};
use super::standing::Standing;
use crate::field::Field;

#[cfg(test)]
mod documented;
#[cfg(test)]
mod vendors;

/// What a header says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    /// Feeds a field.
    Field(Field),
    /// Microsoft's sign-in name, an address: Username, and Email where nothing else is.
    PrincipalName,
    /// Both names in one cell.
    FullName,
    /// Says who is active.
    Standing(Standing),
    /// Never fed into a field, for this reason.
    Never(&'static str),
}

/// A header that the table knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Recognised {
    pub(crate) meaning: Meaning,
    /// Smaller is preferred, among columns of one meaning.
    pub(crate) rank: usize,
}

const PRIVATE: &str = "A second or private address is never used as the main one";
const STATUS: &str = "Whether an account is active is not imported";
const RIGHTS: &str = "An import grants no rights";
pub(super) const HASH: &str = "Password hashes of other systems cannot be used";
const FOREIGN: &str = "An identifier of another system";

#[rustfmt::skip]
const TABLE: &[(Meaning, &[&str])] = &[
    (Meaning::Field(Field::Username), &[
        "Username", "User name", "Login", "Login name", "Login ID", "User login", "Account name", "sAMAccountName",
        "preferred_username", "uid", "User", "Logon name", "Sign-in name", "Screen name",
        "Benutzername", "Benutzer", "Anmeldename", "Benutzerkennung", "Kennung", "Nutzername", "Loginname",
        "Nom d'utilisateur", "Identifiant", "Utilisateur", "Nombre de usuario", "Usuario", "Nome utente",
        "Gebruikersnaam", "Nome de usuário", "Nazwa użytkownika", "Логин", "Имя пользователя",
        "SIS Login ID", "SIS username", "Student Web ID", "ShortName", "NetID", "Uživatelské jméno", "Používateľské meno", "Användarnamn", "Brugernavn",
        "Brukernavn", "Käyttäjätunnus", "Käyttäjänimi", "Kullanıcı adı", "Felhasználónév", "Nume utilizator", "Όνομα χρήστη",
        "ユーザー名", "ユーザーID", "用户名", "使用者名稱", "사용자 이름",
    ]),
    (Meaning::PrincipalName, &["userPrincipalName", "User principal name", "UPN"]),
    (Meaning::Field(Field::FirstName), &[
        "First name", "Given name", "Forename", "Legal first name", "Legal Name - First Name", "Preferred first name",
        "FName", "First", "Legal forename", "Preferred forename", "name.givenName", "user.firstName", "Preferred Name - First Name",
        "Employee first name", "Student first name", "Rufname", "Vorname", "Vornamen", "Prénom", "Nombre", "Nombres", "Nombre de pila", "Nome",
        "Voornaam", "Imię", "Jméno", "Имя",
        "Roepnaam", "Primeiro nome", "Meno", "Förnamn", "Tilltalsnamn", "Fornavn", "Etunimi", "Ad", "Keresztnév", "Utónév",
        "Prenume", "Όνομα", "名", "名前", "名字",
    ]),
    (Meaning::Field(Field::LastName), &[
        "Last name", "Surname", "Family name", "sn", "Legal last name", "Legal Name - Last Name", "LName", "Last",
        "Nachname", "Familienname", "Zuname", "Nom", "Nom de famille", "Apellido", "Apellidos", "Cognome", "Sobrenome",
        "Achternaam", "Nazwisko", "Příjmení", "Фамилия",
        "Legal surname", "Preferred surname", "Preferred last name", "name.familyName", "user.lastName",
        "Preferred Name - Last Name", "Employee last name", "Student last name", "Último nome", "Priezvisko", "Efternamn", "Efternavn",
        "Etternavn", "Sukunimi", "Soyad", "Soyadı", "Vezetéknév", "Nume de familie", "Επώνυμο", "姓",
    ]),
    (Meaning::Field(Field::Email), &[
        "Email", "E-mail", "Email address", "E-mail address", "Mail", "Primary email", "Primary email address",
        "Work email", "Work email address", "Primary work email", "Business email", "Company email", "Company mail",
        "Corporate email", "Office email", "user_email", "E-mail 1 - Value", "Email ID", "Mail address", "Mailadresse",
        "E-Mail-Adresse", "Emailadresse", "Courriel", "Adresse e-mail", "Adresse électronique", "Adresse mail",
        "Correo electrónico", "Correo", "Dirección de correo", "Indirizzo email", "E-mailadres", "Электронная почта",
        "Work Contact: Work Email", "Employee email", "Official email", "School email", "Teacher email", "Staff email", "Email 1",
        "PrimarySmtpAddress", "WindowsEmailAddress", "InternetAddress", "Email - Primary Work", "Email addr", "Student email",
        "Email (work)", "E-mail (work)", "Email (business)", "E-Mail geschäftlich", "E-Mail dienstlich", "Dienstliche E-Mail",
        "Geschäftliche E-Mail", "emails[type eq \"work\"].value", "emails.value", "E-mail professionnel",
        "Adresse e-mail professionnelle", "Courriel professionnel", "Correo corporativo", "Email aziendale", "E-mail aziendale",
        "Indirizzo e-mail", "Indirizzo e-mail aziendale", "E-mail werk", "Zakelijk e-mailadres", "Adres e-mail", "E-postadress",
        "E-post", "E-postadresse", "Sähköposti", "Sähköpostiosoite", "E-posta", "E-posta adresi", "E-mail cím", "Ηλεκτρονική διεύθυνση",
        "メールアドレス", "电子邮件", "电子邮箱", "邮箱", "電子郵件", "이메일",
    ]),
    (Meaning::Field(Field::Password), &[
        "Password", "Initial password", "passwordProfile", "user_pass", "Passwort", "Kennwort", "Initialkennwort",
        "Mot de passe", "Contraseña", "Wachtwoord",
    ]),
    (Meaning::Field(Field::ChangePasswordNextTime), &[
        "Change password next time", "Change password at next sign-in", "changePasswordAtNextLogin",
        "Change password at next login", "Change password at next logon", "must_change_passwd", "Must change password",
        "Force change password", "Force password change", "forceChangePasswordNextSignIn", "CHANGEPWD",
        "Passwort beim nächsten Mal ändern", "Passwort ändern", "Kennwort ändern",
    ]),
    (Meaning::Field(Field::Phone), &[
        "Phone", "Work phone", "Office phone", "Phone number", "Telephone", "Telephone number", "Business phone",
        "primaryPhone", "phone1", "Tel", "Tel.", "Work telephone", "Landline", "Telefon", "Telefonnummer",
        "Rufnummer", "Téléphone", "Teléfono", "Telefono", "Телефон",
        "Work Contact: Work Phone", "Work phone number", "Main phone", "businessPhones", "Telefon (Büro)",
        "BIZ_PHONE", "OfficePhoneNumber", "Phone - Primary Work", "Phone 1 - Value", "Telefon geschäftlich",
        "Telefon dienstlich", "Téléphone professionnel", "Telefoon", "Telefoon werk", "Telefone", "Puhelin", "Τηλέφωνο",
    ]),
    (Meaning::Field(Field::Mobile), &[
        "Mobile", "Mobile phone", "Mobile number", "Mobile telephone", "Cell", "Cell phone", "Cellphone", "phone2",
        "Work mobile", "Handy", "Handynummer", "Mobil", "Mobiltelefon", "Mobilnummer", "Portable", "Móvil", "Celular",
        "Mobil (geschäftlich)", "Mobil (dienstlich)", "Telefon (mobil)", "Work mobile phone", "Mobiel nummer",
        "CellPhoneNumber", "Téléphone portable", "Cellulare", "Mobiel", "Mobiel werk",
    ]),
    (Meaning::Field(Field::JobTitle), &[
        "Job title", "Title", "Business title", "Employee title", "Position", "Position title", "Position description",
        "Role title", "Job", "Berufsbezeichnung", "Stelle", "Funktion", "Stellenbezeichnung", "Fonction", "Poste",
        "Puesto", "Cargo",
        "Job title description", "Designation", "Organization title", "Intitulé du poste", "Functie", "Qualifica", "Stanowisko", "Pozice", "Stilling", "Befattning",
    ]),
    (Meaning::Field(Field::Department), &[
        "Department", "Dept", "Division", "Team", "Organisation unit", "Organizational unit", "Abteilung", "Bereich",
        "Service", "Département", "Departamento", "Отдел",
        "Organization department", "Department name", "Department names", "Home department description", "Supervisory organization", "Afdeling", "Reparto", "Dział", "Oddělení", "Avdelning", "Osasto", "Departman", "部署", "部门",
    ]),
    (Meaning::Field(Field::Location), &[
        "Location", "Office location", "Work location", "Location description", "Site", "Office", "physicalDeliveryOfficeName", "City", "Town",
        "Standort", "Ort", "Stadt", "Büro", "Lieu", "Ville", "Bureau", "Ciudad", "Ubicación", "Oficina", "Город",
    ]),
    (Meaning::Field(Field::Address), &[
        "Address", "Work address", "Street address", "Street", "Office address", "Postal address", "Business address",
        "Adresse", "Anschrift", "Straße", "Strasse", "Rue", "Dirección", "Calle",
    ]),
    (Meaning::Field(Field::Manager), &[
        "Manager", "Manager name", "Reports to", "Supervisor", "Line manager", "Manager email", "Reports to email",
        "Vorgesetzter", "Vorgesetzte", "Responsable", "Jefe",
        "Reporting to", "Reports to name", "Reporting manager", "Reporting manager email", "Supervisor name", "Supervisor email",
        "Worker's manager's email", "Manager's name", "Worker's manager", "Leidinggevende",
    ]),
    (Meaning::Field(Field::EmployeeId), &[
        "Employee ID", "Employee number", "Employee no", "EmployeeNum", "Staff ID", "Staff number", "Personnel number",
        "Payroll number", "Associate ID", "Worker ID", "idnumber", "ID number", "studentid", "Student number",
        "External ID", "integration_id", "Personalnummer", "Mitarbeiternummer", "Matrikelnummer", "Matricule",
        "Número de empleado", "Табельный номер",
        "File number", "Admission number", "Adno", "Unique user ID", "Unique external ID", "Externe ID", "Person number",
        "OrgDefinedId", "Teacher ID", "Stamnummer",
        "EMPID", "Employee identifier", "SIS User ID", "ID-Nummer", "Código de empleado", "Matricola", "Medewerkernummer",
    ]),
    (Meaning::FullName, &[
        "Full name", "Payroll name", "Employee name", "Worker", "Name", "Display name", "Real name", "Person",
        "Last name, first name", "Student name", "Staff name",
        "Vollständiger Name", "Anzeigename", "Nom complet", "Nombre completo", "ФИО",
    ]),
    (Meaning::Never(PRIVATE), &[
        "Recovery email", "Home secondary email", "Work secondary email", "secondEmail", "Secondary email",
        "alternateEmailAddress", "Alternate email", "New primary email", "E-mail 2 address", "E-mail 2 - Value",
        "Licensed to email", "Email - Primary Home", "Home email", "Personal email", "Private email", "Other email",
        "Email (private)", "E-mail (private)", "Email (personal)", "Email (home)", "E-Mail privat", "Private E-Mail-Adresse",
        "Courriel personnel", "E-mail personnel", "Adresse e-mail personnelle", "Email personal", "Correo personal",
        "E-mail personale", "E-mail privé", "Parent email", "Guardian email", "Guardianemail", "Contact email",
        "Emergency contact email",
        "user.secondEmail", "Alternate email addresses", "mailAlternateAddress", "otherMails", "Other emails", "Secondary emails",
        "Additional email addresses", "Personal email address", "Personal Contact: Personal Email", "Billing email", "Buyer email",
        "Parental email", "E-mail 3 address", "E-mail 3 - Value", "senderEmail",
        "Recovery phone", "Home phone", "Private phone", "Home address", "Personal mobile number", "Telefon (privat)",
        "Mobil (privat)",
    ]),
    (Meaning::Standing(Standing::Words), &[
        "Status", "New status", "Employment status", "Position status", "Account status", "State of account",
        "Employee status", "User status", "Worker status", "Lifecycle status", "Employment status code", "Enrollment status",
        "Enrolment status", "Beschäftigungsstatus", "Statut", "Estado",
    ]),
    (Meaning::Standing(Standing::Active), &[
        "Active", "Activated", "Enabled", "accountEnabled", "Account enabled", "is_active", "isActive", "Is enabled",
        "enabledUser", "Active status", "Account active", "Actief", "Ativo", "Attivo",
        "Aktiv", "Aktiviert", "Actif", "Activo",
    ]),
    (Meaning::Standing(Standing::Blocked), &[
        "Suspended", "Deleted", "Block sign in", "Block credential", "Blocked", "Disabled", "accountDisabled",
        "Account disabled", "Is disabled", "Deactivated", "Inactive", "Archived", "Locked", "Terminated", "isDeleted", "is_suspended",
        "is_blocked", "nsAccountLock", "Sperre", "Gesperrt",
        "Deaktiviert", "Gelöscht", "Inaktiv", "Désactivé", "Suspendido",
    ]),
    (Meaning::Standing(Standing::Control), &["userAccountControl"]),
    (Meaning::Never(STATUS), &["email_verified", "Verified", "Approved", "Date deactivated"]),
    (Meaning::Never(RIGHTS), &[
        "role", "roles", "user_role", "admin", "is_admin", "isAdmin", "administrator", "superuser", "is_superuser",
        "is_staff", "permissions", "permission", "privileges", "group", "groups", "memberOf", "access level", "scope",
        "scopes", "capabilities", "Advanced Protection Program enrollment", "Org unit path", "auth_source",
        "authentication_provider_id", "auth", "licence", "license", "licenses", "Rolle", "Gruppe", "Gruppen",
        "seat", "seats", "limit",
    ]),
    (Meaning::Never(HASH), &[
        "password_hash", "Password hash function", "passwordhash", "hashed_password", "ssha_password", "crypt_password",
        "userPassword", "unicodePwd", "salt", "password_salt", "passwd_hash", "pwhash", "hash", "ntlm_hash",
        "api_key", "token", "secret", "session", "otp_secret", "totp", "recovery_codes",
    ]),
    (Meaning::Never(FOREIGN), &[
        "id", "_id", "pk", "uuid", "guid", "oid", "objectId", "ObjectGUID", "objectSid", "userid", "entryuuid",
        "account_id", "tenant_id", "__proto__", "prototype", "constructor", "row", "created_at", "updated_at",
        "deleted_at", "created", "modified", "last_login", "lastLogin", "last_login_at",
    ]),
];

/// Looks a header up: its own name first, then the one in brackets.
pub(crate) fn recognise(header: &str) -> Option<Recognised> {
    if header.len() > LONGEST || header.contains('@') {
        return None;
    }
    // "E-Mail (geschäftlich)": what stands in brackets may be part of the name.
    if let Some(found) = exact(&normalise(header)) {
        return Some(found);
    }
    let (own, bracketed) = names(header);
    // `__proto__` and its kin normalise to ordinary words; what they say is not an alias of anything.
    let found = exact(&own).or_else(|| bracketed.as_deref().and_then(exact));
    // A header such as "Block sign in [accountEnabled]" must not be saved by a harmless first half.
    match (found, bracketed.as_deref().and_then(exact)) {
        (_, Some(never @ Recognised { meaning: Meaning::Never(_), .. })) => Some(never),
        (found, _) => found,
    }
}

/// Whether the table knows a header as something of a person.
pub(crate) fn is_known(header: &str) -> bool {
    recognise(header).is_some()
}

fn exact(name: &str) -> Option<Recognised> {
    BY_NAME.get(name).copied()
}

/// The table by normalised name: every cell of a file's first lines is looked up, cut in each way that may be meant.
static BY_NAME: LazyLock<BTreeMap<String, Recognised>> = LazyLock::new(|| {
    let mut by_name = BTreeMap::new();
    for (meaning, aliases) in TABLE {
        for (rank, alias) in aliases.iter().enumerate() {
            by_name.entry(normalise(alias)).or_insert(Recognised { meaning: *meaning, rank });
        }
    }
    by_name
});

/// The most bytes that a header has that is looked up.
const LONGEST: usize = 200;

/// The field a header was probably meant to name: one slip away from a longer alias.
pub(super) fn near(header: &str) -> Option<Field> {
    let (own, _) = names(header);
    if own.chars().count() < 5 {
        return None;
    }
    TABLE.iter().find_map(|(meaning, aliases)| match meaning {
        Meaning::Field(field) => aliases
            .iter()
            .map(|alias| normalise(alias))
            .any(|alias| alias.chars().count() >= 5 && distance(&alias, &own, 1).is_some())
            .then_some(*field),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_alias_has_two_meanings() {
        let mut seen: Vec<(String, Meaning)> = Vec::new();
        for (meaning, aliases) in TABLE {
            for alias in *aliases {
                let name = normalise(alias);
                assert!(!name.is_empty(), "{alias}");
                if let Some((_, other)) = seen.iter().find(|(known, _)| *known == name) {
                    assert_eq!(other, meaning, "{alias}");
                } else {
                    seen.push((name, *meaning));
                }
            }
        }
    }

    #[test]
    fn headers_of_many_systems() {
        let field = |header| match recognise(header).map(|r| r.meaning) {
            Some(Meaning::Field(field)) => Some(field),
            _ => None,
        };
        for (header, expected) in [
            ("SamAccountName", Some(Field::Username)),
            ("user_login", Some(Field::Username)),
            ("First name [givenName]", Some(Field::FirstName)),
            ("Legal Name - Last Name", Some(Field::LastName)),
            ("Email Address [Required]", Some(Field::Email)),
            ("E-mail 1 - Value", Some(Field::Email)),
            ("Change Password at Next Sign-In", Some(Field::ChangePasswordNextTime)),
            ("Employee #", Some(Field::EmployeeId)),
            ("Office phone [telephoneNumber]", Some(Field::Phone)),
            ("Prénom", Some(Field::FirstName)),
            ("Correo Electrónico", Some(Field::Email)),
            ("Ort", Some(Field::Location)),
            ("E-Mail (geschäftlich)", Some(Field::Email)),
            ("E-Mail (privat)", None),
            ("Email (private)", None),
            ("Email - Primary Work", Some(Field::Email)),
            ("emails[type eq \"work\"].value", Some(Field::Email)),
            ("PrimarySmtpAddress", Some(Field::Email)),
            ("Parent Email", None),
            ("Användarnamn", Some(Field::Username)),
            ("Sukunimi", Some(Field::LastName)),
            ("姓", Some(Field::LastName)),
            ("メールアドレス", Some(Field::Email)),
            ("Recovery Email", None),
            ("Password Hash Function [UPLOAD ONLY]", None),
            ("New Primary Email [UPLOAD ONLY]", None),
            ("Block sign in (Yes/No) [accountEnabled] Required", None),
            ("userid", None),
            ("is_admin", None),
            ("__proto__", None),
            ("id", None),
        ] {
            assert_eq!(field(header), expected, "{header}");
        }
        assert_eq!(near("Usernmae"), Some(Field::Username));
        assert_eq!(near("Colour"), None);
    }
}
