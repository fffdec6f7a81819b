//! `serve`: says where everything is, answers, and ends well.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;

use crate::program::Program;

struct Serving {
    child: Child,
    address: String,
    said: Vec<String>,
}

/// Starts a server on a free port and reads what it announces.
fn serve(program: &Program, more: &[&str]) -> Serving {
    let site = program.folder().join("site");
    std::fs::create_dir_all(site.join("pkg")).expect("a folder");
    std::fs::write(site.join("pkg/rollcall.js"), "").expect("written");
    let site = site.to_string_lossy().into_owned();
    let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--site-dir", &site];
    arguments.extend(more);
    let mut child = program.command(&arguments).spawn().expect("started");
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
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).expect("a limit");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("sent");
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
    assert!(serving.said.iter().any(|line| line.contains("/setup?token=")), "{:?}", serving.said);
    let answer = get(&serving.address, "/healthz");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    terminate(&serving.child);
    let status = serving.child.wait().expect("ended");
    assert_eq!(status.code(), Some(0));
    let mut log = String::new();
    serving.child.stderr.take().expect("piped").read_to_string(&mut log).expect("UTF-8");
    let token = serving.said.iter().find_map(|line| line.split("token=").nth(1)).expect("a token");
    assert!(!log.contains(token), "the link is a secret and stays out of the log: {log}");
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
