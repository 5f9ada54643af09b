//! What types, decorators and schemas say of the values that they let through.

use plimsoll_behavior::models::Slot;
use plimsoll_behavior::{
    Attribute, Effects, Entry, FunctionId, Guarantees, Key, Kind, Name, NodeId, ScopeId, TypeExpr, TypeKind,
};

use super::Evaluator;
use crate::link::{SlotValue, Value};

/// How deeply a schema may be put together.
const MAX_SCHEMA: usize = 6;

/// Words by which an attribute that no model knows says that it sets a limit: `range(min = 1, max = 100)`.
const LIMITS: &[&str] = &["max", "maximum", "lte", "le", "deserialize_with", "Math.min", "clamp"];

/// Parts of the names of what looks at a request before its handler, and of functions that describe one of its values.
const VALIDATORS: &[&str] = &["valid", "schema", "sanit", "celebrate", "check", "clamp", "paginat", "parse"];
const CHAINS: &[&str] = &["query", "param", "body", "check", "oneOf"];
/// Keys of a description that leave only a few values, or small ones.
const LIMITING: &[&str] = &["maximum", "exclusiveMaximum", "enum", "const", "pattern", "maxLength"];

/// Types whose values, written out, are no text of anybody's own: numbers, dates, ids of a fixed form, addresses.
const WITHOUT_TEXT: &[&str] = &[
    "number",
    "bigint",
    "boolean",
    "Date",
    "Uuid",
    "DateTime",
    "NaiveDate",
    "NaiveDateTime",
    "NaiveTime",
    "OffsetDateTime",
    "PrimitiveDateTime",
    "Decimal",
    "BigDecimal",
    "ObjectId",
    "Ulid",
    "IpAddr",
    "Ipv4Addr",
    "Ipv6Addr",
    "SocketAddr",
    "Duration",
    "NonZeroU32",
    "NonZeroU64",
    "NonZeroI32",
    "NonZeroI64",
    "NonZeroUsize",
];

/// Whether no text of anybody's own stands in the values of a type, all members of a union included.
pub(super) fn is_without_text(ty: &TypeExpr) -> bool {
    match ty.path.last().map(Name::as_str) {
        Some("|") => ty.args.iter().all(is_without_text),
        Some("undefined" | "null") => true,
        Some(literal) if literal.starts_with(['"', '\'']) => true,
        Some(name) => WITHOUT_TEXT.contains(&name),
        None => false,
    }
}

