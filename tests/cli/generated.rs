//! Committed files that are made of what the program knows, and its manual. Renewed with `PLIMSOLL_RENEW=1`.

use std::fmt::Write as _;
use std::path::Path;

use plimsoll_engine::{CONFIG_KEYS, Config, ConfigKey, Engine, RuleInfo, RuleNames, Takes};
use plimsoll_project::MemoryFiles;
use serde_json::{Map, Value, json};

use crate::project::Project;

/// What a `[[model]]` may hold: how it is called, and what it is.
const MODEL_KEYS: &[(&str, &str)] = &[
    (
        "package",
        "The modules or the crates that it is about: one, or a list. The name of a package is enough.",
    ),
    ("packages", "The same."),
    ("language", "`typescript` (all of TypeScript and JavaScript, the default) or `rust`."),
    ("source", "Where its facts come from."),
    ("in_process", "Whether it does its work in this process, so that many calls cost no round trips."),
    ("runs_commands", "Whether what it runs are commands of a server of keys and values, and no statements."),
    ("ignores_undefined", "Whether it leaves a condition out of a filter when its value is `undefined`."),
    ("cuts_off_at", "The most rows that its server hands over for one query, without a word of the rest."),
    ("transaction_by", "What makes one transaction of several statements, where it has no call for it."),
    ("outlives_rejections", "Packages in whose programs a rejection that nobody handles ends nothing."),
    ("schema", "What describes its tables: `prisma`, `drizzle` or `sql`."),
    ("function", "What it exports as functions: `name`, `effect`, `async`, `throws`, `yields`, `slots`…"),
    ("type", "What it exports as types: `name`, `construct`, `methods`, `members`, `runs`…"),
    ("value", "Exported values that are no functions: `name` and `type`."),
    ("convention", "What a value of unknown origin may be taken for."),
    ("retry_helper", "Code that a fix adds to a file so that its requests are sent again."),
    ("plain", "Functions that only compute, by their dotted paths; `*` for all others."),
    ("limiter", "How a library lets no more than some of many calls run at the same time."),
    ("slow_service", "Services that take longer to answer than others: `urls`, `hosts`, `seconds`."),
    ("money_service", "Requests that move money, by where they go: `urls`, `moves`, `demand`, `keys`."),
];

fn is_current(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("PLIMSOLL_RENEW").is_some() {
        std::fs::write(&file, text).expect("it can be written");
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let renew = "PLIMSOLL_RENEW=1 cargo nextest run --workspace -E 'binary(cli) & test(generated)'";
    assert!(committed.replace("\r\n", "\n") == text, "{path} is not current: {renew} renews it");
}

#[test]
fn the_pages_of_the_rules_are_current() {
    is_current("RULES.md", &Project::new(&[]).run(&["rules", "--format", "md"]).stdout);
}

#[test]
fn the_schema_of_the_configuration_is_current() {
    let text = serde_json::to_string_pretty(&schema(Engine::new().rules())).expect("it is JSON");
    is_current("editors/plimsoll.schema.json", &(text + "\n"));
}

#[test]
fn the_reference_of_the_configuration_is_current() {
    is_current("CONFIGURATION.md", &reference(Engine::new().rules()));
}

fn readme() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    std::fs::read_to_string(file).expect("it is there").replace("\r\n", "\n")
}

#[test]
fn the_report_in_the_readme_is_what_is_printed() {
    let readme = readme();
    let (_, rest) = readme.split_once("```text\n$ plimsoll ").expect("there is a command");
    let (command, rest) = rest.split_once('\n').expect("there is a report");
    let (report, _) = rest.split_once("```").expect("it ends");
    let arguments: Vec<&str> = command.split(' ').collect();
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/projects/shop-ts");
    let mut program = Project::new(&[]).command(&arguments);
    let output = program.arg("--no-cache").current_dir(shop).output().expect("the binary was built");
    assert_eq!(String::from_utf8_lossy(&output.stdout), report);
}

