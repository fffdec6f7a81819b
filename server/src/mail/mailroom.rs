//! What pages may know and do about mail.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use app::api::mail_texts::MailPreview;
use app::api::server::{Mailroom, Sending};
use directory::mail_texts::MailText;
use directory::outbox::MessageKind;

use super::Post;
use super::kinds::Kind;
use crate::workers::gate::Gate;

/// The post office as the pages see it.
pub struct Office {
    post: Post,
    gate: Arc<Gate>,
}

impl Office {
    /// `gate` is told when a test mail went out.
    pub fn new(post: Post, gate: Arc<Gate>) -> Office {
        Office { post, gate }
    }
}

impl Mailroom for Office {
    fn describe(&self) -> String {
        self.post.describe()
    }

    fn readable(&self) -> bool {
        self.post.files().is_some()
    }

    fn read<'a>(&'a self, id: &'a str) -> Pin<Box<dyn Future<Output = Option<String>> + Send + 'a>> {
        Box::pin(async move { self.post.files()?.read(id).await })
    }

    fn built_in(&self, kind: MessageKind) -> MailText {
        let Kind { subject, text, .. } = Kind::of(kind);
        MailText { kind, subject: (*subject).to_owned(), text: (*text).to_owned() }
    }

    fn placeholders(&self, kind: MessageKind) -> Vec<(&'static str, &'static str)> {
        let placeholders = Kind::of(kind).placeholders.iter();
        placeholders.map(|placeholder| (placeholder.name(), placeholder.meaning())).collect()
    }

    fn button(&self, kind: MessageKind) -> &'static str {
        Kind::of(kind).button.0.name()
    }

    fn preview(&self, text: &MailText, organisation: &str) -> Result<MailPreview, String> {
        self.post.preview(text, organisation)
    }

    fn test_mail<'a>(
        &'a self,
        text: Option<&MailText>,
        to: &'a str,
        name: &'a str,
        organisation: &'a str,
    ) -> Result<Sending<'a>, String> {
        let wording = self.post.trial(text, name, organisation)?;
        Ok(Box::pin(async move {
            let words = self.post.send_now(&wording, to, name, organisation).await?;
            // It works now, whatever was before: the queue need not wait out its pause.
            let _ = self.gate.works();
            Ok(words)
        }))
    }
}
