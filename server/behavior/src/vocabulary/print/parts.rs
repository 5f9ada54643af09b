//! What each part of a unit is printed as: a head and the parts inside it.

use std::fmt::Write;

use super::words::{attributes, function_word, literal_text, name_of, type_args_text, type_text, typed};
use super::{Part, Printer};
use crate::vocabulary::{
    Access, Arm, BlockForm, CallForm, Catch, Entry, Function, Key, Kind, Loop, LoopKind, Name, NodeId,
    Pattern, TypeDecl,
};

impl Printer<'_> {
    pub(super) fn expand(&self, part: Part) -> (String, Vec<Part>) {
        match part {
            Part::Group(text, parts) => (text, parts),
            Part::Function(id) => self.function(self.unit.function(id)),
            Part::Node(label, id) => {
                let (text, parts) = self.node(id);
                (format!("{label}{text}"), parts)
            }
        }
    }

    fn function(&self, function: &Function) -> (String, Vec<Part>) {
        let mut text = function_word(function.kind).to_owned();
        for (word, holds) in [
            (" async", function.is_async),
            (" generator", function.is_generator),
            (" static", function.is_static),
            (" exported", function.is_exported),
        ] {
            if holds {
                text += word;
            }
        }
        if let Some(name) = &function.name {
            let _ = write!(text, " {name}");
        }
        if let Some(owner) = &function.owner {
            let _ = write!(text, " of {owner}");
        }
        if let Some(of_trait) = &function.of_trait {
            let _ = write!(text, " for {of_trait}");
        }
        text += &attributes(&function.attributes);
        let mut parts = Vec::new();
        if function.takes_self {
            parts.push(Part::Group("self".into(), Vec::new()));
        }
        for param in &function.params {
            let rest = if param.is_rest { "..." } else { "" };
            let optional = if param.is_optional { "?" } else { "" };
            let mut text = format!("param {rest}{}{optional}", self.pattern(&param.pattern));
            text += &typed(param.ty.as_ref());
            if let Some(field) = &param.field {
                let _ = write!(text, " field {field}");
            }
            text += &attributes(&param.attributes);
            let mut inner = pattern_parts(&param.pattern);
            inner.extend(param.default.map(|d| Part::Node("= ", d)));
            parts.push(Part::Group(text, inner));
        }
        if let Some(returns) = &function.returns {
            parts.push(Part::Group(format!("-> {}", type_text(returns)), vec![]));
        }
        parts.extend(function.body.map(|b| Part::Node("", b)));
        (text, parts)
    }

    fn node(&self, id: NodeId) -> (String, Vec<Part>) {
        let node = |n: &NodeId| Part::Node("", *n);
        let maybe = |label, n: &Option<NodeId>| n.map(|n| Part::Node(label, n)).into_iter();
        let all = |nodes: &[NodeId]| nodes.iter().map(node).collect::<Vec<_>>();
        let labelled = |name: &Option<Name>| name.as_ref().map(|l| format!(" {l}")).unwrap_or_default();
        match self.unit.kind(id) {
            Kind::Other(parts) => ("other".into(), all(parts)),
            Kind::Literal(literal) => (literal_text(literal), vec![]),
            Kind::Template { pieces, holes } => {
                let mut parts = Vec::new();
                for (i, piece) in pieces.iter().enumerate() {
                    parts.push(Part::Group(format!("{piece:?}"), vec![]));
                    parts.extend(holes.get(i).map(node));
                }
                ("template".into(), parts)
            }
            Kind::Name { name, binding } => match binding {
                Some(b) => (format!("{name}%{}", b.0), vec![]),
                None => (format!("^{name}"), vec![]),
            },
            Kind::This => ("this".into(), vec![]),
            Kind::PathRoot(name) => (name.to_string(), vec![]),
            Kind::Member { object, name, access, .. } => {
                let dots = match access {
                    Access::Dot => ".",
                    Access::Optional => "?.",
                    Access::Path => "::",
                };
                (format!("{dots}{name}"), vec![node(object)])
            }
            Kind::Index { object, index } => ("[]".into(), vec![node(object), node(index)]),
            Kind::Call { callee, args, form, type_args } => {
                let form = match form {
                    CallForm::Plain => "call",
                    CallForm::Optional => "call?",
                    CallForm::New => "new",
                    CallForm::Tagged => "tagged",
                    CallForm::Macro => "macro",
                    CallForm::Import => "import",
                };
                let mut parts = vec![node(callee)];
                parts.extend(args.iter().map(node));
                (format!("{form}{}", type_args_text(type_args)), parts)
            }
            Kind::Object { entries, ty } => {
                let ty = ty.as_ref().map(|t| format!(" {}", type_text(t)));
                let parts = entries.iter().map(entry).collect();
                (format!("object{}", ty.unwrap_or_default()), parts)
            }
            Kind::Array(parts) => ("array".into(), all(parts)),
            Kind::Repeat { value, count } => ("repeat".into(), vec![node(value), node(count)]),
            Kind::Function(function) => self.function(self.unit.function(*function)),
            Kind::Nested(index) => (format!("nested#{index}"), vec![]),
            Kind::Type(ty) => type_decl(&self.unit.types[ty.0 as usize]),
            Kind::Await(x) => ("await".into(), vec![node(x)]),
            Kind::Try(x) => ("try?".into(), vec![node(x)]),
            Kind::NonNull(x) => ("non-null".into(), vec![node(x)]),
            Kind::Cast { value, ty } => (format!("as {}", type_text(ty)), vec![node(value)]),
            Kind::Unary { op, value } => (format!("unary {op}"), vec![node(value)]),
            Kind::Binary { op, left, right } => (op.to_string(), vec![node(left), node(right)]),
            Kind::Assign { op, target, value } => (format!("set {op}"), vec![node(target), node(value)]),
            Kind::Spread(x) => ("...".into(), vec![node(x)]),
            Kind::Range { start, end } => {
                ("range".into(), maybe("from ", start).chain(maybe("to ", end)).collect())
            }
            Kind::Sequence(parts) => ("sequence".into(), all(parts)),
            Kind::Yield(x) => ("yield".into(), maybe("", x).collect()),
            Kind::Element { tag, attributes, children } => {
                let mut parts: Vec<_> = maybe("", tag).collect();
                parts.extend(attributes.iter().map(entry));
                parts.extend(children.iter().map(node));
                let word = if tag.is_some() { "element" } else { "fragment" };
                (word.into(), parts)
            }
            Kind::Is { value, pattern } => {
                let mut parts = vec![node(value)];
                parts.extend(pattern_parts(pattern));
                (format!("is {}", self.pattern(pattern)), parts)
            }
            Kind::Block { statements, has_value, form } => {
                let mut text = String::from(match form {
                    BlockForm::Plain => "block",
                    BlockForm::Async => "block async",
                    BlockForm::Unsafe => "block unsafe",
                });
                if *has_value {
                    text += " =>";
                }
                (text, all(statements))
            }
            Kind::Discard(x) => ("discard".into(), vec![node(x)]),
            Kind::Let { pattern, ty, init, otherwise, is_using } => {
                let word = if *is_using { "using" } else { "let" };
                let mut parts = pattern_parts(pattern);
                parts.extend(maybe("", init).chain(maybe("else ", otherwise)));
                let pattern = self.pattern(pattern);
                (format!("{word} {pattern}{}", typed(ty.as_deref())), parts)
            }
            Kind::If { condition, then, otherwise, is_expression } => {
                let word = if *is_expression { "if?" } else { "if" };
                let mut parts = vec![node(condition), Part::Node("then ", *then)];
                parts.extend(maybe("else ", otherwise));
                (word.into(), parts)
            }
            Kind::Loop(l) => self.a_loop(l),
            Kind::Match { on, arms } => {
                let mut parts = vec![node(on)];
                parts.extend(arms.iter().map(|a| self.arm(a)));
                ("match".into(), parts)
            }
            Kind::TryCatch { body, catch, finally } => {
                let mut parts = vec![node(body)];
                parts.extend(catch.iter().map(|c| self.catch(c)));
                parts.extend(maybe("finally ", finally));
                ("try".into(), parts)
            }
            Kind::Return(x) => ("return".into(), maybe("", x).collect()),
            Kind::Throw(x) => ("throw".into(), vec![node(x)]),
            Kind::Break { label, value } => (format!("break{}", labelled(label)), maybe("", value).collect()),
            Kind::Continue(label) => (format!("continue{}", labelled(label)), vec![]),
            Kind::Labeled { label, body } => (format!("label {label}"), vec![node(body)]),
        }
    }

    fn a_loop(&self, l: &Loop) -> (String, Vec<Part>) {
        let word = match l.kind {
            LoopKind::Each => "each",
            LoopKind::EachAwait => "each await",
            LoopKind::Keys => "keys",
            LoopKind::Counted => "counted",
            LoopKind::While => "while",
            LoopKind::Forever => "forever",
        };
        let mut text = format!("loop {word}");
        let mut parts = Vec::new();
        if let Some(pattern) = &l.pattern {
            let _ = write!(text, " {}", self.pattern(pattern));
            parts.extend(pattern_parts(pattern));
        }
        for (label, part) in [
            ("over ", l.over),
            ("init ", l.init),
            ("condition ", l.condition),
            ("step ", l.step),
            ("", Some(l.body)),
        ] {
            parts.extend(part.map(|p| Part::Node(label, p)));
        }
        (text, parts)
    }

    fn arm(&self, arm: &Arm) -> Part {
        let mut text = String::from("arm");
        let mut parts = Vec::new();
        if let Some(pattern) = &arm.pattern {
            let _ = write!(text, " {}", self.pattern(pattern));
            parts.extend(pattern_parts(pattern));
        }
        parts.extend(arm.case.map(|c| Part::Node("case ", c)));
        parts.extend(arm.guard.map(|g| Part::Node("guard ", g)));
        parts.push(Part::Node("", arm.body));
        Part::Group(text, parts)
    }

    fn catch(&self, catch: &Catch) -> Part {
        let pattern = catch.pattern.as_ref();
        let text = pattern.map(|p| format!(" {}", self.pattern(p)));
        let mut parts = pattern.map(pattern_parts).unwrap_or_default();
        parts.push(Part::Node("", catch.body));
        Part::Group(format!("catch{}", text.unwrap_or_default()), parts)
    }

    fn pattern(&self, pattern: &Pattern) -> String {
        let mut words: Vec<String> = pattern.variants.iter().map(|v| format!("'{v}")).collect();
        words.extend(pattern.bindings.iter().map(|&b| name_of(self.unit, b)));
        let mark = if pattern.is_irrefutable { "" } else { "?" };
        format!("{}{mark}", words.join(","))
    }
}

