//! Who may reach what: the one place. Everything is refused that is not allowed here.

use directory::people::Role;
use directory::sessions::Session;
use percent_encoding::percent_decode_str;

/// What a path asks of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing: files of the site, health, signing in, first run.
    Nothing,
    /// A session, even while a password change is due.
    SessionOfAnyKind,
    /// A session without a password change due.
    Member,
    /// A session of an administrator, without a password change due.
    Administrator,
}

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Nobody is signed in.
    SignIn,
    /// An own password has to be chosen first.
    ChangePassword,
    /// A second factor has to be set up first.
    SecondFactor,
    /// The role does not allow it.
    Role,
    /// The password was given too long ago.
    Proof,
}

/// What this path asks of the caller.
#[must_use]
pub fn requirement(path: &str) -> Requirement {
    let under =
        |root: &str| path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
    let forgotten = matches!(path, "/password/forgot" | "/password/reset" | "/password/set");
    if always_open(path)
        || matches!(path, "/sign-in" | "/sign-in/code")
        || path == "/setup"
        || forgotten
        || under("/api/public")
    {
        Requirement::Nothing
    } else if path == "/password" || path == "/sign-out" || under("/api/password") || under("/api/session") {
        Requirement::SessionOfAnyKind
    } else if under("/admin") || under("/api/admin") {
        Requirement::Administrator
    } else {
        Requirement::Member
    }
}

/// Files that make up the site itself; nothing about people is in them.
#[must_use]
pub fn is_file(path: &str) -> bool {
    path.starts_with("/pkg/")
        || matches!(
            path,
            "/favicon.svg" | "/print.js" | "/robots.txt" | "/roster-worker.js" | "/rollcall-template.csv"
        )
}

/// Whether everybody means the same by this path. Others - with `..`, `.` or nothing between two slashes, with a backslash or
/// a NUL - are no path of this site: browsers resolve them before they ask, and what would resolve them here, the
/// router of the pages for one, must not see another path than was decided about.
#[must_use]
pub fn is_plain(path: &str) -> bool {
    let decoded = percent_decode_str(path).collect::<Vec<u8>>();
    let mut inside = decoded.split(|byte| *byte == b'/').skip(1).peekable();
    let mut plain = !decoded.iter().any(|byte| matches!(byte, 0 | b'\\'));
    while let Some(part) = inside.next() {
        let last = inside.peek().is_none();
        plain &= !matches!(part, b"." | b"..") && (last || !part.is_empty());
    }
    plain
}

/// What whatever watches the server asks, often without TLS and from close by.
#[must_use]
pub fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// What answers everyone, whatever their session says.
fn always_open(path: &str) -> bool {
    is_file(path) || is_probe(path)
}

/// What a session left open must not do, because it changes much for many or shuts the person out: the password has to
/// have been given within the last minutes. A roster is imported without: it can be undone, and confirming it takes time; closing the
/// accounts of whoever is not in it is not. What is dangerous by
/// its arguments alone - closing accounts - asks for the same itself.
#[must_use]
pub fn wants_proof(path: &str) -> bool {
    matches!(
        path,
        "/admin/sheet"
            | "/api/admin/save_settings"
            | "/api/admin/save_mail_text"
            | "/api/admin/undo_import"
            | "/api/admin/name_absent"
            | "/api/admin/take_second_factor"
            | "/api/me/begin_second_factor"
            | "/api/me/confirm_second_factor"
            | "/api/me/remove_second_factor"
            | "/api/me/end_session"
            | "/api/me/end_other_sessions"
    )
}

/// What sets a second factor up.
fn sets_up_factor(path: &str) -> bool {
    matches!(
        path,
        "/second-factor"
            | "/api/me/prove"
            | "/api/me/second_factor"
            | "/api/me/begin_second_factor"
            | "/api/me/confirm_second_factor"
    )
}

/// Decides about one request.
///
/// # Errors
/// [`Denied`] with what is wrong.
pub fn decide(path: &str, session: Option<&Session>) -> Result<(), Denied> {
    let requirement = requirement(path);
    match (requirement, session) {
        // While a change is due, even what nobody needs a session for is closed, but for the site's files.
        (Requirement::Nothing, Some(session)) if session.must_change && !always_open(path) => {
            Err(Denied::ChangePassword)
        }
        (Requirement::Nothing, Some(session)) if session.second_factor_due && !always_open(path) => {
            Err(Denied::SecondFactor)
        }
        (Requirement::Nothing, _) | (Requirement::SessionOfAnyKind, Some(_)) => Ok(()),
        (_, None) => Err(Denied::SignIn),
        (_, Some(session)) if session.must_change => Err(Denied::ChangePassword),
        (_, Some(session)) if session.second_factor_due && !sets_up_factor(path) => Err(Denied::SecondFactor),
        (Requirement::Administrator, Some(session)) if session.account.role != Role::Administrator => {
            Err(Denied::Role)
        }
        (_, Some(session)) if wants_proof(path) && !session.proven => Err(Denied::Proof),
        (_, Some(_)) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Requirement, is_plain, requirement};

    #[test]
    fn a_path_that_can_be_read_in_two_ways_is_none() {
        for path in
            ["/", "/people", "/people/", "/people/a.b", "/people/..a", "/people/%C3%A9", "/pkg/rollcall.js"]
        {
            assert!(is_plain(path), "{path}");
        }
        for path in [
            "//admin",
            "/./admin",
            "/people/../admin",
            "/people/..",
            "/pkg/%2e%2E/admin",
            "/pkg/..%2fadmin",
            "/people//x",
            "/people%5c..",
            "/people\\x",
            "/people%00",
        ] {
            assert!(!is_plain(path), "{path}");
        }
    }

    #[test]
    fn what_is_not_named_needs_a_session() {
        for path in [
            "/people",
            "/people/asmith",
            "/me",
            "/api/people/search",
            "/api/unknown",
            "/pkgs",
            "/administrator",
        ] {
            assert_eq!(requirement(path), Requirement::Member, "{path}");
        }
    }

    #[test]
    fn administration_is_for_administrators() {
        for path in ["/admin", "/admin/people/import", "/admin/imports/1/failed.csv", "/api/admin/accounts"] {
            assert_eq!(requirement(path), Requirement::Administrator, "{path}");
        }
    }

    #[test]
    fn a_due_change_leaves_the_password_page_and_the_way_out() {
        for path in
            ["/password", "/sign-out", "/api/password/change", "/api/password/page", "/api/session/sign_out"]
        {
            assert_eq!(requirement(path), Requirement::SessionOfAnyKind, "{path}");
        }
    }
}
