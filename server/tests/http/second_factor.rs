//! A second factor as a browser meets it, without a script.

use crate::site::{Answer, OWN, PASSWORD, Site, form_to};
use app::api::settings::SettingsForm;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use directory::people::Actor;
use directory::second_factor::{Setup, totp};
use directory::sessions::SessionToken;
use directory::settings::{SecondFactorFor, Settings};
use std::time::Duration;

const HERE: &str = "http://people.example.org";
const STEP: Duration = Duration::from_secs(30);

/// Sends a form as a browser does without a script.
async fn post(site: &Site, cookies: &str, path: &str, form: &str) -> Answer {
    let request = form_to(path)
        .header(header::ACCEPT, "text/html")
        .header(header::REFERER, format!("{HERE}/second-factor"))
        .header(header::COOKIE, cookies);
    site.send(request.body(Body::from(form.replace(' ', "+"))).expect("a request")).await
}

/// The cookies that an answer sets, each up to its first semicolon.
fn cookies(answer: &Answer) -> Vec<String> {
    let set = answer.headers.get_all(header::SET_COOKIE).iter();
    set.filter_map(|value| value.to_str().ok()?.split(';').next().map(str::to_owned)).collect()
}

fn led(answer: &Answer) -> (StatusCode, &str) {
    (answer.status, answer.header("location"))
}

/// What is being set up, as the page showed it.
async fn setup_of(site: &Site, session: &SessionToken) -> Setup {
    let session = site.world.directory.session(session).await.expect("read").expect("lives");
    let found = site.world.directory.second_factor(&session.actor()).await.expect("read");
    found.setup.expect("begun")
}

/// Sets a factor up through the pages; the secret, and a recovery code.
async fn set_up(site: &Site, session: &SessionToken) -> (String, String) {
    let sid = format!("sid={}", session.expose());
    let begun = post(site, &sid, "/api/me/begin_second_factor", "").await;
    assert_eq!(led(&begun), (StatusCode::FOUND, "/second-factor"));
    let setup = setup_of(site, session).await;
    let page = site.open("/second-factor", Some(session)).await.body;
    assert!(page.contains(setup.secret.as_str()) && page.contains("class=\"qr\""), "{page}");
    assert_eq!(page.matches("<li>").count(), 10, "{page}");
    assert!(page.contains(setup.recovery_codes[9].as_str()), "{page}");
    let wrong = post(site, &sid, "/api/me/confirm_second_factor", "code=12345").await;
    assert!(wrong.header("location").contains("__err"), "{}", wrong.header("location"));
    let code = totp::shown(&setup.secret, site.world.directory.time()).expect("a secret");
    let done = post(site, &sid, "/api/me/confirm_second_factor", &format!("code={code}")).await;
    assert_eq!(led(&done), (StatusCode::FOUND, "/second-factor"));
    let page = site.open("/second-factor", Some(session)).await.body;
    assert!(page.contains("On since") && page.contains("10 recovery codes"), "{page}");
    assert!(!page.contains(setup.secret.as_str()) && !page.contains(setup.recovery_codes[0].as_str()));
    site.world.clock.advance(STEP);
    (setup.secret.to_string(), setup.recovery_codes[0].to_string())
}

