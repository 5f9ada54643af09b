#!/usr/bin/env python3
"""From a key to its diagnostics: drives the built binary over stdio with lspbench.py, in files of several lengths that
lie in a workspace of 250,000 lines (made by workspace.py), and beside it, in the same run, any other servers.

  tests/bench/stdio.py --binary target/release/plimsoll [--beside bare-loop] [--peers FOLDER] [--edits 200] [--only TEXT]

Every rule is on, previews too. Peers are oxlint, Biome and ast-grep, where FOLDER is one in which
`npm install oxlint @biomejs/biome @ast-grep/cli` was run. Prints milliseconds for each file and server: a key (p50 and
p99, and of those keys after which the findings were still told), a paste of 60 lines, 200 keys at once (from the last
key, and from the first), opening, starting; the resident memory in MiB, and how many findings the file has and how few
there were while typing. Ratios of one run hold; absolute figures are a guide.
"""
import argparse, json, pathlib, shutil, subprocess, sys, tempfile

from workspace import AST_GREP_RULES, Maker

HERE = pathlib.Path(__file__).resolve().parent
TSX_HEAD = """import { useEffect, useState } from 'react'
import { prisma } from '../db'

"""
COMPONENT = """type Row{n} = {{ id: string; title: string; total: number; done: boolean }};

export function Panel{n}({{ rows, onPick }}: {{ rows: Row{n}[]; onPick: (id: string) => void }}) {{
  const [open, setOpen] = useState(false);
  const [now, setNow] = useState(0);

  useEffect(() => {{
{effect}
  }}, [open]);

  const shown = rows.filter((row) => !row.done || open);
  const total = shown.reduce((sum, row) => sum + row.total, {n});
  if (shown.length === 0) {{
    return <p className="empty">Nothing to show yet</p>;
  }}
  return (
    <section className="panel panel-{n}">
      <header onClick={{() => setOpen(!open)}}>
        <h2>Panel {n}: {{total}}</h2>
        <small>{{now}} seconds</small>
      </header>
      <ul>
        {{shown.map((row) => (
          <li key={{row.id}} className={{row.done ? 'done' : 'open'}}>
            <button type="button" onClick={{() => onPick(row.id)}}>
              {{row.title}}
            </button>
            <span>{{row.total.toFixed(2)}}</span>
          </li>
        ))}}
      </ul>
    </section>
  );
}}

export async function summaryOf{n}(ids: string[]) {{
  const orders = await prisma.order.findMany({{ where: {{ id: {{ in: ids }} }}, take: 100 }});
  let total = 0;
  for (const order of orders) {{
    total += order.total;
{query}
  }}
  return {{ total, count: orders.length }};
}}

"""
RUST_HEAD = """use sqlx::PgPool;

"""
RUST = """/// What is left of order {n}.
#[derive(Debug, Clone)]
pub struct Order{n} {{
    pub id: i64,
    pub owner: i64,
    pub parts: Vec<i64>,
}}

impl Order{n} {{
    pub fn left(&self, total: i64) -> i64 {{
        let mut left = total;
        for part in &self.parts {{
            left -= *part;
            if left < 0 {{
                return {n};
            }}
        }}
        left
    }}

    pub fn label(&self) -> String {{
        match self.parts.len() {{
            0 => format!("order {{}} is empty", self.id),
            1 => format!("order {{}} has one part", self.id),
            more => format!("order {{}} has {{more}} parts", self.id),
        }}
    }}
}}

pub async fn total_{n}(pool: &PgPool, ids: &[i64]) -> Result<i64, sqlx::Error> {{
    let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT id, total FROM orders WHERE id = ANY($1) LIMIT 100")
        .bind(ids)
        .fetch_all(pool)
        .await?;
    let mut total = 0;
    for (id, part) in rows {{
        total += part;
        tracing::debug!(id, total, "added");
{query}
    }}
    Ok(total)
}}

"""


