//! Fixes as the protocol's edits.

use std::collections::HashMap;

use plimsoll_engine::{FileEdit, Fix};
use plimsoll_project::Files;
use plimsoll_syntax::{Rope, TextRange};
use tower_lsp::ls_types::{
    AnnotatedTextEdit, ChangeAnnotation, CreateFile, CreateFileOptions, DocumentChangeOperation,
    DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, ResourceOp, TextDocumentEdit, TextEdit,
    Uri, WorkspaceEdit,
};

use super::documents::uri_of;
use super::positions;
use super::worker::Subject;

/// The annotation of changes to other files than the one the user looks at.
const OTHER_FILE: &str = "plimsoll.other-file";

/// Whether two edits of a list cannot both be applied.
#[must_use]
pub fn collide(a: &FileEdit, b: &FileEdit) -> bool {
    if a.path != b.path {
        return false;
    }
    let (Some(a), Some(b)) = (a.range, b.range) else {
        return true;
    };
    // Edits that touch are kept apart too: what stands between them would depend on their order.
    a.start <= b.end && b.start <= a.end
}

/// A fix as the client takes it. `None` if the client cannot do what it takes, or a file is gone.
#[must_use]
pub fn workspace_edit(fix: &Fix, subject: &Subject) -> Option<WorkspaceEdit> {
    let mut files = Vec::new();
    for edits in fix.edits.chunk_by(|a, b| a.path == b.path) {
        files.push(EditedFile::of(edits, subject)?);
    }
    let profile = &subject.profile;
    if !profile.document_changes {
        let mut changes = HashMap::new();
        for file in files {
            if file.is_new || changes.insert(file.uri, file.edits).is_some() {
                return None;
            }
        }
        return Some(WorkspaceEdit::new(changes));
    }

    let is_creating = files.iter().any(|file| file.is_new);
    if is_creating && !profile.created_files {
        return None;
    }
    let is_annotated = profile.change_annotations && files.iter().any(|file| file.is_other);
    let change_annotations = is_annotated.then(|| {
        let annotation = ChangeAnnotation {
            label: fix.title.clone(),
            needs_confirmation: Some(true),
            description: Some("Changes a file other than the one you are looking at".to_owned()),
        };
        HashMap::from([(OTHER_FILE.to_owned(), annotation)])
    });
    let document_changes = if is_creating {
        let changes = files.into_iter().flat_map(|file| file.operations(is_annotated));
        DocumentChanges::Operations(changes.collect())
    } else {
        DocumentChanges::Edits(files.into_iter().map(|file| file.text_edit(is_annotated)).collect())
    };
    Some(WorkspaceEdit { changes: None, document_changes: Some(document_changes), change_annotations })
}

struct EditedFile {
    uri: Uri,
    version: Option<i32>,
    is_new: bool,
    is_other: bool,
    edits: Vec<TextEdit>,
}

impl EditedFile {
    fn of(edits: &[FileEdit], subject: &Subject) -> Option<Self> {
        let path = &edits.first()?.path;
        let buffer = subject.files.buffer(path);
        let is_new = edits.iter().any(|edit| edit.range.is_none());
        let rope = match buffer {
            Some(buffer) => buffer.rope.clone(),
            None if is_new => Rope::new(),
            None => Rope::from_str(&subject.files.read(path)?),
        };
        let text_edits = edits.iter().map(|edit| {
            let range = edit.range.unwrap_or(TextRange::empty(0));
            let range = positions::to_range(&rope, range, subject.profile.encoding);
            TextEdit::new(range, edit.new_text.clone())
        });
        Some(Self {
            uri: match buffer {
                Some(buffer) => buffer.uri.parse().ok()?,
                None => uri_of(path)?,
            },
            version: buffer.map(|buffer| buffer.version),
            is_new,
            is_other: *path != subject.path,
            edits: text_edits.collect(),
        })
    }

    fn operations(self, is_annotated: bool) -> Vec<DocumentChangeOperation> {
        let create = self.is_new.then(|| {
            DocumentChangeOperation::Op(ResourceOp::Create(CreateFile {
                uri: self.uri.clone(),
                options: Some(CreateFileOptions { overwrite: Some(false), ignore_if_exists: Some(false) }),
                annotation_id: is_annotated.then(|| OTHER_FILE.to_owned()),
            }))
        });
        let edit = DocumentChangeOperation::Edit(self.text_edit(is_annotated));
        create.into_iter().chain([edit]).collect()
    }

    fn text_edit(self, is_annotated: bool) -> TextDocumentEdit {
        let is_annotated = is_annotated && self.is_other;
        let edits = self.edits.into_iter().map(|text_edit| {
            if !is_annotated {
                return OneOf::Left(text_edit);
            }
            OneOf::Right(AnnotatedTextEdit { text_edit, annotation_id: OTHER_FILE.to_owned() })
        });
        TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri: self.uri, version: self.version },
            edits: edits.collect(),
        }
    }
}
