//! Every server function with what it takes: a text in each place where one can stand, and numbers at their ends.

use app::api::audit::AuditQuery;
use app::api::imports::Outcome;
use app::api::mail_texts::{MailKind, MailText};
use app::api::people_admin::{AccountFilter, BulkAction, MailState, Selection};
use app::api::settings::{SecondFactorFor, SettingsForm};
use app::api::waves::WavePlan;
use app::wire::NewImport;
use roster::field::{PersonRow, Values};
use roster::policy::PasswordPolicy;
use roster::review::{Action, Options};
use serde::Serialize;

/// A call.
pub struct Call {
    pub path: &'static str,
    pub form: bool,
    pub body: Vec<u8>,
}

/// In postcard, as the pages' scripts send it: a tuple of the arguments.
fn script(path: &'static str, arguments: &impl Serialize) -> Call {
    Call { path, form: false, body: postcard::to_stdvec(arguments).expect("arguments can be written") }
}

/// As a form, with `text` in one field after the other and something harmless in the rest; all fields at last.
fn forms(path: &'static str, fields: &[&str], text: &str) -> Vec<Call> {
    let text = super::payloads::encoded(text);
    let form = |chosen: Option<usize>| {
        let value =
            |at| if chosen.is_none_or(|chosen| chosen == at) { text.as_str() } else { "some+words+here+17" };
        let pairs = fields.iter().enumerate().map(|(at, field)| format!("{field}={}", value(at)));
        Call { path, form: true, body: pairs.collect::<Vec<_>>().join("&").into_bytes() }
    };
    let each = (0..fields.len()).filter(|_| fields.len() > 1).map(|at| form(Some(at)));
    each.chain([form(None)]).collect()
}

fn filters(text: &str) -> [AccountFilter; 3] {
    let filter = AccountFilter::default;
    [
        AccountFilter { text: text.to_owned(), ..filter() },
        AccountFilter { show: text.to_owned(), ..filter() },
        AccountFilter { import: text.to_owned(), ..filter() },
    ]
}

fn import() -> NewImport {
    NewImport {
        file_name: "people.csv".to_owned(),
        file_digest: String::new(),
        options: Options::default(),
        columns: Vec::new(),
        rows: 1,
        digest: vec![1],
        reviewed_at: None,
    }
}

/// The settings of a new site.
pub fn settings() -> SettingsForm {
    let new = directory::settings::Settings::default();
    SettingsForm {
        organisation: new.organisation,
        seats: None,
        seats_fixed: false,
        second_factor_fixed: false,
        policy: new.password_policy,
        custom_fields: Vec::new(),
        temporary_password_hours: 72,
        require_second_factor: SecondFactorFor::Off,
    }
}

fn row(text: &str) -> PersonRow {
    let text = || text.to_owned();
    let values = Values {
        username: text(),
        first_name: text(),
        last_name: text(),
        email: text(),
        password: Some(text()),
        change_password: None,
        profile: vec![("job_title".to_owned(), text()), (text(), text())],
    };
    PersonRow { row: 1, line: 2, values }
}

/// What takes no text.
const PLAIN: &[&str] = &[
    "/api/admin/known_keys",
    "/api/admin/mail_holdup",
    "/api/admin/mail_texts",
    "/api/admin/outbox_summary",
    "/api/admin/seats",
    "/api/admin/send_test_mail",
    "/api/admin/settings",
    "/api/me/proven",
    "/api/me/second_factor",
    "/api/me/sessions",
    "/api/password/page",
    "/api/people/me",
];

/// What takes one text, in postcard.
const ONE: &[&str] = &[
    "/api/admin/access",
    "/api/admin/cancel_import",
    "/api/admin/cancel_wave",
    "/api/admin/continue_import",
    "/api/admin/finish_upload",
    "/api/admin/import",
    "/api/admin/import_funnel",
    "/api/admin/message_text",
    "/api/admin/repeat_wave",
    "/api/admin/retry_message",
    "/api/admin/seal_import",
    "/api/admin/undo_import",
    "/api/admin/wave",
    "/api/admin/workbench",
    "/api/people/profile",
    "/api/public/link_page",
    "/api/public/setup_link_valid",
];

