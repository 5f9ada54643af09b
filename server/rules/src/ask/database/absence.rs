//! Whether code runs because a lookup has found nothing, or because a count was low enough.

use plimsoll_behavior::{BindingKind, Kind, Literal, NodeId, Unit};

use crate::UnitView;
use crate::ask::code::{bare, callee_name, declaration, receiver, unit_of};
use crate::ask::database::row::row_of;

/// How a lookup leads to what is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// What is done comes after a way out for what has been found.
    Left,
    /// What is done stands where nothing has been found, and the code goes on after it.
    Filled,
    /// What is done comes if there are few enough.
    Few,
}

/// What a condition that holds says of a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Found,
    Missing,
    /// There are so many, or more.
    Many,
    /// There are fewer.
    Few,
}

impl Says {
    fn opposite(self) -> Says {
        match self {
            Says::Found => Says::Missing,
            Says::Missing => Says::Found,
            Says::Many => Says::Few,
            Says::Few => Says::Many,
        }
    }
}

/// What a value is to a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// The row, or whether there is one.
    Row,
    /// How many.
    Number,
}

/// How many names a condition is followed through.
const MAX_NAMES: u32 = 4;

/// Whether a node of a unit runs because the lookup, a call of the same file, has found nothing or too little.
#[must_use]
pub fn absence(view: &UnitView<'_>, unit: usize, node: NodeId, lookup: (usize, NodeId)) -> Option<Absence> {
    let asks = Asks { view, unit, lookup };
    let u = unit_of(view, unit);
    let mut below = node;
    for around in u.ancestors(node) {
        if let Some(found) = asks.step(u, around, below) {
            return Some(found);
        }
        below = around;
    }
    None
}

struct Asks<'a, 'v> {
    view: &'a UnitView<'v>,
    unit: usize,
    lookup: (usize, NodeId),
}

impl Asks<'_, '_> {
    fn step(&self, u: &Unit, around: NodeId, below: NodeId) -> Option<Absence> {
        match u.kind(around) {
            Kind::If { condition, then, otherwise, .. } => {
                let says = if below == *then {
                    self.says(*condition, MAX_NAMES)
                } else if Some(below) == *otherwise {
                    self.says(*condition, MAX_NAMES).map(Says::opposite)
                } else {
                    None
                };
                filled(says?)
            }
            Kind::Binary { op, left, right } if below == *right => {
                let says = self.says(*left, MAX_NAMES)?;
                match op.as_str() {
                    "||" | "??" => filled(says.opposite()),
                    "&&" => filled(says),
                    _ => None,
                }
            }
            Kind::Match { on, arms } => {
                self.about(*on)?;
                let own = arms.iter().find(|arm| arm.body == below)?;
                let names = |arm: &plimsoll_behavior::Arm, variant: &str| {
                    arm.pattern.as_ref().is_some_and(|p| p.variants.iter().any(|v| v == variant))
                };
                let is_rest = own.pattern.as_ref().is_some_and(|p| p.variants.is_empty() || names(own, "Ok"))
                    && !names(own, "Some")
                    && arms.iter().any(|arm| names(arm, "Some"));
                (names(own, "None") || is_rest).then_some(Absence::Filled)
            }
            Kind::Block { statements, .. } => {
                let mut before = statements.iter().take_while(|&&statement| statement != below);
                before.find_map(|&statement| self.way_out(u, statement))
            }
            _ => None,
        }
    }

    /// Whether a statement leaves where the lookup has found something.
    fn way_out(&self, u: &Unit, statement: NodeId) -> Option<Absence> {
        match u.kind(statement) {
            Kind::Discard(inner) => self.way_out(u, *inner),
            Kind::If { condition, then, .. } if leaves(u, *then) => {
                match self.says(*condition, MAX_NAMES)? {
                    Says::Found => Some(Absence::Left),
                    Says::Many => Some(Absence::Few),
                    Says::Missing | Says::Few => None,
                }
            }
            Kind::Match { on, arms } => {
                self.about(*on)?;
                let found = arms.iter().find(|arm| {
                    arm.pattern.as_ref().is_some_and(|p| p.variants.iter().any(|v| v == "Some"))
                })?;
                leaves(u, found.body).then_some(Absence::Left)
            }
            _ => None,
        }
    }

