//! Prints a unit for people: snapshots of lowerings, and a look at what a rule sees.
//!
//! One line where it fits, else one line per part: `(call (.findMany (.user %db)) …)`. A bound name is `name%binding`,
//! a free one is `^name`; ranges are left out, so that a snapshot says what the code means and not where it stands.

use std::fmt::Write;

use super::{
    Access, Arm, Attribute, Binding, BindingKind, BlockForm, CallForm, Catch, Entry, Exported,
    Function, FunctionId, FunctionKind, Imported, Key, Kind, Literal, Loop, LoopKind, NodeId,
    PathStep, Pattern, TypeDecl, TypeExpr, Unit,
};

/// The widest line on which several parts stand together, in bytes.
const WIDTH: usize = 100;

/// A readable text of the whole unit. It ends with a line break.
#[must_use]
pub fn print(unit: &Unit) -> String {
    let mut printer = Printer {
        unit,
        items: Vec::new(),
        open: Vec::new(),
    };
    if unit.functions.is_empty() {
        return String::from("(nothing)\n");
    }
    let mut out = printer.whole(Part::Function(FunctionId(0)));
    for (index, nested) in unit.nested.iter().enumerate() {
        let name = nested.name.as_deref().unwrap_or("_");
        let _ = write!(out, "nested {index}: {}", function_word(nested.kind));
        let _ = write!(
            out,
            "{} {name}",
            if nested.is_async { " async" } else { "" }
        );
        if let Some(owner) = &nested.owner {
            let _ = write!(out, " of {owner}");
        }
        out += &attributes(&nested.attributes);
        out.push('\n');
    }
    for import in &unit.imports {
        let what = match &import.what {
            Imported::Name(name) => format!("{{{name}}}"),
            Imported::Default => "default".into(),
            Imported::Module => "module".into(),
            Imported::Glob => "*".into(),
            Imported::Nothing => "nothing".into(),
        };
        let bound = import.binding.map(|b| format!(" as {}", name_of(unit, b)));
        let _ = writeln!(
            out,
            "import{} {what} from {:?}{}",
            if import.is_type_only { " type" } else { "" },
            import.module,
            bound.unwrap_or_default()
        );
    }
    for export in &unit.exports {
        let local = match &export.local {
            Exported::Binding(b) => name_of(unit, *b),
            Exported::Value(node) => printer.whole(Part::Node("", *node)).trim_end().into(),
            Exported::From(module, None) => format!("all of {module:?}"),
            Exported::From(module, Some(name)) => format!("{name} of {module:?}"),
        };
        let _ = writeln!(out, "export {}: {local}", export.name);
    }
    for (index, binding) in unit.bindings.iter().enumerate() {
        let _ = writeln!(out, "%{index} {}", describe_binding(binding));
    }
    for directive in &unit.directives {
        let _ = writeln!(out, "directive {directive:?}");
    }
    for comment in &unit.comments {
        let alone = if comment.is_alone { " alone" } else { "" };
        let _ = writeln!(out, "comment{alone} {:?}", comment.text);
    }
    for error in &unit.errors {
        let _ = writeln!(out, "error {}..{}", error.start, error.end);
    }
    if !unit.free_names.is_empty() {
        let _ = writeln!(out, "free {}", unit.free_names.join(" "));
    }
    if unit.is_cut {
        out += "cut\n";
    }
    out
}

/// What stands at one place of the text, not yet written.
enum Part {
    /// A node with a label before it.
    Node(&'static str, NodeId),
    Function(FunctionId),
    Group(String, Vec<Part>),
}

/// A part whose own parts are items too.
struct Item {
    text: String,
    parts: Vec<usize>,
    /// Its width on one line, in bytes.
    width: usize,
}

struct Printer<'a> {
    unit: &'a Unit,
    items: Vec<Item>,
    open: Vec<(usize, Part)>,
}

