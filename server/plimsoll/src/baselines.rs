//! Baselines as they are written down: `.plimsoll/baseline.json`, a finding a line, so that a change of one reads well.

use plimsoll_engine::Baseline;
use plimsoll_project::Files;
use serde::Deserialize;

/// Why a baseline cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// One line: what is wrong with it.
    pub message: String,
}

/// The file of the baseline of a folder.
pub fn file_below(folder: &str) -> String {
    format!("{folder}/{}", Baseline::FILE)
}

/// Reads the baseline of a folder that [`Baseline::find`] has found.
///
/// # Errors
/// Where it is none that this version understands: to go on without it would show what a project has put aside.
pub fn read(files: &dyn Files, folder: &str) -> Result<Baseline, Unusable> {
    let path = file_below(folder);
    let Some(text) = files.read(&path) else {
        return Err(Unusable { path, line: 1, message: "it cannot be read".to_owned() });
    };
    parse(&text).map_err(|(line, message)| Unusable { path, line, message })
}

fn parse(text: &str) -> Result<Baseline, (u32, String)> {
    /// What every version of the format holds.
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let wrong = |error: serde_json::Error| {
        let said = error.to_string();
        let what = said.split(" at line ").next().unwrap_or(&said);
        let line = u32::try_from(error.line()).unwrap_or(u32::MAX).max(1);
        (line, format!("it is no baseline: {what}"))
    };
    let Versioned { version } = serde_json::from_str(text).map_err(wrong)?;
    if version != Baseline::VERSION {
        let known = Baseline::VERSION;
        return Err((1, format!("it has version {version}, and this Plimsoll understands version {known}")));
    }
    serde_json::from_str(text).map_err(wrong)
}

/// The text of a baseline.
pub fn text_of(baseline: &Baseline) -> String {
    let mut text = format!("{{\n  \"version\": {},\n  \"findings\": [", Baseline::VERSION);
    for (number, entry) in baseline.entries().enumerate() {
        let [path, rule, fingerprint] = [&entry.path, &entry.rule, &entry.fingerprint]
            .map(|text| serde_json::to_string(text).expect("a text can be written"));
        text.push_str(if number == 0 { "\n" } else { ",\n" });
        text.push_str(&format!(
            "    {{ \"path\": {path}, \"rule\": {rule}, \"fingerprint\": {fingerprint} }}"
        ));
    }
    let end = if baseline.entries().next().is_none() { "]\n}\n" } else { "\n  ]\n}\n" };
    text + end
}

#[cfg(test)]
mod tests {
    use plimsoll_engine::Entry;

    use super::*;

    fn entry(path: &str, fingerprint: &str) -> Entry {
        Entry { path: path.into(), rule: "n-plus-one".into(), fingerprint: fingerprint.into() }
    }

    #[test]
    fn what_is_written_is_sorted_a_line_each_and_read_again() {
        let baseline: Baseline =
            [entry("src/b \"quoted\".ts", "2"), entry("src/a.ts", "1")].into_iter().collect();
        let text = text_of(&baseline);
        insta::assert_snapshot!(text, @r#"
        {
          "version": 1,
          "findings": [
            { "path": "src/a.ts", "rule": "n-plus-one", "fingerprint": "1" },
            { "path": "src/b \"quoted\".ts", "rule": "n-plus-one", "fingerprint": "2" }
          ]
        }
        "#);
        assert_eq!(parse(&text), Ok(baseline));
        let empty = Baseline::default();
        assert_eq!(parse(&text_of(&empty)), Ok(empty));
    }

    #[test]
    fn what_is_none_is_said_with_its_line() {
        let said = |text: &str| parse(text).expect_err("it is none");
        assert_eq!(said(""), (1, "it is no baseline: EOF while parsing a value".into()));
        assert_eq!(said("{\n<<<<<<< HEAD\n").0, 2);
        assert_eq!(said("{\"findings\": []}").1, "it is no baseline: missing field `version`");
        let newer = said("{\"version\": 2, \"suppressed\": []}");
        assert_eq!(newer.1, "it has version 2, and this Plimsoll understands version 1");
        assert!(said("{\"version\": 1, \"findings\": [], \"more\": 1}").1.contains("unknown field `more`"));
    }
}
