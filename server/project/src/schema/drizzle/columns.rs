//! Reads one column: `text('author_id').notNull().references(() => users.id)`.

use plimsoll_behavior::Kind;

use super::walk::{At, Step, Target, Walk};
use super::{ColumnItem, ColumnMaker, Reference};
use crate::schema::OnDelete;

impl Walk {
    /// The column that an expression makes; nothing where it is no call.
    pub(super) fn column(&self, at: At) -> Option<ColumnItem> {
        let chain = self.chain(at)?;
        let made_by = match chain.head {
            Target::Library(name) | Target::OfParameter(name) => ColumnMaker::Library(name),
            Target::Own(path) if !path.is_empty() => ColumnMaker::Own(path),
            _ => ColumnMaker::Unknown,
        };
        let range = self.range(at);
        let mut column = ColumnItem { made_by, range, name_range: range, ..ColumnItem::default() };
        let (head, methods) = chain.steps.split_first()?;
        self.head(&mut column, head);
        for method in methods {
            self.method(&mut column, method);
        }
        Some(column)
    }

    /// The name, and the options or values.
    fn head(&self, column: &mut ColumnItem, head: &Step) {
        for &arg in &head.args {
            match self.kind(self.plain(arg)) {
                Kind::Object { .. } => {
                    column.mode = self.property(arg, "mode").and_then(|mode| self.text(mode));
                    if let Some(values) = self.property(arg, "enum") {
                        column.values = Some(self.count(values));
                    }
                }
                Kind::Array(_) => column.values = Some(self.count(arg)),
                _ => column.name = column.name.take().or_else(|| self.text(arg)),
            }
        }
    }

    fn method(&self, column: &mut ColumnItem, method: &Step) {
        match method.name.as_str() {
            "notNull" => column.not_null = true,
            "primaryKey" => {
                column.primary_key = true;
                column.not_null = true;
            }
            "unique" => column.unique = Some(method.args.first().and_then(|&name| self.text(name))),
            "array" => column.list = true,
            "references" => column.references = self.reference(method),
            "default" => {
                column.has_default = true;
                column.default = method.args.first().and_then(|&value| self.text_or_number(value));
            }
            "defaultNow"
            | "defaultRandom"
            | "$default"
            | "$defaultFn"
            | "$onUpdate"
            | "$onUpdateFn"
            | "generatedAlwaysAs"
            | "generatedAlwaysAsIdentity"
            | "generatedByDefaultAsIdentity"
            | "autoincrement"
            | "onUpdateNow" => column.has_default = true,
            _ => {}
        }
    }

    /// `() => users.id`, and what happens when the row goes.
    fn reference(&self, method: &Step) -> Option<Reference> {
        let &function = method.args.first()?;
        let result = self.returned(function)?;
        let Target::Own(mut table) = self.target(result) else { return None };
        let column = table.pop()?;
        let on_delete = method.args.get(1).and_then(|&options| self.property(options, "onDelete"));
        Some(Reference {
            table,
            columns: vec![column],
            on_delete: on_delete.and_then(|action| on_delete_of(&self.text(action)?)),
            range: self.range(function),
        })
    }
}

pub(super) fn on_delete_of(action: &str) -> Option<OnDelete> {
    match action {
        "cascade" => Some(OnDelete::Cascade),
        "restrict" => Some(OnDelete::Restrict),
        "no action" => Some(OnDelete::NoAction),
        "set null" => Some(OnDelete::SetNull),
        "set default" => Some(OnDelete::SetDefault),
        _ => None,
    }
}
