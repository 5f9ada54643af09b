//! Open documents, and how the client names them.

use std::cell::Cell;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use plimsoll_engine::Finding;
use plimsoll_syntax::{
    AppliedEdit, Document, Edit, FileKind, Language, PositionEncoding, Rope, Snapshot, TextRange,
    position_to_byte,
};
use tower_lsp::ls_types::{PublishDiagnosticsParams, Uri};

use super::actions::ProvenFix;
use super::events::Event;
use super::retention::{Retention, follow};
use super::worker::Elsewhere;
use crate::files::to_files_path;

/// How long the owner of the documents parses before it leaves the rest to a worker. Where a brace is open in a long file,
/// tree-sitter may look for the best way to go on for 200 ms at each key; nearly all keys take less than a tenth of this.
const TIME_FOR_A_KEY: Duration = Duration::from_millis(5);

/// How often a parse must have asked whether it may go on before time counts: one that has hardly begun by then was kept
/// waiting by the machine, and is soon done.
const LEAST_STEPS: u32 = 32;

/// A document that the client has open and that Plimsoll reads.
#[derive(Debug)]
pub struct OpenDocument {
    /// As the client spells it.
    pub uri: Uri,
    /// As the view of files spells it.
    pub path: String,
    /// Text, and tree where there is one.
    pub text: Text,
    /// Different for every text of any document.
    pub revision: u64,
    /// What is carried over text that does not parse.
    pub retention: Retention,
    /// What the last review has found, retained findings included, where it stands in the newest text.
    pub shown: Vec<Finding>,
    /// What it has found beside, and findings of other documents tell.
    pub covered: Vec<Finding>,
    /// What it has found beside, and is not shown because the baseline holds it.
    pub hidden: Vec<Finding>,
    /// Where its units are, as far as the newest review knows.
    pub units: Vec<TextRange>,
    /// Where the related places in other files are.
    pub elsewhere: Elsewhere,
    /// What the client shows.
    pub published: Option<PublishDiagnosticsParams>,
    /// What a client that asks by itself was told last.
    pub pulled: Option<String>,
    /// The review that is on its way.
    pub review: Option<RunningReview>,
    /// Whether a review is to be started, and how soon.
    pub wants_review: Option<Urgency>,
    /// Requests that need the review which is on its way.
    pub waiting: Vec<Event>,
    /// Fixes that were proven for the newest text.
    pub proven: Vec<ProvenFix>,
    /// Whether `shown` is what stands while the newest text, which does not parse, is being reviewed.
    pub stands: bool,
}

/// A review that is on its way.
#[derive(Debug)]
pub struct RunningReview {
    /// Which one.
    pub id: u64,
    /// Set when it is superseded.
    pub cancel: Arc<AtomicBool>,
    /// How soon it is wanted.
    pub urgency: Urgency,
}

/// How soon somebody wants a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Something else has changed that may matter.
    Background,
    /// Somebody types.
    Typing,
}

impl OpenDocument {
    /// Whether other documents are reviewed by what this one says.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        FileKind::from_path(&self.path) == Some(FileKind::PlimsollToml)
    }

    /// Gives up the review that is on its way.
    pub fn cancel_review(&mut self) {
        if let Some(review) = self.review.take() {
            review.cancel.store(true, Ordering::Relaxed);
        }
    }

    /// Asks for a review; what is on its way is outdated.
    pub fn want_review(&mut self, urgency: Urgency) {
        self.cancel_review();
        self.wants_review = self.wants_review.max(Some(urgency));
    }

    /// Follows an edit with all that is known of the document. Where the newest text does not parse, what was shown stands
    /// until it is reviewed: the review will say the same of nearly all of it, and may take long, since an open brace
    /// tears functions apart.
    pub fn follow(&mut self, edits: &[AppliedEdit]) {
        self.retention.follow(&self.path, edits);
        follow(&mut self.shown, &self.path, edits);
        follow(&mut self.covered, &self.path, edits);
        self.proven.clear();
        self.stands = self.text.is_broken();
    }

    /// Takes over where the related places in other files are. Those of retained findings are kept.
    pub fn take_places(&mut self, newest: Elsewhere) {
        let mut kept = std::mem::replace(&mut self.elsewhere, newest);
        if kept.is_empty() {
            return;
        }
        for related in self.shown.iter().flat_map(|finding| &finding.related) {
            let key = (related.path.clone(), related.range);
            if let Some(location) = kept.remove(&key) {
                self.elsewhere.entry(key).or_insert(location);
            }
        }
    }

    /// Remembers fixes until the text changes, so that their edits need not be proven twice.
    pub fn remember(&mut self, fixes: Vec<ProvenFix>) {
        for fix in fixes {
            let is_same =
                |known: &ProvenFix| known.fingerprint == fix.fingerprint && known.title == fix.title;
            self.proven.retain(|known| !is_same(known));
            self.proven.push(fix);
        }
    }

    /// Whether the findings are those of the newest text.
    #[must_use]
    pub const fn is_reviewed(&self) -> bool {
        self.review.is_none() && self.wants_review.is_none()
    }
}