impl Evaluator<'_> {
    /// What a type says of its values: the width of a number, the names of an enum.
    pub(super) fn guarantees_of_type(&self, unit: usize, scope: ScopeId, ty: &TypeExpr) -> Guarantees {
        if self.file.language.is_script_family() {
            return Guarantees::empty();
        }
        let mut ty = ty;
        while ty.path.last().is_some_and(|last| last == "Option") && ty.path.len() <= 2 && ty.args.len() == 1
        {
            ty = &ty.args[0];
        }
        match ty.path.last().map(Name::as_str) {
            Some("u8" | "i8") => Guarantees::BOUNDED | Guarantees::NUMBER,
            Some("bool") => Guarantees::LISTED,
            Some("f32" | "f64") => Guarantees::NUMBER,
            Some("u16" | "i16" | "u32" | "i32" | "u64" | "i64" | "usize" | "isize" | "u128" | "i128") => {
                Guarantees::NUMBER
            }
            Some(_) => match self.value_of_type(unit, scope, ty) {
                Value::Own(own) => {
                    let mut is_enum = false;
                    let mut look = |there: &Evaluator<'_>| {
                        let declared = there.file.types_named(&own.name).next();
                        is_enum = declared.is_some_and(|(_, decl)| decl.kind == TypeKind::Enum);
                    };
                    if own.file == self.file.path {
                        look(self);
                    } else {
                        self.world.in_file(&own.file, &mut look);
                    }
                    if is_enum { Guarantees::LISTED } else { Guarantees::empty() }
                }
                _ if is_without_text(ty) => Guarantees::TYPED,
                _ => Guarantees::empty(),
            },
            None => Guarantees::empty(),
        }
    }

    /// What an extractor says of a part of what it takes out of a request: `Path<Uuid>`, `Path<(String, i64)>`.
    pub(super) fn guarantees_of_extracted(
        &self,
        unit: usize,
        scope: ScopeId,
        ty: &TypeExpr,
        path: &[Name],
    ) -> Guarantees {
        let [inner] = ty.args.as_slice() else { return Guarantees::empty() };
        let is_tuple = inner.path.last().is_some_and(|last| last == "()");
        match path {
            [] if !is_tuple => self.guarantees_of_type(unit, scope, inner),
            [index, ..] if is_tuple => {
                let part = index.parse::<usize>().ok().and_then(|index| inner.args.get(index));
                part.map_or(Guarantees::empty(), |part| self.guarantees_of_type(unit, scope, part))
            }
            _ => Guarantees::empty(),
        }
    }

    /// What the declaration of a field of a type of the project says of it.
    pub(super) fn guarantees_of_field(&self, of: &Value, name: &str) -> Guarantees {
        let Value::Own(own) = of else { return Guarantees::empty() };
        let mut guards = Guarantees::empty();
        let mut look = |there: &Evaluator<'_>| guards = there.guarantees_of_own_field(&own.name, name, 0);
        if own.file == self.file.path {
            look(self);
        } else {
            self.world.in_file(&own.file, &mut look);
        }
        guards
    }

    fn guarantees_of_own_field(&self, own: &str, name: &str, depth: usize) -> Guarantees {
        for (unit, decl) in self.file.types_named(own) {
            if let Some(field) = decl.fields.iter().find(|field| field.name == name) {
                let typed = field.ty.as_ref();
                let of_type =
                    typed.map_or(Guarantees::empty(), |ty| self.guarantees_of_type(unit, ScopeId(0), ty));
                return of_type | self.guarantees_of_attributes(unit, &field.attributes);
            }
        }
        // `class ListPosts extends Paging`
        let bases: Vec<_> = self
            .file
            .types_named(own)
            .flat_map(|(unit, decl)| decl.supertypes.iter().map(move |t| (unit, t)))
            .collect();
        for (unit, base) in bases.into_iter().take(MAX_SCHEMA) {
            if depth < MAX_SCHEMA
                && let Value::Own(base) = self.value_of_type(unit, ScopeId(0), base)
                && base.name != own
            {
                let mut guards = Guarantees::empty();
                let mut look = |there: &Evaluator<'_>| {
                    guards = there.guarantees_of_own_field(&base.name, name, depth + 1)
                };
                if base.file == self.file.path {
                    look(self);
                } else {
                    self.world.in_file(&base.file, &mut look);
                }
                return guards;
            }
        }
        Guarantees::empty()
    }

    fn guarantees_of_attributes(&self, unit: usize, attributes: &[Attribute]) -> Guarantees {
        let mut guards = Guarantees::empty();
        for attribute in attributes {
            guards |= self.decorator(unit, attribute).1;
            let says = |word: &&str| {
                let mut found = attribute.text.match_indices(*word);
                found.any(|(at, _)| {
                    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
                    !attribute.text[..at].ends_with(is_letter)
                        && !attribute.text[at + word.len()..].starts_with(is_letter)
                })
            };
            if LIMITS.iter().any(says) {
                guards |= Guarantees::CHECKED;
            }
        }
        guards
    }

    /// What decorators say of a parameter that they fill with what a user sent; none where they do not.
    pub(super) fn guarantees_of_decorators(
        &self,
        unit: usize,
        attributes: &[Attribute],
    ) -> Option<Guarantees> {
        let is_outside = attributes.iter().any(|attribute| self.decorator(unit, attribute).0);
        if !is_outside {
            return None;
        }
        let mut guards = self.guarantees_of_attributes(unit, attributes);
        // `@Query('limit', new LimitPipe(100))`: a pipe of the project may do anything.
        for attribute in attributes {
            let pipes =
                attribute.text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.ends_with("Pipe"));
            let mut pipes = pipes.filter(|pipe| *pipe != "DefaultValuePipe" && *pipe != "ValidationPipe");
            if pipes.any(|pipe| !pipe.starts_with("Parse")) {
                guards |= Guarantees::CHECKED;
            }
        }
        Some(guards)
    }

    /// Whether what a decorator stands at is what a user sent, and what else it says of it.
    fn decorator(&self, unit: usize, attribute: &Attribute) -> (bool, Guarantees) {
        let Some(head) = attribute.path.first().filter(|_| self.file.language.is_script_family()) else {
            return (false, Guarantees::empty());
        };
        let value = match self.unit(unit).resolve(head, ScopeId(0), u32::MAX) {
            Some(binding) => self.binding(unit, binding),
            None => self.outer(unit, head, false),
        };
        match attribute.path[1..].iter().fold(value, |value, name| self.member_of(&value, name)) {
            Value::Package(package, path) => match self.package_function(&package, &path) {
                Some((_, behavior)) => (behavior.outside, behavior.guarantees.0),
                None => (false, Guarantees::empty()),
            },
            Value::Function(_) => (false, Guarantees::CHECKED),
            _ => (false, Guarantees::empty()),
        }
    }

    /// Whether a function of the file is offered under a name: `default`.
    pub(super) fn is_offered(&self, unit: usize, function: FunctionId, name: &str) -> bool {
        let own = self.file.fn_ref(unit, function);
        matches!(self.export(name), Value::Function(exported) if exported == own)
    }

    /// Whether pages call a function as a request: it says so itself, or is offered by a file that does.
    pub(super) fn is_server_action(&self, unit: usize, function: FunctionId) -> bool {
        let says =
            |index: usize| self.unit(index).directives.iter().any(|directive| directive == "use server");
        if function.0 != 0 || unit == 0 {
            return false;
        }
        if says(unit) {
            return true;
        }
        let own = self.unit(unit).own();
        says(0)
            && self.file.units[unit].parent == Some(0)
            && own.is_async
            && own.owner.is_none()
            && own.name.as_ref().is_some_and(|name| own.is_exported || self.is_offered(unit, function, name))
    }

    /// The schema that stands in a slot.
    pub(super) fn schema_in(&self, slot: &SlotValue) -> Value {
        let SlotValue::Node(site) = slot else { return Value::Unknown };
        if site.file != self.file.path {
            return self.world.ask(&site.file, |there| there.schema_in(slot));
        }
        self.file.unit_at(&site.unit).map_or(Value::Unknown, |unit| self.value(unit, site.node))
    }

    /// The fields that a schema of an object lists.
    pub(super) fn fields_of_schema(&self, schema: &Value) -> Vec<Name> {
        let mut fields = Vec::new();
        for slot in self.objects_of_schema(schema) {
            let Value::Syntax(site) = self.schema_in(slot) else { continue };
            let mut look = |there: &Evaluator<'_>| {
                let Some(unit) = there.file.unit_at(&site.unit) else { return };
                let Kind::Object { entries, .. } = there.unit(unit).kind(site.node) else { return };
                for entry in entries {
                    if let Key::Name(name) = &entry.key
                        && !fields.contains(name)
                    {
                        fields.push(name.clone());
                    }
                }
            };
            if site.file == self.file.path {
                look(self);
            } else {
                self.world.in_file(&site.file, &mut look);
            }
        }
        fields
    }

    /// The objects that a schema was told, the last one first.
    fn objects_of_schema<'s>(&self, schema: &'s Value) -> Vec<&'s SlotValue> {
        let Some(schema) = schema.instance() else { return Vec::new() };
        let told = schema.slots.iter().rev().filter(|(slot, _)| *slot == Slot::Schema);
        told.map(|(_, value)| value).take(MAX_SCHEMA).collect()
    }

    /// What a schema says of a part of the values that it lets through. What cannot be told may be anything.
    pub(super) fn guarantees_of_schema(&self, schema: &Value, path: &[Name]) -> Guarantees {
        let mut schema = schema.clone();
        for name in path.iter().take(MAX_SCHEMA) {
            let mut objects = vec![schema];
            let mut found = Value::Unknown;
            for _ in 0..MAX_SCHEMA {
                let Some(object) = objects.pop() else { break };
                for slot in self.objects_of_schema(&object) {
                    let part = match self.schema_in(slot) {
                        // `.merge(other)`: a schema in place of an object of schemas.
                        other @ Value::Instance(_) => {
                            objects.push(other);
                            continue;
                        }
                        Value::Syntax(site) => self.property_value(&site, name),
                        _ => return Guarantees::CHECKED,
                    };
                    if !part.is_unknown() {
                        found = part;
                        break;
                    }
                }
                if !found.is_unknown() {
                    break;
                }
            }
            schema = found;
        }
        let Value::Instance(part) = &schema else { return Guarantees::CHECKED };
        let of_form = match part.slot(Slot::Form) {
            Some(_) => Guarantees::TYPED,
            None => Guarantees::empty(),
        };
        if part.slot(Slot::Bound).is_some() {
            return Guarantees::BOUNDED | of_form;
        }
        // `.transform(f)`, `.pipe(schema)`
        for (slot, value) in &part.slots {
            match (slot, self.schema_in(value)) {
                (Slot::Data, Value::Package(..)) => {}
                (Slot::Data, _) if !self.hands_on_as_it_is(value) => return Guarantees::CHECKED,
                (Slot::Join, Value::Instance(then)) if then.slot(Slot::Bound).is_some() => {
                    return Guarantees::BOUNDED;
                }
                _ => {}
            }
        }
        if path.is_empty() && part.slot(Slot::Schema).is_some() {
            Guarantees::CHECKED
        } else if part.slot(Slot::Schema).is_some() {
            // As a text, an object is the names of what its schema lists.
            of_form | Guarantees::TYPED
        } else {
            of_form
        }
    }

    /// Whether a callback in a slot, written in place, only turns what it is given into a number:
    /// `(value) => parseInt(value, 10)`.
    fn hands_on_as_it_is(&self, slot: &SlotValue) -> bool {
        let SlotValue::Node(site) = slot else { return false };
        if site.file != self.file.path {
            let mut found = false;
            self.world.in_file(&site.file, &mut |there| found = there.hands_on_as_it_is(slot));
            return found;
        }
        let Some(unit) = self.file.unit_at(&site.unit) else { return false };
        let Some(function) = self.file.function_at(unit, site.node) else { return false };
        let Some(unit) = self.file.unit_at(&function.unit) else { return false };
        let Some(body) = self.unit(unit).function(function.function).body else { return false };
        if matches!(self.unit(unit).kind(body), Kind::Block { .. }) {
            return false;
        }
        let origins = self.origins(unit, body);
        !origins.is_empty() && origins.iter().all(|origin| !origin.guards.intersects(Guarantees::LIMITED))
    }

    /// What the call that registers a handler says of what the handler is sent: a schema among its options, a validator
    /// before the handler. `function` is the handler, or stands in it.
    pub(super) fn guarantees_of_route(&self, unit: usize, function: FunctionId, path: &[Name]) -> Guarantees {
        let (mut unit, mut function) = (unit, function);
        loop {
            if let Some((closure, _)) = self.closure_or_option(unit, function) {
                let facts = self.call(closure.unit, closure.call);
                if facts.effects.contains(Effects::ROUTE) {
                    let by_option = facts.slot(Slot::Schema).map(|slot| self.schema_in(slot));
                    let is_of_builder = facts.behavior.as_ref().is_some_and(|(_, b)| !b.brings.is_empty());
                    return match by_option.filter(|_| !is_of_builder) {
                        Some(schema) => self.guarantees_of_described(&schema, path),
                        None if self.has_validator(closure.unit, closure.call, closure.argument) => {
                            Guarantees::CHECKED
                        }
                        None => Guarantees::empty(),
                    };
                }
            }
            if let Some(around) = self.unit(unit).function(function).parent {
                function = around;
                continue;
            }
            let entry = &self.file.units[unit];
            let Some(parent) = entry.parent else { return Guarantees::empty() };
            let nested = &self.unit(parent).nested[entry.index_in_parent as usize];
            function = self.unit(parent).node(nested.node).function;
            unit = parent;
        }
    }

    /// Whether something before a handler looks at what it will be sent: `validate(schema)`, `query('limit').isInt()`.
    fn has_validator(&self, unit: usize, call: NodeId, handler: usize) -> bool {
        let u = self.unit(unit);
        let Kind::Call { args, .. } = u.kind(call) else { return false };
        args.iter().take(handler).any(|&arg| {
            u.descendants(arg).into_iter().any(|node| match u.kind(node) {
                Kind::Name { name, .. } | Kind::Member { name, .. } => {
                    let name = name.to_ascii_lowercase();
                    VALIDATORS.iter().any(|word| name.contains(word))
                }
                Kind::Call { callee, .. } => {
                    matches!(u.kind(*callee), Kind::Name { name, .. } if CHAINS.contains(&name.as_str()))
                }
                _ => false,
            })
        })
    }

    /// What a description of a request in the form of JSON says of a part of it.
    fn guarantees_of_described(&self, schema: &Value, path: &[Name]) -> Guarantees {
        let (Value::Syntax(site), Some(wanted)) = (schema, path.last()) else { return Guarantees::CHECKED };
        let mut guards = Guarantees::CHECKED;
        let mut look = |there: &Evaluator<'_>| {
            let Some(unit) = there.file.unit_at(&site.unit) else { return };
            let u = there.unit(unit);
            let entries = u.descendants(site.node).into_iter().filter_map(|node| match u.kind(node) {
                Kind::Object { entries, .. } => Some(entries),
                _ => None,
            });
            let described =
                entries.flatten().find(|entry| matches!(&entry.key, Key::Name(name) if name == wanted));
            let Some(described) = described else { return };
            let Kind::Object { entries, .. } = u.kind(described.value) else { return };
            let limits =
                |entry: &Entry| matches!(&entry.key, Key::Name(name) if LIMITING.contains(&name.as_str()));
            let is_open = entries.iter().all(|entry| matches!(entry.key, Key::Name(_)));
            guards = match entries.iter().any(limits) {
                true => Guarantees::BOUNDED,
                false if is_open => Guarantees::empty(),
                false => Guarantees::CHECKED,
            };
        };
        if site.file == self.file.path {
            look(self);
        } else {
            self.world.in_file(&site.file, &mut look);
        }
        guards
    }
}
