use plimsoll_syntax::{Language, Parsed};
use proptest::prelude::*;

use crate::lower::{Outline, extract, outline};
use crate::{Kind, Unit, print};

/// Calls `check` with the outline and all units of a text.
fn with_units<R>(text: &str, check: impl FnOnce(&Outline<'_>, &[Unit]) -> R) -> R {
    let parsed = Parsed::parse(text, Language::Rust).expect("it is small");
    let outline = outline(parsed.tree(), text, Language::Rust);
    let units: Vec<_> =
        (0..outline.sites.len()).map(|site| extract(&outline, site, text, Language::Rust)).collect();
    check(&outline, &units)
}

fn printed(text: &str) -> String {
    with_units(text, |_, units| units.iter().map(print).collect::<Vec<_>>().join("\n"))
}

/// What holds for every unit of every text.
fn check_invariants(text: &str, outline: &Outline<'_>, units: &[Unit]) {
    for (site, unit) in outline.sites.iter().zip(units) {
        let place = &site.place;
        assert_eq!(unit.nested.len(), site.nested.len());
        let mut at = place.range.start;
        for (hole, &nested) in place.holes.iter().zip(&site.nested) {
            assert!(at <= hole.start && hole.end <= place.range.end);
            assert_eq!(outline.sites[nested].place.range, *hole);
            at = hole.end;
        }
        for node in &unit.nodes {
            let range = place.to_file(node.range);
            assert!(place.range.contains_range(range), "{node:?} at {range:?}");
            if let Kind::Name { name, .. } = &node.kind {
                // In broken code a name may touch a nested unit: then its range cannot be told from one with it.
                let written = &text[range.as_usize()];
                let touches = place.holes.iter().any(|hole| range.contains_range(*hole));
                assert!(written == name || touches && written.contains(name.as_str()), "{name} at {range:?}");
            }
        }
        for (index, nested) in unit.nested.iter().enumerate() {
            assert_eq!(unit.kind(nested.node), &Kind::Nested(index as u32));
            let range = place.to_file(unit.range(nested.node));
            assert_eq!(range, place.holes[index]);
        }
    }
}

/// A source with everything that the grammar and the known macros have to offer.
const EVERYTHING: &str = include_str!("samples/everything.rs.txt");

#[test]
fn items() {
    insta::assert_snapshot!(printed(
        r#"
//! A module.
use std::{collections::HashMap, io::{self, Read as R}, fmt::*};
pub use crate::a::B;
use super::c as _;
use reqwest;
extern crate serde as s;
mod other;
pub const MAX: usize = 3;
static mut COUNT: u32 = 0;
pub(crate) type Rows = Vec<Row>;
/// One.
#[derive(Debug, Clone)]
pub struct User<'a> { pub id: i64, #[serde(default)] name: Option<&'a str> }
struct Pair(u8, pub Box<dyn Fn(u8) -> bool>);
enum Shape { Dot, Line(u8), Box { x: [u8; 2] }, Text(u8, String) = 4 }
impl<'a> User<'a> { const N: u8 = 1; fn new() -> Self { Self { id: 1, name: None } } }
impl fmt::Display for User<'_> { fn fmt(&self, f: &mut Formatter) -> Result { f.write(self.id) } }
pub trait Store: Send + Sync + 'static { fn get(&self, id: u8) -> u8; fn all() {} }
macro_rules! opaque { ($x:expr) => { fn hidden() { $x } } }
"#
    ));
}

