//! The editor is told what the command line tells of the sample projects: each finding, each fix of it, and what all safe
//! fixes make of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;

use serde_json::{Value, json};

use super::Server;
use super::client::{Client, modern};
use super::sample::{Made, Sample, Told, text_of, without_time};

/// An editor that has all of a project open, and what the command line says of it.
struct Session {
    sample: Sample,
    server: Server,
    checked: Vec<(Told, Vec<Made>)>,
    /// What the editor shows of each file.
    shown: BTreeMap<String, Vec<Value>>,
}

impl Session {
    fn start(name: &str, encoding: &str) -> Self {
        let sample = Sample::copy(name, encoding);
        let mut server = Server::start();
        let mut capabilities = modern();
        capabilities["general"]["positionEncodings"] = json!([encoding]);
        let folders = json!([{ "uri": sample.root, "name": name }]);
        server.client.initialize(capabilities, json!({ "workspaceFolders": folders }));
        for (path, language, text) in sample.reviewed() {
            server.client.open(&sample.uri(path), language, text);
        }
        let checked = sample.checked();
        Self { sample, server, checked, shown: BTreeMap::new() }
    }

    fn is_shown(message: &Value) -> bool {
        message["method"] == "textDocument/publishDiagnostics"
    }

    fn take(&mut self, message: &Value) {
        let path = self.sample.path(&message["params"]["uri"]);
        let diagnostics = message["params"]["diagnostics"].as_array().expect("diagnostics").clone();
        self.shown.insert(path, diagnostics);
    }

    /// Waits until the editor shows what the command line has found, and nothing else.
    fn shows_what_is_checked(&mut self) {
        let expected: BTreeSet<Told> = self.checked.iter().map(|(told, _)| told.clone()).collect();
        assert_eq!(expected.len(), self.checked.len(), "each finding is told once");
        while let Some(message) = self.server.client.already(Self::is_shown) {
            self.take(&message);
        }
        loop {
            let all = self.shown.iter().flat_map(|(path, own)| own.iter().map(move |it| (path, it)));
            let told: Vec<Told> = all.map(|(path, diagnostic)| self.sample.told(path, diagnostic)).collect();
            let is_each_once = told.iter().collect::<BTreeSet<_>>().len() == told.len();
            let shown: BTreeSet<Told> = told.into_iter().collect();
            let (more, less) = (shown.difference(&expected), expected.difference(&shown));
            let (more, less): (Vec<&Told>, Vec<&Told>) = (more.collect(), less.collect());
            if is_each_once && more.is_empty() && less.is_empty() {
                return;
            }
            let what = format!(
                "an end to what is shown and not found, {more:#?}, or found and not shown, {less:#?}"
            );
            let message = self.server.client.wait(&what, Self::is_shown);
            self.take(&message);
        }
    }

    /// Each finding that is shown has the fixes of the command line, each of which leaves the same texts, and can be
    /// explained. Returns the texts of each file that ignore one of its findings.
    fn offers_what_is_checked(&mut self) -> Vec<(Told, String)> {
        let mut ignored = Vec::new();
        let (sample, client) = (&self.sample, &mut self.server.client);
        for (path, diagnostic) in
            self.shown.iter().flat_map(|(path, own)| own.iter().map(move |it| (path, it)))
        {
            let told = sample.told(path, diagnostic);
            let actions = actions(client, sample, path, diagnostic);
            let explain = format!("Explain `{}`", told.rule);
            assert!(
                actions
                    .iter()
                    .any(|it| it["title"] == *explain && it["command"]["arguments"] == json!([told.rule])),
                "{told:?}: {actions:?}"
            );
            let mut offered: Vec<Made> = Vec::new();
            for action in actions.iter().filter(|action| action["diagnostics"] == json!([diagnostic])) {
                assert_eq!((&action["kind"], action.get("edit")), (&json!("quickfix"), None));
                let resolved = client.call("codeAction/resolve", action.clone());
                let title = text_of(&action["title"]);
                let is_safe = action["isPreferred"] == true;
                offered.push(Made { title, is_safe, edits: sample.edits(path, &resolved["edit"]) });
            }
            let hides = |made: &mut Made| made.title.starts_with("Ignore this ");
            let ways: Vec<Made> = offered.extract_if(.., hides).collect();
            let [ignore] = &ways[..] else {
                panic!("{told:?} can be ignored in one way");
            };
            assert!(!ignore.is_safe, "to look away is not preferred");
            let mut texts = sample.edited(&ignore.edits);
            let text = texts.remove(path).expect("it is ignored where it is");
            assert!(texts.is_empty(), "{told:?} is ignored in its own file only");
            let expected = self.checked.iter().find(|(other, _)| *other == told).expect("it is found");
            let plain = |fixes: &[Made]| fixes.iter().cloned().map(Made::without_time).collect::<Vec<_>>();
            assert_eq!(plain(&offered), plain(&expected.1), "{told:?}");
            ignored.push((told, text));
        }
        ignored
    }

