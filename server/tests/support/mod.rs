//! What the tests of the server share.

#![allow(dead_code, reason = "each test program uses its part")]

pub mod certificates;
pub mod people;
pub mod smtp_sink;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use server::config::{Config, Layers};

/// A configuration in `folder` with these settings and defaults for the rest.
pub fn config(folder: &Path, settings: &[(&'static str, &str)]) -> Arc<Config> {
    let mut flags: BTreeMap<&'static str, String> =
        settings.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    flags.insert("data_dir", folder.to_string_lossy().into_owned());
    Arc::new(Config::from_layers(Layers::new(flags, Vec::new())).expect("a usable configuration"))
}
