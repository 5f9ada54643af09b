//! Helix: the server, and beside which others it serves a language.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value, value};

/// The languages, with the server that Helix starts for each by itself: a list in a file replaces its own.
const LANGUAGES: [(&str, Option<&str>); 7] = [
    ("typescript", Some("typescript-language-server")),
    ("tsx", Some("typescript-language-server")),
    ("javascript", Some("typescript-language-server")),
    ("jsx", Some("typescript-language-server")),
    ("rust", Some("rust-analyzer")),
    ("prisma", Some("prisma-language-server")),
    ("sql", None),
];

/// See [`super::Plan::by_hand`].
pub const BY_HAND: &str = r#"[language-server.plimsoll]
command = "plimsoll"
args = ["lsp"]

[[language]]
name = "typescript"
language-servers = ["typescript-language-server", "plimsoll"]

[[language]]
name = "tsx"
language-servers = ["typescript-language-server", "plimsoll"]

[[language]]
name = "javascript"
language-servers = ["typescript-language-server", "plimsoll"]

[[language]]
name = "jsx"
language-servers = ["typescript-language-server", "plimsoll"]

[[language]]
name = "rust"
language-servers = ["rust-analyzer", "plimsoll"]

[[language]]
name = "prisma"
language-servers = ["prisma-language-server", "plimsoll"]

[[language]]
name = "sql"
language-servers = ["plimsoll"]
"#;

/// The text with the server in it.
pub fn merge(before: Option<&str>) -> Result<String, String> {
    let text = before.unwrap_or_default();
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    let before_any = document.to_string();
    let mut implicit = Table::new();
    implicit.set_implicit(true);
    let servers = document.entry("language-server").or_insert(Item::Table(implicit));
    let servers = servers.as_table_like_mut().ok_or("`language-server` in it is no table")?;
    if !servers.contains_key("plimsoll") {
        let mut server = Table::new();
        server.insert("command", value("plimsoll"));
        server.insert("args", value(Array::from_iter(["lsp"])));
        servers.insert("plimsoll", Item::Table(server));
    }
    let languages = document.entry("language").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let languages =
        languages.as_array_of_tables_mut().ok_or("`language` in it is not written as `[[language]]`")?;
    for (name, other) in LANGUAGES {
        let is_meant = |table: &Table| table.get("name").and_then(Item::as_str) == Some(name);
        let known = languages.iter().position(is_meant);
        let at = known.unwrap_or(languages.len());
        if known.is_none() {
            let mut language = Table::new();
            language.insert("name", value(name));
            languages.push(language);
        }
        let own = languages.get_mut(at).ok_or("`language` in it cannot be added to")?;
        let list = own
            .entry("language-servers")
            .or_insert_with(|| value(Array::from_iter(other.into_iter().chain(["plimsoll"]))));
        let list = list.as_array_mut().ok_or("a `language-servers` in it is no list")?;
        if !list.iter().any(is_plimsoll) {
            list.push("plimsoll");
        }
    }
    // What is only read is written as it was, whatever the library thinks of its layout.
    let after = document.to_string();
    Ok(if after == before_any { text.to_owned() } else { after })
}

/// `"plimsoll"`, or `{ name = "plimsoll", … }`.
fn is_plimsoll(server: &Value) -> bool {
    let name = server.as_str().or_else(|| server.as_inline_table()?.get("name")?.as_str());
    name == Some("plimsoll")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_by_hand_is_what_is_written() {
        assert_eq!(merge(None).as_deref(), Ok(BY_HAND));
        assert_eq!(merge(Some(BY_HAND)).as_deref(), Ok(BY_HAND));
    }

    #[test]
    fn what_is_there_stays() {
        let before = "# Ours.\n[[language]]\nname = \"rust\" # the only one\nauto-format = true\nlanguage-servers = [\"rust-analyzer\", { name = \"other\", only-features = [\"hover\"] }]\n\n[language-server.other]\ncommand = \"other\"\n";
        let after = merge(Some(before)).expect("it can be merged");
        for line in before.lines().filter(|line| !line.starts_with("language-servers")) {
            assert!(after.contains(line), "{line}\n{after}");
        }
        assert!(after.contains("only-features = [\"hover\"] }, \"plimsoll\"]"), "{after}");
        assert_eq!(after.matches("name = \"rust\"").count(), 1);
        assert_eq!(merge(Some(&after)).as_deref(), Ok(after.as_str()));
        let known = "[language-server.plimsoll]\ncommand = \"/opt/plimsoll\"\n";
        assert!(merge(Some(known)).expect("it can be merged").contains("command = \"/opt/plimsoll\""));
    }

    #[test]
    fn what_cannot_be_merged_is_refused() {
        for text in [
            "language = [{ name = \"rust\" }]\n",
            "language-server = 1\n",
            "[[language]]\nname = \"rust\"\nlanguage-servers = \"x\"\n",
            "[\n",
        ] {
            assert!(merge(Some(text)).is_err(), "{text}");
        }
    }
}
