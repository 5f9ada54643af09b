//! Where the parts of a value come from: followed backwards through names, members, choices and calls, as far as that
//! stays in this file, to parameters, to what the frameworks hand in, and to the results of the project's functions.

use plimsoll_behavior::models::{Behavior, Slot};
use plimsoll_behavior::{
    BindingId, BindingKind, CallForm, FunctionId, Guarantees, Key, Kind, Literal, Name, NodeId, PathStep,
    Unit,
};

use super::Evaluator;
use super::guarantees::is_without_text;
use crate::link::Value;
use crate::link::flow::{From, MAX_PATH, Path};
use crate::link::roles::handed_by_place;

/// How many nodes one value is followed through.
const MAX_STEPS: u32 = 100;
/// How many values, names and calls may lie inside each other.
const MAX_DEPTH: u8 = 24;
/// How many elements of an array, or properties of an object, are told apart.
const MAX_PARTS: usize = 24;

/// Where a part of a value comes from.
#[derive(Clone, Debug)]
pub(in crate::link) struct Origin {
    /// Which part: the members that lead to it.
    pub at: Path,
    /// Where from.
    pub from: From,
    /// What is taken there: members again.
    pub path: Path,
    /// What holds of it.
    pub guards: Guarantees,
    /// The node that is the part as a whole: the value itself, or that of a property.
    pub node: NodeId,
    /// Where it is put into a text, if it is.
    pub hole: Option<NodeId>,
    /// The function whose parameter or receiver it is.
    pub function: FunctionId,
}

/// A part of what a user sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The members that lead to it.
    pub path: Path,
    /// What holds of it.
    pub guards: Guarantees,
    /// Whether that rests on a convention.
    pub is_convention: bool,
}

#[derive(Clone)]
struct Way {
    /// The members still to be taken, the next one first.
    want: Path,
    at: Path,
    guards: Guarantees,
    node: NodeId,
    depth: u8,
    hole: Option<NodeId>,
    /// Whether the elements of a list are wanted that become one text: `parts.join(' AND ')`.
    is_joined: bool,
}

impl Way {
    fn taking(mut self, member: impl Into<Name>) -> Way {
        self.want.insert(0, member.into());
        self
    }

    fn with(mut self, guards: Guarantees) -> Way {
        self.guards |= guards;
        self
    }
}

struct Trace<'t, 'a> {
    eval: &'t Evaluator<'a>,
    home: usize,
    found: Vec<Origin>,
    left: u32,
    open: Vec<(usize, BindingId)>,
}

impl Evaluator<'_> {
    /// Where the parts of the value of a node come from.
    pub(in crate::link) fn origins(&self, unit: usize, node: NodeId) -> Vec<Origin> {
        self.traced(unit, node, MAX_STEPS).0
    }

    /// What of a value a user sent, if anything: the first part of it that is found.
    #[must_use]
    pub fn sent(&self, unit: usize, node: NodeId) -> Option<Sent> {
        self.origins(unit, node).into_iter().find_map(|origin| match origin.from {
            From::Outside { is_convention } => {
                Some(Sent { path: origin.path, guards: origin.guards, is_convention })
            }
            _ => None,
        })
    }

    /// The same within a number of steps; then how many are left.
    fn traced(&self, unit: usize, node: NodeId, steps: u32) -> (Vec<Origin>, u32) {
        let mut trace = Trace { eval: self, home: unit, found: Vec::new(), left: steps, open: Vec::new() };
        let way = Way {
            want: Path::new(),
            at: Path::new(),
            guards: Guarantees::empty(),
            node,
            depth: 0,
            hole: None,
            is_joined: false,
        };
        trace.follow(unit, node, way);
        (trace.found, trace.left)
    }

    /// What holds of a value that a user sent as a whole, as far as its file tells; then whether that rests on a
    /// convention. None where nothing says that a user sent it.
    #[must_use]
    pub fn sent_as_a_whole(&self, unit: usize, node: NodeId) -> Option<(Guarantees, bool)> {
        self.origins(unit, node).into_iter().find_map(|origin| match origin.from {
            From::Outside { is_convention } if origin.at.is_empty() => Some((origin.guards, is_convention)),
            _ => None,
        })
    }

    /// Whether a member of a value is what a user sent; then whether that rests on a convention.
    pub(in crate::link) fn outside_member(&self, value: &Value, name: &str) -> Option<bool> {
        match value {
            Value::Instance(of) => {
                // What the program asks of others is no request that it was sent.
                let is_own = of.slot(Slot::Url).is_some();
                let is_outside = self.models.member(of.ty, name).is_some_and(|member| member.outside);
                (is_outside && !is_own).then_some(of.is_convention)
            }
            Value::Own(own) => {
                let mut found = None;
                let mut ask = |there: &Evaluator<'_>| found = there.outside_member_of_base(&own.name, name);
                if own.file == self.file.path {
                    ask(self);
                } else if self.world.depth().get() < super::MAX_DEPTH {
                    self.world.in_file(&own.file, &mut ask);
                }
                found
            }
            _ => None,
        }
    }

    /// `interface SignedIn extends Request { user: User }`
    fn outside_member_of_base(&self, own: &str, name: &str) -> Option<bool> {
        if self.world.depth().get() >= super::MAX_DEPTH {
            return None;
        }
        self.world.depth().set(self.world.depth().get() + 1);
        let bases = self
            .file
            .types_named(own)
            .flat_map(|(unit, decl)| decl.supertypes.iter().map(move |base| (unit, base)));
        let found = bases.into_iter().find_map(|(unit, base)| {
            let base = self.value_of_type(unit, plimsoll_behavior::ScopeId(0), base);
            let is_itself = matches!(&base, Value::Own(of) if of.name == own);
            if is_itself { None } else { self.outside_member(&base, name) }
        });
        self.world.depth().set(self.world.depth().get() - 1);
        found
    }
}

