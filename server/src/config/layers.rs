//! Where a value comes from: flags, then the environment, then the file; and who is to blame when it is wrong.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::keys::{KEYS, Key};

/// Where a value was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A command-line flag, with its dashes.
    Flag(String),
    /// An environment variable.
    Variable(String),
    /// The configuration file.
    File(PathBuf),
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(flag) => write!(f, "the flag {flag}"),
            Origin::Variable(name) => write!(f, "the environment variable {name}"),
            Origin::File(path) => write!(f, "the file {}", path.display()),
            Origin::Default => f.write_str("the default"),
        }
    }
}

/// Why the configuration cannot be used. Each message names the setting, its origin and how to mend it, and never
/// repeats a value that may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value does not mean what its setting needs.
    #[error("`{key}` from {origin} cannot be used: {mend}")]
    Value {
        /// The setting.
        key: &'static str,
        /// Where the value was found.
        origin: Origin,
        /// What is wrong and what to write instead.
        mend: String,
    },
    /// The file is there, or was asked for, and cannot be read.
    #[error(
        "the configuration file {} cannot be read ({source}); make it readable for this user or name another with --config",
        path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("the configuration file {} is not valid TOML{position}: {reason}; `rollcall config example` prints a valid one", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// ` in line N`, or nothing.
        position: String,
        /// The parser's words, without the offending line, which may hold a password.
        reason: String,
    },
    /// The file has a key that no setting has.
    #[error("`{key}` in {} is not a setting{hint}; `rollcall config example` lists all of them", path.display())]
    UnknownKey {
        /// What was written.
        key: String,
        /// The file.
        path: PathBuf,
        /// `, did you mean …?`, or nothing.
        hint: String,
    },
}

/// The raw values of all three layers.
#[derive(Default)]
pub struct Layers {
    flags: BTreeMap<&'static str, String>,
    environment: BTreeMap<String, String>,
    file: Option<(PathBuf, BTreeMap<String, String>)>,
}

impl Layers {
    /// Layers without a file. An empty environment variable counts as not set, as container tools leave them so.
    pub fn new(
        flags: BTreeMap<&'static str, String>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Layers {
        let environment = environment
            .into_iter()
            .filter(|(name, value)| name.starts_with("ROLLCALL_") && !value.is_empty())
            .collect();
        Layers { flags, environment, file: None }
    }

    /// The file that `--config` or `ROLLCALL_CONFIG` names.
    pub fn named_file(&self) -> Option<PathBuf> {
        self.flags.get("config").or_else(|| self.environment.get("ROLLCALL_CONFIG")).map(PathBuf::from)
    }

    /// Adds the weakest layer: the text of the configuration file.
    ///
    /// # Errors
    /// When it is not TOML, has an unknown key or a value that is neither text, number nor true/false.
    pub fn add_file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| ConfigError::Syntax {
            path: path.to_owned(),
            position: error
                .span()
                .map(|span| {
                    let before = text.get(..span.start).unwrap_or(text);
                    format!(" in line {}", before.matches('\n').count() + 1)
                })
                .unwrap_or_default(),
            reason: error.message().to_owned(),
        })?;
        let mut values = BTreeMap::new();
        for (name, value) in table {
            let Some(key) = KEYS.iter().find(|key| key.name == name) else {
                let hint = nearest(&name).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
                return Err(ConfigError::UnknownKey { key: name, path: path.to_owned(), hint });
            };
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(flag) => flag.to_string(),
                other => {
                    return Err(ConfigError::Value {
                        key: key.name,
                        origin: Origin::File(path.to_owned()),
                        mend: format!(
                            "write a text in quotation marks or a number, not a value of type {}",
                            other.type_str()
                        ),
                    });
                }
            };
            values.insert(name, text);
        }
        self.file = Some((path.to_owned(), values));
        Ok(())
    }

    /// The strongest value of a setting, if anyone set it.
    pub fn find(&self, name: &'static str) -> Option<(String, Origin)> {
        let key = KEYS.iter().find(|key| key.name == name)?;
        if let Some(value) = self.flags.get(name) {
            return Some((value.clone(), Origin::Flag(format!("--{}", key.flag()))));
        }
        let variable = key.variable();
        if let Some(value) = self.environment.get(&variable) {
            return Some((value.clone(), Origin::Variable(variable)));
        }
        let (path, values) = self.file.as_ref()?;
        Some((values.get(name)?.clone(), Origin::File(path.clone())))
    }

    /// The value of a setting through `parse`, whose error says what to write instead; `None` when nobody set it.
    ///
    /// # Errors
    /// [`ConfigError::Value`] when `parse` refuses.
    pub fn parse<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        match self.find(name) {
            None => Ok(None),
            Some((value, origin)) => {
                parse(value.trim()).map(Some).map_err(|mend| ConfigError::Value { key: name, origin, mend })
            }
        }
    }

    /// Variables that start with `ROLLCALL_` and mean nothing: most likely slips of the pen.
    pub fn unknown_variables(&self) -> Vec<String> {
        self.environment
            .keys()
            .filter(|name| *name != "ROLLCALL_CONFIG" && !KEYS.iter().any(|key| key.variable() == **name))
            .cloned()
            .collect()
    }
}

/// The setting whose name is closest, when it is close enough to be meant.
fn nearest(name: &str) -> Option<&'static str> {
    let close = |key: &Key| (distance(name, key.name), key.name);
    KEYS.iter().map(close).min().filter(|(distance, _)| *distance <= 3).map(|(_, name)| name)
}

/// Levenshtein distance over bytes; the names are ASCII and short.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