#[tokio::test]
async fn it_is_set_up_asked_for_and_switched_off_without_a_script() {
    let site = Site::at(HERE).await;
    let member = site.member("anna").await;
    assert!(site.open("/me", Some(&member)).await.body.contains("Set up second factor"));
    let (secret, recovery) = set_up(&site, &member).await;
    assert!(site.open("/me", Some(&member)).await.body.contains("Change second factor"));

    let password = format!("login=anna&next=/people/anna&password={OWN}");
    let asked = post(&site, "", "/api/public/sign_in", &password).await;
    assert_eq!(led(&asked), (StatusCode::FOUND, "/sign-in/code?next=%2Fpeople%2Fanna"));
    let [pending] = cookies(&asked).try_into().expect("one cookie");
    assert!(pending.starts_with("code="), "no session before the code: {pending}");
    assert!(asked.header("set-cookie").contains("HttpOnly; SameSite=Lax; Max-Age=300"));
    // It opens nothing, under either name.
    for cookie in [pending.clone(), pending.replace("code=", "sid=")] {
        let request = axum::http::Request::get("/me")
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, cookie);
        let answer = site.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(led(&answer), (StatusCode::SEE_OTHER, "/sign-in?next=/me"));
    }
    let page = site.open("/sign-in/code?next=/people/anna", None).await.body;
    assert!(page.contains("One more step") && page.contains("value=\"/people/anna\""), "{page}");
    let code = totp::shown(&secret, site.world.directory.time()).expect("a secret");
    let done =
        post(&site, &pending, "/api/public/sign_in_code", &format!("next=/people/anna&code={code}")).await;
    assert_eq!(led(&done), (StatusCode::FOUND, "/people/anna"));
    let set = cookies(&done);
    assert_eq!((set.len(), set[1].as_str()), (2, "code="), "{set:?}");
    let session = SessionToken::parse(set[0].trim_start_matches("sid=")).expect("a token");
    assert_eq!(site.open("/me", Some(&session)).await.status, StatusCode::OK);

    // A recovery code does as well; a foreign address is not gone on to.
    let asked =
        post(&site, "", "/api/public/sign_in", &password.replace("/people/anna", "//evil.example")).await;
    assert_eq!(led(&asked), (StatusCode::FOUND, "/sign-in/code"));
    let [pending] = cookies(&asked).try_into().expect("one cookie");
    let form = format!("next=//evil.example&code={recovery}");
    let done = post(&site, &pending, "/api/public/sign_in_code", &form).await;
    assert_eq!(led(&done), (StatusCode::FOUND, "/people"));

    // Switching it off asks for the password once it was given a while ago, and comes back.
    let sid = format!("sid={}", session.expose());
    site.world.clock.advance(Duration::from_secs(5 * 60));
    let late = post(&site, &sid, "/api/me/remove_second_factor", "").await;
    assert_eq!(led(&late), (StatusCode::SEE_OTHER, "/second-factor"));
    let page = site.open("/second-factor", Some(&session)).await.body;
    assert!(page.contains("/api/me/prove\"") && !page.contains("/api/me/remove_second_factor\""), "{page}");
    let proof = post(&site, &sid, "/api/me/prove", &format!("next=/second-factor&password={OWN}")).await;
    assert_eq!(led(&proof), (StatusCode::FOUND, "/second-factor"));
    let sid = cookies(&proof).remove(0);
    let off = post(&site, &sid, "/api/me/remove_second_factor", "").await;
    assert_eq!(led(&off), (StatusCode::FOUND, "/second-factor"));
    let plain = post(&site, "", "/api/public/sign_in", &password).await;
    assert_eq!(led(&plain), (StatusCode::FOUND, "/people/anna"));
}