impl Trace<'_, '_> {
    fn arrive(&mut self, unit: usize, from: From, function: FunctionId, mut way: Way) {
        if let From::Outside { .. } = from {
            way.guards |= self.eval.guarantees_of_route(unit, function, &way.want);
        }
        if way.want.len() <= MAX_PATH && way.at.len() <= MAX_PATH {
            let Way { want: path, at, guards, node, hole, .. } = way;
            self.found.push(Origin { at, from, path, guards, node, hole, function });
        }
    }

    fn follow(&mut self, unit: usize, node: NodeId, mut way: Way) {
        way.depth += 1;
        if self.left == 0 || way.depth > MAX_DEPTH {
            return;
        }
        self.left -= 1;
        let eval = self.eval;
        let u = eval.unit(unit);
        match u.kind(node) {
            Kind::Name { .. } => self.name(unit, node, way),
            Kind::This => self.arrive(unit, From::Receiver, u.node(node).function, way),
            Kind::Member { object, name, .. } => self.member(unit, *object, name, way),
            Kind::Index { object, index } => match u.kind(*index) {
                Kind::Literal(Literal::String(name) | Literal::Number(name)) => {
                    self.member(unit, *object, name, way);
                }
                _ => self.follow(unit, *object, way),
            },
            Kind::Await(x)
            | Kind::Try(x)
            | Kind::NonNull(x)
            | Kind::Spread(x)
            | Kind::Assign { value: x, .. } => {
                self.follow(unit, *x, way);
            }
            Kind::Cast { value, ty } => {
                let guards = eval.guarantees_of_type(unit, u.node(node).scope, ty);
                self.follow(unit, *value, way.with(guards));
            }
            Kind::Unary { op, value } => match op.as_str() {
                "+" | "-" | "~" => self.follow(unit, *value, way.with(Guarantees::NUMBER)),
                "&" | "&mut" | "*" => self.follow(unit, *value, way),
                _ => {}
            },
            Kind::Binary { op, left, right } => match op.as_str() {
                "+" => {
                    for part in [*left, *right] {
                        let way = self.inside(unit, part, way.clone());
                        self.follow(unit, part, way);
                    }
                }
                "??" | "||" | "*" | "^" => {
                    self.follow(unit, *left, way.clone());
                    self.follow(unit, *right, way);
                }
                "&&" => self.follow(unit, *right, way),
                "%" | "&" if self.is_own(unit, *right) => {
                    self.follow(unit, *left, way.with(Guarantees::BOUNDED));
                }
                "-" | "/" | "|" | "%" | "&" | ">>" | ">>>" => self.follow(unit, *left, way),
                _ => {}
            },
            Kind::If { then, otherwise, .. } => {
                self.follow(unit, *then, way.clone());
                if let Some(otherwise) = otherwise {
                    self.follow(unit, *otherwise, way);
                }
            }
            Kind::Match { arms, .. } => {
                for arm in arms.iter().take(MAX_PARTS) {
                    self.follow(unit, arm.body, way.clone());
                }
            }
            Kind::Block { statements, has_value: true, .. } => {
                if let Some(&last) = statements.last() {
                    self.follow(unit, last, way);
                }
            }
            Kind::Sequence(parts) => {
                if let Some(&last) = parts.last() {
                    self.follow(unit, last, way);
                }
            }
            Kind::Template { holes, .. } => {
                for &hole in holes.iter().take(MAX_PARTS) {
                    let way = self.inside(unit, hole, way.clone());
                    self.follow(unit, hole, way);
                }
            }
            Kind::Array(items) => {
                let one = way.want.first().and_then(|step| step.parse::<usize>().ok());
                match one.and_then(|i| items.get(i)) {
                    Some(&item) => {
                        way.want.remove(0);
                        self.follow(unit, item, way);
                    }
                    None => {
                        for &item in items.iter().take(MAX_PARTS) {
                            self.follow(unit, item, way.clone());
                        }
                    }
                }
            }
            Kind::Object { entries, .. } => self.object(unit, entries, way),
            Kind::Call { .. } => self.call(unit, node, way),
            _ => {}
        }
    }

