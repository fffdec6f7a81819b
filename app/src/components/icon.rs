//! Icons: one path each, drawn with the current colour. Always beside a word, or in a button that has a name.

use leptos::prelude::*;

/// Outline of each icon on a field of 24 by 24.
const PATHS: &[(&str, &str)] = &[
    (
        "people",
        "M5.5 8a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0M2.5 19.5c.6-3.3 3.2-5.5 6.5-5.5s5.9 2.2 6.5 5.5M16 5a3.2 3.2 0 0 1 0 6.3M18 14.3c2 .7 3.2 2.5 3.6 5.2",
    ),
    ("person", "M8 8a4 4 0 1 0 8 0a4 4 0 1 0-8 0M4.5 20.5c.7-4 3.7-6.5 7.5-6.5s6.8 2.5 7.5 6.5"),
    (
        "list",
        "M6 4.5h12a2.5 2.5 0 0 1 2.5 2.5v10a2.5 2.5 0 0 1-2.5 2.5H6A2.5 2.5 0 0 1 3.5 17V7A2.5 2.5 0 0 1 6 4.5ZM7.5 9.5h9M7.5 13h9M7.5 16h5",
    ),
    ("import", "M12 3.5v11M7.5 10.5 12 15l4.5-4.5M4 16.5v2a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-2"),
    ("download", "M12 4v11M7.5 10.5 12 15l4.5-4.5M5 19.5h14"),
    (
        "mail",
        "M5.5 5h13A2.5 2.5 0 0 1 21 7.5v9a2.5 2.5 0 0 1-2.5 2.5h-13A2.5 2.5 0 0 1 3 16.5v-9A2.5 2.5 0 0 1 5.5 5ZM3.5 7.5l8.5 6l8.5-6",
    ),
    ("send", "M20.5 4 3.5 10.5l7 3 3 7ZM10.5 13.5 15 9"),
    ("history", "M12 7.5V12l3 2M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 4v4.5h4.5"),
    (
        "settings",
        "M4 7h9M17 7h3M4 17h3M11 17h9M13 7a2 2 0 1 0 4 0a2 2 0 1 0-4 0M7 17a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
    ),
    ("sign-out", "M14 4.5H7a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h7M10 12h10.5M17 8.5l3.5 3.5l-3.5 3.5"),
    ("key", "M3.5 15.5a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0M11.2 12.3 19.5 4M16.5 7l2.5 2.5M14 9.5l1.5 1.5"),
    ("menu", "M4 7h16M4 12h16M4 17h16"),
    ("search", "M4.5 11a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0-13 0M16 16l4 4"),
    (
        "file",
        "M6 3.5h8L18.5 8v12a.5.5 0 0 1-.5.5H6a.5.5 0 0 1-.5-.5V4a.5.5 0 0 1 .5-.5ZM13.5 3.5v5h5M9 13h6M9 16.5h6",
    ),
    ("check", "m5 12.5 4.5 4.5L19 7.5"),
    ("close", "m6 6 12 12M18 6 6 18"),
    ("warning", "M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0M12 8v4.5M12 15.8v.2"),
    ("info", "M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0M12 11v5M12 7.8v.2"),
];

fn path(name: &str) -> &'static str {
    PATHS.iter().find(|(known, _)| *known == name).map_or("", |(_, path)| path)
}

/// An icon by its name in the list above.
#[component]
pub fn Icon(
    /// `people`, `search`, `check`, …
    name: &'static str,
) -> impl IntoView {
    icon(name)
}

/// Draws an icon.
pub fn icon(name: &'static str) -> AnyView {
    debug_assert!(!path(name).is_empty(), "there is no icon of the name {name}");
    view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=path(name)></path></svg> }
        .into_any()
}
