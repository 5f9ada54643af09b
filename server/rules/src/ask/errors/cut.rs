//! Where code cuts a text, in bytes, and whether that is a place between two of its characters.

use std::cell::{Cell, OnceCell};

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{Access, Binding, BindingKind, Guarantees, Kind, Literal, NodeId};
use plimsoll_project::link::{SlotValue, Value};

use crate::UnitView;
use crate::ask::code::{bare, receiver};
use crate::view::CallView;
use plimsoll_behavior::words;

/// How many names and operators a number is followed through.
const MAX_DEPTH: u8 = 12;
/// How many parts of it are looked at: a name may be assigned in many places.
const MAX_STEPS: u32 = 500;
/// Up to so many bytes from an end, or from what was found, is a place in a form that the code expects: the month of a
/// date, what a line begins with. Behind them somebody shortens a text.
const FORM: u64 = 16;

/// A place at which a text is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// What cuts it: `text[..n]`, `text.truncate(n)`.
    pub node: NodeId,
    /// The text.
    pub text: NodeId,
    /// The number of bytes before the cut.
    pub at: NodeId,
}

/// Words of numbers that say how much somebody wants to see.
const SIZES: &[&str] =
    &["max", "maximum", "limit", "len", "length", "width", "size", "cap", "budget", "chars", "count"];

/// Words of texts that hold one byte a character, whoever made them: keys, digests, dates.
const OF_ASCII: &[&str] = &[
    "addr",
    "address",
    "apikey",
    "base32",
    "base58",
    "base64",
    "bearer",
    "checksum",
    "cid",
    "code",
    "codes",
    "color",
    "colour",
    "commit",
    "currency",
    "cursor",
    "date",
    "datetime",
    "day",
    "digest",
    "etag",
    "expires",
    "fingerprint",
    "guid",
    "hash",
    "hex",
    "iban",
    "id",
    "ids",
    "ip",
    "iso",
    "iso8601",
    "jwt",
    "key",
    "keys",
    "mac",
    "md5",
    "mint",
    "month",
    "nonce",
    "oid",
    "otp",
    "pin",
    "pubkey",
    "rev",
    "revision",
    "rfc2822",
    "rfc3339",
    "salt",
    "secret",
    "semver",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "sid",
    "sig",
    "signature",
    "time",
    "timestamp",
    "token",
    "totp",
    "tx",
    "txid",
    "uid",
    "ulid",
    "utc",
    "uuid",
    "version",
    "wallet",
    "year",
];

/// Cuts of texts in a unit, and what it says of the numbers.
pub struct Cuts<'v, 'a> {
    view: &'v UnitView<'a>,
    checks: OnceCell<Checks>,
    /// How many parts of the number in question may still be looked at.
    left: Cell<u32>,
}

/// What a unit looks for in its texts, each named as the code does.
#[derive(Default)]
struct Checks {
    /// Texts that are seen to begin or end with something.
    affixes: Vec<String>,
    /// Texts whose boundaries are asked for.
    boundaries: Vec<String>,
    /// Texts that are looked at character by character.
    ascii: Vec<String>,
    /// The lengths of the constant texts, in bytes.
    lengths: Vec<u64>,
}

impl<'v, 'a> Cuts<'v, 'a> {
    /// Of this unit.
    #[must_use]
    pub fn of(view: &'v UnitView<'a>) -> Self {
        Cuts { view, checks: OnceCell::new(), left: Cell::new(0) }
    }

    /// All places at which the unit cuts a text.
    #[must_use]
    pub fn all(&self) -> Vec<Cut> {
        let u = self.view.unit;
        let mut cuts = Vec::new();
        for (i, node) in u.nodes.iter().enumerate() {
            let Kind::Index { object, index } = node.kind else { continue };
            let Kind::Range { start, end } = u.kind(index) else { continue };
            if !self.is_text(object) {
                continue;
            }
            let node = NodeId(u32::try_from(i).expect("few nodes"));
            cuts.extend(start.iter().chain(end).map(|&at| Cut { node, text: object, at }));
        }
        for call in self.view.calls() {
            let Some(at) = self.view.own_node(call.slot(Slot::Cut)) else { continue };
            let Some(text) = receiver(u, call.node) else { continue };
            let all = match u.kind(at) {
                Kind::Range { start, end } => start.iter().chain(end).copied().collect(),
                _ => vec![at],
            };
            cuts.extend(all.into_iter().map(|at| Cut { node: call.node, text, at }));
        }
        cuts
    }