impl Printer<'_> {
    /// Without recursion: items are made parents first, measured children first, written with a stack.
    fn whole(&mut self, root: Part) -> String {
        self.items.clear();
        self.add(root);
        while let Some((at, part)) = self.open.pop() {
            let (text, parts) = self.expand(part);
            self.items[at].text = text;
            for part in parts {
                let child = self.add(part);
                self.items[at].parts.push(child);
            }
        }
        for at in (0..self.items.len()).rev() {
            let item = &self.items[at];
            let parts: usize = item.parts.iter().map(|&p| self.items[p].width + 1).sum();
            self.items[at].width = item.text.len() + parts + 2;
        }
        self.write()
    }

    fn add(&mut self, part: Part) -> usize {
        self.items.push(Item {
            text: String::new(),
            parts: Vec::new(),
            width: 0,
        });
        self.open.push((self.items.len() - 1, part));
        self.items.len() - 1
    }

    fn write(&self) -> String {
        enum Step {
            Lines(usize, usize),
            Flat(usize),
            Text(&'static str),
        }
        let mut out = String::new();
        let mut steps = vec![Step::Lines(0, 0)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Text(text) => out += text,
                Step::Flat(at) => {
                    let item = &self.items[at];
                    if item.parts.is_empty() {
                        out += &item.text;
                        continue;
                    }
                    out.push('(');
                    out += &item.text;
                    steps.push(Step::Text(")"));
                    for &part in item.parts.iter().rev() {
                        steps.push(Step::Flat(part));
                        steps.push(Step::Text(" "));
                    }
                }
                Step::Lines(at, depth) => {
                    let item = &self.items[at];
                    for _ in 0..depth.min(60) {
                        out += "  ";
                    }
                    if item.parts.is_empty() || item.width + 2 * depth <= WIDTH {
                        steps.push(Step::Text("\n"));
                        steps.push(Step::Flat(at));
                        continue;
                    }
                    out += &item.text;
                    out.push('\n');
                    for &part in item.parts.iter().rev() {
                        steps.push(Step::Lines(part, depth + 1));
                    }
                }
            }
        }
        out
    }

    fn expand(&self, part: Part) -> (String, Vec<Part>) {
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
            let mut text = format!("param {rest}{}", self.pattern(&param.pattern));
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
        let labelled =
            |name: &Option<super::Name>| name.as_ref().map(|l| format!(" {l}")).unwrap_or_default();
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
            Kind::Member {
                object,
                name,
                access,
                ..
            } => {
                let dots = match access {
                    Access::Dot => ".",
                    Access::Optional => "?.",
                    Access::Path => "::",
                };
                (format!("{dots}{name}"), vec![node(object)])
            }
            Kind::Index { object, index } => ("[]".into(), vec![node(object), node(index)]),
            Kind::Call {
                callee,
                args,
                form,
                type_args,
            } => {
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
            Kind::Assign { op, target, value } => {
                (format!("set {op}"), vec![node(target), node(value)])
            }
            Kind::Spread(x) => ("...".into(), vec![node(x)]),
            Kind::Range { start, end } => (
                "range".into(),
                maybe("from ", start).chain(maybe("to ", end)).collect(),
            ),
            Kind::Sequence(parts) => ("sequence".into(), all(parts)),
            Kind::Yield(x) => ("yield".into(), maybe("", x).collect()),
            Kind::Element {
                tag,
                attributes,
                children,
            } => {
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
            Kind::Block {
                statements,
                has_value,
                form,
            } => {
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
            Kind::Let {
                pattern,
                ty,
                init,
                otherwise,
                is_using,
            } => {
                let word = if *is_using { "using" } else { "let" };
                let mut parts = pattern_parts(pattern);
                parts.extend(maybe("", init).chain(maybe("else ", otherwise)));
                let pattern = self.pattern(pattern);
                (format!("{word} {pattern}{}", typed(ty.as_ref())), parts)
            }
            Kind::If {
                condition,
                then,
                otherwise,
                is_expression,
            } => {
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
            Kind::TryCatch {
                body,
                catch,
                finally,
            } => {
                let mut parts = vec![node(body)];
                parts.extend(catch.iter().map(|c| self.catch(c)));
                parts.extend(maybe("finally ", finally));
                ("try".into(), parts)
            }
            Kind::Return(x) => ("return".into(), maybe("", x).collect()),
            Kind::Throw(x) => ("throw".into(), vec![node(x)]),
            Kind::Break { label, value } => (
                format!("break{}", labelled(label)),
                maybe("", value).collect(),
            ),
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
        Key::Computed(key) => Part::Group(
            "[:]".into(),
            vec![Part::Node("", *key), Part::Node("", entry.value)],
        ),
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

fn describe_binding(binding: &Binding) -> String {
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
    text += &typed(binding.ty.as_ref());
    let _ = write!(text, ", scope {}", binding.scope.0);
    for (word, count) in [
        ("uses", binding.uses.len()),
        ("sets", binding.assignments.len()),
    ] {
        if count > 0 {
            let _ = write!(text, ", {count} {word}");
        }
    }
    text
}

fn name_of(unit: &Unit, id: super::BindingId) -> String {
    format!("{}%{}", unit.binding(id).name, id.0)
}

fn function_word(kind: FunctionKind) -> &'static str {
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

fn literal_text(literal: &Literal) -> String {
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

fn attributes(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        let _ = write!(text, " @{}({})", attribute.path.join("."), attribute.text);
    }
    text
}

fn typed(ty: Option<&TypeExpr>) -> String {
    ty.map(|ty| format!(": {}", type_text(ty)))
        .unwrap_or_default()
}

/// A type in one line; lowerings bound how deep one is.
fn type_text(ty: &TypeExpr) -> String {
    let path = ty.path.join(".");
    let path = if path.is_empty() { "_" } else { &path };
    format!("{path}{}", type_args_text(&ty.args))
}

fn type_args_text(args: &[TypeExpr]) -> String {
    if args.is_empty() {
        return String::new();
    }
    let args: Vec<String> = args.iter().map(type_text).collect();
    format!("<{}>", args.join(", "))
}
