//! `tsconfig.json` and `jsconfig.json`

use serde_json::Value;

use super::Manifest;
use super::jsonc::read_jsonc;

/// What a configuration of TypeScript says of where modules stand.
#[derive(Debug, Default)]
pub struct TsConfig {
    /// `baseUrl`
    pub base_url: Option<String>,
    /// `paths`: pattern and targets. None when it has none of its own, so that those of `extends` hold.
    pub paths: Option<Vec<(String, Vec<String>)>>,
    /// `target`, in small letters.
    pub target: Option<String>,
    /// `lib`, in small letters: what of the language's own library it knows, instead of all that its target has.
    pub lib: Option<Vec<String>>,
    /// What it takes over from, the last winning.
    pub extends: Vec<String>,
    /// Other configurations that it only refers to.
    pub references: Vec<String>,
}

impl Manifest for TsConfig {
    fn parse(text: &str) -> Option<Self> {
        let json = read_jsonc(text)?;
        let options = &json["compilerOptions"];
        let texts = |value: &Value| -> Vec<String> {
            let all = value.as_array().into_iter().flatten();
            all.filter_map(|v| v.as_str().map(str::to_owned)).collect()
        };
        let extends = match &json["extends"] {
            Value::String(one) => vec![one.clone()],
            many => texts(many),
        };
        let paths = options["paths"].as_object();
        let lower = |text: &str| text.to_ascii_lowercase();
        let lib =
            options["lib"].is_array().then(|| texts(&options["lib"]).iter().map(|one| lower(one)).collect());
        let references = json["references"].as_array().into_iter().flatten();
        Some(TsConfig {
            base_url: options["baseUrl"].as_str().map(str::to_owned),
            paths: paths.map(|all| all.iter().map(|(pattern, to)| (pattern.clone(), texts(to))).collect()),
            target: options["target"].as_str().map(lower),
            lib,
            extends,
            references: references.filter_map(|r| r["path"].as_str().map(str::to_owned)).collect(),
        })
    }
}