    /// Whether the number may be any, a place inside of a character included: nothing in it comes from the text, and
    /// nothing says that the text has one byte a character there.
    #[must_use]
    pub fn may_split_a_character(&self, cut: &Cut) -> bool {
        self.left.set(MAX_STEPS);
        if !self.is_any(cut.at, 0) || self.is_of_ascii(cut.text, 0) {
            return false;
        }
        let Some(name) = self.view.dotted(cut.text) else { return true };
        let checks = self.checks();
        if checks.boundaries.contains(&name) || checks.ascii.contains(&name) {
            return false;
        }
        let is_an_affix = |number: u64| checks.lengths.contains(&number);
        !(checks.affixes.contains(&name) && self.distance(cut.at).is_some_and(is_an_affix))
    }

    fn is_text(&self, node: NodeId) -> bool {
        self.view.eval.is_of_text(&self.view.eval.value(self.view.index, node))
    }

    /// Whether a number may be any that the program knows of by itself.
    fn is_any(&self, node: NodeId, depth: u8) -> bool {
        if depth > MAX_DEPTH || self.left.get() == 0 {
            return false;
        }
        self.left.set(self.left.get() - 1);
        let u = self.view.unit;
        let node = bare(u, node);
        let is_any = |node: NodeId| self.is_any(node, depth + 1);
        if let Some(number) = self.constant(node) {
            return number > FORM;
        }
        match u.kind(node) {
            Kind::Name { binding: Some(binding), .. } => self.is_any_binding(u.binding(*binding), depth),
            Kind::Member { name, .. } => is_size(name),
            Kind::Binary { op, left, right } => self.is_any_of(op, *left, *right, depth),
            Kind::Call { args, .. } => {
                let on = receiver(u, node);
                match (
                    crate::ask::callee_name(u, node).map(plimsoll_behavior::Name::as_str),
                    on,
                    args.as_ref(),
                ) {
                    (Some("saturating_sub" | "wrapping_sub"), Some(left), [right]) => {
                        self.is_any_of("-", left, *right, depth)
                    }
                    (Some("saturating_add" | "wrapping_add"), Some(left), [right]) => {
                        self.is_any_of("+", left, *right, depth)
                    }
                    _ => self.made_of(node, on, args).into_iter().any(is_any),
                }
            }
            Kind::If { then, otherwise: Some(otherwise), .. } => is_any(*then) || is_any(*otherwise),
            Kind::Match { arms, .. } => arms.iter().any(|arm| is_any(arm.body)),
            Kind::Block { statements, has_value: true, .. } => statements.last().is_some_and(|&x| is_any(x)),
            _ => false,
        }
    }

    /// A name is what it is bound to, unless it is counted up and down: then the code looks for a place.
    fn is_any_binding(&self, binding: &Binding, depth: u8) -> bool {
        let u = self.view.unit;
        match binding.kind {
            BindingKind::Parameter(..) => binding.assignments.is_empty() && is_size(&binding.name),
            BindingKind::Variable if binding.path.is_empty() => {
                let assigned = binding.assignments.iter().map(|&at| match u.kind(at) {
                    Kind::Assign { op, value, .. } if op == "=" => Some(*value),
                    _ => None,
                });
                let Some(assigned) = assigned.collect::<Option<Vec<_>>>() else { return false };
                let mut all = binding.value.into_iter().chain(assigned);
                all.any(|value| self.is_any(value, depth + 1))
            }
            _ => false,
        }
    }

    fn is_any_of(&self, op: &str, left: NodeId, right: NodeId, depth: u8) -> bool {
        let is_any = |node: NodeId| self.is_any(node, depth + 1);
        let constant = |node: NodeId| self.constant(node);
        match op {
            // `len - 3`, `max - 3`, `found - 40`
            "-" => match constant(right) {
                Some(number) => number > FORM || is_any(left),
                None => is_any(left) || self.is_length(left) && is_any(right),
            },
            // `start + 200`; what is as long as a text of the code leads behind that text.
            "+" => match (constant(left), constant(right)) {
                (Some(left), Some(right)) => left.saturating_add(right) > FORM,
                (Some(number), None) | (None, Some(number)) => {
                    let other = if constant(left).is_some() { right } else { left };
                    let is_far = number > FORM && !self.checks().lengths.contains(&number);
                    is_any(other) || is_far && !self.is_length(other)
                }
                (None, None) => is_any(left) || is_any(right),
            },
            "*" | "/" => [left, right]
                .into_iter()
                .any(|part| self.is_length(part) || constant(part).is_none() && is_any(part)),
            _ => false,
        }
    }