#[tokio::test]
async fn refusals_of_codes_are_the_same_to_the_byte() {
    let site = Site::at("https://people.example.org").await;
    let member = site.member("anna").await;
    let session = site.world.directory.session(&member).await.expect("read").expect("lives");
    let actor = session.actor();
    site.world.directory.begin_second_factor(&actor).await.expect("begun");
    let setup = setup_of(&site, &member).await;
    let code = || totp::shown(&setup.secret, site.world.directory.time()).expect("a secret");
    site.world.directory.confirm_second_factor(&actor, &code()).await.expect("confirmed");
    let password = format!("login=anna&password={}", OWN.replace(' ', "+"));
    let asked = site.call("/api/public/sign_in", None, &password).await;
    let cookie = asked.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-code=") && cookie.contains("; Secure"), "{cookie}");
    let pending = cookie.split(';').next().expect("a cookie").to_owned();
    let mut answers = Vec::new();
    for (cookie, typed) in [
        (pending.as_str(), code()),                              // used when it was set up
        (pending.as_str(), "000000".to_owned()),                 // waiting
        (pending.as_str(), setup.recovery_codes[0].to_string()), // waiting
        ("", code()),
        ("__Host-code=x", code()),
        ("__Host-code=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", code()),
    ] {
        let request = form_to("/api/public/sign_in_code").header(header::COOKIE, cookie);
        let answer = site.send(request.body(Body::from(format!("code={typed}"))).expect("a request")).await;
        let mut headers = answer.headers.clone();
        headers.remove("content-security-policy");
        answers.push((answer.status, format!("{headers:?}"), answer.body));
    }
    assert_eq!(answers[0].0, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

#[tokio::test]
async fn who_has_to_set_one_up_reaches_nothing_else() {
    let site = Site::at(HERE).await;
    let petra = site.administrator("petra", "Petra").await;
    let member = site.member("anna").await;
    let actor = site.world.directory.session(&petra).await.expect("read").expect("lives").actor();
    let settings = Settings { require_second_factor: SecondFactorFor::Administrators, ..Settings::default() };
    site.world.directory.save_settings(&actor, &settings).await.expect("saved");
    let open = [
        "/api/me/prove",
        "/api/me/second_factor",
        "/api/me/begin_second_factor",
        "/api/me/confirm_second_factor",
    ];
    let mut closed = 0;
    for (path, _) in leptos::server_fn::axum::server_fn_paths() {
        if open.contains(&path) || path.starts_with("/api/password/") || path.starts_with("/api/session/") {
            continue;
        }
        let answer = site.call(path, Some(&petra), "").await;
        let expected = (StatusCode::FORBIDDEN, "\"SecondFactorRequired\"");
        assert_eq!((answer.status, answer.body.as_str()), expected, "{path}");
        closed += 1;
    }
    assert!(closed > 30, "{closed}");
    for path in ["/people", "/me", "/admin/settings", "/admin/people/import", "/sign-in", "/sign-in/code"] {
        assert_eq!(
            led(&site.open(path, Some(&petra)).await),
            (StatusCode::SEE_OTHER, "/second-factor"),
            "{path}"
        );
    }
    let sheet = site.call("/admin/sheet", Some(&petra), "form=csv").await;
    assert_eq!(sheet.status, StatusCode::FORBIDDEN);
    assert_eq!(site.open("/password", Some(&petra)).await.status, StatusCode::OK);
    assert_eq!(site.open("/people", Some(&member)).await.status, StatusCode::OK, "members have not to");
    let page = site.open("/second-factor", Some(&petra)).await.body;
    assert!(page.contains("Your organisation asks for"), "{page}");
    set_up(&site, &petra).await;
    assert_eq!(site.open("/admin/settings", Some(&petra)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_the_configuration_asks_for_no_administrator_takes_back() {
    let site = Site::with(HERE, &[("require_second_factor", "everybody")]).await;
    let petra = site.administrator("petra", "Petra").await;
    let directory = &site.world.directory;
    let everybody = Settings { require_second_factor: SecondFactorFor::Everybody, ..Settings::default() };
    directory.save_settings(&Actor::system(), &everybody).await.expect("as at the start");
    set_up(&site, &petra).await;
    let page = site.open("/admin/settings", Some(&petra)).await.body;
    assert!(page.contains("Set by the server’s configuration."), "{page}");
    let form = SettingsForm { organisation: "Elsewhere".to_owned(), ..crate::scan::calls::settings() };
    let body = postcard::to_stdvec(&(form,)).expect("written");
    let request = Request::post("/api/admin/save_settings")
        .header(header::CONTENT_TYPE, "application/postcard")
        .header(header::COOKIE, format!("sid={}", petra.expose()));
    let saved = site.send(request.body(Body::from(body)).expect("a request")).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
    let settings = directory.settings().await.expect("read");
    assert_eq!(settings.organisation, "Elsewhere");
    assert_eq!(settings.require_second_factor, SecondFactorFor::Everybody);
}

#[tokio::test]
async fn an_administrator_takes_it_away_on_the_profile() {
    let site = Site::at(HERE).await;
    let petra = site.administrator("petra", "Petra").await;
    let member = site.member("anna").await;
    assert!(!site.open("/people/anna", Some(&petra)).await.body.contains("Second factor"));
    set_up(&site, &member).await;
    let page = site.open("/people/anna", Some(&petra)).await.body;
    assert!(page.contains("Second factor: on") && page.contains("/api/admin/take_second_factor\""), "{page}");
    assert!(!site.open("/people/anna", Some(&member)).await.body.contains("Second factor: on"));
    site.world.clock.advance(Duration::from_secs(5 * 60));
    let page = site.open("/people/anna", Some(&petra)).await.body;
    assert!(!page.contains("/api/admin/take_second_factor\""), "the password comes first: {page}");
    let sid = format!("sid={}", petra.expose());
    let form = format!("next=/people/anna&password={PASSWORD}");
    let proof = post(&site, &sid, "/api/me/prove", &form).await;
    assert_eq!(led(&proof), (StatusCode::FOUND, "/people/anna"));
    let sid = cookies(&proof).remove(0);
    let unsaid = post(&site, &sid, "/api/admin/take_second_factor", "username=anna&identified=+").await;
    assert!(led(&unsaid).1.contains("__err"), "{}", led(&unsaid).1);
    assert_eq!(site.open("/me", Some(&member)).await.status, StatusCode::OK, "nothing was taken");
    let form = "username=anna&identified=her+passport,+at+the+desk";
    let taken = post(&site, &sid, "/api/admin/take_second_factor", form).await;
    assert_eq!(led(&taken), (StatusCode::FOUND, "/people/anna"));
    assert_eq!(site.open("/me", Some(&member)).await.status, StatusCode::SEE_OTHER, "signed out");
    let plain = post(&site, "", "/api/public/sign_in", &format!("login=anna&password={OWN}")).await;
    assert_eq!(led(&plain), (StatusCode::FOUND, "/people"));
}
