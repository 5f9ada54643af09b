//! Imports and exports, of ES modules and CommonJS.

use plimsoll_syntax::TextRange;
use tree_sitter::Node;

use super::kinds::K;
use super::shape::{Children, Naming, unquoted};
use super::{Lowering, PendingExport, PendingLocal};
use crate::lower::builder::NewBinding;
use crate::{
    BindingKind, CallForm, Exported, Import, Imported, Key, Kind, Literal, Name, NodeId, PathStep, Pattern,
};

impl<'t> Lowering<'_, 't> {
    /// `import …`
    pub(super) fn import_statement(&mut self, node: Node<'t>) {
        let f = &self.tables.f;
        let children = self.children(node);
        let range = TextRange::of(node);
        let is_type_only = children.has(K::TokenType) || children.has(K::TokenTypeof);
        let mut source = children.field(f.source);
        let require = children.of(K::ImportRequire).map(|r| self.children(r));
        if let Some(require) = &require {
            source = require.field(f.source);
        }
        let Some(source) = source else { return };
        let module = self.string_text(source);
        let import = |what, is_type_only| Import {
            module: module.clone(),
            what,
            binding: None,
            is_type_only,
            range: crate::OwnRange::default(),
        };
        if let Some(require) = require {
            let bound = require.of(K::Identifier);
            return self.add_import(import(Imported::Module, is_type_only), bound, range);
        }
        let Some(clause) = children.of(K::ImportClause) else {
            return self.add_import(import(Imported::Nothing, false), None, range);
        };
        for part in self.children(clause).named() {
            match part.kind {
                K::Identifier => {
                    self.add_import(import(Imported::Default, is_type_only), Some(part.node), range);
                }
                K::NamespaceImport => {
                    let bound = self.children(part.node).of(K::Identifier);
                    self.add_import(import(Imported::Module, is_type_only), bound, range);
                }
                K::NamedImports => {
                    for specifier in self.children(part.node).named() {
                        if specifier.kind != K::ImportSpecifier {
                            continue;
                        }
                        let inner = self.children(specifier.node);
                        let Some(name) = inner.field(f.name) else {
                            continue;
                        };
                        let is_type = is_type_only || inner.has(K::TokenType) || inner.has(K::TokenTypeof);
                        let what = imported(self.export_name(name));
                        let bound = inner.field(f.alias).or(Some(name));
                        self.add_import(import(what, is_type), bound, range);
                    }
                }
                _ => {}
            }
        }
    }

    fn add_import(&mut self, mut import: Import, bound: Option<Node<'t>>, range: TextRange) {
        let index = u32::try_from(self.b.unit.imports.len()).unwrap_or(u32::MAX);
        import.range = self.b.own(range);
        import.binding = bound.map(|name| {
            let new = NewBinding {
                name: self.name(name),
                range: TextRange::of(name),
                kind: BindingKind::Import(index),
                value: None,
                path: Vec::new(),
                ty: None,
                is_mutable: false,
                visible_from: None,
            };
            self.b.bind(new)
        });
        self.b.unit.imports.push(import);
    }

    /// `import a = b.c`: a constant.
    pub(super) fn import_alias(&mut self, node: Node<'t>, out: &mut Vec<NodeId>) {
        let children = self.children(node);
        let mut names = children.named();
        let (Some(name), Some(value)) = (names.next(), names.next()) else {
            return;
        };
        let pattern = self.pattern_of(name.node, BindingKind::Variable, None, false, false);
        let init = self.expression(value.node);
        self.b.set_value(&pattern.bindings, init);
        let kind = Kind::Let {
            pattern: Box::new(pattern),
            ty: None,
            init: Some(init),
            otherwise: None,
            is_using: false,
        };
        let lowered = self.b.node(kind, TextRange::of(node));
        out.push(lowered);
    }

    /// `export …`
    pub(super) fn export_statement(&mut self, node: Node<'t>, out: &mut Vec<NodeId>) {
        let f = &self.tables.f;
        let children = self.children(node);
        let range = TextRange::of(node);
        let is_default = children.has(K::TokenDefault);
        let source = children.field(f.source).map(|s| self.string_text(s));
        if let Some(declaration) = children.field(f.declaration) {
            return self.export_declaration(declaration, &children, is_default, range, out);
        }
        if let Some(clause) = children.of(K::ExportClause) {
            return self.export_clause(clause, source, range);
        }
        if let Some(module) = source {
            // The grammar does not know `export type * from`.
            let word = children.of(K::Error).filter(|&e| self.text(e) == "type");
            if let Some(word) = word {
                self.forgive(TextRange::of(word));
            }
            let alias = children.of(K::NamespaceExport);
            let alias = alias.and_then(|a| self.children(a).first());
            let name = alias.map_or_else(|| Name::new("*"), |a| self.export_name(a));
            let local = PendingLocal::Known(Exported::From(module, None));
            self.exports.push(PendingExport { name, local, range });
            return;
        }
        let is_equals = children.has(K::TokenEquals);
        let value = children.field(f.value);
        let value = value.or_else(|| children.first().filter(|_| is_equals));
        let Some(value) = value else {
            return self.rest_of_errors(&children, out);
        };
        self.naming.is_exported = true;
        let lowered = self.expression(value);
        out.push(lowered);
        let name = Name::new(if is_equals { "export=" } else { "default" });
        self.export_value(name, value, lowered, range);
    }

    fn export_declaration(
        &mut self,
        declaration: Node<'t>,
        children: &Children<'t>,
        is_default: bool,
        range: TextRange,
        out: &mut Vec<NodeId>,
    ) {
        let bound_before = self.b.unit.bindings.len();
        let kind = self.kind(declaration);
        match kind {
            K::Lexical | K::Variable => self.declaration(declaration, true, out),
            K::FunctionDeclaration | K::GeneratorDeclaration | K::FunctionSignature => {
                let naming = Naming { is_exported: true, ..Naming::default() };
                out.push(self.function_declaration(declaration, naming));
            }
            K::ClassDeclaration | K::AbstractClassDeclaration => {
                let attributes = self.decorators(children);
                out.push(self.class_declaration(declaration, true, attributes));
            }
            K::Interface => out.push(self.interface(declaration, true)),
            K::TypeAlias => out.push(self.type_alias(declaration, true)),
            K::Enum => out.push(self.enumeration(declaration, true)),
            _ => self.statement(declaration, out),
        }
        let scope = self.b.scope;
        let bound = self.b.unit.bindings.iter().enumerate().skip(bound_before);
        let bound: Vec<_> = bound
            .filter(|(_, b)| b.scope == scope)
            .map(|(index, b)| (crate::BindingId(u32::try_from(index).unwrap_or(u32::MAX)), b.name.clone()))
            .collect();
        for (binding, name) in bound {
            let name = if is_default { Name::new("default") } else { name };
            let local = PendingLocal::Known(Exported::Binding(binding));
            // The declaration with a body comes after its overloads, and is what is exported.
            if kind == K::FunctionDeclaration {
                self.exports.retain(|e| e.name != name);
            }
            self.exports.push(PendingExport { name, local, range });
        }
    }

    fn export_clause(&mut self, clause: Node<'t>, source: Option<Name>, range: TextRange) {
        let f = &self.tables.f;
        for specifier in self.children(clause).named() {
            if specifier.kind != K::ExportSpecifier {
                continue;
            }
            let inner = self.children(specifier.node);
            let Some(name) = inner.field(f.name) else {
                continue;
            };
            let own = self.export_name(name);
            let outside = inner.field(f.alias).map(|a| self.export_name(a));
            let local = match &source {
                Some(module) => PendingLocal::Known(Exported::From(module.clone(), Some(own.clone()))),
                None => PendingLocal::Name(own.clone(), None),
            };
            self.exports.push(PendingExport { name: outside.unwrap_or(own), local, range });
        }
    }

    /// Exports a value: its binding when it is only a name.
    fn export_value(&mut self, name: Name, value: Node<'t>, lowered: NodeId, range: TextRange) {
        let local = if self.kind(value) == K::Identifier {
            PendingLocal::Name(self.name(value), Some(lowered))
        } else {
            PendingLocal::Known(Exported::Value(lowered))
        };
        self.exports.push(PendingExport { name, local, range });
    }

    fn export_name(&self, node: Node<'t>) -> Name {
        match self.kind(node) {
            K::String => self.string_text(node),
            _ => self.name(node),
        }
    }

    /// A string's text without quotes.
    pub(super) fn string_text(&self, node: Node<'t>) -> Name {
        Name::new(unquoted(self.text(node), TextRange::of(node)).0)
    }

    /// Notes what an expression statement means to CommonJS: `exports.a = …`, `module.exports = …`, `require("x")`.
    pub(super) fn note_commonjs(&mut self, node: Node<'t>, lowered: NodeId, range: TextRange) {
        if !self.is_module() {
            return;
        }
        if self.kind(node) == K::Call {
            if let Some((module, None)) = required(&self.b.unit, lowered) {
                let import = Import {
                    module,
                    what: Imported::Nothing,
                    binding: None,
                    is_type_only: false,
                    range: crate::OwnRange::default(),
                };
                self.add_import(import, None, range);
            }
            return;
        }
        let f = &self.tables.f;
        let (mut node, mut lowered) = (node, lowered);
        // `exports = module.exports = …`
        while self.kind(node) == K::Assignment {
            let left = node.child_by_field_id(f.left);
            let right = node.child_by_field_id(f.right);
            let (Some(left), Some(right)) = (left, right) else {
                return;
            };
            let &Kind::Assign { value, .. } = self.b.unit.kind(lowered) else {
                return;
            };
            if super::outline::is_exports_member(left, self.tables, self.text) {
                if let Some(property) = left.child_by_field_id(f.property) {
                    self.export_value(self.name(property), right, value, range);
                }
            } else if self.text(left) == "module.exports" {
                self.export_value(Name::new("export="), right, value, range);
                self.export_entries(value, range);
            }
            (node, lowered) = (right, value);
        }
    }

    /// What `module.exports = { a, b: c }` offers by name.
    fn export_entries(&mut self, object: NodeId, range: TextRange) {
        let Kind::Object { entries, .. } = self.b.unit.kind(object) else {
            return;
        };
        for entry in entries {
            let Key::Name(name) = &entry.key else {
                continue;
            };
            let local = match self.b.unit.kind(entry.value) {
                Kind::Name { name, .. } => PendingLocal::Name(name.clone(), Some(entry.value)),
                _ => PendingLocal::Known(Exported::Value(entry.value)),
            };
            self.exports.push(PendingExport { name: name.clone(), local, range });
        }
    }

    /// Makes imports of what a declaration takes from `require("x")` or `await import("x")`.
    pub(super) fn note_required(&mut self, pattern: &Pattern, init: NodeId, range: TextRange) {
        let Some((module, member)) = required(&self.b.unit, init) else {
            return;
        };
        let range = self.b.own(range);
        for &id in &pattern.bindings {
            let index = u32::try_from(self.b.unit.imports.len()).unwrap_or(u32::MAX);
            let binding = &mut self.b.unit.bindings[id.0 as usize];
            let what = match (&member, &binding.path[..]) {
                (None, []) => Imported::Module,
                (Some(name), []) => imported(name.clone()),
                (None, [PathStep::Member(name)]) if !name.is_empty() => imported(name.clone()),
                // Deeper ones stay names of a part of the module's value.
                _ => continue,
            };
            binding.kind = BindingKind::Import(index);
            binding.value = None;
            self.b.unit.imports.push(Import {
                module: module.clone(),
                what,
                binding: Some(id),
                is_type_only: false,
                range,
            });
        }
    }
}

fn imported(name: Name) -> Imported {
    if name == "default" { Imported::Default } else { Imported::Name(name) }
}

/// The module that a value is, and the one member taken of it.
fn required(unit: &crate::Unit, value: NodeId) -> Option<(Name, Option<Name>)> {
    let (mut at, mut member) = (value, None);
    let mut is_awaited = false;
    loop {
        match unit.kind(at) {
            Kind::Await(inner) => {
                is_awaited = true;
                at = *inner;
            }
            Kind::Cast { value, .. } | Kind::NonNull(value) => at = *value,
            Kind::Member { object, name, .. } if member.is_none() => {
                member = Some(name.clone());
                at = *object;
            }
            Kind::Call { callee, args, form, .. } => {
                let [arg] = args[..] else { return None };
                let Kind::Literal(Literal::String(module)) = unit.kind(arg) else {
                    return None;
                };
                let is_require = matches!(unit.kind(*callee), Kind::Name { name, .. } if name == "require");
                let is_module = match form {
                    CallForm::Import => is_awaited,
                    CallForm::Plain => is_require,
                    _ => false,
                };
                return is_module.then(|| (module.clone(), member));
            }
            _ => return None,
        }
    }
}