/// Forms and their fields.
const FORMS: &[(&str, &[&str])] = &[
    ("/api/admin/end_sessions", &["username"]),
    ("/api/admin/lift_lock", &["username"]),
    ("/api/admin/take_second_factor", &["username", "identified"]),
    ("/api/me/begin_second_factor", &[]),
    ("/api/me/confirm_second_factor", &["code"]),
    ("/api/me/end_other_sessions", &[]),
    ("/api/me/end_session", &["id"]),
    ("/api/me/prove", &["password", "next"]),
    ("/api/me/remove_second_factor", &[]),
    ("/api/password/change", &["current", "new", "repeat"]),
    (
        "/api/public/complete_setup",
        &["token", "username", "email", "first_name", "last_name", "password", "repeat"],
    ),
    ("/api/public/forgot_password", &["login"]),
    ("/api/public/reset_password", &["token", "new", "repeat"]),
    ("/api/public/set_first_password", &["token", "new", "repeat"]),
    ("/api/public/sign_in", &["login", "password", "next"]),
    ("/api/public/sign_in_code", &["code", "next"]),
    ("/api/session/sign_out", &[]),
];

/// All calls with this text.
pub fn with_text(text: &str) -> Vec<Call> {
    let owned = || text.to_owned();
    let mut all: Vec<Call> = PLAIN.iter().map(|path| script(path, &())).collect();
    all.extend(ONE.iter().map(|path| script(path, &(text,))));
    all.extend(FORMS.iter().flat_map(|(path, fields)| forms(path, fields, text)));
    for filter in filters(text) {
        let selection = Selection::Matching(filter.clone());
        all.push(script("/api/admin/accounts", &(&filter,)));
        all.push(script("/api/admin/recipients", &(&selection,)));
        all.push(script("/api/admin/bulk", &(BulkAction::Reactivate, &selection)));
    }
    let accounts = Selection::Accounts(vec![owned()]);
    all.push(script("/api/admin/bulk", &(BulkAction::Deactivate, &accounts)));
    let plan = WavePlan { name: owned(), ..WavePlan::default() };
    all.push(script("/api/admin/plan_wave", &(plan, &accounts)));
    let query = AuditQuery::default;
    for query in [
        AuditQuery { event: owned(), ..query() },
        AuditQuery { text: owned(), ..query() },
        AuditQuery { from: owned(), ..query() },
        AuditQuery { until: owned(), ..query() },
    ] {
        all.push(script("/api/admin/audit", &(query, 1_u32)));
    }
    all.push(script("/api/admin/known_people", &(vec![text], vec![text])));
    all.push(script("/api/people/search", &(text, "", 1_u32)));
    all.push(script("/api/people/search", &("", text, 1_u32)));
    for kind in MailKind::ALL {
        let good = "{{ username }}, {{ sign_in_url }}";
        let secret = match kind {
            MailKind::LoginDetails => "{{ password }}",
            MailKind::SetPasswordLink | MailKind::PasswordReset => "{{ link }}",
            MailKind::SecondFactorOn | MailKind::SecondFactorOff => "",
        };
        for path in ["/api/admin/preview_mail", "/api/admin/try_mail_text", "/api/admin/save_mail_text"] {
            let body = [good, secret, text].join("\n");
            all.push(script(path, &(MailText { kind, subject: owned(), text: [good, secret].concat() },)));
            all.push(script(path, &(MailText { kind, subject: "Hello".to_owned(), text: body },)));
            all.push(script(path, &(MailText { kind, subject: "Hello".to_owned(), text: owned() },)));
        }
    }
    all.push(script("/api/admin/import_rows", &(text, None::<Outcome>, 1_u32)));
    all.push(script("/api/admin/wave_people", &(text, text, 1_u32)));
    all.push(script("/api/admin/send_chunks", &(text, 0_u32, vec![vec![(row(text), Action::Add)]])));
    all.push(script(
        "/api/admin/mend_rows",
        &(text, None::<i64>, Options::default(), vec![(row(text), Action::Update)]),
    ));
    all.push(script("/api/admin/name_absent", &(text, vec![[0xff_u8; 16]])));
    all.push(script("/api/admin/import_absent", &(text, 1_u32)));
    for import in [
        NewImport { file_name: owned(), ..import() },
        NewImport { file_digest: owned(), digest: vec![2], ..import() },
        NewImport { columns: vec![(owned(), owned())], digest: text.as_bytes().to_vec(), ..import() },
    ] {
        all.push(script("/api/admin/open_import", &(import,)));
    }
    for form in [
        SettingsForm { organisation: owned(), ..settings() },
        SettingsForm { custom_fields: vec![owned()], ..settings() },
        SettingsForm {
            policy: PasswordPolicy { org_words: vec![owned()], ..settings().policy },
            ..settings()
        },
        settings(),
    ] {
        all.push(script("/api/admin/save_settings", &(form,)));
    }
    all
}