    /// The length of something: `text.len()`, `text.chars().count()`.
    fn is_length(&self, node: NodeId) -> bool {
        let u = self.view.unit;
        let node = bare(u, node);
        match u.kind(node) {
            Kind::Call { args, .. } if args.is_empty() => {
                crate::ask::callee_name(u, node).is_some_and(|name| name == "len" || name == "count")
            }
            Kind::Name { binding: Some(binding), .. } => {
                let binding = u.binding(*binding);
                binding.path.is_empty()
                    && binding.assignments.is_empty()
                    && binding.value.is_some_and(|value| {
                        matches!(u.kind(bare(u, value)), Kind::Call { .. }) && self.is_length(value)
                    })
            }
            _ => false,
        }
    }

    /// The numbers that the result of a call is one of.
    fn made_of(&self, call: NodeId, on: Option<NodeId>, args: &[NodeId]) -> Vec<NodeId> {
        let facts = self.view.eval.call(self.view.index, call);
        let Some((_, behavior)) = &facts.behavior else { return Vec::new() };
        let mut parts = Vec::new();
        for carried in &behavior.carries {
            match carried.as_str() {
                "receiver" => parts.extend(on),
                "*" => parts.extend(args),
                index => parts.extend(index.parse().ok().and_then(|index: usize| args.get(index)).copied()),
            }
        }
        parts
    }

    /// A number that stands in the code, or is a constant of it.
    fn constant(&self, node: NodeId) -> Option<u64> {
        let u = self.view.unit;
        let node = bare(u, node);
        let is_settled = match u.kind(node) {
            Kind::Literal(Literal::Number(_)) => true,
            Kind::Name { binding: Some(binding), .. } => u.binding(*binding).assignments.is_empty(),
            Kind::Name { .. } | Kind::Member { .. } => true,
            _ => false,
        };
        if !is_settled {
            return None;
        }
        match self.view.eval.value(self.view.index, node) {
            Value::Number(number) => {
                let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
                digits.parse().ok()
            }
            _ => None,
        }
    }

    /// How far a cut is from an end of its text, where that is a constant.
    fn distance(&self, at: NodeId) -> Option<u64> {
        let u = self.view.unit;
        let at = bare(u, at);
        match u.kind(at) {
            Kind::Binary { op, right, .. } if op == "-" => self.constant(*right),
            _ => self.constant(at),
        }
    }

    /// Whether the names of a text, and of what it is made by, say that it has one byte a character.
    fn is_of_ascii(&self, node: NodeId, depth: u8) -> bool {
        let u = self.view.unit;
        let mut at = node;
        for _ in 0..MAX_DEPTH {
            let is_told = |name: &str| words(name).iter().any(|word| OF_ASCII.contains(&word.as_str()));
            at = match u.kind(at) {
                Kind::Member { object, name, .. } if !is_told(name) => *object,
                Kind::Call { .. } if self.is_after_numeral_prefix(at) => return true,
                Kind::Call { callee, args, .. } => match u.kind(*callee) {
                    // `String::from_utf8_lossy(&digest)`
                    Kind::Name { .. } if args.len() == 1 => {
                        if self.is_of_ascii(*callee, depth) {
                            return true;
                        }
                        args[0]
                    }
                    _ => *callee,
                },
                Kind::Template { pieces, holes } if !holes.is_empty() && depth < 3 => {
                    return pieces.iter().all(|piece| piece.is_ascii())
                        && holes.iter().all(|&hole| self.is_of_ascii(hole, depth + 1));
                }
                Kind::Index { object, .. } => *object,
                Kind::Try(x) | Kind::Await(x) => *x,
                Kind::Name { name, binding } => {
                    let binding = binding.map(|b| u.binding(b));
                    // `page_token.map(|t| &t[..50])`
                    if let Some(BindingKind::Parameter(function, _)) = binding.map(|b| b.kind)
                        && let Some(closure) = self.view.context(function).closure()
                        && closure.unit == self.view.index
                        && let Some(on) = receiver(u, closure.call)
                        && depth < 3
                    {
                        return is_told(name) || self.is_of_ascii(on, depth + 1);
                    }
                    let value = binding.and_then(|b| b.value);
                    return is_told(name)
                        || value.is_some_and(|value| {
                            self.is_built_of_ascii(value) || depth < 3 && self.is_of_ascii(value, depth + 1)
                        });
                }
                Kind::Member { .. } => return true,
                _ => {
                    let inner = bare(u, at);
                    if inner == at {
                        return false;
                    }
                    inner
                }
            };
        }
        false
    }

