//! Settings that are JSON, most of them with comments: what is there stays where it is.

use jsonc_parser::cst::{CstArray, CstInputValue, CstObject, CstRootNode};
use jsonc_parser::{ParseOptions, json};

/// The extension's name in the marketplaces.
const EXTENSION: &str = "plimsoll.plimsoll";

/// What Claude Code runs after each edit.
const HOOK: &str = "plimsoll hook claude-code";

/// What stands for the servers that a language has anyway.
const OTHERS: &str = "...";

/// See [`super::Plan::by_hand`].
pub const VSCODE_EXTENSIONS: &str = r#"{
  "recommendations": ["plimsoll.plimsoll"]
}
"#;

/// See [`super::Plan::by_hand`].
pub const VSCODE_SETTINGS: &str = r#"{
  "plimsoll.enable": true
}
"#;

/// See [`super::Plan::by_hand`].
pub const ZED: &str = r#"{
  "lsp": {
    "plimsoll": {
      "initialization_options": { "baseline": "hint" }
    }
  }
}
"#;

/// See [`super::Plan::by_hand`].
pub const CLAUDE_CODE: &str = r#"{
  "hooks": {
    "PostToolUse": [
      {
        "matcher": "Edit|MultiEdit|Write",
        "hooks": [
          {
            "type": "command",
            "command": "plimsoll hook claude-code"
          }
        ]
      }
    ]
  }
}
"#;

/// VS Code asks whoever opens the project to install the extension.
pub fn vscode_extensions(before: Option<&str>) -> Result<String, String> {
    merged(before, |settings| {
        let recommended = array_in(settings, "recommendations")?;
        if !texts_in(&recommended).iter().any(|known| known.eq_ignore_ascii_case(EXTENSION)) {
            recommended.ensure_multiline();
            recommended.append(json!(EXTENSION));
        }
        Ok(())
    })
}

/// The extension runs in this project.
pub fn vscode_settings(before: Option<&str>) -> Result<String, String> {
    merged(before, |settings| {
        set(settings, "plimsoll.enable", json!(true));
        Ok(())
    })
}

/// Zed takes the server into the lists of servers that a project has written down; all others have it anyway.
pub fn zed(before: Option<&str>) -> Result<String, String> {
    merged(before, |settings| {
        let own = object_in(&object_in(settings, "lsp")?, "plimsoll")?;
        let options = object_in(&own, "initialization_options")?;
        set(&options, "baseline", json!("hint"));
        let Some(languages) = settings.object_value("languages") else { return Ok(()) };
        for name in ["TypeScript", "TSX", "JavaScript", "Rust", "Prisma", "SQL"] {
            let Some(servers) =
                languages.object_value(name).and_then(|own| own.array_value("language_servers"))
            else {
                continue;
            };
            let known = texts_in(&servers);
            if !known.iter().any(|server| [OTHERS, "plimsoll", "!plimsoll"].contains(&server.as_str())) {
                servers.append(json!("plimsoll"));
            }
        }
        Ok(())
    })
}

/// Claude Code reviews what it has just written.
pub fn claude_code(before: Option<&str>) -> Result<String, String> {
    merged(before, |settings| {
        let after_use = array_in(&object_in(settings, "hooks")?, "PostToolUse")?;
        // A hook of one's own may check in another way.
        let known = after_use.to_string();
        if !["plimsoll hook", "plimsoll check"].iter().any(|own| known.contains(own)) {
            after_use.ensure_multiline();
            after_use.append(json!({
                "matcher": "Edit|MultiEdit|Write",
                "hooks": [{ "type": "command", "command": HOOK }]
            }));
        }
        Ok(())
    })
}

/// The text with what `merge` adds to its object.
fn merged(
    before: Option<&str>,
    merge: impl FnOnce(&CstObject) -> Result<(), String>,
) -> Result<String, String> {
    let text = before.filter(|text| !text.trim().is_empty()).unwrap_or("{}\n");
    let root = CstRootNode::parse(text, &ParseOptions::default()).map_err(|error| error.to_string())?;
    let settings = root.object_value().ok_or("it holds no object")?;
    merge(&settings)?;
    Ok(root.to_string())
}