    /// The way into a part of a text.
    fn inside(&self, unit: usize, part: NodeId, mut way: Way) -> Way {
        if unit == self.home {
            way.hole = Some(part);
        }
        way.with(Guarantees::IN_TEXT)
    }

    fn object(&mut self, unit: usize, entries: &[plimsoll_behavior::Entry], mut way: Way) {
        let wanted = (!way.want.is_empty()).then(|| way.want.remove(0));
        for entry in entries.iter().rev().take(MAX_PARTS) {
            match (&entry.key, &wanted) {
                (Key::Name(name), Some(wanted)) if name == wanted => {
                    return self.follow(unit, entry.value, way);
                }
                (Key::Name(name), None) => {
                    let mut way = way.clone();
                    way.at.push(name.clone());
                    if unit == self.home {
                        way.node = entry.value;
                    }
                    self.follow(unit, entry.value, way);
                }
                (Key::Spread, _) => {
                    let way = way.clone();
                    let way = match &wanted {
                        Some(wanted) => way.taking(wanted.clone()),
                        None => way,
                    };
                    self.follow(unit, entry.value, way);
                }
                _ => {}
            }
        }
    }

    fn member(&mut self, unit: usize, object: NodeId, name: &Name, way: Way) {
        // How long something is, is not what it says.
        if name == "length" {
            return;
        }
        let eval = self.eval;
        let of = eval.value(unit, object);
        if let Some(is_convention) = eval.outside_member(&of, name) {
            let function = eval.unit(unit).node(object).function;
            return self.arrive(unit, From::Outside { is_convention }, function, way);
        }
        let guards = eval.guarantees_of_field(&of, name);
        self.follow(unit, object, way.with(guards).taking(name.clone()));
    }

    fn name(&mut self, unit: usize, node: NodeId, way: Way) {
        let eval = self.eval;
        let Some((at, binding)) = eval.declared_at(unit, node) else { return };
        if let Some(first) = way.want.first()
            && let Some(is_convention) = eval.outside_member(&eval.value(unit, node), first)
        {
            let mut way = way;
            way.want.remove(0);
            return self.arrive(
                unit,
                From::Outside { is_convention },
                eval.unit(unit).node(node).function,
                way,
            );
        }
        if self.open.contains(&(at, binding)) {
            return;
        }
        self.open.push((at, binding));
        self.binding(at, binding, way);
        self.open.pop();
    }