#[test]
fn the_readme_tells_stable_rules_and_previews_apart() {
    let readme = readme();
    let (_, rest) = readme.split_once("## What it finds\n").expect("it is told");
    let (table, rest) = rest.split_once("**Previews**").expect("they are told");
    let (_, rest) = rest.split_once("They are ").expect("they are listed");
    let (list, _) = rest.split_once("\n\n").expect("it ends");
    // Behind a rule stands what its fix does.
    let named = |text: &str| {
        let ids = Engine::new().rules().iter().map(|rule| rule.id);
        ids.filter(|id| text.contains(&format!("`{id}`"))).collect::<Vec<_>>()
    };
    let of = |is_preview: bool| {
        let rules = Engine::new().rules().iter().filter(|rule| rule.is_preview == is_preview);
        rules.map(|rule| rule.id).collect::<Vec<_>>()
    };
    assert_eq!((named(table), named(list)), (of(false), of(true)));
}

/// The names that a mistake lists as allowed.
fn allowed_at(text: &str) -> Vec<String> {
    let mut files = MemoryFiles::default();
    files.insert("/p/plimsoll.toml", text);
    let engine = Engine::new();
    let names = RuleNames::new(engine.rules());
    let errors = Config::load_from(&files, "/p/plimsoll.toml", &Config::default(), &names).errors;
    assert_eq!(errors.len(), 1, "{errors:?}");
    let message = &errors[0].message;
    let (_, list) =
        message.split_once("allowed: ").or_else(|| message.split_once("allowed here: ")).expect("a list");
    let mut allowed: Vec<String> = list.trim_end_matches(')').split(", ").map(str::to_owned).collect();
    allowed.sort();
    allowed
}

fn names(of: &Value) -> Vec<String> {
    let mut names: Vec<String> = of["properties"].as_object().expect("an object").keys().cloned().collect();
    names.sort();
    names
}

#[test]
fn the_reader_and_the_schema_know_the_same_keys() {
    let engine = Engine::new();
    let schema = schema(engine.rules());
    let properties = &schema["properties"];
    assert_eq!(names(&schema), allowed_at("qqqqqqqqqqqq = 1\n"));
    assert_eq!(names(&properties["files"]), allowed_at("[files]\nqqqqqqqqqqqq = 1\n"));
    let overrides = "[[overrides]]\npaths = []\nqqqqqqqqqqqq = 1\n";
    assert_eq!(names(&properties["overrides"]["items"]), allowed_at(overrides));
    let model = "[[model]]\npackage = 'a'\nqqqqqqqqqqqq = 1\n";
    assert_eq!(names(&properties["model"]["items"]), allowed_at(model));
    for rule in engine.rules() {
        let text = format!("[rules]\n{} = {{ qqqqqqqqqqqq = 1 }}\n", rule.id);
        assert_eq!(
            names(&properties["rules"]["properties"][rule.id]["anyOf"][1]),
            allowed_at(&text),
            "{}",
            rule.id
        );
    }
}

/// The JSON schema of `plimsoll.toml`.
fn schema(rules: &[RuleInfo]) -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "plimsoll.toml",
        "description": "What a project asks of its reviews.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties("", rules),
    })
}

fn properties(table: &str, rules: &[RuleInfo]) -> Value {
    let keys = CONFIG_KEYS.iter().filter(|key| key.within == table);
    Value::Object(keys.map(|key| (key.name.to_owned(), property(key, rules))).collect())
}

fn property(key: &ConfigKey, rules: &[RuleInfo]) -> Value {
    let mut property = match key.takes {
        Takes::Path => json!({ "type": "string" }),
        Takes::Switch => json!({ "type": "boolean", "default": false }),
        Takes::Severity => json!({ "enum": ["off", "info", "warning", "error"] }),
        Takes::Patterns => json!({ "type": "array", "items": { "type": "string" } }),
        Takes::Rules => {
            let rules: Map<String, Value> =
                rules.iter().map(|rule| (rule.id.to_owned(), setting(rule))).collect();
            json!({ "type": "object", "additionalProperties": false, "properties": rules })
        }
        Takes::Table => {
            json!({ "type": "object", "additionalProperties": false, "properties": properties(key.name, rules) })
        }
        Takes::Tables => {
            let item = json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["paths"],
                "properties": properties(key.name, rules),
            });
            json!({ "type": "array", "items": item })
        }
        Takes::Models => {
            let keys: Map<String, Value> = MODEL_KEYS
                .iter()
                .map(|(name, about)| ((*name).to_owned(), json!({ "description": about })))
                .collect();
            let item = json!({ "type": "object", "additionalProperties": false, "properties": keys });
            json!({ "type": "array", "items": item })
        }
    };
    property["description"] = json!(key.about);
    property
}

