//! Prints a unit for people: snapshots of lowerings, and a look at what a rule sees.
//!
//! One line where it fits, else one line per part: `(call (.findMany (.user %db)) …)`. A bound name is `name%binding`,
//! a free one is `^name`; ranges are left out, so that a snapshot says what the code means and not where it stands.

mod parts;
mod words;

use std::fmt::Write;

use super::{Exported, FunctionId, Imported, NodeId, Unit};
use words::{attributes, describe_binding, function_word, name_of};

/// The widest line on which several parts stand together, in bytes.
const WIDTH: usize = 100;

/// A readable text of the whole unit. It ends with a line break.
#[must_use]
pub fn print(unit: &Unit) -> String {
    let mut printer = Printer { unit, items: Vec::new(), open: Vec::new() };
    if unit.functions.is_empty() {
        return String::from("(nothing)\n");
    }
    let mut out = printer.whole(Part::Function(FunctionId(0)));
    for (index, nested) in unit.nested.iter().enumerate() {
        let name = nested.name.as_deref().unwrap_or("_");
        let _ = write!(out, "nested {index}: {}", function_word(nested.kind));
        let _ = write!(out, "{} {name}", if nested.is_async { " async" } else { "" });
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
        self.items.push(Item { text: String::new(), parts: Vec::new(), width: 0 });
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
}
