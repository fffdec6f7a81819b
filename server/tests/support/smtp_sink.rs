//! A mail server for tests: speaks real SMTP on a loopback port and answers as the test's script says.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server does instead of its usual answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Answers with these words.
    Say(&'static str),
    /// Answers, then closes the connection.
    SayAndClose(&'static str),
    /// Closes the connection without an answer.
    Close,
    /// Answers with these words, but only after so long.
    SayAfter(Duration, &'static str),
    /// Never comes to the end of its answer: a byte now and then.
    Drip(Duration),
    /// Never answers, until the other side gives up.
    Hang,
}

/// A moment of the conversation at which the script is asked.
#[derive(Debug)]
pub struct Moment<'a> {
    /// `CONNECT`, `EHLO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `BODY` (some lines of it have come), `DOT`, `RSET` or
    /// `QUIT`.
    pub verb: &'a str,
    /// The whole line.
    pub line: &'a str,
    /// How often this verb was heard before, on all connections.
    pub earlier: usize,
}

/// A mail that the server took.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Headers and body, dots unstuffed.
    pub data: Vec<u8>,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Whether the answer was given, as far as the server can tell.
    pub answered: bool,
}

impl Taken {
    /// The value of a header that is not folded.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.data);
        let head = text.split("\r\n\r\n").next().unwrap_or_default();
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

type Script = Box<dyn Fn(&Moment<'_>) -> Option<Act> + Send + Sync>;

struct Shared {
    script: Script,
    extensions: Vec<&'static str>,
    tls: Option<TlsAcceptor>,
    implicit: bool,
    heard: Mutex<Vec<String>>,
    counts: Mutex<HashMap<String, usize>>,
    taken: Mutex<Vec<Taken>>,
    raw: Option<Mutex<Vec<u8>>>,
    open: AtomicUsize,
}

/// The running server; it ends with the test's runtime.
pub struct Sink {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

/// How a [`Sink`] is to be.
pub struct Plan {
    script: Script,
    extensions: Vec<&'static str>,
    tls: Option<TlsAcceptor>,
    implicit: bool,
    keeps_raw: bool,
}

impl Plan {
    /// A plain server that takes everything.
    pub fn new() -> Plan {
        Plan {
            script: Box::new(|_| None),
            extensions: vec!["8BITMIME", "SMTPUTF8"],
            tls: None,
            implicit: false,
            keeps_raw: true,
        }
    }

    /// Asked at every moment; `None` is the usual answer.
    pub fn script(mut self, script: impl Fn(&Moment<'_>) -> Option<Act> + Send + Sync + 'static) -> Plan {
        self.script = Box::new(script);
        self
    }

    /// What EHLO lists, besides STARTTLS.
    pub fn extensions(mut self, extensions: &[&'static str]) -> Plan {
        self.extensions = extensions.to_vec();
        self
    }

    /// Offers STARTTLS.
    pub fn starttls(mut self, tls: TlsAcceptor) -> Plan {
        self.tls = Some(tls);
        self
    }

    /// Speaks TLS from the first byte.
    pub fn implicit_tls(mut self, tls: TlsAcceptor) -> Plan {
        self.tls = Some(tls);
        self.implicit = true;
        self
    }

    /// Does not keep what comes over the wire, only mails.
    pub fn without_raw(mut self) -> Plan {
        self.keeps_raw = false;
        self
    }

    /// Starts it on a free port.
    pub async fn start(self) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            script: self.script,
            extensions: self.extensions,
            tls: self.tls,
            implicit: self.implicit,
            heard: Mutex::default(),
            counts: Mutex::default(),
            taken: Mutex::default(),
            raw: self.keeps_raw.then(Mutex::default),
            open: AtomicUsize::new(0),
        });
        let server = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("nodelay");
                let shared = server.clone();
                shared.open.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    match (&shared.tls, shared.implicit) {
                        (Some(tls), true) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                Conversation::new(&shared, true).greet(BufReader::new(stream)).await;
                            }
                        }
                        _ => {
                            let mut talk = Conversation::new(&shared, false);
                            if let Some(stream) = talk.greet(BufReader::new(stream)).await
                                && let Some(tls) = &shared.tls
                                && let Ok(stream) = tls.accept(stream.into_inner()).await
                            {
                                Conversation::new(&shared, true).listen(BufReader::new(stream)).await;
                            }
                        }
                    }
                    shared.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Sink { address, shared }
    }
}

impl Sink {
    /// The mails taken so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.shared.taken.lock().expect("lock").clone()
    }

    /// The verbs heard so far, in order, on all connections.
    pub fn heard(&self) -> Vec<String> {
        self.shared.heard.lock().expect("lock").clone()
    }

    /// How often a verb was heard.
    pub fn count(&self, verb: &str) -> usize {
        self.heard().iter().filter(|heard| *heard == verb).count()
    }

    /// Every byte received, after decryption.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.raw.as_ref().expect("it is kept").lock().expect("lock").clone()
    }

    /// How many mails were taken so far.
    pub fn number_taken(&self) -> usize {
        self.shared.taken.lock().expect("lock").len()
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn keep(&self, bytes: &[u8]) {
        if let Some(raw) = &self.raw {
            raw.lock().expect("lock").extend_from_slice(bytes);
        }
    }
}

struct Conversation<'a> {
    shared: &'a Shared,
    encrypted: bool,
    from: String,
    to: Vec<String>,
}

/// What happens after an answer.
enum Next {
    Go(String),
    Act(Act),
}