    /// What follows `0x` are digits: `data.strip_prefix("0x")`.
    fn is_after_numeral_prefix(&self, call: NodeId) -> bool {
        let affix = self.view.call(call).and_then(|call| self.view.own_node(call.slot(Slot::Affix)));
        affix.is_some_and(|affix| {
            matches!(self.view.unit.kind(affix), Kind::Literal(Literal::String(text)) if text == "0x")
        })
    }

    /// `name.chars().filter(|c| c.is_ascii_digit()).collect()`
    fn is_built_of_ascii(&self, value: NodeId) -> bool {
        self.view.unit.descendants(value).into_iter().any(|node| {
            let call = self.view.call(node);
            call.is_some_and(|call| looks_for_ascii(&call))
        })
    }

    fn checks(&self) -> &Checks {
        self.checks.get_or_init(|| {
            let u = self.view.unit;
            let mut checks = Checks::default();
            let named = |node: Option<NodeId>| node.and_then(|node| self.view.dotted(node));
            for call in self.view.calls() {
                let fills = |slot| matches!(call.slot(slot), Some(SlotValue::Node(_) | SlotValue::Elsewhere));
                if fills(Slot::Affix) {
                    checks.affixes.extend(named(receiver(u, call.node)));
                }
                if fills(Slot::CharBoundary) {
                    checks.boundaries.extend(named(receiver(u, call.node)));
                }
                if looks_for_ascii(&call) {
                    checks.ascii.extend(named(Some(self.head_of(call.node))));
                }
            }
            // `text.bytes().all(u8::is_ascii_digit)`
            let any = self.view.eval.models.type_in("<any>", "Any");
            let asks = |name: &str| {
                let method = any.and_then(|any| self.view.eval.models.method(any, name));
                method.is_some_and(|method| method.guarantees.0.contains(Guarantees::ASCII))
            };
            for (i, node) in u.nodes.iter().enumerate() {
                let Kind::Member { name, access: Access::Path, .. } = &node.kind else { continue };
                let around = node.parent.filter(|_| asks(name));
                let is_handed = |call: &NodeId| match u.kind(*call) {
                    Kind::Call { args, .. } => args.iter().any(|arg| arg.0 as usize == i),
                    _ => false,
                };
                checks.ascii.extend(named(around.filter(is_handed).map(|call| self.head_of(call))));
            }
            checks.lengths = u
                .nodes
                .iter()
                .filter_map(|node| match &node.kind {
                    Kind::Literal(Literal::String(text)) => {
                        // An escape is one byte.
                        let escapes = text.matches('\\').count();
                        u64::try_from(text.len() - escapes).ok()
                    }
                    _ => None,
                })
                .collect();
            checks
        })
    }

    /// What the chain of calls begins with that a call is made in: `text` of `text.chars().all(|c| c.is_ascii())`.
    fn head_of(&self, call: NodeId) -> NodeId {
        let u = self.view.unit;
        let mut outer = call;
        for around in u.ancestors(call) {
            match u.kind(around) {
                Kind::Call { .. } => outer = around,
                Kind::Member { .. } | Kind::Function(_) | Kind::Unary { .. } | Kind::Binary { .. } => {}
                _ => break,
            }
        }
        let mut at = outer;
        while let Kind::Call { callee, .. } = u.kind(at) {
            let Kind::Member { object, .. } = u.kind(*callee) else { break };
            at = *object;
        }
        at
    }
}

fn looks_for_ascii(call: &CallView<'_>) -> bool {
    call.facts.behavior.as_ref().is_some_and(|(_, b)| b.guarantees.0.contains(Guarantees::ASCII))
}

fn is_size(name: &str) -> bool {
    words(name).iter().any(|word| SIZES.contains(&word.as_str()))
}
