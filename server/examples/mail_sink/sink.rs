//! A mail server that takes everything and keeps nothing, as fast as one connection per thread can: what is measured
//! against it is the sender, not the server.

use std::io::{BufRead, BufReader, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What was taken so far.
#[derive(Default)]
pub struct Taken {
    /// Mails.
    pub mails: AtomicU64,
    /// Their bytes, as they came over the wire.
    pub bytes: AtomicU64,
}

/// Listens on a free port of loopback.
pub fn start() -> Result<(SocketAddr, Arc<Taken>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let taken = Arc::new(Taken::default());
    let counted = taken.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let counted = counted.clone();
            // A client that goes away ends its conversation, nothing else.
            std::thread::spawn(move || converse(stream, &counted));
        }
    });
    Ok((address, taken))
}

fn converse(stream: TcpStream, taken: &Taken) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut answers = stream.try_clone()?;
    let mut lines = BufReader::with_capacity(64 * 1024, stream);
    answers.write_all(b"220 sink.example.com ESMTP\r\n")?;
    let mut line = Vec::with_capacity(1024);
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_slice() {
            b"EHLO" => answers.write_all(b"250-sink.example.com\r\n250-PIPELINING\r\n250 8BITMIME\r\n")?,
            b"DATA" => {
                answers.write_all(b"354 go ahead\r\n")?;
                let mut bytes = 0;
                loop {
                    line.clear();
                    if lines.read_until(b'\n', &mut line)? == 0 {
                        return Ok(());
                    }
                    if line == b".\r\n" {
                        break;
                    }
                    bytes += line.len() as u64;
                }
                taken.bytes.fetch_add(bytes, Ordering::Relaxed);
                taken.mails.fetch_add(1, Ordering::Relaxed);
                answers.write_all(b"250 2.0.0 Ok: queued as 4BXj9Q2hTzWk\r\n")?;
            }
            b"QUIT" => return answers.write_all(b"221 2.0.0 bye\r\n"),
            _ => answers.write_all(b"250 2.0.0 ok\r\n")?,
        }
    }
}