/// Adds a setting, unless it is there: whoever has set it has thought about it.
fn set(object: &CstObject, name: &str, value: CstInputValue) {
    if object.get(name).is_none() {
        object.ensure_multiline();
        object.append(name, value);
    }
}

fn object_in(object: &CstObject, name: &str) -> Result<CstObject, String> {
    if object.get(name).is_none() {
        object.ensure_multiline();
    }
    object.object_value_or_create(name).ok_or_else(|| format!("`{name}` in it is no object"))
}

fn array_in(object: &CstObject, name: &str) -> Result<CstArray, String> {
    if object.get(name).is_none() {
        object.ensure_multiline();
    }
    object.array_value_or_create(name).ok_or_else(|| format!("`{name}` in it is no list"))
}

fn texts_in(array: &CstArray) -> Vec<String> {
    let texts = array.elements().into_iter().filter_map(|element| element.as_string_lit());
    texts.filter_map(|text| text.decoded_value().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_by_hand_is_what_is_written() {
        type Merge = fn(Option<&str>) -> Result<String, String>;
        let all: [(Merge, &str); 4] = [
            (vscode_extensions, VSCODE_EXTENSIONS),
            (vscode_settings, VSCODE_SETTINGS),
            (zed, ZED),
            (claude_code, CLAUDE_CODE),
        ];
        for (merge, by_hand) in all {
            let written = merge(None).expect("nothing is in the way");
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("it is JSON");
            assert_eq!(value(&written), value(by_hand));
            assert_eq!(merge(Some(&written)), Ok(written.clone()), "twice is once");
            assert_eq!(merge(Some(by_hand)), Ok(by_hand.to_owned()), "and so is once by hand");
            assert!(merge(Some("[]")).is_err() && merge(Some("{")).is_err());
        }
    }

    #[test]
    fn comments_and_order_stay() {
        let before =
            "{\n    // Ours.\n    \"recommendations\": [\n        \"a.b\", // the first\n    ],\n}\n";
        insta::assert_snapshot!(vscode_extensions(Some(before)).expect("it can be merged"), @r#"
        {
            // Ours.
            "recommendations": [
                "a.b", // the first
                "plimsoll.plimsoll",
            ],
        }
        "#);
        insta::assert_snapshot!(claude_code(Some("{ \"hooks\": { \"PostToolUse\": [], \"Stop\": [] } }")).expect("it can be merged"), @r#"
        { "hooks": { "PostToolUse": [
              {
                "matcher": "Edit|MultiEdit|Write",
                "hooks": [
                  {
                    "type": "command",
                    "command": "plimsoll hook claude-code"
                  }
                ]
              }
            ], "Stop": [] } }
        "#);
        assert_eq!(
            vscode_extensions(Some("{ \"recommendations\": 1 }")),
            Err("`recommendations` in it is no list".to_owned())
        );
        let off = "{ \"plimsoll.enable\": false }";
        assert_eq!(vscode_settings(Some(off)), Ok(off.to_owned()));
    }

    #[test]
    fn lists_of_servers_are_added_to_and_no_refusal_is_overruled() {
        let before = r#"{
  "languages": {
    "Rust": { "language_servers": ["rust-analyzer"] },
    "TSX": { "language_servers": ["!plimsoll", "..."] },
    "SQL": { "language_servers": ["..."] }
  }
}
"#;
        insta::assert_snapshot!(zed(Some(before)).expect("it can be merged"), @r#"
        {
          "languages": {
            "Rust": { "language_servers": ["rust-analyzer", "plimsoll"] },
            "TSX": { "language_servers": ["!plimsoll", "..."] },
            "SQL": { "language_servers": ["..."] }
          },
          "lsp": {
            "plimsoll": {
              "initialization_options": {
                "baseline": "hint"
              }
            }
          }
        }
        "#);
    }
}
