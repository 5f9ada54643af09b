//! What holds under edits, mutations and extremes.

use proptest::prelude::*;

use super::{Language, Parsed, check, extract, outline};
use crate::{Kind, Unit};

/// A file as people write them, with units in units.
fn source() -> String {
    let filler = "    await step(1234567, 'text', `a${b}`); // go on\n".repeat(30);
    format!(
        r#"'use strict'
import {{ a, type B }} from "./a"
const routes = [{{ path: "/", run: () => a() }}]
/** Says hello. */
export const hello = async ({{ name = "you", ...rest }}: B, [first, , ...others]: string[] = []) => {{
  if (!name) throw new Error(`no ${{name}}`); else return rest?.value ?? others[0]!
}}
@Service() export class Users extends Base<User> implements Store {{
  private cache = new Map<string, Promise<User[]>>()
  constructor(private readonly db: Db) {{ super(db) }}
  @Get(":id") async find(id: string) {{ for await (const u of this.db.users(id)) {{ switch (u.kind) {{ case 1: return u; default: continue }} }} }}
  get size() {{ return this.cache.size }}
}}
export default function Page(props: Props) {{
  const [open, setOpen] = useState<boolean>(false)
  useEffect(() => {{
{filler}    return () => clearInterval(timer)
  }}, [open])
  async function submit() {{
{filler}    try {{ await sql<number>`select ${{props.id}}` }} catch ({{ message }}) {{ label: while (1) {{ break label }} }} finally {{ done() }}
  }}
  return <Form onSubmit={{submit}} {{...props}}>Terms & <b>more</b> {{props.items.map((i) => <li key={{i}}>{{i}}</li>)}}</Form>
}}
app.post("/x", async (req, res) => {{ using file = open(req.body); res.json(await import("./b")) }})
module.exports.z = function* () {{ yield* routes }}
enum Level {{ Low = 1 << 2 }} namespace N {{ export let x: typeof a }} type T = {{ [K in keyof B]?: B[K] }} | `x${{string}}`
"#
    )
}

fn keys_and_units(text: &str) -> (Vec<u64>, Vec<Unit>) {
    let parsed = Parsed::parse(text, Language::Tsx).expect("it is small");
    let outline = outline(parsed.tree(), text, Language::Tsx);
    let units = (0..outline.sites.len()).map(|s| extract(&outline, s, text, Language::Tsx)).collect();
    (outline.sites.iter().map(|s| s.key).collect(), units)
}

#[test]
fn an_edit_in_a_unit_changes_that_unit_only() {
    let text = source();
    let (keys, units) = keys_and_units(&text);
    let parsed = Parsed::parse(&text, Language::Tsx).expect("it is small");
    let sites = outline(parsed.tree(), &text, Language::Tsx).sites;
    assert!(sites.len() > 8, "{}", sites.len());
    assert!(sites.iter().any(|s| s.parent.is_some_and(|p| p > 0)));
    for (at, site) in sites.iter().enumerate().skip(1) {
        // Before the last `}` of the unit a statement is in none of its nested units.
        let end = site.place.range.end as usize;
        if !text[..end].ends_with('}') {
            continue;
        }
        let edited = format!("{}; added(1) }}{}", &text[..end - 1], &text[end..]);
        let (new_keys, new_units) = keys_and_units(&edited);
        assert_eq!(new_keys.len(), keys.len());
        for other in 0..keys.len() {
            if other == at {
                assert_ne!(new_keys[other], keys[other]);
            } else {
                assert_eq!(new_keys[other], keys[other], "{other} after an edit in {at}");
                assert_eq!(new_units[other], units[other], "{other} after an edit in {at}");
            }
        }
    }
}

#[test]
fn lines_above_change_no_key_but_the_module_s() {
    let text = source();
    let (keys, units) = keys_and_units(&text);
    let (moved_keys, moved) = keys_and_units(&format!("// one\n\n// two ✓\r\n{text}"));
    assert_eq!(moved_keys[1..], keys[1..]);
    assert_eq!(moved[1..], units[1..]);
}

#[test]
fn the_source_of_these_tests_is_valid() {
    for unit in check(&source(), Language::Tsx) {
        assert!(unit.errors.is_empty(), "{:?}", unit.errors);
        assert!(!unit.is_cut);
        assert!(!unit.nodes.iter().any(|n| matches!(&n.kind, Kind::Other(_))));
    }
}

#[test]
fn long_chains_are_read_whole() {
    let cases = [
        format!("x = {}1", "a + ".repeat(10_000)),
        format!("x{}", ".a(1)".repeat(5_000)),
        format!("{}{{ end() }}", "if (a) b(); else ".repeat(5_000)),
        format!("x = {}1", "a ? b : ".repeat(5_000)),
        format!("let x: {}T", "A | ".repeat(5_000)),
        format!("x{}", "![0]?.b`c`".repeat(1_000)),
    ];
    for text in cases {
        let units = check(&text, Language::TypeScript);
        assert!(!units[0].is_cut, "{}", &text[..20]);
        assert!(units[0].errors.is_empty(), "{}", &text[..20]);
    }
}

#[test]
fn deep_nesting_is_cut_and_said() {
    let nested = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(3_000), close.repeat(3_000))
    };
    let cases = [
        nested("(", "1", ")"),
        nested("[", "1", "]"),
        nested("{ ", "1", " }"),
        nested("f(", "1", ")"),
        nested("{ a: ", "1", "}").replacen('{', "x = {", 1),
        nested("<a>", "b", "</a>"),
        nested("<a b={", "1", "} />"),
        nested("!", "1", ""),
        nested("if (a) { ", "b", " }"),
        nested("() => ", "1", ""),
        nested("() => { ", "1", " }"),
        nested("function f() { ", "1", " }"),
        nested("class A { m() { ", "1", " } }"),
        nested("`${", "1", "}`"),
        nested("a = ", "1", ""),
        nested("for (;;) ", "1", ""),
        nested("try { ", "1", " } finally {}"),
        format!("const {} = x", nested("[", "a", "]")),
        format!("{} = x", nested("[", "a", "]")),
        format!("function f({}) {{}}", nested("{ a: ", "b", "}")),
        format!("let x: {}", nested("A<", "B", ">")),
    ];
    for text in cases {
        let units = check(&text, Language::Tsx);
        assert!(!units.is_empty());
    }
    assert!(check(&nested("[", "1", "]"), Language::Tsx)[0].is_cut);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn truncated_text_is_lowered(at in 0usize..10_000, from in 0usize..10_000) {
        let text = source();
        let cut = |at: usize| (0..=at % text.len()).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        check(&text[..cut(at)], Language::Tsx);
        check(&text[cut(from)..], Language::TypeScript);
    }

    #[test]
    fn mutated_text_is_lowered(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..40, "[-{}()\\[\\]<>=;:,.`'\"$&@#!?*/a-c1 \n✓]{0,6}|async |using |function |=> |class |import |export "), 1..12)
    ) {
        let mut text: Vec<char> = source().chars().collect();
        for (at, len, new) in edits {
            let at = at.index(text.len());
            let end = (at + len).min(text.len());
            text.splice(at..end, new.chars());
        }
        let text: String = text.into_iter().collect();
        for language in [Language::TypeScript, Language::Tsx] {
            check(&text, language);
        }
    }
}
