//! `deno.json`: its import map.

use super::Manifest;
use super::jsonc::read_jsonc;

/// What a `deno.json` or an import map says that specifiers mean.
#[derive(Debug, Default)]
pub struct DenoJson {
    imports: Vec<(String, String)>,
}

impl Manifest for DenoJson {
    fn parse(text: &str) -> Option<Self> {
        let json = read_jsonc(text)?;
        let imports = json["imports"].as_object().into_iter().flatten();
        let imports = imports.filter_map(|(key, target)| Some((key.clone(), target.as_str()?.to_owned())));
        Some(DenoJson { imports: imports.collect() })
    }
}

impl DenoJson {
    /// What a specifier means: a path beside the file, or another specifier.
    #[must_use]
    pub fn imported(&self, specifier: &str) -> Option<String> {
        let exact = self.imports.iter().find(|(key, _)| key == specifier);
        if let Some((_, target)) = exact {
            return Some(target.clone());
        }
        let below =
            self.imports.iter().filter(|(key, _)| key.ends_with('/') && specifier.starts_with(key.as_str()));
        let (key, target) = below.max_by_key(|(key, _)| key.len())?;
        Some(format!("{target}{}", &specifier[key.len()..]))
    }
}