def tsx(lines):
    """Components and server functions; about one in a hundred lines has a finding."""
    text, number = TSX_HEAD, 0
    while text.count("\n") < lines:
        number += 1
        text += COMPONENT.format(
            n=number,
            effect="    setInterval(() => setNow((value) => value + 1), 1000);" if number % 4 == 0
                   else "    const timer = setInterval(() => setNow((value) => value + 1), 1000);\n"
                        "    return () => clearInterval(timer);",
            query="    await prisma.order.findUnique({ where: { id: order.ownerId } });" if number % 3 == 0
                  else "    total -= order.discount;")
    return text


def rust(lines):
    text, number = RUST_HEAD, 0
    while text.count("\n") < lines:
        number += 1
        text += RUST.format(n=number, query="" if number % 2 else
                            '        sqlx::query("SELECT name FROM owners WHERE id = $1").bind(id).fetch_one(pool).await?;')
    return text


def one_function(lines):
    """A file that is one function: routes that are declared in it."""
    text = ("import express from 'express'\nimport { prisma } from '../db'\n\nexport function routes() {\n"
            "  const app = express();\n\n")
    number = 0
    while text.count("\n") < lines:
        number += 1
        unbounded = "" if number % 5 == 0 else ", { signal: AbortSignal.timeout(5000) }"
        text += (f"  app.get('/orders/{number}/:id', async (req, res, next) => {{\n    try {{\n"
                 "      const order = await prisma.order.findUnique({ where: { id: req.params.id }, include: { items: true } });\n"
                 "      if (!order) return res.status(404).json({ error: 'no such order' });\n"
                 f"      const answer = await fetch(`https://rates.example.com/v{number}/${{order.currency}}`{unbounded});\n"
                 "      const rate = answer.ok ? await answer.json() : { value: 1 };\n"
                 "      for (const item of order.items) {\n        item.label = `${item.name} x ${item.quantity}`;\n      }\n"
                 "      res.json({ ...order, rate: rate.value });\n    } catch (error) {\n      next(error);\n    }\n  });\n\n")
    return text + "  return app;\n}\n"