/// Calls whose numbers are the smallest and largest there are. `import` and `wave` are some that exist.
pub fn with_numbers(import_id: &str, wave_id: &str) -> Vec<Call> {
    let mut all = Vec::new();
    for page in [0, 1, 2, i32::MAX.unsigned_abs(), u32::MAX] {
        all.push(script("/api/admin/accounts", &(AccountFilter { page, ..AccountFilter::default() },)));
        all.push(script("/api/admin/audit", &(AuditQuery::default(), page)));
        all.push(script("/api/admin/import_rows", &(import_id, Some(Outcome::Failed), page)));
        all.push(script("/api/admin/imports", &(page,)));
        all.push(script("/api/admin/outbox", &(Some(MailState::Failed), page)));
        all.push(script("/api/admin/wave_people", &(wave_id, "", page)));
        all.push(script("/api/admin/waves", &(page,)));
        all.push(script("/api/people/search", &("", "", page)));
        all.push(script(
            "/api/admin/send_chunks",
            &(import_id, page, vec![vec![(row("x"), Action::Update)]]),
        ));
        all.push(script("/api/admin/import_absent", &(import_id, page)));
        let rows = NewImport { rows: page, digest: page.to_le_bytes().to_vec(), ..import() };
        all.push(script("/api/admin/open_import", &(rows,)));
        let form = SettingsForm { temporary_password_hours: page, seats: Some(page), ..settings() };
        all.push(script("/api/admin/save_settings", &(form,)));
    }
    for account in [[0_u8; 16], [0xff; 16]] {
        all.push(script("/api/admin/absent_people", &(vec![account; 3],)));
        all.push(script("/api/admin/member_keys", &(Some(account),)));
        all.push(script("/api/admin/name_absent", &(import_id, vec![account])));
    }
    for at in [i64::MIN, -1, 0, i64::MAX] {
        let everybody = Selection::Matching(AccountFilter::default());
        for per_hour in [None, Some(0), Some(1), Some(u32::MAX)] {
            let plan = WavePlan { begins_at: Some(at), per_hour, ..WavePlan::default() };
            all.push(script("/api/admin/plan_wave", &(plan, &everybody)));
        }
        all.push(script(
            "/api/admin/mend_rows",
            &(import_id, Some(at), Options::default(), vec![(row("x"), Action::Add)]),
        ));
        let reviewed = NewImport { reviewed_at: Some(at), digest: at.to_le_bytes().to_vec(), ..import() };
        all.push(script("/api/admin/open_import", &(reviewed,)));
    }
    for length in [0, 1, u16::MAX] {
        let policy = PasswordPolicy { min_length: length, max_length: length, ..PasswordPolicy::default() };
        all.push(script("/api/admin/save_settings", &(SettingsForm { policy, ..settings() },)));
    }
    all.push(script("/api/admin/save_settings", &(settings(),)));
    all
}