/// The text of a document.
#[derive(Debug)]
pub enum Text {
    /// Code, with its tree.
    Code(Document),
    /// A schema, a manifest or a configuration: text only.
    Plain { rope: Rope, version: i32 },
}

impl Text {
    /// Takes over the text of a document, or `None` if Plimsoll does not read such documents.
    #[must_use]
    pub fn open(path: &str, language_id: &str, text: &str, version: i32) -> Option<Self> {
        let kind = FileKind::from_path(path);
        // The name of a file says more than the editor's opinion, which may be set by hand to get its colours right.
        let language = match kind {
            Some(kind) => kind.language(),
            None => Some(Language::from_language_id(language_id)?),
        };
        Some(match language {
            Some(language) => Self::Code(Document::open(text, language, version)),
            None => Self::Plain { rope: Rope::from_str(text), version },
        })
    }

    /// Applies the changes of one or more notifications, in order. Code whose parse takes long has no tree then; see
    /// [`Self::take_tree`].
    pub fn apply(
        &mut self,
        edits: &[Edit],
        encoding: PositionEncoding,
        new_version: i32,
    ) -> Vec<AppliedEdit> {
        match self {
            Self::Code(document) => {
                let begun = Instant::now();
                let steps = Cell::new(0);
                let goes_on = || {
                    steps.set(steps.get() + 1);
                    steps.get() < LEAST_STEPS || begun.elapsed() < TIME_FOR_A_KEY
                };
                document.apply_while(edits, encoding, new_version, &goes_on)
            }
            Self::Plain { rope, version } => {
                *version = new_version;
                edits.iter().map(|edit| apply_to_rope(rope, edit, encoding)).collect()
            }
        }
    }

    /// The text.
    #[must_use]
    pub const fn rope(&self) -> &Rope {
        match self {
            Self::Code(document) => document.current().rope(),
            Self::Plain { rope, .. } => rope,
        }
    }

    /// The version that the client gave to it.
    #[must_use]
    pub const fn version(&self) -> i32 {
        match self {
            Self::Code(document) => document.version(),
            Self::Plain { version, .. } => *version,
        }
    }

    /// The text with its tree, for another thread.
    #[must_use]
    pub fn snapshot(&self) -> Option<Snapshot> {
        match self {
            Self::Code(document) => Some(document.snapshot()),
            Self::Plain { .. } => None,
        }
    }

    /// Takes over a parse that a worker has finished for the text as it is.
    pub fn take_tree(&mut self, finished: &Snapshot) {
        if let Self::Code(document) = self {
            document.take_tree(finished);
        }
    }

    /// Whether it is code that does not parse as it stands, or may not: where that takes long to find out.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        match self {
            Self::Code(document) => match document.current().tree() {
                Some(tree) => tree.root_node().has_error(),
                None => document.current().is_unfinished(),
            },
            Self::Plain { .. } => false,
        }
    }

    /// Whether code has a tree. Text that is no code needs none.
    #[must_use]
    pub fn has_tree(&self) -> bool {
        match self {
            Self::Code(document) => document.current().tree().is_some(),
            Self::Plain { .. } => true,
        }
    }
}

fn apply_to_rope(rope: &mut Rope, edit: &Edit, encoding: PositionEncoding) -> AppliedEdit {
    let range = match edit.range {
        None => TextRange::from_usize(0, rope.len_bytes()),
        Some((a, b)) => {
            TextRange::new(position_to_byte(rope, a, encoding), position_to_byte(rope, b, encoding))
        }
    };
    let start = rope.byte_to_char(range.start as usize);
    let end = rope.byte_to_char(range.end as usize);
    rope.remove(start..end);
    rope.insert(start, &edit.text);
    AppliedEdit { range, new_len: TextRange::from_usize(0, edit.text.len()).len() }
}

