//! The words of a printed unit: bindings, types, literals, attributes.

use std::fmt::Write;

use crate::vocabulary::{
    Attribute, Binding, BindingId, BindingKind, FunctionKind, Literal, PathStep, TypeExpr, Unit,
};

pub(super) fn describe_binding(binding: &Binding) -> String {
    let kind = match binding.kind {
        BindingKind::Variable => "variable".into(),
        BindingKind::Parameter(function, index) => format!("parameter {index} of {}", function.0),
        BindingKind::Function => "function".into(),
        BindingKind::Type => "type".into(),
        BindingKind::Import(index) => format!("import {index}"),
        BindingKind::Element => "element".into(),
        BindingKind::Caught => "caught".into(),
        BindingKind::Matched => "matched".into(),
        BindingKind::Module => "module".into(),
    };
    let mut text = format!("{}: {kind}", binding.name);
    if binding.is_mutable {
        text += " mut";
    }
    if !binding.path.is_empty() {
        text += " at ";
    }
    for step in &binding.path {
        let _ = match step {
            PathStep::Member(name) => write!(text, ".{name}"),
            PathStep::Index(index) => write!(text, "[{index}]"),
            PathStep::Variant(name, index) => write!(text, "'{name}({index})"),
            PathStep::Rest => write!(text, "..."),
        };
    }
    text += &typed(binding.ty.as_deref());
    let _ = write!(text, ", scope {}", binding.scope.0);
    for (word, count) in [("uses", binding.uses.len()), ("sets", binding.assignments.len())] {
        if count > 0 {
            let _ = write!(text, ", {count} {word}");
        }
    }
    text
}

pub(super) fn name_of(unit: &Unit, id: BindingId) -> String {
    format!("{}%{}", unit.binding(id).name, id.0)
}

pub(super) fn function_word(kind: FunctionKind) -> &'static str {
    match kind {
        FunctionKind::Module => "module",
        FunctionKind::Free => "function",
        FunctionKind::Method => "method",
        FunctionKind::Constructor => "constructor",
        FunctionKind::Getter => "getter",
        FunctionKind::Setter => "setter",
        FunctionKind::Closure => "closure",
    }
}

pub(super) fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::String(text) => format!("{text:?}"),
        Literal::Number(text) => text.to_string(),
        Literal::Bool(value) => value.to_string(),
        Literal::Null => "null".into(),
        Literal::Undefined => "undefined".into(),
        Literal::Regex(text) => text.to_string(),
        Literal::Char => "char".into(),
        Literal::Bytes => "bytes".into(),
    }
}

pub(super) fn attributes(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        let _ = write!(text, " @{}({})", attribute.path.join("."), attribute.text);
    }
    text
}

pub(super) fn typed(ty: Option<&TypeExpr>) -> String {
    ty.map(|ty| format!(": {}", type_text(ty))).unwrap_or_default()
}

/// A type in one line; lowerings bound how deep one is.
pub(super) fn type_text(ty: &TypeExpr) -> String {
    let path = ty.path.join(".");
    let path = if path.is_empty() { "_" } else { &path };
    format!("{path}{}", type_args_text(&ty.args))
}

pub(super) fn type_args_text(args: &[TypeExpr]) -> String {
    if args.is_empty() {
        return String::new();
    }
    let args: Vec<String> = args.iter().map(type_text).collect();
    format!("<{}>", args.join(", "))
}
