//! What functions and types of Rust say themselves of the routes that they answer, and of what they do before others.

use plimsoll_behavior::models::Registers;
use plimsoll_behavior::{Kind, Name, NodeId};

use super::{CHANGING, Handed, Pattern, Registration};
use crate::link::{Evaluator, FnRef, TypeRef, Value};

impl Evaluator<'_> {
    /// The routes of functions that say by an attribute which they answer, and are handed to a router by their names:
    /// `.service(create_user)`.
    pub(super) fn by_attribute(&self, registration: &Registration) -> Vec<Registration> {
        let is_by_name =
            registration.registers == Registers::Part && registration.path == Pattern::Everywhere;
        if self.file.language.is_script_family() || !is_by_name {
            return Vec::new();
        }
        let mut found = Vec::new();
        for handed in &registration.handed {
            let Some(function) = handed.function.as_ref().filter(|_| handed.wraps.is_empty()) else {
                continue;
            };
            let mut said = None;
            let mut ask = |there: &Evaluator<'_>| said = there.said_by_attributes(function);
            match function.file == self.file.path {
                true => ask(self),
                false => {
                    self.world.all_of(&function.file);
                    self.world.in_file(&function.file, &mut ask);
                }
            }
            let Some((method, path, before)) = said else { continue };
            // What an attribute lets run before is no node of the call: it is not known what it does.
            let before = before.then(|| Handed { function: None, ..handed.clone() });
            let before = before.map(|before| Handed { router: None, ..before });
            let answers = Handed { router: None, ..handed.clone() };
            found.push(Registration {
                registers: Registers::Route,
                path,
                method: Some(method),
                handed: before.into_iter().chain([answers]).collect(),
                ..registration.clone()
            });
        }
        found
    }

    /// The method and the path that the attributes of a function of this file say, and whether they let something run before it.
    fn said_by_attributes(&self, function: &FnRef) -> Option<(Name, Pattern, bool)> {
        let unit = self.file.unit_at(&function.unit)?;
        let attributes = &self.unit(unit).function(function.function).attributes;
        attributes.iter().find_map(|attribute| {
            let last = attribute.path.last()?;
            let text = attribute.text.as_str();
            // `#[route("/users", method = "PUT", method = "PATCH")]`
            let named = |method: &&&str| match last.as_str() {
                "route" => text.contains(&format!("\"{method}\"")),
                last => last.eq_ignore_ascii_case(method),
            };
            let method = CHANGING.iter().find(named)?;
            let (path, options) = text.strip_prefix('"')?.split_once('"')?;
            let is_guarded = ["wrap", "guard"].iter().any(|word| options.contains(word));
            Some((Name::new(method), Pattern::At(path.into()), is_guarded))
        })
    }

    /// The method that looks at each request where a value of an own type is laid around a router: that of what its
    /// `new_transform` or `layer` makes.
    pub(super) fn service_of(&self, own: &TypeRef) -> Option<FnRef> {
        let layer = Value::Own(own.clone());
        let made_by =
            ["new_transform", "layer"].iter().find_map(|name| match self.member_of(&layer, name) {
                Value::Function(function) => Some(function),
                _ => None,
            })?;
        let mut found = None;
        let mut ask = |there: &Evaluator<'_>| {
            let Some(unit) = there.file.unit_at(&made_by.unit) else { return };
            let u = there.unit(unit);
            let mut made = u.nodes.iter().enumerate().filter(|(_, node)| {
                matches!(&node.kind, Kind::Object { ty: Some(_), .. } | Kind::Call { .. })
            });
            found = made.find_map(|(id, _)| {
                let made = there.value(unit, NodeId(u32::try_from(id).ok()?));
                match (&made, there.member_of(&made, "call")) {
                    (Value::Own(_), Value::Function(function)) => Some(function),
                    _ => None,
                }
            });
        };
        match made_by.file == self.file.path {
            true => ask(self),
            false => {
                self.world.all_of(&made_by.file);
                self.world.in_file(&made_by.file, &mut ask);
            }
        }
        found
    }
}