#[test]
fn attributes_and_tests() {
    insta::assert_snapshot!(printed(
        r#"
#[tokio::main]
async fn main() {}
#[get("/users/{id}")] // a comment between
pub async fn user() {}
#[cfg(test)]
mod tests { use super::*; #[test] #[should_panic(expected = "x")] fn works() {} }
#[cfg(all(test, unix))]
mod more { mod inner { fn helper() {} } }
#[cfg(not(test))]
mod real { fn helper() {} }
"#
    ));
}

#[test]
fn patterns_and_scopes() {
    insta::assert_snapshot!(printed(
        r#"
fn f(State(db): State<Db>, Point { x, y: (a, _) }: Point, mut n: u8, &r: &u8) {
    let x = x + 1;
    let x = |x: u8| x + n;
    let Some(v) = find(v) else { return; };
    if let Some(w) = v && let Ok([first, .., last]) = w.get() && last > MAX { w } else { w };
    while let Ok(Msg::A { id, ref mut body, .. }) = next() { id; }
    match v { None => 1, Some(0 | 1..=9) => 2, A(k) | B(k) if k > 1 => k, whole @ Foo(_, ..) => whole, list @ [head, rest @ ..] => head, MAX => 3, _ => 4 };
    for (i, item) in items.iter().enumerate() { i + item; }
    { let n = n; n }
    n = 2;
}
"#
    ));
}

#[test]
fn expressions() {
    insta::assert_snapshot!(printed(
        r#"
async fn f(&self) -> Result<u8> {
    let a = self.db.user(id).await?.rows[0].1;
    let b = Vec::<u8>::with_capacity(1);
    let c = "4".parse::<i32>()? as u64;
    let d = <T as Default>::default();
    let e = (&mut a, *b, !c, -d, (1 + 2) * 3, ());
    let f = [[0u8; 4], [1_000, 0xff]];
    let g = crate::x::go(super::y, Self::Z, ::std::mem::take(&mut e));
    let h = Point { x: 1, y, ..Default::default() };
    let i = (..=5, 1.., a..b, ..);
    let j = ("a\n", r"b", b"c", 'd', b'e', true, 1.5e3);
    a.b += 1; c = d; e <<= 2;
    let k = async move |x| x.await;
    let l = unsafe { deref(p) };
    tokio::spawn(async move { work().await });
    let m = if a { 1 } else if b { 2 } else { 3 };
    if a { b() } else { c() }
    let n = 'out: loop { if a { break 'out 5; } else { continue 'out; } };
    return Ok(n);
}
"#
    ));
}

#[test]
fn formats() {
    insta::assert_snapshot!(printed(
        r###"
fn f() {
    println!("a {} {b:?} {{}} {0} {named:>w$}", 1 + x.y(), z, named = q);
    write!(out, r#"say "{}""#, what)?;
    assert!(a.is_ok(), "no {a}");
    assert_eq!(a, b);
    format!(concat!("a", "{}"), b);
    panic!("\u{1F6A2} {ship}");
    bail!(error);
    info!(target: "web", user.id, error = %e, ?body, "done {} {count}", time(), count = n);
    span!(Level::INFO, "work", id = 4);
    tracing::warn!(error.kind = ?kind);
}
"###
    ));
}

#[test]
fn macros() {
    insta::assert_snapshot!(printed(
        r#"
async fn f() {
    let a = vec![1, g(2)];
    let b = vec![0; n];
    if matches!(x, Some(n) if n > 1) {}
    tokio::try_join!(a(), b.c(),)?;
    sqlx::query_as!(User, "select 1", id).fetch_one(&db).await?;
    json!({ "a": f(x), "b": [1, null, -y], key: { "n": 1.5 }, "c": {} });
    tokio::select! {
        biased;
        Some(v) = rx.recv() => { handle(v).await }
        _ = sleep(d), if ok => return,
        else => break,
    }
    unknown!(foo => bar, "x {foo}", self.x, a::b, move);
    lazy! { static ref X: u8 = y }
    dbg!(vec![format!("{}", vec![a])]);
    let odd = vec![a b];
    println!("{}", );
    let all = try_stream! { while let Some(v) = s.next().await { yield v; } };
}
cfg_if! { if #[cfg(unix)] { fn here() {} } else { fn here() { there() } } }
lazy_static! { static ref CLIENT: Client = Client::new(); }
"#
    ));
}

#[test]
fn variables_are_no_macros_and_no_modules() {
    let text = "use std::env; use tracing::error;
fn f() { let env = env::var(\"X\"); match env { Err(error) => error!(\"{error}\"), Ok(log) => log::info(log) } }";
    insta::assert_snapshot!(printed(text));
    let local = "fn f() { use std::env; let env = env::var(env); let (mut a, mut b); (a, b) = (b, a); }";
    insta::assert_snapshot!(printed(local));
}

#[test]
fn nested_units() {
    let filler = " ".repeat(1_100);
    insta::assert_snapshot!(printed(&format!(
        "static LOAD: Lazy<X> = Lazy::new(|| {{ {filler} a() }});
fn outer(n: u8) {{
    let handler = move |x| {{ {filler} n + x }};
    fn small() {{}}
    fn large() {{ {filler} }}
    struct Local;
    impl Local {{ fn m(&self) {{}} fn big(&self) {{ {filler} }} }}
    route(async |req| {{ {filler} }}, handler);
}}"
    )));
}

#[test]
fn broken_code_keeps_what_parses() {
    insta::assert_snapshot!(printed(
        "
fn a() { let x = ; f(x) }
fn b() { g( }
fn c() { if let Some(x) = { h(x) } }
impl T { fn d(&self) { self. } fn e(&self) {} }
fn f() { match x { A => 1, => 2 } }
"
    ));
}

#[test]
fn comments_are_trimmed_and_know_whether_they_are_alone() {
    let text = "/// Doc.\r\nfn f() {\r\n    a(); // b \r\n    /* c */ d(/* e */);\r\n}\r\n//! end";
    with_units(text, |outline, units| {
        let all: Vec<_> = units
            .iter()
            .zip(&outline.sites)
            .flat_map(|(unit, site)| {
                unit.comments.iter().map(|c| {
                    let range = site.place.to_file(c.range);
                    (c.text.to_string(), &text[range.as_usize()], c.is_alone)
                })
            })
            .collect();
        assert_eq!(
            all,
            [
                ("Doc.".into(), "/// Doc.", true),
                ("end".into(), "//! end", true),
                ("b".into(), "// b", false),
                ("c".into(), "/* c */", true),
                ("e".into(), "/* e */", false),
            ]
        );
    });
}

#[test]
fn everything_holds_its_invariants() {
    with_units(EVERYTHING, |outline, units| {
        check_invariants(EVERYTHING, outline, units);
        assert!(units.iter().all(|unit| unit.errors.is_empty() && !unit.is_cut));
        assert!(outline.sites.len() > 10);
        // Nothing is made that does not become part of the body, and nothing is part of two.
        for unit in units {
            let body = unit.own().body.expect("every function here has one");
            let mut reached = unit.descendants(body);
            reached.sort();
            let all: Vec<_> = (0..unit.nodes.len() as u32).map(crate::NodeId).collect();
            assert_eq!(reached, all);
        }
    });
}

#[test]
fn an_edit_in_one_unit_changes_no_other() {
    with_units(EVERYTHING, |before, units| {
        for index in 1..before.sites.len() {
            let Some(body) = before.node(index).child_by_field_name("body") else {
                continue;
            };
            if body.kind() != "block" {
                continue;
            }
            let mut edited = EVERYTHING.to_owned();
            edited.insert_str(body.start_byte() + 1, " added(\"ünit\"); ");
            with_units(&edited, |after, after_units| {
                assert_eq!(before.sites.len(), after.sites.len());
                for other in 0..units.len() {
                    let (a, b) = (&before.sites[other], &after.sites[other]);
                    assert_eq!(a.key == b.key, other != index, "site {other} of {index}");
                    assert_eq!(units[other] == after_units[other], other != index);
                }
            });
        }
    });
}

#[test]
fn lines_added_above_change_no_key() {
    let moved = format!("// one\n\n{EVERYTHING}");
    with_units(EVERYTHING, |before, units| {
        with_units(&moved, |after, after_units| {
            for site in 1..units.len() {
                assert_eq!(before.sites[site].key, after.sites[site].key);
                assert_eq!(units[site], after_units[site]);
            }
        });
    });
}

#[test]
fn what_is_long_is_not_deep() {
    let sum = format!("fn f() {{ x = a{}; }}", " + a".repeat(10_000));
    let chain = format!("fn f() {{ x{}; }}", ".y()".repeat(5_000));
    let path = format!("fn f() {{ x{}; }}", "::y".repeat(5_000));
    let elses = format!("fn f() {{ if a {{ b }}{} }}", " else if c { d }".repeat(5_000));
    let alternatives = format!("fn f() {{ match a {{ B{} => c }} }}", " | B".repeat(5_000));
    for (text, nodes) in [(sum, 20_000), (chain, 10_000), (path, 5_000), (elses, 15_000), (alternatives, 3)] {
        with_units(&text, |outline, units| {
            check_invariants(&text, outline, units);
            assert!(!units[1].is_cut);
            assert!(units[1].nodes.len() >= nodes);
        });
    }
}

#[test]
fn what_is_too_deep_is_cut() {
    for (open, close) in [
        ("(", ")"),
        ("{", "}"),
        ("f(", ")"),
        ("[", "]"),
        ("!", ""),
        ("|a| ", ""),
        ("if a { ", "}"),
        ("match a { _ => ", "}"),
        ("vec![", "]"),
        ("x!(", ")"),
        ("json!({\"a\": ", "})"),
        ("async { ", "}"),
        ("return ", ""),
        ("mod a { ", "}"),
        ("fn a() { ", "}"),
        ("let Some(", ")"),
    ] {
        let depth = 2_000;
        let text = format!("fn f() {{ {}x{} }}", open.repeat(depth), close.repeat(depth));
        with_units(&text, |outline, units| check_invariants(&text, outline, units));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_breaks_an_invariant(
        start in 0..EVERYTHING.len(),
        len in 0..400usize,
        cuts in prop::collection::vec((0..EVERYTHING.len(), 0..6usize, "[{}()\\[\\];,.|\"'#!?=>a ]{0,3}"), 0..6),
    ) {
        let mut text = EVERYTHING.to_owned();
        let mut cuts = cuts;
        cuts.push((start, len, String::new()));
        for (at, len, with) in cuts {
            let floor = |mut at: usize| {
                at = at.min(text.len());
                while !text.is_char_boundary(at) { at -= 1 }
                at
            };
            let range = floor(at)..floor(at + len).max(floor(at));
            text.replace_range(range, &with);
        }
        with_units(&text, |outline, units| check_invariants(&text, outline, units));
    }

    #[test]
    fn no_truncation_breaks_an_invariant(end in 0..EVERYTHING.len()) {
        let mut end = end;
        while !EVERYTHING.is_char_boundary(end) { end -= 1 }
        let text = &EVERYTHING[..end];
        with_units(text, |outline, units| check_invariants(text, outline, units));
    }
}
