//! A client of the Language Server Protocol for tests: it sends anything, and waits for one message at a time.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long a message is waited for before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// One end of a connection with a server.
pub struct Client {
    output: Option<Box<dyn Write + Send>>,
    messages: Receiver<Value>,
    /// Messages that came before the one that was waited for.
    passed_over: VecDeque<Value>,
    last_id: i64,
}

impl Client {
    /// A client that writes to `output` and reads `input`.
    pub fn new(output: impl Write + Send + 'static, input: impl Read + Send + 'static) -> Self {
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut input = BufReader::new(input);
            while let Some(message) = read_message(&mut input) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self { output: Some(Box::new(output)), messages, passed_over: VecDeque::new(), last_id: 0 }
    }

    /// Writes bytes as they are. A server that has ended meanwhile is noticed by what it does not answer.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let output = self.output.as_mut().expect("the input of the server is open");
        let _ = output.write_all(bytes);
        let _ = output.flush();
    }

    /// Writes a body with its header.
    pub fn send_body(&mut self, body: &str) {
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.send_bytes(frame.as_bytes());
    }

    /// Closes the server's input.
    pub fn hang_up(&mut self) {
        self.output = None;
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send_body(&json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string());
    }

    /// Sends a request and returns its id.
    pub fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.last_id += 1;
        let id = self.last_id;
        let request = match params {
            Value::Null => json!({"jsonrpc": "2.0", "id": id, "method": method}),
            params => json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}),
        };
        self.send_body(&request.to_string());
        id
    }

    /// Waits for the answer to a request: its result, or its error with the code.
    pub fn answer(&mut self, id: i64) -> Result<Value, Value> {
        let answer = self.wait(&format!("the answer {id}"), |message| {
            message.get("method").is_none() && message["id"] == id
        });
        match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["result"].clone()),
        }
    }

    /// Sends a request and waits for its result.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.answer(id).unwrap_or_else(|error| panic!("{method} fails: {error}"))
    }

    /// Waits for the next diagnostics of a document.
    pub fn published(&mut self, uri: &str) -> Value {
        let published = self.wait(&format!("the diagnostics of {uri}"), |message| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri
        });
        published["params"].clone()
    }

    /// Waits for the diagnostics of one version of a document, passing over those of older ones.
    pub fn published_for(&mut self, uri: &str, version: i64) -> Value {
        loop {
            let published = self.published(uri);
            let of = published["version"].as_i64().expect("diagnostics carry their version");
            assert!(of <= version, "diagnostics of version {of}, which nobody has sent");
            if of == version {
                return published["diagnostics"].clone();
            }
        }
    }

    /// Waits for the next message that `is_meant`; what comes before stays for later.
    pub fn wait(&mut self, what: &str, is_meant: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.passed_over.iter().position(&is_meant) {
            return self.passed_over.remove(at).expect("it was found there");
        }
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.messages.recv_timeout(left) {
                Ok(message) if is_meant(&message) => return message,
                Ok(message) => self.passed_over.push_back(message),
                Err(error) => {
                    panic!("{what} has not come ({error}); what came: {:?}", self.passed_over)
                }
            }
        }
    }

    /// The next message that has come already and `is_meant`.
    pub fn already(&mut self, is_meant: impl Fn(&Value) -> bool) -> Option<Value> {
        self.passed_over.extend(self.messages.try_iter());
        let at = self.passed_over.iter().position(is_meant)?;
        self.passed_over.remove(at)
    }

    /// Passes over what has come so far and `is_meant`.
    pub fn forget(&mut self, is_meant: impl Fn(&Value) -> bool) {
        self.passed_over.extend(self.messages.try_iter());
        self.passed_over.retain(|message| !is_meant(message));
    }

    /// Every message that has come and was not waited for, once the server has ended.
    pub fn rest(&mut self) -> Vec<Value> {
        let mut rest: Vec<Value> = self.passed_over.drain(..).collect();
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.messages.recv_timeout(left) {
                Ok(message) => rest.push(message),
                Err(RecvTimeoutError::Disconnected) => return rest,
                Err(RecvTimeoutError::Timeout) => panic!("the server has not closed its output"),
            }
        }
    }

    /// `initialize` and `initialized`; returns the server's capabilities.
    pub fn initialize(&mut self, capabilities: Value, more: Value) -> Value {
        let mut params = json!({"processId": null, "rootUri": null, "capabilities": capabilities});
        if let (Some(params), Value::Object(more)) = (params.as_object_mut(), more) {
            params.extend(more);
        }
        let result = self.call("initialize", params);
        self.notify("initialized", json!({}));
        result["capabilities"].clone()
    }

    /// `didOpen` as version 1.
    pub fn open(&mut self, uri: &str, language_id: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": language_id, "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// `didChange` with one change: `start` and `end` are lines and characters.
    pub fn change(&mut self, uri: &str, version: i64, start: (u32, u32), end: (u32, u32), text: &str) {
        let range = range(start, end);
        self.change_with(uri, version, json!([{"range": range, "text": text}]));
    }

    /// `didChange` with any changes.
    pub fn change_with(&mut self, uri: &str, version: i64, changes: Value) {
        let document = json!({"uri": uri, "version": version});
        let params = json!({"textDocument": document, "contentChanges": changes});
        self.notify("textDocument/didChange", params);
    }

    /// `didClose`.
    pub fn close(&mut self, uri: &str) {
        self.notify("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    }

    /// The parameters of a request for code actions.
    pub fn actions_at(uri: &str, start: (u32, u32), end: (u32, u32)) -> Value {
        json!({
            "textDocument": {"uri": uri},
            "range": range(start, end),
            "context": {"diagnostics": []},
        })
    }

    /// The parameters of a request about a position.
    pub fn position(uri: &str, line: u32, character: u32) -> Value {
        json!({"textDocument": {"uri": uri}, "position": {"line": line, "character": character}})
    }

    /// `shutdown` and `exit`.
    pub fn leave(&mut self) {
        assert_eq!(self.call("shutdown", Value::Null), Value::Null);
        self.notify("exit", Value::Null);
    }
}

/// A range of the protocol.
pub fn range(start: (u32, u32), end: (u32, u32)) -> Value {
    json!({
        "start": {"line": start.0, "character": start.1},
        "end": {"line": end.0, "character": end.1},
    })
}

/// What an editor of these days offers.
pub fn modern() -> Value {
    json!({
        "general": {"positionEncodings": ["utf-8", "utf-16"]},
        "workspace": {
            "workspaceEdit": {
                "documentChanges": true,
                "resourceOperations": ["create", "rename", "delete"],
                "changeAnnotationSupport": {},
            },
            "didChangeWatchedFiles": {"dynamicRegistration": true},
        },
        "textDocument": {
            "publishDiagnostics": {
                "versionSupport": true,
                "relatedInformation": true,
                "codeDescriptionSupport": true,
                "dataSupport": true,
                "tagSupport": {"valueSet": [1, 2]},
            },
            "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source.fixAll"]}},
                "isPreferredSupport": true,
                "dataSupport": true,
                "resolveSupport": {"properties": ["edit"]},
            },
            "hover": {"contentFormat": ["markdown", "plaintext"]},
        },
    })
}

fn read_message(input: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().strip_prefix("Content-Length: ") {
            Some(value) => length = value.parse().ok(),
            None if line == "\r\n" => break,
            None => panic!("the server writes what is no header: {line:?}"),
        }
    }
    let mut body = vec![0; length.expect("every message has its length")];
    input.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("the server writes JSON"))
}