    /// A finding that is ignored is found no more: what is left is that the reason is missing. The files are as they were
    /// afterwards.
    fn hides_what_is_ignored(&mut self, ignored: Vec<(Told, String)>) {
        let mut by_path: BTreeMap<String, Vec<(Told, String)>> = BTreeMap::new();
        for (told, text) in ignored {
            by_path.entry(told.path.clone()).or_default().push((told, text));
        }
        for (path, own) in by_path {
            let (uri, before) = (self.sample.uri(&path), counts(&self.shown[&path]));
            let client = &mut self.server.client;
            let mut version = 1;
            let mut write = |text: &str, is_meant: &dyn Fn(BTreeMap<String, usize>) -> bool| {
                version += 1;
                client.change_with(&uri, version, json!([{ "text": text }]));
                // What an edit brings by itself is told first, and the rest after it.
                loop {
                    let published = client.published_for(&uri, version);
                    let diagnostics = published.as_array().expect("diagnostics");
                    if is_meant(counts(diagnostics)) {
                        return diagnostics.clone();
                    }
                }
            };
            for (told, text) in &own {
                write(text, &|mut left| {
                    let reasons = left.remove("suppression-without-reason");
                    // One comment hides all that it stands above.
                    let is_hidden = left.remove(&told.rule).unwrap_or(0) < before[&told.rule];
                    let others = before.iter().filter(|(rule, _)| **rule != told.rule);
                    reasons == Some(1) && is_hidden && left.iter().eq(others)
                });
            }
            let restored = write(&self.sample.texts[&path], &|left| left == before);
            self.shown.insert(path, restored);
        }
    }

    /// Where a file has one finding of a rule, `fix` with that rule makes of it what the first quick fix makes. Returns of
    /// how many findings that is known.
    fn fixes_one_by_one_as_the_command_line(&self) -> usize {
        let mut known = 0;
        for (told, fixes) in &self.checked {
            let of_kind = |other: &&(Told, Vec<Made>)| other.0.path == told.path && other.0.rule == told.rule;
            let [first, ..] = &fixes[..] else { continue };
            if self.checked.iter().filter(of_kind).count() > 1 {
                continue;
            }
            known += 1;
            let plain = |texts: BTreeMap<String, String>| -> BTreeMap<String, String> {
                texts.into_iter().map(|(path, text)| (without_time(&path), text)).collect()
            };
            let fixed = self.sample.fixed(&["--review-needed", "--rule", &told.rule, &told.path]);
            assert_eq!(plain(fixed), plain(self.sample.edited(&first.edits)), "{told:?}");
        }
        known
    }

    /// All safe fixes of each file make the same of it. Returns how many files they change.
    fn fixes_all_as_the_command_line(&mut self) -> usize {
        let (sample, client) = (&self.sample, &mut self.server.client);
        let mut changed = 0;
        for (path, ..) in
            sample.reviewed().filter(|(path, ..)| self.shown.get(*path).is_some_and(|own| !own.is_empty()))
        {
            let mut asked = Client::actions_at(&sample.uri(path), (0, 0), (0, 0));
            asked["context"]["only"] = json!(["source.fixAll.plimsoll"]);
            let actions = client.call("textDocument/codeAction", asked);
            let edited = match &actions.as_array().map(Vec::as_slice) {
                None | Some([]) => BTreeMap::new(),
                Some([action]) => {
                    let resolved = client.call("codeAction/resolve", action.clone());
                    sample.edited(&sample.edits(path, &resolved["edit"]))
                }
                Some(more) => panic!("{path}: {more:?}"),
            };
            changed += edited.len();
            assert_eq!(edited, sample.fixed(&[path]), "{path}");
        }
        changed
    }
}

/// What can be done about a diagnostic.
fn actions(client: &mut Client, sample: &Sample, path: &str, diagnostic: &Value) -> Vec<Value> {
    let asked = json!({
        "textDocument": { "uri": sample.uri(path) },
        "range": diagnostic["range"],
        "context": { "diagnostics": [diagnostic] },
    });
    let actions = client.call("textDocument/codeAction", asked);
    actions.as_array().expect("actions").clone()
}

/// How many diagnostics there are of each rule.
fn counts(diagnostics: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    diagnostics.iter().for_each(|it| *counts.entry(text_of(&it["code"])).or_default() += 1);
    counts
}

/// How often there was something to compare.
#[derive(Debug, PartialEq, Eq)]
struct Compared {
    findings: usize,
    /// Findings whose first fix the command line was told to apply alone.
    one_by_one: usize,
    /// Files that safe fixes change.
    all_safe: usize,
}

fn compared(name: &str, encoding: &str) -> Compared {
    let mut session = Session::start(name, encoding);
    session.shows_what_is_checked();
    let ignored = session.offers_what_is_checked();
    let compared = Compared {
        findings: ignored.len(),
        one_by_one: session.fixes_one_by_one_as_the_command_line(),
        all_safe: session.fixes_all_as_the_command_line(),
    };
    session.hides_what_is_ignored(ignored);
    session.shows_what_is_checked();
    session.server.end();
    compared
}

#[test]
fn editor_and_command_line_agree_on_shop_ts() {
    let compared = compared("projects/shop-ts", "utf-16");
    assert!(compared.findings >= 40 && compared.one_by_one >= 20 && compared.all_safe >= 3, "{compared:?}");
}

#[test]
fn editor_and_command_line_agree_on_shop_rs() {
    // Only the fix of a text that is cut is safe.
    let compared = compared("projects/shop-rs", "utf-8");
    assert!(compared.findings >= 30 && compared.one_by_one >= 15 && compared.all_safe == 1, "{compared:?}");
}

/// Here most of the fixes are that are safe.
#[test]
fn editor_and_command_line_agree_on_timers() {
    let compared = compared("rules/resources/leaked-timer", "utf-16");
    assert!(compared.findings >= 60 && compared.one_by_one >= 10 && compared.all_safe >= 20, "{compared:?}");
}

#[test]
fn every_sample_project_is_compared() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/projects");
    let entries = std::fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it is readable"));
    let projects = entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name());
    let projects: BTreeSet<OsString> = projects.collect();
    assert_eq!(projects, BTreeSet::from(["shop-rs".into(), "shop-ts".into()]));
}
