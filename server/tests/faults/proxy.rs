//! A TCP proxy before the database that can cut connections or fall silent.

use anyhow::Context;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the proxy does with what it is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mood {
    /// Passes it on.
    Helpful,
    /// Keeps connections open and passes nothing on.
    Silent,
    /// Closes all connections and takes none.
    Away,
}

pub struct Proxy {
    pub address: SocketAddr,
    mood: watch::Sender<Mood>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// In front of `target` (`host:port`).
    pub async fn before(target: String) -> anyhow::Result<Proxy> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (mood, moods) = watch::channel(Mood::Helpful);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *moods.borrow() == Mood::Away {
                    continue;
                }
                let (target, moods) = (target.clone(), moods.clone());
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(target).await {
                        relay(client, server, moods).await;
                    }
                });
            }
        });
        Ok(Proxy { address, mood, task })
    }

    pub fn set(&self, mood: Mood) -> anyhow::Result<()> {
        self.mood.send(mood).context("nobody listens")
    }

    /// Cuts every connection once.
    pub async fn cut(&self) -> anyhow::Result<()> {
        self.set(Mood::Away)?;
        tokio::task::yield_now().await;
        self.set(Mood::Helpful)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn relay(client: TcpStream, server: TcpStream, moods: watch::Receiver<Mood>) {
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::select! {
        () = pass(from_client, to_server, moods.clone()) => {}
        () = pass(from_server, to_client, moods) => {}
    }
}

/// Passes bytes on until an end closes or the mood says to cut.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut moods: watch::Receiver<Mood>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            changed = moods.changed() => {
                if changed.is_err() || *moods.borrow_and_update() == Mood::Away {
                    return;
                }
                continue;
            }
            read = from.read(&mut buffer) => read,
        };
        let Ok(length @ 1..) = read else { return };
        while *moods.borrow() == Mood::Silent {
            if moods.changed().await.is_err() {
                return;
            }
        }
        if *moods.borrow() == Mood::Away || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