    fn binding(&mut self, unit: usize, id: BindingId, mut way: Way) {
        let eval = self.eval;
        let u = eval.unit(unit);
        let binding = u.binding(id);
        if let Some(ty) = &binding.ty {
            way.guards |= eval.guarantees_of_type(unit, binding.scope, ty);
        }
        for step in binding.path.iter().rev() {
            match step {
                PathStep::Member(name) => way.want.insert(0, name.clone()),
                PathStep::Index(index) => way.want.insert(0, index.to_string().into()),
                PathStep::Variant(..) | PathStep::Rest => {}
            }
        }
        match binding.kind {
            BindingKind::Parameter(function, index) => self.parameter(unit, function, index, way),
            BindingKind::Variable | BindingKind::Matched | BindingKind::Element => {
                // What counts is what is in it where it is used; before that, anything may be.
                for &assignment in &binding.assignments {
                    if let Kind::Assign { value, .. } = u.kind(assignment) {
                        self.follow(unit, *value, way.clone());
                    }
                }
                if way.want.is_empty() && binding.path.is_empty() {
                    for &used in &binding.uses {
                        if let Some(added) = added_to_text(u, used, way.is_joined) {
                            let way = self.inside(unit, added, way.clone());
                            self.follow(unit, added, way);
                        }
                    }
                }
                if let Some(value) = binding.value {
                    self.follow(unit, value, way);
                }
            }
            _ => {}
        }
    }

    fn parameter(&mut self, unit: usize, function: FunctionId, index: u16, mut way: Way) {
        let eval = self.eval;
        let u = eval.unit(unit);
        let Some(param) = u.function(function).params.get(usize::from(index)) else { return };
        let value = eval.parameter(unit, function, index);
        if let Some(first) = way.want.first().cloned() {
            way.guards |= eval.guarantees_of_field(&value, &first);
            if let Some(is_convention) = eval.outside_member(&value, &first) {
                way.want.remove(0);
                return self.arrive(unit, From::Outside { is_convention }, function, way);
            }
            if handed_by_place(&eval.file.path, &first)
                && index == 0
                && eval.is_offered(unit, function, "default")
            {
                way.want.remove(0);
                return self.arrive(unit, From::Outside { is_convention: false }, function, way);
            }
        }
        let typed = param.ty.as_ref();
        if let Some(ty) = typed {
            let scope = u.function(function).scope;
            way.guards |= eval.guarantees_of_type(unit, scope, ty);
            if eval.is_outside_type(unit, scope, ty) {
                way.guards |= eval.guarantees_of_extracted(unit, scope, ty, &way.want);
                return self.arrive(unit, From::Outside { is_convention: false }, function, way);
            }
        }
        if let Some(guards) = eval.guarantees_of_decorators(unit, &param.attributes) {
            return self.arrive(unit, From::Outside { is_convention: false }, function, way.with(guards));
        }
        if eval.is_server_action(unit, function) {
            return self.arrive(unit, From::Outside { is_convention: false }, function, way);
        }
        if let Some((closure, key)) = eval.closure_or_option(unit, function) {
            let facts = eval.call(closure.unit, closure.call);
            if let Some((_, behavior)) = &facts.behavior {
                if let Some(property) = brought(behavior, index, way.want.first()) {
                    if property {
                        way.want.remove(0);
                    }
                    let schema = facts.slot(Slot::Schema).map(|slot| eval.schema_in(slot));
                    let guards = schema
                        .map_or(Guarantees::empty(), |schema| eval.guarantees_of_schema(&schema, &way.want));
                    return self.arrive(
                        unit,
                        From::Outside { is_convention: false },
                        function,
                        way.with(guards),
                    );
                }
                let provided = behavior.provides.get(usize::from(index)).map(Name::as_str);
                if key.is_none()
                    && matches!(provided, Some("element" | "receiver" | "self"))
                    && let Kind::Call { callee, .. } = eval.unit(closure.unit).kind(closure.call)
                    && let Kind::Member { object, .. } = eval.unit(closure.unit).kind(*callee)
                {
                    return self.follow(closure.unit, *object, way);
                }
            }
        }
        if unit == self.home {
            // Who calls it must hand over what it says; a user who is asked for it need not.
            if way.want.is_empty() && typed.is_some_and(is_without_text) {
                way.guards |= Guarantees::TYPED;
            }
            self.arrive(unit, From::Param(index), function, way);
        }
    }