fn pattern_parts(pattern: &Pattern) -> Vec<Part> {
    let default = |d: &NodeId| Part::Node("default ", *d);
    pattern.defaults.iter().map(default).collect()
}

fn entry(entry: &Entry) -> Part {
    match &entry.key {
        Key::Spread => Part::Node("", entry.value),
        Key::Computed(key) => {
            Part::Group("[:]".into(), vec![Part::Node("", *key), Part::Node("", entry.value)])
        }
        Key::Name(name) => {
            let colon = if entry.is_shorthand { ":~" } else { ":" };
            Part::Group(format!("{name}{colon}"), vec![Part::Node("", entry.value)])
        }
    }
}

fn type_decl(ty: &TypeDecl) -> (String, Vec<Part>) {
    let mut text = format!("{:?} {}", ty.kind, ty.name);
    if ty.is_exported {
        text += " exported";
    }
    for supertype in &ty.supertypes {
        let _ = write!(text, " <: {}", type_text(supertype));
    }
    if let Some(alias) = &ty.alias {
        let _ = write!(text, " = {}", type_text(alias));
    }
    text += &attributes(&ty.attributes);
    let mut parts = Vec::new();
    for field in &ty.fields {
        let is_static = if field.is_static { "static " } else { "" };
        let text = format!(
            "{is_static}field {}{}{}",
            field.name,
            typed(field.ty.as_ref()),
            attributes(&field.attributes)
        );
        let init = field.init.map(|i| Part::Node("", i)).into_iter().collect();
        parts.push(Part::Group(text, init));
    }
    for (name, node) in &ty.methods {
        let text = format!("method {name}");
        parts.push(Part::Group(text, vec![Part::Node("", *node)]));
    }
    (text, parts)
}