    fn says(&self, condition: NodeId, names: u32) -> Option<Says> {
        let u = unit_of(self.view, self.unit);
        let condition = bare(u, condition);
        match u.kind(condition) {
            Kind::Unary { op, value } if op == "!" => self.says(*value, names).map(Says::opposite),
            Kind::Binary { op, left, right } => match op.as_str() {
                "&&" | "||" => self.says(*left, names).or_else(|| self.says(*right, names)),
                _ => self.compared(op, *left, *right),
            },
            Kind::Is { value, pattern } => {
                self.about(*value)?;
                let names = |variant: &str| pattern.variants.iter().any(|own| own == variant);
                if names("Some") {
                    return Some(Says::Found);
                }
                names("None").then_some(Says::Missing)
            }
            Kind::Call { args, .. } => {
                let name = callee_name(u, condition).map_or("", |name| name.as_str());
                let on = receiver(u, condition);
                match name {
                    "is_some" | "is_ok" => self.about(on?).map(|_| Says::Found),
                    "is_none" | "is_empty" | "isEmpty" => self.about(on?).map(|_| Says::Missing),
                    "Boolean" => self.says(*args.first()?, names),
                    _ => self
                        .about(condition)
                        .map(|_| if is_of_absence(name) { Says::Missing } else { Says::Found }),
                }
            }
            Kind::Name { name, .. } => {
                if let Some(said) = self.said_before(condition, names) {
                    return Some(said);
                }
                self.about(condition).map(|_| if is_of_absence(name) { Says::Missing } else { Says::Found })
            }
            Kind::Member { object, name, .. } if self.is_of_a_column(*object, name) => None,
            _ => self.about(condition).map(|_| Says::Found),
        }
    }

    /// Whether a member of what was found is a column of it, which says nothing of whether it was found: `token.revoked`.
    fn is_of_a_column(&self, object: NodeId, name: &str) -> bool {
        const TELL: &[&str] = &[
            "rows", "data", "length", "size", "rowCount", "count", "total", "_count", "id", "_id", "value",
            "exists", "found", "present", "taken",
        ];
        !TELL.contains(&name) && self.about(object) == Some(About::Row)
    }

    /// What a name that holds a condition says: `const isTaken = rows.length > 0`.
    fn said_before(&self, name: NodeId, names: u32) -> Option<Says> {
        let (at, binding) = declaration(self.view, self.unit, name)?;
        let u = unit_of(self.view, at);
        let binding = u.binding(binding);
        let value =
            bare(u, binding.value.filter(|_| binding.path.is_empty() && at == self.unit && names > 0)?);
        let is_condition = match u.kind(value) {
            Kind::Unary { op, .. } => op == "!",
            Kind::Binary { op, .. } => !matches!(op.as_str(), "??" | "||" | "+" | "-"),
            Kind::Call { .. } => callee_name(u, value)
                .is_some_and(|n| matches!(n.as_str(), "is_some" | "is_none" | "is_empty" | "Boolean")),
            _ => false,
        };
        (is_condition && binding.kind == BindingKind::Variable).then(|| self.says(value, names - 1)).flatten()
    }

    fn compared(&self, op: &str, left: NodeId, right: NodeId) -> Option<Says> {
        let u = unit_of(self.view, self.unit);
        let (about, other, op) = match (self.about(left), self.about(right)) {
            (Some(about), _) => (about, right, op),
            (None, Some(about)) => (about, left, mirrored(op)),
            (None, None) => return None,
        };
        let other = bare(u, other);
        let is_nothing = match u.kind(other) {
            Kind::Literal(Literal::Null | Literal::Undefined) => true,
            Kind::Literal(Literal::Number(number)) => number == "0",
            Kind::Literal(Literal::Bool(is)) => !is,
            Kind::Name { name, .. } => name == "undefined" || name == "None",
            _ => false,
        };
        let is_one = matches!(u.kind(other), Kind::Literal(Literal::Number(number)) if number == "1");
        match (op, about) {
            ("==" | "===", _) if is_nothing => Some(Says::Missing),
            ("!=" | "!==", _) if is_nothing => Some(Says::Found),
            (">", About::Number) if is_nothing => Some(Says::Found),
            (">=", About::Number) if is_one => Some(Says::Found),
            ("<", About::Number) if is_one => Some(Says::Missing),
            (">" | ">=", About::Number) => Some(Says::Many),
            ("<" | "<=", About::Number) => Some(Says::Few),
            _ => None,
        }
    }

