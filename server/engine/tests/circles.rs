//! Values that are made of themselves: a review ends whatever leads back to what. An overflow of the stack would end the
//! process, so that these tests fail by not ending in order.

use std::sync::atomic::AtomicBool;

use plimsoll_engine::{Config, Engine, Request};
use plimsoll_project::MemoryFiles;

/// What is assigned to `x`, made of `x` and `y`.
const SCRIPT: &[&str] = &[
    "{ ...x, k: 1 }",
    "{ ...y, ...x }",
    "{ k: x, ...y }",
    "{ ...x, ...x, ...y, ...x }",
    "[...x, y]",
    "x.k",
    "x.k.k ?? y",
    "x ? y : { ...x }",
    "x.map((one) => ({ ...one, ...x }))",
    "f(x)",
    "x.where(y)",
    "(x = { ...x })",
    "Object.assign(x, y)",
    "`${x}${y}`",
    "new T(x)",
    "() => x()",
    "x || (y && x)",
    "await x",
    "class extends x {}",
    "x[y]",
    "{ where: { id: x.id, ...x.where } }",
];

const RUST: &[&str] = &[
    "T { k: 1, ..x }",
    "T { k: y.k, ..x.clone() }",
    "x.k.clone()",
    "x.map(|one| T { ..one })",
    "f(x, y)",
    "if c { y } else { T { ..x } }",
    "match x { T { k, .. } => T { k, ..y } }",
    "vec![x, y]",
    "x.filter(y.k.eq(x.k))",
    "format!(\"{x}{y}\")",
    "*x",
    "x?",
    "x.await",
    "Some(x).unwrap_or(y)",
    "(x, y).0",
];

fn review(path: &str, text: &str) {
    let mut files = MemoryFiles::default();
    files.insert("/p/package.json", r#"{ "dependencies": { "express": "5", "@prisma/client": "6" } }"#);
    files
        .insert("/p/Cargo.toml", "[package]\nname = \"p\"\n[dependencies]\nsqlx = \"0.8\"\naxum = \"0.8\"\n");
    files.insert("/p/schema.prisma", "model Item {\n  id String @id\n  state String\n}\n");
    files.insert(path, text);
    let (cancel, config) = (AtomicBool::new(false), Config::default().with_preview());
    let request = Request { files: &files, path, document: None, config: &config, cancel: &cancel, now: 0 };
    let outcome = Engine::new().review(&request);
    assert!(outcome.skipped.is_empty(), "{:?} of {text}", outcome.skipped);
}

#[test]
fn scripts_end() {
    for a in SCRIPT {
        for b in SCRIPT {
            let b_of_x = b.replace('x', "\u{0}").replace('y', "x").replace('\u{0}', "y");
            let text = format!(
                "import {{ PrismaClient }} from '@prisma/client'\nconst db = new PrismaClient()\n\
                 class T {{ k = this.k; constructor(public x: T) {{ this.k = {{ ...this.k, ...x.k }} }} }}\n\
                 function f(x: any): any {{ return f({{ ...x, ...f(x) }}) }}\n\
                 export async function run(a: any, c: any) {{\n  let x = a\n  let y = x\n  if (c) {{\n    x = {a}\n    y = {b_of_x}\n  }}\n  \
                 for (const one of x) {{\n    await db.item.updateMany({{ where: {{ id: x.id, ...y }}, data: y }})\n    x = {a}\n  }}\n  \
                 const answer = await fetch(x.url, y)\n  setInterval(x, y)\n  return await db.item.findMany({{ ...x, ...y, take: y.k }})\n}}\n"
            );
            review("/p/src/a.ts", &text);
        }
    }
}

#[test]
fn rust_ends() {
    for a in RUST {
        for b in RUST {
            let b_of_x =
                b.replace('x', "\u{0}").replace('y', "x").replace('\u{0}', "y").replace("matchy", "match x");
            let text = format!(
                "use sqlx::PgPool;\nstruct T {{ k: Box<T> }}\nimpl T {{ fn k(&self) -> T {{ T {{ ..self.k() }} }} }}\n\
                 fn f(x: T, y: T) -> T {{ f(T {{ ..x }}, f(y, x)) }}\n\
                 pub async fn run(db: &PgPool, a: T, c: bool) -> Result<T, E> {{\n    let mut x = a;\n    let mut y = x;\n    if c {{\n        x = {a};\n        y = {b_of_x};\n    }}\n    \
                 for one in x.k {{\n        sqlx::query(\"UPDATE items SET state = $1 WHERE id = $2\").bind(x.k).bind(y.k).execute(db).await?;\n        x = {a};\n    }}\n    \
                 Ok(x)\n}}\n"
            );
            review("/p/src/main.rs", &text);
        }
    }
}
