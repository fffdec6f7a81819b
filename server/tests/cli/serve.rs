//! `serve`: says where everything is, answers, and ends well.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::program::Program;

struct Serving {
    child: Child,
    address: String,
    said: Vec<String>,
}

/// Starts a server on a free port and reads what it announces.
fn serve(program: &Program, more: &[&str]) -> Serving {
    serve_with(program, more, |_| {})
}

/// The same, started in another way.
fn serve_with(program: &Program, more: &[&str], change: impl FnOnce(&mut Command)) -> Serving {
    let site = program.folder().join("site");
    std::fs::create_dir_all(site.join("pkg")).expect("a folder");
    std::fs::write(site.join("pkg/rollcall.js"), "").expect("written");
    let site = site.to_string_lossy().into_owned();
    let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--site-dir", &site];
    arguments.extend(more);
    let mut command = program.command(&arguments);
    change(&mut command);
    let mut child = command.spawn().expect("started");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let mut said = Vec::new();
    while !said.iter().any(|line: &String| line.contains("Mail: ")) {
        let mut line = String::new();
        assert!(output.read_line(&mut line).expect("UTF-8") > 0, "the server ended: {said:?}");
        said.push(line.trim_end().to_owned());
    }
    let setup = program.folder().join("data/rollcall.db").exists();
    assert!(setup, "the data folder is in use");
    // The rest, up to the link, comes with the same flush.
    let rest = String::from_utf8_lossy(output.buffer()).into_owned();
    said.extend(rest.lines().map(str::to_owned));
    let address = said[0].rsplit("http://").next().expect("an address").to_owned();
    Serving { child, address, said }
}

fn get(address: &str, path: &str) -> String {
    get_with(address, path, "")
}

/// The same with more headers, each with its line break.
fn get_with(address: &str, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).expect("a limit");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Connection: close\r\n\r\n")
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

#[cfg(unix)]
fn terminate(child: &Child) {
    let status = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}

#[cfg(unix)]
#[test]
fn it_announces_itself_answers_and_ends_on_sigterm() {
    let program = Program::new();
    let mut serving = serve(&program, &[]);
    assert!(serving.said[0].starts_with("Rollcall is ready at http://127.0.0.1:"), "{:?}", serving.said);
    assert!(serving.said.iter().any(|line| line.contains("/setup#")), "{:?}", serving.said);
    let answer = get(&serving.address, "/healthz");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    terminate(&serving.child);
    let status = serving.child.wait().expect("ended");
    assert_eq!(status.code(), Some(0));
    let mut log = String::new();
    serving.child.stderr.take().expect("piped").read_to_string(&mut log).expect("UTF-8");
    let token = serving.said.iter().find_map(|line| line.split("/setup#").nth(1)).expect("a token");
    assert!(!log.contains(token), "the link is a secret and stays out of the log: {log}");
}

/// Sends a form as a script does; the session's cookie, if it got one.
fn post(address: &str, path: &str, form: &str) -> (String, Option<String>) {
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).expect("a limit");
    let kind = "application/x-www-form-urlencoded";
    let length = form.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{form}"
    )
    .expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answered");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
    (answer.clone(), cookie.map(str::to_owned))
}

#[cfg(unix)]
#[test]
fn the_configuration_asks_for_a_second_factor_from_the_first_sign_in() {
    let program = Program::new();
    let mut serving = serve(&program, &["--require-second-factor", "everybody"]);
    let token = serving.said.iter().find_map(|line| line.split("/setup#").nth(1)).expect("a token");
    let password = "violet+kettle+marches+north+41";
    let form = format!(
        "token={token}&username=petra&email=petra@example.org&first_name=Petra&last_name=Smith&password={password}&repeat={password}"
    );
    let (answer, cookie) = post(&serving.address, "/api/public/complete_setup", &form);
    let cookie = cookie.unwrap_or_else(|| panic!("no session: {answer}"));
    for path in ["/admin/people", "/people", "/me"] {
        let headers = format!("Accept: text/html\r\nCookie: {cookie}\r\n");
        let answer = get_with(&serving.address, path, &headers);
        assert!(
            answer.starts_with("HTTP/1.1 303") && answer.contains("location: /second-factor"),
            "{path}: {answer}"
        );
    }
    terminate(&serving.child);
    serving.child.wait().expect("ended");
}

#[cfg(unix)]
#[test]
fn queued_mail_goes_out_when_a_server_runs() {
    let program = Program::new();
    let file =
        program.file("people.csv", b"Username,First name,Last name,Email\nann,Ann,Lee,ann@example.org\n");
    assert_eq!(program.run(&["import", &file, "--yes", "--email"]).code, Some(0));
    let mut serving = serve(&program, &["--log-format", "json"]);
    let folder = program.folder().join("data/mail");
    // The file appears under its final name only when it is complete.
    let arrived = || {
        std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .any(|entry| entry.path().extension().is_some_and(|extension| extension == "eml"))
    };
    let begun = std::time::Instant::now();
    while !arrived() {
        assert!(begun.elapsed().as_secs() < 20, "no mail was written");
        // Another process writes it: there is nothing here to wait on but the folder.
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    terminate(&serving.child);
    assert_eq!(serving.child.wait().expect("ended").code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn metrics_have_a_listener_of_their_own_and_a_full_log_stops_nothing() {
    let program = Program::new();
    // Every line of the log fails as on a full disk.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("there");
    let arguments = ["--metrics-listen", "127.0.0.1:0", "--log-level", "debug"];
    let mut serving = serve_with(&program, &arguments, |command| {
        command.stderr(full);
    });
    let metrics =
        serving.said.iter().find_map(|line| line.trim().strip_prefix("Metrics: http://")).expect("told");
    let address = metrics.strip_suffix("/metrics").expect("the path").to_owned();
    assert!(get(&serving.address, "/healthz").starts_with("HTTP/1.1 200"));
    assert!(get(&serving.address, "/metrics").starts_with("HTTP/1.1 401"), "not where people are");
    let page = get(&address, "/metrics");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("text/plain; version=0.0.4"), "{page}");
    let dropped = page.lines().find_map(|line| line.strip_prefix("rollcall_log_lines_dropped_total "));
    assert!(dropped.and_then(|number| number.parse::<u64>().ok()).is_some_and(|number| number > 0), "{page}");
    assert!(get(&address, "/people").starts_with("HTTP/1.1 404"), "nothing else is there");
    terminate(&serving.child);
    assert_eq!(serving.child.wait().expect("ended").code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn few_file_handles_are_kept_for_what_needs_them() {
    let program = Program::new();
    let mut serving = serve_with(&program, &[], |command| {
        let limited = "ulimit -n 72; exec \"$0\" \"$@\"";
        let mut through = std::process::Command::new("sh");
        through.args(["-c", limited]).arg(command.get_program()).args(command.get_args());
        through.current_dir(program.folder()).env("ROLLCALL_DATA_DIR", program.folder().join("data"));
        through.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        *command = through;
    });
    assert!(get(&serving.address, "/readyz").starts_with("HTTP/1.1 200"));
    // Far more than there are handles for. They wait in the system's queue, and the database keeps what it has.
    let held: Vec<TcpStream> =
        (0..100).map(|_| TcpStream::connect(&serving.address).expect("connected")).collect();
    let address = serving.address.clone();
    let asking = std::thread::spawn(move || get(&address, "/readyz"));
    drop(held);
    assert!(asking.join().expect("no panic").starts_with("HTTP/1.1 200"), "served when there is room again");
    terminate(&serving.child);
    assert_eq!(serving.child.wait().expect("ended").code(), Some(0));
}
