use plimsoll_project::MemoryFiles;

use super::*;
use crate::{Confidence, RuleInfo, RuleOption};

const fn rule(id: &'static str) -> RuleInfo {
    RuleInfo {
        id,
        category: "database",
        severity: Severity::Warning,
        is_preview: false,
        since: "0.1.0",
        summary: "",
        documentation: "",
        options: &[],
    }
}

const RULES: [RuleInfo; 3] = [
    rule("missing-timeout"),
    rule("missing-retry"),
    RuleInfo {
        options: &[RuleOption { key: "max_rows", default: 100, summary: "" }],
        ..rule("unbounded-query")
    },
];

fn load(files: &[(&str, &str)], path: &str) -> Loaded {
    let mut memory = MemoryFiles::default();
    for (path, text) in files {
        memory.insert(*path, *text);
    }
    let names = RuleNames { rules: &RULES, renamed: &[("no-timeout", "missing-timeout")] };
    Config::load(&memory, path, &names)
}

fn messages(loaded: &Loaded) -> Vec<String> {
    loaded.errors.iter().map(ToString::to_string).collect()
}

#[test]
fn the_documented_file_is_understood() {
    let text = r#"
preview = true
[rules]
missing-timeout = "error"
unbounded-query = { severity = "warning", max_rows = 500 }
[files]
exclude = ["legacy/**", "gen"]
tests   = ["**/*.checks.ts"]
[[overrides]]
paths = ["packages/legacy/**"]
rules = { missing-retry = "off", missing-timeout = "info" }
[[model]]
package = "@acme/db"
[[model.function]]
name    = "runQuery"
effect  = "db.read"
"#;
    let loaded = load(&[("/p/plimsoll.toml", text)], "/p/src/a.ts");
    assert_eq!(messages(&loaded), [""; 0]);
    assert_eq!(loaded.source.as_deref(), Some("/p/plimsoll.toml"));
    let config = &loaded.config;
    let severity = |rule, path| config.severity_of(rule, path, Severity::Warning);
    assert_eq!(severity("missing-timeout", "/p/src/a.ts"), Some(Severity::Error));
    assert_eq!(severity("missing-retry", "/p/src/a.ts"), Some(Severity::Warning));
    assert_eq!(severity("missing-retry", "/p/packages/legacy/src/a.ts"), None);
    assert_eq!(severity("missing-timeout", "/p/packages/legacy/a.ts"), Some(Severity::Info));
    assert!(config.preview());
    let rows = config.option("unbounded-query", "/p/a.ts", "max_rows");
    assert_eq!(rows, Some(500));
    for excluded in ["/p/legacy/a.ts", "/p/gen/deep/a.ts", "/p/gen"] {
        assert!(config.is_excluded(excluded), "{excluded}");
    }
    for kept in ["/p/src/legacy.ts", "/p/src/gen/a.ts", "/elsewhere/gen/a.ts"] {
        assert!(!config.is_excluded(kept), "{kept}");
    }
    assert!(config.is_test("/p/src/a.checks.ts", "src/a.checks.ts"));
    assert!(config.is_test("/p/src/a.spec.ts", "src/a.spec.ts"));
    assert!(!config.is_test("/p/src/a.ts", "src/a.ts"));
    assert_eq!(config.models().len(), 1);
    assert_eq!(config.models()[0].line, 12);
    assert!(config.models()[0].table.contains_key("function"));
}

