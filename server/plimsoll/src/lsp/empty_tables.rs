//! Clients written in Lua send `[]` for an empty table: nothing tells an object without members from a list there.

use serde_json::{Map, Value};

/// The members of the capabilities of LSP 3.17 and 3.18 that are lists.
const LISTS: [&str; 13] = [
    "allowedTags",
    "contentFormat",
    "documentationFormat",
    "formats",
    "itemDefaults",
    "offsetEncoding",
    "positionEncodings",
    "properties",
    "resourceOperations",
    "retryOnContentModified",
    "tokenModifiers",
    "tokenTypes",
    "valueSet",
];

/// Makes an object of each empty list in what a client sends with `initialize` where the protocol has an object.
pub fn as_objects(message: &mut Value) {
    let Some(params) = message.get_mut("params") else { return };
    if let Some(capabilities) = params.get_mut("capabilities") {
        in_place(capabilities);
    }
    if let Some(options) = params.get_mut("initializationOptions") {
        top(options);
    }
}

fn in_place(value: &mut Value) {
    top(value);
    // The depth is bounded by that of the parser of JSON.
    let Value::Object(members) = value else { return };
    for (name, member) in members {
        if !LISTS.contains(&name.as_str()) {
            in_place(member);
        }
    }
}

fn top(value: &mut Value) {
    if value.as_array().is_some_and(Vec::is_empty) {
        *value = Value::Object(Map::new());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};
    use tower_lsp::ls_types::InitializeParams;

    use super::as_objects;

    #[test]
    fn an_empty_list_is_an_object_where_the_protocol_has_one() {
        let mut message = json!({ "method": "initialize", "params": {
            "initializationOptions": [],
            "capabilities": {
                "workspace": [],
                "general": { "positionEncodings": ["utf-8"] },
                "textDocument": { "publishDiagnostics": { "tagSupport": { "valueSet": [] } }, "codeAction": [] },
            },
        } });
        as_objects(&mut message);
        let params: InitializeParams = from_value(message["params"].take()).expect("it can be read");
        assert!(params.initialization_options.expect("options").is_object());
        let text = params.capabilities.text_document.expect("capabilities of texts");
        assert!(text.code_action.is_some());
        assert!(text.publish_diagnostics.expect("published").tag_support.is_some());
    }

    #[test]
    fn a_client_with_no_capability_at_all_is_read() {
        let mut message = json!({ "method": "initialize", "params": { "capabilities": [] } });
        as_objects(&mut message);
        from_value::<InitializeParams>(message["params"].take()).expect("it can be read");
    }
}
