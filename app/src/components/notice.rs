//! Sentences that belong to the page and stay: what happened and what to do.

use super::icon::icon;
use crate::api::ApiError;
use leptos::prelude::*;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Good to know.
    Info,
    /// Done.
    Done,
    /// Look at this.
    Warning,
    /// It did not work.
    Problem,
}

impl NoticeKind {
    const fn class(self) -> &'static str {
        match self {
            NoticeKind::Info => "notice",
            NoticeKind::Done => "notice is-ok",
            NoticeKind::Warning => "notice is-warn",
            NoticeKind::Problem => "notice is-bad",
        }
    }

    const fn glyph(self) -> &'static str {
        match self {
            NoticeKind::Info => "info",
            NoticeKind::Done => "check",
            NoticeKind::Warning | NoticeKind::Problem => "warning",
        }
    }
}

/// A notice; `role="alert"` for problems, so that they are heard at once.
pub fn notice(kind: NoticeKind, title: impl Into<String>, text: impl Into<String>) -> AnyView {
    let title: String = title.into();
    let text: String = text.into();
    let role = (kind == NoticeKind::Problem).then_some("alert");
    view! {
        <div class=kind.class() role=role>
            {icon(kind.glyph())}
            <div>
                {(!title.is_empty()).then(|| view! { <p class="notice-title">{title}</p> })}
                {(!text.is_empty()).then(|| view! { <p>{text}</p> })}
            </div>
        </div>
    }
    .into_any()
}

/// In place of what could not be loaded.
pub fn failure(error: &ApiError) -> AnyView {
    match error {
        ApiError::SignInRequired => view! {
            <div class="notice is-warn" role="alert">
                {icon("warning")}
                <div>
                    <p class="notice-title">"You are signed out"</p>
                    <p><a href="/sign-in" rel="external">"Sign in"</a>" to go on."</p>
                </div>
            </div>
        }
        .into_any(),
        ApiError::NotFound => notice(
            NoticeKind::Warning,
            "There is nothing here",
            "It may have been removed, or the address is not right.",
        ),
        error => notice(NoticeKind::Problem, "That did not work", error.to_string()),
    }
}

/// What a form could not do, above its fields; nothing while there is nothing to say.
pub fn form_error(error: Option<ApiError>) -> AnyView {
    match error {
        Some(error) => notice(NoticeKind::Problem, "", error.to_string()),
        None => ().into_any(),
    }
}