    fn call(&mut self, unit: usize, node: NodeId, mut way: Way) {
        let eval = self.eval;
        let u = eval.unit(unit);
        let Kind::Call { callee, args, form, .. } = u.kind(node) else { return };
        let facts = eval.call(unit, node);
        if facts.target.is_some() {
            if unit == self.home {
                let name = match u.kind(*callee) {
                    Kind::Name { name, .. } | Kind::Member { name, .. } => name.to_ascii_lowercase(),
                    _ => String::new(),
                };
                if CLEANERS.iter().any(|word| name.contains(word)) {
                    way.guards |= Guarantees::CLEANED;
                }
                self.arrive(unit, From::Call(node), u.node(node).function, way);
            }
            return;
        }
        let receiver = match u.kind(*callee) {
            Kind::Member { object, .. } => Some(*object),
            _ => None,
        };
        let Some((_, behavior)) = &facts.behavior else {
            // A method of which nothing is known hands on what it is called on: `params.get('limit')`, `text.trim()`.
            if *form != CallForm::New
                && let Some(receiver) = receiver
                && let Kind::Member { name, .. } = u.kind(*callee)
                && name != "len"
            {
                way.is_joined |= JOINS.contains(&name.as_str());
                if CLEANS.contains(&name.as_str()) && takes_signs_out(u, args) {
                    way.guards |= Guarantees::CLEANED;
                }
                let way = match constant(u, args) {
                    Some(part) if !OF_TEXT.contains(&name.as_str()) => way.taking(part),
                    _ => way,
                };
                self.follow(unit, receiver, way);
            }
            return;
        };
        if behavior.outside {
            let way = match constant(u, args) {
                Some(name) => way.taking(name),
                None => way,
            };
            let from = From::Outside { is_convention: facts.is_convention };
            let way = way.with(behavior.guarantees.0);
            return self.arrive(unit, from, u.node(node).function, way);
        }
        if behavior.carries.is_empty() && (!facts.effects.is_empty() || *form == CallForm::New) {
            return;
        }
        let is_filtered = matches!(u.kind(*callee), Kind::Member { name, .. } if name == "filter")
            && args.first().is_some_and(|&callback| self.looks_up(unit, callback));
        for (under, source) in self.carried(unit, node, behavior, receiver, args) {
            let mut way = way.clone();
            if is_filtered {
                way.guards |= Guarantees::CLEANED;
            }
            if let Some(under) = under {
                match way.want.first() {
                    Some(first) if *first == under => {
                        way.want.remove(0);
                    }
                    Some(_) => continue,
                    None => way.at.push(under),
                }
            }
            let way = self.guarded(unit, behavior, receiver, args, source, way);
            match source {
                Carried::Node(source) => {
                    if behavior.guarantees.0.contains(Guarantees::BY_SCHEMA) {
                        self.by_schema(unit, receiver, source, way);
                    } else {
                        let is_lookup =
                            Some(source) == receiver && behavior.yields.as_deref() == Some("element");
                        let way = match constant(u, args).filter(|_| is_lookup) {
                            Some(name) => way.taking(name),
                            None => way,
                        };
                        self.follow(unit, source, way);
                    }
                }
                Carried::Callback(callback) => self.returned(unit, callback, way),
            }
        }
    }

    /// What a result is made of, with the property of the result that it is.
    fn carried(
        &self,
        unit: usize,
        node: NodeId,
        behavior: &Behavior,
        receiver: Option<NodeId>,
        args: &[NodeId],
    ) -> Vec<(Option<Name>, Carried)> {
        let argument = |index: usize| self.eval.argument_node(unit, node, index).map(Carried::Node);
        let mut all = Vec::new();
        for carried in &behavior.carries {
            let (under, source) = match carried.split_once(':') {
                Some((under, source)) => (Some(Name::from(under)), source),
                None => (None, carried.as_str()),
            };
            match source {
                "receiver" => all.extend(receiver.map(|node| (under, Carried::Node(node)))),
                "*" => all.extend(args.iter().map(|&arg| (under.clone(), Carried::Node(arg)))),
                _ => all.extend(source.parse().ok().and_then(argument).map(|node| (under, node))),
            }
        }
        if !behavior.carries.is_empty() {
            return all;
        }
        let yields =
            behavior.yields.as_deref().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let from = match yields {
            "receiver" | "self" | "element" => receiver.map(Carried::Node),
            "callback" => {
                argument(usize::from(behavior.callback.unwrap_or(0))).map(|callback| match callback {
                    Carried::Node(node) | Carried::Callback(node) => Carried::Callback(node),
                })
            }
            _ => yields.strip_prefix("arg.").and_then(|n| n.parse().ok()).and_then(argument),
        };
        all.extend(from.map(|from| (None, from)));
        all
    }