    fn about(&self, node: NodeId) -> Option<About> {
        let u = unit_of(self.view, self.unit);
        let node = bare(u, node);
        let of_lookup = |node: NodeId| {
            let row = row_of(self.view, self.unit, node).filter(|row| row.at == self.lookup)?;
            let is_number = row.reads.iter().all(|read| read.is_count);
            Some(if is_number { About::Number } else { About::Row })
        };
        if let Some(about) = of_lookup(node) {
            return Some(about);
        }
        match u.kind(node) {
            Kind::Member { object, name, .. } => {
                let inner = self.about(*object)?;
                let counts =
                    matches!(name.as_str(), "length" | "size" | "rowCount" | "count" | "total" | "_count");
                Some(if counts { About::Number } else { inner })
            }
            Kind::Call { args, .. } => {
                let name = callee_name(u, node).map_or("", |name| name.as_str());
                match (name, receiver(u, node), args.first()) {
                    ("len" | "count", Some(on), _) => self.about(on).map(|_| About::Number),
                    ("Number" | "parseInt" | "BigInt", None, Some(&first)) => {
                        self.about(first).map(|_| About::Number)
                    }
                    _ => None,
                }
            }
            Kind::Name { .. } => {
                let (at, binding) = declaration(self.view, self.unit, node)?;
                let declared = unit_of(self.view, at);
                let binding = declared.binding(binding);
                // `const { count } = …`, `const { rowCount } = …`
                let is_part =
                    binding.path.iter().any(|step| matches!(step, plimsoll_behavior::PathStep::Member(_)));
                let value = binding.value.filter(|_| is_part)?;
                row_of(self.view, at, value).filter(|row| row.at == self.lookup)?;
                let counts = binding.path.iter().any(|step| {
                    matches!(step, plimsoll_behavior::PathStep::Member(name) if matches!(name.as_str(), "rowCount" | "count" | "total" | "length"))
                });
                Some(if counts { About::Number } else { About::Row })
            }
            _ => None,
        }
    }
}

fn filled(says: Says) -> Option<Absence> {
    match says {
        Says::Missing => Some(Absence::Filled),
        Says::Few => Some(Absence::Few),
        Says::Found | Says::Many => None,
    }
}

/// Whether a truth of this name means that nothing was found: `isAvailable`, `is_unique`.
fn is_of_absence(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "available",
        "unique",
        "free",
        "missing",
        "isnew",
        "is_new",
        "cancreate",
        "can_create",
        "notexist",
        "not_exist",
    ]
    .iter()
    .any(|word| name.contains(word))
        && !name.starts_with("find")
        && !name.contains("unavailable")
}

fn mirrored(op: &str) -> &str {
    match op {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        other => other,
    }
}

/// Whether a part ends the function or the turn whatever happens.
fn leaves(u: &Unit, node: NodeId) -> bool {
    match u.kind(node) {
        Kind::Return(_) | Kind::Throw(_) | Kind::Continue(_) | Kind::Break { .. } => true,
        Kind::Block { statements, .. } => statements.last().is_some_and(|&last| leaves(u, last)),
        Kind::Discard(inner) => leaves(u, *inner),
        Kind::If { then, otherwise: Some(otherwise), .. } => leaves(u, *then) && leaves(u, *otherwise),
        Kind::Call { callee, .. } => {
            let name = match u.kind(*callee) {
                Kind::Name { name, .. } | Kind::Member { name, .. } => name.as_str(),
                _ => "",
            };
            matches!(name, "panic" | "bail" | "reject" | "unreachable" | "notFound" | "redirect")
        }
        _ => false,
    }
}
