//! The keys of `plimsoll.toml`: the reader refuses all others, and their schema and reference are made of this table.

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigKey {
    /// The table that it stands in: empty for the file itself, `files`, `overrides`, `setting` for what is set for a rule.
    pub within: &'static str,
    /// How it is spelled.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it is for, in whole sentences.
    pub about: &'static str,
    /// A file that uses it.
    pub example: &'static str,
}

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A path.
    Path,
    /// `true` or `false`.
    Switch,
    /// `off`, `info`, `warning` or `error`.
    Severity,
    /// A list of path patterns.
    Patterns,
    /// What is set for rules, by their ids.
    Rules,
    /// A table with keys of its own.
    Table,
    /// Tables with keys of their own.
    Tables,
    /// Library models, whose format is that of `server/behavior/models`.
    Models,
}

/// All keys, each table in the order in which it is told.
pub const CONFIG_KEYS: &[ConfigKey] = &[
    ConfigKey {
        within: "",
        name: "extends",
        takes: Takes::Path,
        about: "A configuration that this one adds to, by its path from the folder of this file. Where both say \
                something, this one wins. Without it, a file further up is not read.",
        example: "extends = \"../plimsoll.toml\"\n",
    },
    ConfigKey {
        within: "",
        name: "preview",
        takes: Takes::Switch,
        about: "Whether preview rules are run, which are right too seldom yet to be shown unasked.",
        example: "preview = true\n",
    },
    ConfigKey {
        within: "",
        name: "rules",
        takes: Takes::Rules,
        about: "What is set for each rule: its severity, or a table with its severity and its options.",
        example: "[rules]\nmissing-timeout = \"error\"\n",
    },
    ConfigKey {
        within: "",
        name: "files",
        takes: Takes::Table,
        about: "Which files are not reviewed, and which are tests.",
        example: "[files]\nexclude = [\"legacy/**\"]\n",
    },
    ConfigKey {
        within: "",
        name: "overrides",
        takes: Takes::Tables,
        about: "Settings for some files, which stand over those of `[rules]`. Of several that match, the last one counts.",
        example: "[[overrides]]\npaths = [\"packages/legacy/**\"]\nrules = { missing-timeout = \"off\" }\n",
    },
    ConfigKey {
        within: "",
        name: "model",
        takes: Takes::Models,
        about: "What an in-house library does, in the format of the models that come with Plimsoll.",
        example: "[[model]]\npackage = \"@acme/db\"\n[[model.function]]\nname = \"runQuery\"\neffect = \"db.read\"\nasync = true\n",
    },
    ConfigKey {
        within: "files",
        name: "exclude",
        takes: Takes::Patterns,
        about: "Files and folders that are not reviewed, by patterns from the folder of this file.",
        example: "[files]\nexclude = [\"legacy/**\"]\n",
    },
    ConfigKey {
        within: "files",
        name: "tests",
        takes: Takes::Patterns,
        about: "Files that are tests, beside those that are known by their paths. Nothing is found in tests.",
        example: "[files]\ntests = [\"**/*.check.ts\"]\n",
    },
    ConfigKey {
        within: "overrides",
        name: "paths",
        takes: Takes::Patterns,
        about: "The files that it is for, by patterns from the folder of this file. It must be there.",
        example: "[[overrides]]\npaths = [\"scripts/**\"]\n",
    },
    ConfigKey {
        within: "overrides",
        name: "rules",
        takes: Takes::Rules,
        about: "What is set for each rule there.",
        example: "[[overrides]]\npaths = [\"scripts/**\"]\nrules = { missing-timeout = \"info\" }\n",
    },
    ConfigKey {
        within: "setting",
        name: "severity",
        takes: Takes::Severity,
        about: "How severe the findings of the rule are, whatever it would choose by what is at stake; `off` for none.",
        example: "[rules]\nmissing-timeout = { severity = \"error\" }\n",
    },
];

/// The names of the keys of a table.
pub(super) fn names_within(table: &str) -> Vec<&'static str> {
    CONFIG_KEYS.iter().filter(|key| key.within == table).map(|key| key.name).collect()
}

/// Whether a table has a key.
pub(super) fn is_known(table: &str, name: &str) -> bool {
    CONFIG_KEYS.iter().any(|key| key.within == table && key.name == name)
}

#[cfg(test)]
mod tests {
    use plimsoll_project::MemoryFiles;

    use super::*;
    use crate::{Config, RuleNames};

    #[test]
    fn every_key_is_read() {
        for key in CONFIG_KEYS {
            let mut files = MemoryFiles::default();
            files.insert("/plimsoll.toml", "");
            files.insert("/p/plimsoll.toml", key.example);
            assert!(key.example.contains(key.name), "{}", key.name);
            let names = RuleNames::new(crate::rules::all());
            let loaded = Config::load_from(&files, "/p/plimsoll.toml", &Config::default(), &names);
            assert_eq!(loaded.errors, [], "{}", key.name);
        }
    }

    #[test]
    fn every_option_of_a_rule_is_read() {
        for rule in crate::rules::all() {
            for option in rule.options {
                let mut files = MemoryFiles::default();
                let text = format!("[rules]\n{} = {{ {} = {} }}\n", rule.id, option.key, option.default);
                files.insert("/p/plimsoll.toml", text);
                let names = RuleNames::new(crate::rules::all());
                let loaded = Config::load_from(&files, "/p/plimsoll.toml", &Config::default(), &names);
                assert_eq!(loaded.errors, [], "{}: {}", rule.id, option.key);
            }
        }
    }
}
