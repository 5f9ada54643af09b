//! What small sources mean, in snapshots.

use super::{Language, check, printed};

macro_rules! reading {
    ($name:ident, $language:ident, $source:literal) => {
        #[test]
        fn $name() {
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(stringify!($name), printed($source, Language::$language));
            });
        }
    };
}

reading!(
    modules,
    TypeScript,
    r#"'use client'
import def, * as all from "a"
import { type T, b as c, default as d } from "b"
import type { E } from "e"
import legacy = require("legacy")
import "effects"
const whole = require("whole")
const { part, other: renamed = 1 } = require("parts")
const one = require("one").inner
export * from "f"
export * as g from "g"
export { h as i, type J } from "h"
export const k = 1, { l } = whole
export function m(): void
export function m(x?: number) { return c(x) }
export default d
export type { E }
export { whole as everything }
"#
);

reading!(
    commonjs,
    JavaScript,
    r#"require("./setup")
const a = require("a")
async function load() { const { b, default: c } = await import("b"); return b(c) }
module.exports = { a, load, c: 1 }
exports.d = () => { a() }
module.exports.e = a
"#
);

reading!(
    classes,
    TypeScript,
    r#"@Injectable({ scope: 1 })
export abstract class Users<T> extends Base<T> implements Store, Other<T> {
  static #count = 0
  @Column("text") name?: string
  declare cache: Map<string, T[]>
  constructor(private readonly db: Db, @Inject(LOG) log: Log) { super(); log.info(this.#secret) }
  @Get(":id") async find(@Param("id") id: string): Promise<User | null> { return this.db.find(id) }
  handle = (e: Event) => this.emit(e)
  get size() { return Users.#count }
  set size(n) { Users.#count = n }
  static create() { return new Users<number>(db, log) }
  abstract missing(): Promise<void>
  [Symbol.iterator]() { return it }
  static { register(Users) }
}
const Local = class Named { self() { return Named } }
"#
);

reading!(
    types,
    TypeScript,
    r#"interface User extends Base, With<Id> { id: string; tags?: string[]; find(id: string): Promise<User>; [k: string]: unknown }
type Either = "a" | 'b' | null | ((x: number) => string)
type Shape = { a: Map<string, [number, ...User[]]>; b: typeof x.y; c: import("m").C; d: keyof User; e: User["id"]; f: A & B }
const enum Level { Low, High = 2, 'max-value' = Low + 1 }
declare global { interface Window { db: Db } }
declare const version: string
namespace Inner { export const a = 1; use(a) }
let x: readonly string[] = [], y: ns.T.U<V> = f<A, B[]>(x)
const z = <const>["a"], w = y as unknown as User satisfies Base
"#
);

reading!(
    functions_and_scopes,
    TypeScript,
    r#"const add = (a: number, { b, c: [d = 1, ...e] }: Opts = {}, ...rest: string[]) => a + b + d
const fact = function self(n) { return n ? n * self(n - 1) : 1 }
async function* pages(this: Api, url) {
  use(late, hoisted)
  const late = 1
  if (url) { var hoisted = 1; let late = 2; use(late) }
  for (var i = 0; i < 2; i++) use(i)
  for (var i of [1]) use(i)
  const { a, b: { c = late } = {}, ['x' + a]: d, ...others } = await get(url);
  [a, b.c] = [c, a];
  ({ a, k: others.z, q: hoisted = d } = others)
  const small = async () => { await sleep(1) }
  yield* small(); yield new.target; yield arguments[0]
}
export const api = { get() { return 1 }, set v(x) { use(x) }, async *[k]() {}, 'quoted': () => { use() }, ...others, 1: add, add }
app.get('/x', async (req, res) => { res.json(await load(req)) })
"#
);

reading!(
    control_flow,
    TypeScript,
    r#"async function run(xs) {
  outer: for (const [k, { v }] of Object.entries(xs)) {
    if (k) continue outer; else if (v) break outer; else { use(k) }
  }
  for await (const chunk of stream) sink(chunk)
  for (const key in xs) delete xs[key]
  for (let i = 0, n = xs.length; i < n; i++) {}
  for (;;) { break }
  for (given of xs) {}
  while (next()) use()
  do { use() } while (!done)
  switch (xs.kind) {
    case 1:
    case "two": { const a = 1; use(a); break }
    default: throw new Error(`bad ${xs.kind}`)
  }
  try { risky() } catch ({ message }: any) { log(message) } finally { close() }
  try { risky() } catch { return }
  using file = open()
  await using db = await connect()
  return xs ? file : db ?? (void 0, undefined)
}
"#
);

reading!(
    expressions,
    JavaScript,
    r#"a?.b?.(c)?.[d].e(...f)
new A.B(1_000, -1n, /x/g, null)
tag`one ${two} three`;
`plain`
x ||= y = z ** 2
typeof a === "string" && !(b in c) || #p in d
i++, --j
import.meta.env.MODE
import(`./${name}.js`)
;(await (p)).q
"#
);

reading!(
    jsx,
    Tsx,
    r#"export default function Page({ items }: Props) {
  return <>
    <Ui.List title="All" open {...rest} icon={<Icon />} onPick={async (id) => { await pick(id) }}>
      Terms & conditions {/* hidden */} &nbsp;
      {items.map((a) => <a key={a.id} href={`/${a.id}`} xlink:href="x">{a.name}</a>)}
      {items.length > 0 && <p>{...items}</p>}
    </Ui.List>
  </>
}
"#
);

reading!(
    repairs,
    TypeScript,
    r#"const a = sql<number>`count ${x}`
const b = await prisma.$queryRaw<User[]>`select`
const c = await tx.$queryRaw<Array<{ n: bigint }>>`select`
const d = sql<string>`x`.execute(db).then(use)
const e = vi.importActual<typeof import("x")>("x").then(use)
const f = await importOriginal<typeof import("y")>();
const g: Box<typeof import("z")> = h
const not = a < b && c > d || a < b > c
const i = sql<string | null>`max ${x}`, j = sql<A | B | C>`y`.as("z"), k = await sql<A[] | null>`z`
const flags = a<b | c>d
export type * from "types"
"#
);

reading!(
    resources_of_loops,
    TypeScript,
    r#"async function run(files, sockets) {
  for (using file of files) { read(file) }
  for (await using socket of sockets) await send(socket)
  for await (using page of pages()) use(page)
  after()
}
"#
);

reading!(
    comments,
    JavaScript,
    "#!/usr/bin/env node\n// first\nuse() // beside\n/* before */ use(/* inside */ 1)\n/** doc */\nfunction f() {\n  // own\n}\n"
);

reading!(
    broken,
    TypeScript,
    "const a = use(\nfunction f() { if (x { y() } }\nclass B { m( { z() }\nlet = \n"
);

#[test]
fn an_ampersand_in_text_is_no_error() {
    for text in ["<p>a & b</p>", "<p>Q&A {x} && <b>c & d</b></p>", "<p title=\"a & b\">&amp; & &</p>"] {
        let units = check(text, Language::Tsx);
        assert!(units.iter().all(|u| u.errors.is_empty()), "{text}");
        assert!(!units[0].free_names.iter().any(|n| n == "A" || n == "b"), "{text}");
    }
    let broken = check("<p a=>a & b {f(}</p>", Language::Tsx);
    assert!(!broken[0].errors.is_empty());
}

#[test]
fn a_closure_is_a_unit_when_it_is_large() {
    let filler = "use(1234567);".repeat(100);
    let text = format!("function f() {{ on(() => {{ {filler} }}); on(() => {{ use() }}) }}");
    let units = check(&text, Language::JavaScript);
    assert_eq!(units.len(), 3);
    assert_eq!(units[1].nested.len(), 1);
    assert_eq!(units[1].functions.len(), 2);
    assert_eq!(units[2].calls.len(), 100);
}

#[test]
fn names_come_from_what_a_function_is_the_value_of() {
    let text = "const a = () => {}; b = (function () {}); exports.c = async () => {}; const o = { d: () => {}, 'e': function () {} }\nclass K { f = () => 1; #g() {} }\nh.i = () => {}; memo(() => {})";
    let parsed = super::Parsed::parse(text, Language::JavaScript).expect("it is small");
    let outline = super::outline(parsed.tree(), text, Language::JavaScript);
    let names: Vec<_> = outline.sites[1..]
        .iter()
        .map(|s| {
            (
                s.interface.name.as_deref().unwrap_or("_"),
                s.interface.owner.as_deref(),
                s.interface.is_exported,
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            ("a", None, false),
            ("b", None, false),
            ("c", None, true),
            ("d", None, false),
            ("e", None, false),
            ("f", Some("K"), false),
            ("g", Some("K"), false),
            ("i", None, false),
            ("_", None, false),
        ]
    );
}

#[test]
fn units_may_stand_side_by_side() {
    let units = check("class A{a(){}b(){}}function f(){}f()", Language::JavaScript);
    let names: Vec<_> = units[0].nested.iter().filter_map(|n| n.name.as_deref()).collect();
    assert_eq!(names, ["a", "b", "f"]);
    assert!(units[0].free_names.is_empty());
}