#[test]
fn every_error_is_told_with_its_line_and_what_was_meant() {
    let text = "preveiw = true\n[rules]\nmising-timeout = \"error\"\nmissing-retry = \"of\"\nunbounded-query = 3\nzzz = \"off\"\n[files]\nexcludes = []\ntests = [\"a[\"]\n[[overrides]]\nrules = {}\n";
    let loaded = load(&[("/p/plimsoll.toml", text)], "/p/a.ts");
    insta::assert_snapshot!(messages(&loaded).join("\n"), @r"
    /p/plimsoll.toml:1: unknown key `preveiw`; did you mean `preview`?
    /p/plimsoll.toml:3: unknown rule `mising-timeout`; did you mean `missing-timeout`?
    /p/plimsoll.toml:4: unknown severity `of`; did you mean `off`?
    /p/plimsoll.toml:5: expected `off`, `info`, `warning`, `error` or a table, found an integer
    /p/plimsoll.toml:6: unknown rule `zzz`; `plimsoll rules` lists them all
    /p/plimsoll.toml:8: unknown key `excludes`; did you mean `exclude`?
    /p/plimsoll.toml:9: `a[` is no path pattern: unclosed character class; missing ']'
    /p/plimsoll.toml:10: `[[overrides]]` needs `paths`
    ");
}

#[test]
fn options_of_rules_are_checked() {
    let text = "missing-retry = \"off\"\n[rules]\nunbounded-query = { max_row = 5, max_rows = -1 }\nmissing-timeout = { max_rows = 1 }\n[rules.missing-retry]\nseverity = 2\n[[overrides]]\npaths = [\"a/**\"]\nrules = { unbounded-query = { max_rows = 7 } }\n";
    let loaded = load(&[("/p/plimsoll.toml", text)], "/p/a.ts");
    insta::assert_snapshot!(messages(&loaded).join("\n"), @r"
    /p/plimsoll.toml:1: `missing-retry` is a rule: it belongs under `[rules]`
    /p/plimsoll.toml:3: unknown key `max_row`; did you mean `max_rows`?
    /p/plimsoll.toml:3: `-1` is no whole number between 0 and 4294967295
    /p/plimsoll.toml:4: unknown key `max_rows`; allowed here: severity
    /p/plimsoll.toml:6: expected `off`, `info`, `warning`, `error` or a table, found an integer
    ");
    let option = |path| loaded.config.option("unbounded-query", path, "max_rows");
    assert_eq!((option("/p/a/b.ts"), option("/p/b.ts")), (Some(7), None));
}

#[test]
fn broken_toml_is_one_error_and_no_configuration() {
    for text in ["[rules\nx = 1", "a = ", "\u{0}", "a = 1\na = 2\n", "\"\"\"", &"[".repeat(10_000)] {
        let loaded = load(&[("/p/plimsoll.toml", text)], "/p/a.ts");
        assert_eq!(loaded.errors.len(), 1, "{text:.20}: {:?}", loaded.errors);
        assert_eq!(*loaded.config, Config::default());
    }
}

#[test]
fn the_nearest_file_wins_and_may_extend_another() {
    let far = (
        "/p/plimsoll.toml",
        "preview = true\n[rules]\nmissing-retry = \"off\"\nno-timeout = \"error\"\n[files]\nexclude = [\"packages/a/old\"]",
    );
    let near = ("/p/packages/a/plimsoll.toml", "[rules]\nmissing-timeout = \"info\"\n");
    let extending = (
        "/p/packages/a/plimsoll.toml",
        "extends = \"../../plimsoll.toml\"\n[rules]\nmissing-timeout = \"info\"\n",
    );
    let file = "/p/packages/a/src/x.ts";

    let alone = load(&[far, near], file).config;
    assert_eq!(alone.severity_of("missing-timeout", file, Severity::Error), Some(Severity::Info));
    assert_eq!(alone.severity_of("missing-retry", file, Severity::Info), Some(Severity::Info));
    assert!(!alone.preview());

    let both = load(&[far, extending], file);
    assert_eq!(messages(&both), [""; 0]);
    let both = both.config;
    assert_eq!(both.severity_of("missing-timeout", file, Severity::Error), Some(Severity::Info));
    assert_eq!(both.severity_of("missing-retry", file, Severity::Info), None);
    assert!(both.preview() && both.is_excluded("/p/packages/a/old/x.ts"));
}

#[test]
fn extending_in_a_circle_or_without_end_or_nothing_is_an_error() {
    let circle = load(
        &[
            ("/p/a/plimsoll.toml", "extends = '../plimsoll.toml'"),
            ("/p/plimsoll.toml", "# far\nextends = './a/plimsoll.toml'"),
        ],
        "/p/a/x.ts",
    );
    assert_eq!(
        messages(&circle),
        ["/p/plimsoll.toml:2: `extends` leads back to a file that is read already"]
    );

    let missing = load(&[("/p/plimsoll.toml", "extends = 'nowhere.toml'")], "/p/x.ts");
    assert_eq!(messages(&missing), ["/p/plimsoll.toml:1: `/p/nowhere.toml` cannot be read"]);

    let names: Vec<(String, String)> = (0..40)
        .map(|depth| (format!("/p/{depth}.toml"), format!("extends = '{}.toml'", depth + 1)))
        .collect();
    let mut files: Vec<(&str, &str)> =
        names.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("/p/plimsoll.toml", "extends = '0.toml'"));
    assert_eq!(load(&files, "/p/x.ts").errors.len(), 1);
}

#[test]
fn the_command_line_can_narrow_and_widen() {
    let config = Config::default().with_only(&["missing-retry".to_owned()]).with_preview();
    assert_eq!(config.severity_of("missing-timeout", "/a.ts", Severity::Error), None);
    assert_eq!(config.severity_of("missing-retry", "/a.ts", Severity::Info), Some(Severity::Info));
    assert!(config.preview());
    assert!(Confidence::High > Confidence::Medium);
}