fn setting(rule: &RuleInfo) -> Value {
    let mut own: Map<String, Value> = CONFIG_KEYS
        .iter()
        .filter(|key| key.within == "setting")
        .map(|key| (key.name.to_owned(), property(key, &[])))
        .collect();
    for option in rule.options {
        let about = json!({
            "type": "integer",
            "minimum": 0,
            "maximum": u32::MAX,
            "default": option.default,
            "description": option.summary,
        });
        own.insert(option.key.to_owned(), about);
    }
    json!({
        "description": rule.summary,
        "anyOf": [
            { "enum": ["off", "info", "warning", "error"] },
            { "type": "object", "additionalProperties": false, "properties": own },
        ],
    })
}

/// The same for people.
fn reference(rules: &[RuleInfo]) -> String {
    let mut text = String::from(
        "# Configuration\n\n`plimsoll.toml` is looked for from a file upward; the nearest one counts. An unknown key, or \
         an unknown rule, is an error with its line. What the editor's settings say has the same keys, and what the file \
         says wins. Editors that read JSON schemas know the keys by [editors/plimsoll.schema.json](editors/plimsoll.schema.json).\n\n\
         Paths are patterns from the folder of the file that they stand in: `*` and `?` stay within a part, `**` goes over \
         many, and a folder means all below it.\n",
    );
    for key in CONFIG_KEYS {
        let title = match key.within {
            "" => format!("`{}`", key.name),
            "setting" => format!("`{}` of a rule", key.name),
            table => format!("`{}` of `{table}`", key.name),
        };
        let _ = write!(text, "\n## {title}\n\n{}\n\n```toml\n{}```\n", key.about, key.example);
        if key.takes == Takes::Models {
            text.push_str("\n| key | |\n| --- | --- |\n");
            for (name, about) in MODEL_KEYS {
                let _ = writeln!(text, "| `{name}` | {about} |");
            }
            text.push_str(
                "\n[format.rs](server/behavior/src/models/format.rs) documents all that stands below them, and \
                 [the models](server/behavior/models) are examples.\n",
            );
        }
    }
    text.push_str("\n## Options of rules\n\n| rule | option | default | |\n| --- | --- | --- | --- |\n");
    for rule in rules {
        for option in rule.options {
            let _ = writeln!(
                text,
                "| [`{0}`](RULES.md#{0}) | `{1}` | {2} | {3} |",
                rule.id, option.key, option.default, option.summary
            );
        }
    }
    text
}

#[test]
fn shells_complete_and_every_command_has_a_page() {
    let project = Project::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = project.run(&["completions", shell]);
        assert!(run.status == 0 && run.stdout.contains("write-baseline"), "{shell}: {run}");
    }
    let page = project.run(&["man"]).stdout;
    assert!(page.contains(".TH plimsoll 1") && page.contains("plimsoll\\-check(1)"), "{page}");
    for command in ["check", "fix", "rules", "explain", "init", "completions", "man", "lsp"] {
        let page = project.run(&["man", command]).stdout;
        assert!(page.contains(&format!(".TH plimsoll-{command} 1")), "{page}");
    }
    assert_eq!(project.run(&["man", "chek"]).stderr, "error: there is no command `chek`\n");
}

#[cfg(unix)]
#[test]
fn a_shell_takes_the_completions() {
    let project = Project::new(&[]);
    let script = project.run(&["completions", "bash"]).stdout;
    project.write_bytes("complete.bash", script.as_bytes());
    let asked = "source ./complete.bash; COMP_WORDS=(plimsoll check --st); COMP_CWORD=2; _plimsoll plimsoll --st check; echo \"${COMPREPLY[@]}\"";
    match std::process::Command::new("bash").args(["-c", asked]).current_dir(project.path()).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.contains("--staged") && said.contains("--stdin-path"), "{said} {output:?}");
        }
        Err(error) => crate::skip::skip("bash completions", &error.to_string()),
    }
}