def one_component(lines):
    """A file that is one component: handlers, effects and much JSX."""
    text = TSX_HEAD + "export function Page({ items }: { items: { id: string; title: string }[] }) {\n"
    for number in range(lines // 24):
        kept, release = ("", "") if number % 5 == 0 else ("const t = ", "    return () => clearInterval(t);\n")
        text += (f"  const [value{number}, setValue{number}] = useState(0);\n"
                 "  useEffect(() => {\n"
                 f"    {kept}setInterval(() => setValue{number}((v) => v + 1), 1000);\n{release}  }}, []);\n"
                 f"  const pick{number} = async (id: string) => {{\n    if (value{number} > 10) {{\n      setValue{number}(0);\n"
                 f"    }}\n    console.log('picked', id, value{number});\n  }};\n")
    text += "  return (\n    <main>\n"
    for number in range(lines // 24):
        text += (f"      <section id=\"s{number}\">\n        <h2>{{value{number}}}</h2>\n        <ul>\n"
                 "          {items.map((item) => (\n            <li key={item.id}>\n"
                 f"              <button type=\"button\" onClick={{() => pick{number}(item.id)}}>\n"
                 "                {item.title}\n              </button>\n            </li>\n          ))}\n        </ul>\n"
                 "      </section>\n")
    return text + "    </main>\n  );\n}\n"


def sources():
    for lines in (200, 1000, 5000, 14000):
        yield f"tsx {lines}", "typescriptreact", "packages/p0/src/orders/page.tsx", tsx(lines)
    yield "tsx one function 1800", "typescriptreact", "packages/p0/src/orders/page.tsx", one_function(1800)
    yield "tsx one component 2400", "typescriptreact", "packages/p0/src/orders/page.tsx", one_component(2400)
    for lines in (200, 1000, 5000, 14000):
        yield f"rust {lines}", "rust", "crates/c0/src/m151.rs", rust(lines)


def servers(args, root):
    yield "plimsoll", f"{args.binary} lsp", ["--init-options", '{"preview": true}']
    for command in args.beside:
        yield pathlib.Path(command.split()[0]).name, command, []
    if not args.peers:
        return
    bin = args.peers / "node_modules/.bin"
    if (bin / "oxlint").exists():
        yield "oxlint", f"{bin}/oxlint --lsp", []
    if (bin / "biome").exists():
        yield "biome", f"{bin}/biome lsp-proxy", []
    found = sorted((args.peers / "node_modules").glob("@ast-grep/cli-*/ast-grep"))
    if found:
        rules = root / "rules"
        rules.mkdir(exist_ok=True)
        (root / "sgconfig.yml").write_text("ruleDirs: [rules]\n")
        for language in ("Tsx", "Rust"):
            for name, pattern in AST_GREP_RULES if language == "Tsx" else (("unwrap", "$A.unwrap()"), ("todo", "todo!($$$)")):
                text = {"id": f"{name}-{language}", "language": language, "severity": "warning", "message": name,
                        "rule": {"pattern": pattern}}
                (rules / f"{name}-{language}.yml").write_text(json.dumps(text))
        yield "ast-grep", f"{found[0]} lsp", []


def measured(args, root, file, language, command, more):
    report = root / "report.json"
    subprocess.run(
        [sys.executable, str(HERE / "lspbench.py"), "--server", command, "--root", str(root), "--file", str(file),
         "--language-id", language, "--scenario", args.scenario, "--edits", str(args.edits), "--bursts", "3",
         "--warmup", "1", "--json", str(report), *more], check=True, stdout=subprocess.DEVNULL)
    return json.loads(report.read_text())


def row(report):
    if report.get("error"):
        return report["error"]
    def ms(value):
        return "-" if value is None else f"{value:.1f}"
    scenarios = report["scenarios"]
    at = lambda name, part: ms(scenarios.get(name, {}).get(part))
    kept, typing = report.get("type_ms_when_findings_kept", {}), report.get("diagnostics_while_typing", {})
    return (f"{at('type', 'p50'):>7} {at('type', 'p99'):>7}  {ms(kept.get('p50')):>7} {ms(kept.get('p99')):>7}"
            f"  {at('paste', 'p50'):>7}  {at('burst', 'p50'):>7} {ms(report.get('burst_total_ms')):>7}"
            f"  {ms(report['open_to_diagnostics_ms']):>7} {ms(report['initialize_ms']):>7}"
            f"  {report['peak_rss_mib']:>6.0f}  {report['diagnostics_on_open']:>5} {typing.get('min', '-'):>5}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=lambda p: pathlib.Path(p).resolve(), required=True)
    parser.add_argument("--beside", action="append", default=[])
    parser.add_argument("--peers", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--lines", type=int, default=250_000)
    parser.add_argument("--scenario", default="type,paste,burst")
    parser.add_argument("--only", default="", help="only the sources with this text in their name")
    args = parser.parse_args()
    root = pathlib.Path(tempfile.mkdtemp(prefix="workspace"))
    try:
        Maker(root, 1).make(args.lines)
        (root / ".git").mkdir()
        all_servers = list(servers(args, root))
        print(f"{'':24}{'':10}{'key':>7} {'p99':>7}  {'kept':>7} {'p99':>7}  {'paste':>7}  {'burst':>7} {'total':>7}"
              f"  {'open':>7} {'start':>7}  {'MiB':>6}  {'found':>5} {'least':>5}")
        for name, language, path, text in sources():
            if args.only not in name:
                continue
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            before = file.read_text() if file.exists() else None
            file.write_text(text)
            for label, command, more in all_servers:
                print(f"{name:24}{label:10}{row(measured(args, root, file, language, command, more))}", flush=True)
            if before is not None:
                file.write_text(before)
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
