//! One flag per setting, made from the table of settings, so that flag, environment and file cannot drift apart.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use crate::config::KEYS;

/// The settings given as flags.
#[derive(Debug, Clone, Default)]
pub struct SettingFlags(BTreeMap<&'static str, String>);

impl SettingFlags {
    /// The strongest layer of the configuration.
    pub fn into_layer(self) -> BTreeMap<&'static str, String> {
        self.0
    }
}

const HEADING: &str = "Settings (`rollcall config example` explains them)";

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        let flag = |name: &'static str| {
            Arg::new(name).global(true).hide_short_help(true).help_heading(HEADING).num_args(1)
        };
        let file = flag("config")
            .long("config")
            .value_name("FILE")
            .help("Configuration file; rollcall.toml in the data folder by default [env: ROLLCALL_CONFIG]");
        KEYS.iter().fold(command.arg(file), |command, key| {
            let help = format!(
                "{} [default: {}] [env: {}]",
                key.about.first().copied().unwrap_or_default(),
                key.default,
                key.variable()
            );
            command.arg(flag(key.name).long(key.flag()).value_name("VALUE").help(help))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = SettingFlags::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for name in std::iter::once("config").chain(KEYS.iter().map(|key| key.name)) {
            if let Some(value) = matches.get_one::<String>(name) {
                self.0.insert(name, value.clone());
            }
        }
        Ok(())
    }
}