impl<'a> Conversation<'a> {
    fn new(shared: &'a Shared, encrypted: bool) -> Conversation<'a> {
        Conversation { shared, encrypted, from: String::new(), to: Vec::new() }
    }

    fn decide(&self, verb: &str, line: &str, usual: impl Into<String>) -> Next {
        let mut heard = self.shared.heard.lock().expect("lock");
        heard.push(verb.to_owned());
        drop(heard);
        let mut counts = self.shared.counts.lock().expect("lock");
        let count = counts.entry(verb.to_owned()).or_default();
        let earlier = *count;
        *count += 1;
        drop(counts);
        match (self.shared.script)(&Moment { verb, line, earlier }) {
            Some(act) => Next::Act(act),
            None => Next::Go(usual.into()),
        }
    }

    /// Greets, then listens. Gives the stream back when TLS is to begin.
    async fn greet<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        mut stream: BufReader<S>,
    ) -> Option<BufReader<S>> {
        let next = self.decide("CONNECT", "", "220 sink.example.com ready");
        if !answer(&mut stream, &next).await {
            return None;
        }
        self.listen(stream).await
    }

    async fn listen<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        mut stream: BufReader<S>,
    ) -> Option<BufReader<S>> {
        loop {
            let mut line = Vec::new();
            if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
                return None;
            }
            self.shared.keep(&line);
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let usual = match verb.as_str() {
                "EHLO" => self.extensions(),
                "STARTTLS" => "220 go ahead".to_owned(),
                "AUTH" => "235 2.7.0 welcome".to_owned(),
                "DATA" => "354 go ahead".to_owned(),
                "QUIT" => "221 2.0.0 bye".to_owned(),
                _ => "250 2.0.0 ok".to_owned(),
            };
            let next = self.decide(&verb, &line, usual);
            let usual = matches!(next, Next::Go(_));
            let argument =
                line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path);
            match (verb.as_str(), usual) {
                ("MAIL", true) => argument.unwrap_or_default().clone_into(&mut self.from),
                ("RCPT", true) => self.to.push(argument.unwrap_or_default().to_owned()),
                ("RSET", _) => self.to.clear(),
                _ => {}
            }
            if !answer(&mut stream, &next).await {
                return None;
            }
            match (verb.as_str(), usual) {
                ("DATA", true) => {
                    let data = self.data(&mut stream).await?;
                    let next = self.decide("DOT", "", "250 2.0.0 queued as 12345");
                    // A server that closes instead of answering the final dot has taken the mail: the worst case.
                    let takes = matches!(next, Next::Go(_) | Next::Act(Act::Close | Act::SayAfter(..)));
                    let taken = takes.then(|| {
                        let mut taken = self.shared.taken.lock().expect("lock");
                        taken.push(Taken {
                            from: self.from.clone(),
                            to: std::mem::take(&mut self.to),
                            data,
                            encrypted: self.encrypted,
                            answered: false,
                        });
                        taken.len() - 1
                    });
                    self.to.clear();
                    if !answer(&mut stream, &next).await {
                        return None;
                    }
                    if let Some(index) = taken {
                        self.shared.taken.lock().expect("lock")[index].answered = true;
                    }
                }
                ("STARTTLS", true) => return Some(stream),
                ("QUIT", _) => return None,
                _ => {}
            }
        }
    }

    fn extensions(&self) -> String {
        let mut lines = vec!["sink.example.com"];
        lines.extend(&self.shared.extensions);
        if self.shared.tls.is_some() && !self.encrypted {
            lines.push("STARTTLS");
        }
        let last = lines.pop().expect("a name");
        let mut text: String = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
        text.push_str("250 ");
        text.push_str(last);
        text
    }

    async fn data<S: AsyncRead + Unpin>(&self, stream: &mut BufReader<S>) -> Option<Vec<u8>> {
        let (mut data, mut lines) = (Vec::new(), 0);
        loop {
            let mut line = Vec::new();
            if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
                return None;
            }
            self.shared.keep(&line);
            lines += 1;
            // In the middle of the headers, when there is no doubt that the mail is not complete.
            if lines == 5 {
                match (self.shared.script)(&Moment { verb: "BODY", line: "", earlier: 0 }) {
                    Some(Act::Close) => return None,
                    Some(act) => panic!("{act:?} is not possible in the middle of a mail"),
                    None => {}
                }
            }
            match line.strip_prefix(b".") {
                Some(b"\r\n") => return Some(data),
                Some(stuffed) => data.extend_from_slice(stuffed),
                None => data.extend_from_slice(&line),
            }
        }
    }
}

/// Writes the answer; whether the conversation goes on.
async fn answer<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, next: &Next) -> bool {
    let (words, goes_on) = match next {
        Next::Go(words) => (words.as_str(), true),
        Next::Act(Act::Say(words)) => (*words, true),
        Next::Act(Act::SayAndClose(words)) => (*words, false),
        Next::Act(Act::Close) => return false,
        Next::Act(Act::SayAfter(wait, words)) => {
            tokio::time::sleep(*wait).await;
            (*words, true)
        }
        Next::Act(Act::Drip(every)) => {
            while stream.write_all(b"2").await.is_ok() && stream.flush().await.is_ok() {
                tokio::time::sleep(*every).await;
            }
            return false;
        }
        Next::Act(Act::Hang) => {
            let mut ignored = [0; 1024];
            while stream.read(&mut ignored).await.is_ok_and(|count| count > 0) {}
            return false;
        }
    };
    let written = stream.write_all(format!("{words}\r\n").as_bytes()).await.is_ok();
    written && stream.flush().await.is_ok() && goes_on
}