    /// What a call guarantees of one of its parts: an upper bound only where the program itself has one among the others.
    fn guarded(
        &mut self,
        unit: usize,
        behavior: &Behavior,
        receiver: Option<NodeId>,
        args: &[NodeId],
        source: Carried,
        way: Way,
    ) -> Way {
        let mut guards = behavior.guarantees.0 - Guarantees::BY_SCHEMA;
        if guards.contains(Guarantees::BOUNDED) {
            let is_part = |node: NodeId| matches!(source, Carried::Node(part) if part == node);
            let is_head = |node: NodeId| Some(node) == receiver && self.names_no_value(unit, node);
            let others = args.iter().copied().chain(receiver).filter(|&n| !is_part(n) && !is_head(n));
            let others: Vec<NodeId> = others.collect();
            if !others.into_iter().any(|other| self.is_own(unit, other)) {
                guards -= Guarantees::BOUNDED;
            }
        }
        way.with(guards)
    }

    /// Whether a receiver is no value but the head of a path: `Math` of `Math.min`.
    fn names_no_value(&self, unit: usize, node: NodeId) -> bool {
        matches!(self.eval.value(unit, node), Value::Package(..) | Value::Instance(_))
    }

    /// Whether a value has nothing of what a user sent.
    fn is_own(&mut self, unit: usize, node: NodeId) -> bool {
        const FEW: u32 = 24;
        let steps = self.left.min(FEW);
        let (origins, left) = self.eval.traced(unit, node, steps);
        // What is asked on the way counts as a part of it, so that the whole stays bounded.
        self.left -= steps - left;
        left > 0 && !origins.iter().any(|origin| matches!(origin.from, From::Outside { .. }))
    }

    /// `schema.parse(value)`: what the schema says of the part that is wanted, or of each that it lists.
    fn by_schema(&mut self, unit: usize, receiver: Option<NodeId>, source: NodeId, way: Way) {
        let eval = self.eval;
        let schema = receiver.map_or(Value::Unknown, |receiver| eval.value(unit, receiver));
        let fields = if way.want.is_empty() { eval.fields_of_schema(&schema) } else { Vec::new() };
        if fields.is_empty() {
            let guards = eval.guarantees_of_schema(&schema, &way.want) | Guarantees::BY_SCHEMA;
            return self.follow(unit, source, way.with(guards));
        }
        for field in fields.into_iter().take(MAX_PARTS) {
            let mut way = way.clone().taking(field.clone());
            way.guards |= eval.guarantees_of_schema(&schema, &way.want) | Guarantees::BY_SCHEMA;
            way.at.push(field);
            self.follow(unit, source, way);
        }
    }

    /// Whether a callback that is written in place looks whether what it is given is among others, or equal to one.
    fn looks_up(&self, unit: usize, callback: NodeId) -> bool {
        let Some(function) = self.eval.file.function_at(unit, callback) else { return false };
        let Some(unit) = self.eval.file.unit_at(&function.unit) else { return false };
        let u = self.eval.unit(unit);
        let Some(body) = u.function(function.function).body else { return false };
        u.descendants(body).into_iter().any(|node| match u.kind(node) {
            Kind::Binary { op, .. } => matches!(op.as_str(), "==" | "===" | "in"),
            Kind::Call { callee, .. } => {
                matches!(u.kind(*callee), Kind::Member { name, .. } if FILTERS_BY.contains(&name.as_str()))
            }
            _ => false,
        })
    }

    /// What a callback that is written in place returns.
    fn returned(&mut self, unit: usize, callback: NodeId, way: Way) {
        let eval = self.eval;
        let Some(function) = eval.file.function_at(unit, callback) else { return };
        let Some(unit) = eval.file.unit_at(&function.unit) else { return };
        let u = eval.unit(unit);
        if let Some(body) = u.function(function.function).body
            && !matches!(u.kind(body), Kind::Block { has_value: false, .. })
        {
            self.follow(unit, body, way.clone());
        }
        for &returns in &u.returns {
            if u.node(returns).function == function.function
                && let Kind::Return(Some(result)) = *u.kind(returns)
            {
                self.follow(unit, result, way.clone());
            }
        }
    }
}