/// The path of a document as the view of files spells it, or `None` if such documents are left alone.
///
/// An unsaved document has its URI as its path. Other schemes (`git:`, `vscode-notebook-cell:`…) show what also exists
/// elsewhere, or what nobody can change.
#[must_use]
pub fn path_of(uri: &Uri) -> Option<String> {
    let spelled = uri.as_str();
    let (scheme, rest) = spelled.split_once(':')?;
    match scheme.to_ascii_lowercase().as_str() {
        "untitled" => Some(spelled.to_owned()),
        "file" => {
            let rest = rest.split(['?', '#']).next()?;
            let rest = rest.strip_prefix("//").map_or(rest, |rest| {
                // What stands before the path is a host, and only this one is known.
                rest.find('/').map_or("", |slash| &rest[slash..])
            });
            let decoded = percent_decode_str(rest).decode_utf8().ok()?;
            let is_drive = cfg!(windows) && decoded.as_bytes().get(2) == Some(&b':');
            let path = if is_drive { &decoded[1..] } else { &decoded };
            to_files_path(Path::new(path)).filter(|path| !path.is_empty())
        }
        _ => None,
    }
}

/// The URI of a file that the client has not named itself.
#[must_use]
pub fn uri_of(path: &str) -> Option<Uri> {
    /// What a path of a URI may hold as it is.
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
    if path.starts_with('/') {
        Uri::from_str(&format!("file://{}", utf8_percent_encode(path, KEPT))).ok()
    } else if cfg!(windows) && path.as_bytes().get(1) == Some(&b':') {
        Uri::from_str(&format!("file:///{}", utf8_percent_encode(path, KEPT))).ok()
    } else {
        Uri::from_str(path).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_syntax::Position;

    fn path(uri: &str) -> Option<String> {
        path_of(&Uri::from_str(uri).expect("a URI"))
    }

    #[cfg(unix)]
    #[test]
    fn files_and_unsaved_documents_have_paths() {
        assert_eq!(path("file:///a/b%20c.ts").as_deref(), Some("/a/b c.ts"));
        assert_eq!(path("file:///a/%5Bid%5D/./x/../p.tsx").as_deref(), Some("/a/[id]/p.tsx"));
        assert_eq!(path("file://host/a.ts").as_deref(), Some("/a.ts"));
        assert_eq!(path("FILE:/a.ts").as_deref(), Some("/a.ts"));
        assert_eq!(path("untitled:Untitled-1").as_deref(), Some("untitled:Untitled-1"));
        for other in ["git:/a.ts?x", "file:", "file://", "file:///%FF.ts", "vscode-remote://h/a.ts"] {
            assert_eq!(path(other), None, "{other}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_becomes_a_uri_and_back() {
        for spelled in ["/a/b c.ts", "/ü/[id]/100%/p#1?.tsx"] {
            let uri = uri_of(spelled).expect("a URI");
            assert_eq!(path_of(&uri).as_deref(), Some(spelled));
        }
        assert_eq!(uri_of("untitled:Untitled-1").expect("a URI").as_str(), "untitled:Untitled-1");
    }

    #[test]
    fn only_what_plimsoll_reads_is_opened() {
        let is_code = |path, id| match Text::open(path, id, "", 1) {
            Some(Text::Code(document)) => Some(Some(document.language())),
            Some(Text::Plain { .. }) => Some(None),
            None => None,
        };
        assert_eq!(is_code("/a.tsx", "typescript"), Some(Some(Language::Tsx)));
        assert_eq!(is_code("untitled:Untitled-1", "rust"), Some(Some(Language::Rust)));
        assert_eq!(is_code("/script", "javascript"), Some(Some(Language::JavaScript)));
        assert_eq!(is_code("/schema.prisma", "prisma"), Some(None));
        assert_eq!(is_code("/README.md", "markdown"), None);
    }

    #[test]
    fn plain_text_follows_edits() {
        let mut text = Text::open("/m.sql", "sql", "é🚢\r\nb", 1).expect("it is read");
        let edit = Edit::replace(Position::new(0, 1), Position::new(1, 0), "x");
        let applied = text.apply(&[edit], PositionEncoding::Utf16, 2);
        assert_eq!(text.rope().to_string(), "éxb");
        assert_eq!((applied[0].range, applied[0].new_len), (TextRange::new(2, 8), 1));
        text.apply(&[Edit::replace_all("new")], PositionEncoding::Utf16, 3);
        assert_eq!((text.rope().to_string().as_str(), text.version()), ("new", 3));
    }
}
