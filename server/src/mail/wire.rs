//! The connection to the mail server below SMTP: TCP without Nagle's algorithm, TLS, and the few lines of SMTP that
//! come before STARTTLS. lettre speaks the rest.
//!
//! Why own: lettre 0.11.23's pool leaves Nagle's algorithm on, so that every message waits for a delayed
//! acknowledgement (44 ms on loopback), and its one time-out is either too short for the answer to the final dot or
//! too long for everything else. An own stream also lets us refuse a server that sends bytes after its answer to
//! STARTTLS, which would otherwise be taken for an answer inside the encryption.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::outcome::{Fault, Phase, one_answer};
use super::smtp::Timeouts;
use crate::config::{Encryption, SmtpServer};

/// Most bytes that a server may answer before TLS.
const MAX_ANSWER: usize = 16 * 1024;

/// The certificate authorities that a mail server's certificate is checked against.
///
/// # Errors
/// When `extra_authority` is not PEM with at least one certificate.
pub fn tls_config(extra_authority: Option<&[u8]>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(pem) = extra_authority {
        let mut added = 0;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| format!("it is not valid PEM ({error:?})"))?;
            roots
                .add(certificate)
                .map_err(|error| format!("a certificate in it cannot be used ({error})"))?;
            added += 1;
        }
        if added == 0 {
            return Err("it holds no certificate".to_owned());
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// A stream that is ready for lettre: TCP is up, TLS too where it belongs.
#[derive(Debug)]
pub struct Wire {
    /// A greeting that was read before STARTTLS; lettre expects one first.
    replay: io::Cursor<Vec<u8>>,
    inner: Inner,
    peer: SocketAddr,
}

#[derive(Debug)]
enum Inner {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    /// Whether nobody on the way can read along.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.inner, Inner::Tls(_))
    }

    /// Connects, with TLS as the server's settings ask.
    ///
    /// # Errors
    /// In the phase in which it failed.
    pub async fn open(
        server: &SmtpServer,
        tls: &Arc<ClientConfig>,
        hello: &ClientId,
        timeouts: Timeouts,
    ) -> Result<Wire, Fault> {
        let address = server.address();
        let tcp = timeout(timeouts.connect, TcpStream::connect((server.host.as_str(), server.port)))
            .await
            .map_err(|_| Fault::timeout(Phase::Connect))?
            .map_err(|error| Fault::broken(Phase::Connect, format!("{address}: {error}")))?;
        let peer = tcp.peer_addr().map_err(|error| Fault::broken(Phase::Connect, error))?;
        tcp.set_nodelay(true).map_err(|error| Fault::broken(Phase::Connect, error))?;
        let plain = |tcp, replay| Wire { replay: io::Cursor::new(replay), inner: Inner::Plain(tcp), peer };
        match server.encryption {
            Encryption::None => Ok(plain(tcp, Vec::new())),
            Encryption::Implicit => {
                let stream = encrypt(tcp, server, tls, timeouts).await?;
                Ok(Wire { replay: io::Cursor::default(), inner: Inner::Tls(Box::new(stream)), peer })
            }
            Encryption::Required | Encryption::Opportunistic => {
                let mut tcp = tcp;
                let greeting = timeout(timeouts.command, answer(&mut tcp, Phase::Greeting))
                    .await
                    .map_err(|_| Fault::timeout(Phase::Greeting))??;
                let hello = format!("EHLO {hello}\r\n");
                let offers = timeout(timeouts.command, ask(&mut tcp, &hello, Phase::Hello))
                    .await
                    .map_err(|_| Fault::timeout(Phase::Hello))??;
                if !offers_starttls(&offers) {
                    if server.encryption == Encryption::Opportunistic {
                        return Ok(plain(tcp, greeting));
                    }
                    // A courtesy; the connection is closed either way.
                    let _ = timeout(timeouts.connect, tcp.write_all(b"QUIT\r\n")).await;
                    return Err(Fault::own(
                        Phase::Encryption,
                        format!(
                            "{address} offers no STARTTLS, so nothing was sent. Use smtps://, or ?tls=none if the way there is safe."
                        ),
                    ));
                }
                timeout(timeouts.command, ask(&mut tcp, "STARTTLS\r\n", Phase::Encryption))
                    .await
                    .map_err(|_| Fault::timeout(Phase::Encryption))??;
                let stream = encrypt(tcp, server, tls, timeouts).await?;
                Ok(Wire { replay: io::Cursor::new(greeting), inner: Inner::Tls(Box::new(stream)), peer })
            }
        }
    }
}

async fn encrypt(
    tcp: TcpStream,
    server: &SmtpServer,
    tls: &Arc<ClientConfig>,
    timeouts: Timeouts,
) -> Result<TlsStream<TcpStream>, Fault> {
    let name = ServerName::try_from(server.host.clone()).map_err(|_| {
        Fault::own(Phase::Encryption, format!("{} is no name a certificate can have", server.host))
    })?;
    timeout(timeouts.command, TlsConnector::from(tls.clone()).connect(name, tcp))
        .await
        .map_err(|_| Fault::timeout(Phase::Connect))?
        .map_err(|error| {
            // rustls wraps its own findings (certificate, protocol) into InvalidData; the rest is the network.
            let phase =
                if error.kind() == io::ErrorKind::InvalidData { Phase::Encryption } else { Phase::Connect };
            Fault::broken(phase, format!("TLS with {}: {error}", server.address()))
        })
}

async fn ask(tcp: &mut TcpStream, command: &str, phase: Phase) -> Result<Vec<u8>, Fault> {
    tcp.write_all(command.as_bytes()).await.map_err(|error| Fault::broken(phase, error))?;
    answer(tcp, phase).await
}

/// Reads one answer, and nothing after it: more bytes than the answer mean that somebody writes out of turn.
async fn answer(tcp: &mut TcpStream, phase: Phase) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 1024];
        let count = tcp.read(&mut buffer).await.map_err(|error| Fault::broken(phase, error))?;
        if count == 0 {
            return Err(Fault::broken(phase, "the mail server closed the connection"));
        }
        bytes.extend_from_slice(&buffer[..count]);
        if let Some((code, length)) = one_answer(&bytes) {
            return match code {
                _ if length != bytes.len() => Err(Fault::own(
                    Phase::Encryption,
                    "the mail server sent more than its answer before the encryption; somebody on the way may have put it there",
                )),
                200..=299 => Ok(bytes),
                _ => Err(Fault::answered(phase, code, &String::from_utf8_lossy(&bytes))),
            };
        }
        if bytes.len() > MAX_ANSWER {
            return Err(Fault::broken(phase, "the mail server's answer does not end"));
        }
    }
}

/// Whether an answer to EHLO lists STARTTLS (RFC 3207).
fn offers_starttls(answer: &[u8]) -> bool {
    String::from_utf8_lossy(answer)
        .lines()
        .filter_map(|line| line.get(4..))
        .any(|keyword| keyword.trim().eq_ignore_ascii_case("STARTTLS"))
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let position = usize::try_from(self.replay.position()).unwrap_or(usize::MAX);
        let waiting = self.replay.get_ref().get(position..).unwrap_or_default();
        if !waiting.is_empty() {
            let count = waiting.len().min(buffer.remaining());
            buffer.put_slice(&waiting[..count]);
            self.replay.set_position((position + count) as u64);
            return Poll::Ready(Ok(()));
        }
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Inner::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Inner::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_flush(context),
            Inner::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Inner::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