/// Words in the names of the project's functions that hand out what they were given without what must not stand in it.
const CLEANERS: &[&str] = &["sanit", "escape", "quote", "clean", "valid", "safe", "slug"];
/// Methods by which a filter looks whether something is among others, or has a form.
const FILTERS_BY: &[&str] =
    &["includes", "has", "contains", "contains_key", "any", "some", "test", "is_match"];
/// Methods that make one text of the elements of a list.
const JOINS: &[&str] = &["join", "concat"];
/// Methods of texts and lists that are given a text, and look nothing up by it.
const OF_TEXT: &[&str] = &[
    "join",
    "concat",
    "split",
    "replace",
    "replaceAll",
    "replace_all",
    "padStart",
    "padEnd",
    "trim_matches",
    "trim_start_matches",
    "trim_end_matches",
    "normalize",
];
/// Methods that put something else in the place of what must not stand in a text.
const CLEANS: &[&str] = &["replace", "replaceAll", "replace_all", "escape_default", "escape_debug"];
/// What ends a text or a part of a list in the languages that texts are put into, or all but what is listed.
const SIGNS: &[&str] = &["'", "\"", ",", "[^", "\\W", "<"];

/// Whether a replacement takes out what ends a text around it. Who only takes out what stands for any character
/// (`/[%_]/g`) has thought of something else.
fn takes_signs_out(u: &Unit, args: &[NodeId]) -> bool {
    match args.first().map(|&arg| u.kind(arg)) {
        Some(Kind::Literal(Literal::String(pattern) | Literal::Regex(pattern))) => {
            SIGNS.iter().any(|sign| pattern.contains(sign))
        }
        _ => true,
    }
}

/// Methods that add to the end of a text.
const ADDS_TEXT: &[&str] = &["push_str", "insert_str"];
/// Methods that add an element to a list.
const ADDS_ELEMENT: &[&str] = &["push", "unshift"];
/// What writes a text to what it is given first, as the language names it.
const WRITES_TEXT: &[&str] = &["write!", "writeln!"];

/// What is added to a text at a use of its name: `sql.push_str(part)`, `write!(sql, "…")`; or to a list of which one text
/// is made later.
fn added_to_text(u: &Unit, used: NodeId, is_list: bool) -> Option<NodeId> {
    let mut at = used;
    while let Some(around) = u.parent(at).filter(|&around| matches!(u.kind(around), Kind::Unary { .. })) {
        at = around;
    }
    let parent = u.parent(at)?;
    match u.kind(parent) {
        Kind::Member { object, name, .. } if *object == at => {
            let adds = ADDS_TEXT.contains(&name.as_str()) || is_list && ADDS_ELEMENT.contains(&name.as_str());
            match u.kind(u.parent(parent)?) {
                Kind::Call { callee, args, .. } if adds && *callee == parent => args.last().copied(),
                _ => None,
            }
        }
        Kind::Call { callee, args, .. } if args.first() == Some(&at) => match u.kind(*callee) {
            Kind::Name { name, .. } if WRITES_TEXT.contains(&name.as_str()) => args.get(1).copied(),
            _ => None,
        },
        _ => None,
    }
}

#[derive(Clone, Copy)]
enum Carried {
    Node(NodeId),
    /// What the callback returns.
    Callback(NodeId),
}

/// The constant text that a call is given first: the name of what it looks up.
fn constant(u: &Unit, args: &[NodeId]) -> Option<Name> {
    match args.first().map(|&arg| u.kind(arg)) {
        Some(Kind::Literal(Literal::String(name))) => Some(name.clone()),
        _ => None,
    }
}

/// Whether a call brings its callback what a user sent in this parameter; then whether that is the wanted property of it.
fn brought(behavior: &Behavior, index: u16, want: Option<&Name>) -> Option<bool> {
    behavior.brings.iter().find_map(|path| {
        let (parameter, property) = match path.split_once('.') {
            Some((parameter, property)) => (parameter, Some(property)),
            None => (path.as_str(), None),
        };
        let is_it = parameter.parse() == Ok(index)
            && property.is_none_or(|property| want.is_some_and(|want| want == property));
        is_it.then_some(property.is_some())
    })
}
