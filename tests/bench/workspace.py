#!/usr/bin/env python3
"""Measures a whole workspace: 250,000 lines of TypeScript and Rust, made from a seed, the same on every machine.

  tests/bench/workspace.py --binary target/release/plimsoll [--peers FOLDER] [--lines 250000] [--runs 3]

`check` on everything anew, with nothing changed, with one leaf changed and with one file changed that many import; the
CPU seconds, wall seconds and peak memory of each, the best of the runs. Beside it, in the same run, ast-grep, oxlint, Biome
and ESLint where FOLDER is one in which `npm install @ast-grep/cli oxlint @biomejs/biome eslint typescript-eslint typescript`
was run, and semgrep where FOLDER/semgrep is a Python environment that has it (these two run once: they are slow). Then keys in an open file, once
while the server reads ahead and once when it is idle. Ratios of one run hold; absolute figures are a guide.
"""
import argparse, json, os, pathlib, random, shutil, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent

WORDS = ("order customer invoice product basket shipment refund review coupon payment address session ticket"
         " message thread member team project task label report export import webhook event audit").split()

PRISMA_HEAD = ('datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n\n'
               'generator client {\n  provider = "prisma-client-js"\n}\n\n')
MODEL = """model {Name} {{
  id        String   @id @default(cuid())
  ownerId   String
  status    String
  total     Int
  createdAt DateTime @default(now())
{index}}}

"""
AST_GREP_RULES = [
    ("no-console", "console.log($$$)"), ("no-eval", "eval($$$)"), ("json-clone", "JSON.parse(JSON.stringify($A))"),
    ("await-all", "await Promise.all($A)"), ("loose-equal", "$A == $B"), ("new-promise", "new Promise(async $$$)"),
    ("for-each-async", "$A.forEach(async ($$$) => $B)"), ("interval", "setInterval($$$)"), ("fetch", "fetch($$$)"),
    ("parse-int", "parseInt($A)"), ("debugger", "debugger"), ("find-many", "$A.findMany($$$)"),
]
# What semgrep does not read as it stands there, with `...` for `$$$`.
SEMGREP_PATTERNS = {"new-promise": "new Promise(async (...) => { ... })"}
# What typescript-eslint recommends where types are not asked for.
ESLINT = """import tseslint from '{at}'

export default tseslint.config(...tseslint.configs.recommended, {{ files: ['**/*.ts'] }})
"""


def title(word):
    return word[0].upper() + word[1:]


class Maker:
    """Writes the workspace. Everything comes from `random`, in one order."""

    def __init__(self, root, seed):
        self.root, self.random, self.lines, self.files = root, random.Random(seed), 0, []

    def write(self, path, text, counts=True):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if counts:
            self.lines += text.count("\n")
            self.files.append(path)

    def models(self):
        return "".join(MODEL.format(Name=title(w), index="  @@index([ownerId])\n" if i % 3 else "")
                       for i, w in enumerate(WORDS))

    def shared(self, package):
        self.write(f"{package}/src/db.ts", "import { PrismaClient } from '@prisma/client'\n\n"
                   "export const prisma = new PrismaClient()\n")
        self.write(f"{package}/src/http.ts",
                   "export async function getJson<T>(url: string): Promise<T> {\n"
                   "  const answer = await fetch(url, { signal: AbortSignal.timeout(5000) })\n"
                   "  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`)\n"
                   "  return (await answer.json()) as T\n}\n")
        for word in WORDS:
            self.write(f"{package}/src/repositories/{word}.ts",
                       "import { prisma } from '../db'\n\n"
                       f"export const find{title(word)} = (id: string) =>\n"
                       f"  prisma.{word}.findUnique({{ where: {{ id }} }})\n\n"
                       f"export const {word}sOf = (ownerId: string) =>\n"
                       f"  prisma.{word}.findMany({{ where: {{ ownerId }}, take: 50, orderBy: {{ createdAt: 'desc' }} }})\n\n"
                       f"export async function total{title(word)}(ownerId: string): Promise<number> {{\n"
                       f"  const rows = await {word}sOf(ownerId)\n"
                       "  return rows.reduce((sum, row) => sum + row.total, 0)\n}\n")

    def function(self, number, word, other):
        """One function of some kind; few of them have a finding."""
        n, W, O = number, title(word), title(other)
        kinds = [
            f"export function label{W}{n}(name: string, total: number): string {{\n"
            f"  const parts = [name.trim(), String(total), '{word}']\n"
            "  const text = parts.filter((part) => part.length > 0).join(' / ')\n"
            f"  if (text.length > {40 + n % 50}) {{\n    return text.slice(0, {30 + n % 20}) + '…'\n  }}\n  return text\n}}\n\n",
            f"export async function show{W}{n}(id: string) {{\n  const {word} = await find{W}(id)\n"
            f"  if (!{word}) {{\n    return null\n  }}\n"
            f"  const spent = await total{O}({word}.ownerId)\n"
            f"  return {{ ...{word}, spent, isLarge: spent > {n % 900} }}\n}}\n\n",
            f"export function group{W}{n}(rows: {{ status: string; total: number }}[]) {{\n"
            "  const groups = new Map<string, number>()\n  for (const row of rows) {\n"
            "    const known = groups.get(row.status) ?? 0\n    groups.set(row.status, known + row.total)\n  }\n"
            "  return [...groups.entries()].sort(([a], [b]) => a.localeCompare(b))\n}\n\n",
            f"export class {W}Service{n} {{\n  private readonly seen = new Set<string>()\n\n"
            f"  constructor(private readonly ownerId: string) {{}}\n\n"
            f"  async list() {{\n    const rows = await {word}sOf(this.ownerId)\n"
            "    return rows.filter((row) => !this.seen.has(row.id))\n  }\n\n"
            f"  remember(id: string): void {{\n    if (this.seen.size > {100 + n % 400}) {{\n      this.seen.clear()\n    }}\n"
            "    this.seen.add(id)\n  }\n}\n\n",
            f"export async function rate{W}{n}(currency: string) {{\n  try {{\n"
            f"    const rate = await getJson<{{ value: number }}>(`https://rates.example.com/{word}/${{currency}}`)\n"
            f"    return Math.round(rate.value * {n % 97 + 1}) / 100\n  }} catch (error) {{\n"
            f"    throw new Error('no rate of {word}', {{ cause: error }})\n  }}\n}}\n\n",
        ]
        rare = [
            f"export async function all{W}{n}(ids: string[]) {{\n  const found = []\n  for (const id of ids) {{\n"
            f"    found.push(await find{W}(id))\n  }}\n  return found\n}}\n\n",
            f"export async function send{W}{n}(id: string) {{\n  const {word} = await find{W}(id)\n"
            f"  await fetch('https://hooks.example.com/{word}', {{ method: 'POST', body: JSON.stringify({word}) }})\n}}\n\n",
        ]
        return self.random.choice(rare if self.random.random() < 0.02 else kinds)

    def module(self, package, path, number):
        word, other = self.random.sample(WORDS, 2)
        up = "../" * path.count("/")
        names = [f"find{title(word)}", f"{word}sOf"]
        head = (f"import {{ {', '.join(names)} }} from '{up}repositories/{word}'\n"
                f"import {{ total{title(other)} }} from '{up}repositories/{other}'\n"
                f"import {{ getJson }} from '{up}http'\n\n")
        functions = self.random.choice((4, 6, 8, 10, 14, 30))
        body = "".join(self.function(number * 100 + i, word, other) for i in range(functions))
        self.write(f"{package}/src/{path}", head + body)

    def rust(self, crate, number):
        word = self.random.choice(WORDS)
        parts = [f"use sqlx::PgPool;\n\n"]
        for i in range(self.random.choice((5, 8, 12, 20))):
            n = number * 100 + i
            parts.append(self.random.choice([
                f"/// Counts what is left of a {word}.\npub fn left_{n}(total: i64, parts: &[i64]) -> i64 {{\n"
                "    let mut left = total;\n    for part in parts {\n        left -= *part;\n        if left < 0 {\n"
                f"            return {n % 7};\n        }}\n    }}\n    left\n}}\n\n",
                f"pub async fn find_{word}_{n}(pool: &PgPool, id: i64) -> Result<Option<(i64, String)>, sqlx::Error> {{\n"
                f"    sqlx::query_as(\"SELECT id, status FROM {word}s WHERE id = $1\")\n        .bind(id)\n"
                "        .fetch_optional(pool)\n        .await\n}\n\n",
                f"#[derive(Debug, Clone)]\npub struct {title(word)}{n} {{\n    pub id: i64,\n    pub status: String,\n}}\n\n"
                f"impl {title(word)}{n} {{\n    pub fn label(&self) -> String {{\n        match self.status.as_str() {{\n"
                f"            \"open\" => format!(\"{word} {{}} is open\", self.id),\n"
                "            other => format!(\"{} {other}\", self.id),\n        }\n    }\n}\n\n",
            ]))
        self.write(f"{crate}/src/m{number}.rs", "".join(parts))

    def make(self, lines):
        self.write("package.json", '{ "private": true, "workspaces": ["packages/*"] }\n', counts=False)
        self.write("Cargo.toml", '[workspace]\nmembers = ["crates/*"]\n', counts=False)
        package = crate = number = 0
        while self.lines < lines:
            name = f"packages/p{package}"
            package += 1
            self.write(f"{name}/package.json",
                       f'{{ "name": "@bench/p{package}", "dependencies": {{ "@prisma/client": "6.0.0" }} }}\n', counts=False)
            self.write(f"{name}/tsconfig.json", '{ "compilerOptions": { "strict": true } }\n', counts=False)
            self.write(f"{name}/prisma/schema.prisma", PRISMA_HEAD + self.models())
            self.shared(name)
            for i in range(150):
                number += 1
                area = self.random.choice(("orders", "billing", "teams", "admin/reports", "jobs"))
                self.module(name, f"{area}/m{number}.ts", number)
                if self.lines >= lines:
                    return
            name = f"crates/c{crate}"
            crate += 1
            self.write(f"{name}/Cargo.toml", f'[package]\nname = "c{crate}"\nversion = "0.1.0"\nedition = "2021"\n\n'
                       '[dependencies]\nsqlx = "0.8"\n', counts=False)
            first = number
            for i in range(60):
                number += 1
                self.rust(name, number)
            self.write(f"{name}/src/lib.rs", "".join(f"pub mod m{n};\n" for n in range(first + 1, number + 1)))


def measured(command, folder, more=None, statuses=(0, 1)):
    """CPU seconds, wall seconds and peak MiB of a command, its children included, and what it printed. `more` is more of the environment."""
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.DEVNULL, env={**os.environ, **(more or {})})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in statuses:
            sys.exit(f"{command} ends with {process.returncode}")
        out.seek(0)
        return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, out.read()


def best(runs):
    """Of several runs: the least of each figure, and the last output."""
    return min(r[0] for r in runs), min(r[1] for r in runs), min(r[2] for r in runs), runs[-1][3]


def show(name, run, more=""):
    print(f"{name:34} {run[0]:7.3f} s CPU {run[1]:7.3f} s wall {run[2]:7.1f} MiB  {more}", flush=True)


def checks(args, root, maker):
    check = [str(args.binary), "check", "--format", "json", "--fail-on", "never", "."]
    cold = best([measured(check + ["--no-cache"], root) for _ in range(args.runs)])
    findings = len(json.loads(cold[3])["findings"])
    show("check, all anew", cold, f"{findings} findings")
    one = best([measured(check + ["--no-cache", "--jobs", "1"], root) for _ in range(args.runs)])
    show("the same on one thread", one)
    show("check, first with the cache", measured(check, root))
    # What was written just now cannot be told from what will be written in the same tick of the clock.
    time.sleep(0.1)
    measured(check, root)
    unchanged = best([measured(check, root) for _ in range(args.runs)])
    if len(json.loads(unchanged[3])["findings"]) != findings:
        sys.exit("the cache changes the answer")
    show("check, nothing changed", unchanged)
    for name, path in (("check, one leaf changed", maker.files[-1]), ("check, a shared file changed", "packages/p0/src/http.ts")):
        runs = []
        for i in range(args.runs):
            with open(root / path, "a") as file:
                file.write(f"// {i}\n")
            runs.append(measured(check, root))
        show(name, best(runs))


def peers(args, root):
    """The peers read TypeScript only (ast-grep's rules are written for it), so check is measured on the same again."""
    modules = args.peers / "node_modules"
    check = [str(args.binary), "check", "--format", "json", "--fail-on", "never", "--no-cache", "packages"]
    cold = best([measured(check, root) for _ in range(args.runs)])
    show("check, TypeScript only", cold)
    found = sorted(modules.glob("@ast-grep/cli-*/ast-grep"))
    if found:
        rules = root / ".ast-grep"
        (rules / "rules").mkdir(parents=True)
        (rules / "sgconfig.yml").write_text("ruleDirs: [rules]\n")
        for language in ("TypeScript", "Tsx"):
            for name, pattern in AST_GREP_RULES:
                text = {"id": f"{name}-{language}", "language": language, "severity": "warning", "message": name,
                        "rule": {"pattern": pattern}}
                (rules / "rules" / f"{name}-{language}.yml").write_text(json.dumps(text))
        command = [str(found[0]), "scan", "-c", str(rules / "sgconfig.yml"), "--json=compact", "packages"]
        run = best([measured(command, root) for _ in range(args.runs)])
        show("ast-grep scan, 12 rules", run, f"check costs {cold[0] / run[0]:.1f} times its CPU")
    if (modules / ".bin/oxlint").exists():
        for name, more in (("oxlint, 12 rules", []), ("oxlint, all rules", ["-D", "all"])):
            run = best([measured([str(modules / ".bin/oxlint"), *more, "packages"], root) for _ in range(args.runs)])
            show(name, run, f"check costs {cold[0] / run[0]:.1f} times its CPU")
    # The program itself: the one below .bin is a script that starts it.
    biome = sorted(modules.glob("@biomejs/cli-*/biome"))
    if biome:
        run = best([measured([str(biome[0]), "lint", "--max-diagnostics=none", "packages"], root) for _ in range(args.runs)])
        show("biome lint", run, f"check costs {cold[0] / run[0]:.2f} times its CPU")
    eslint = modules / "eslint/bin/eslint.js"
    if eslint.exists() and (modules / "typescript-eslint").exists():
        (root / "eslint.config.mjs").write_text(ESLINT.format(at=(modules / "typescript-eslint/dist/index.js").as_uri()))
        command = ["node", "--max-old-space-size=8192", str(eslint), "--format", "json", "packages"]
        run = measured(command, root)
        show("eslint, recommended of typescript", run, f"check costs {cold[0] / run[0]:.2f} times its CPU")
    semgrep = args.peers / "semgrep/bin/semgrep"
    if semgrep.exists():
        rules = [{"id": name, "languages": ["typescript"], "severity": "WARNING", "message": name,
                  "pattern": SEMGREP_PATTERNS.get(name, pattern.replace("$$$", "..."))}
                 for name, pattern in AST_GREP_RULES]
        (root / "semgrep.json").write_text(json.dumps({"rules": rules}))
        command = [str(semgrep), "scan", "--metrics=off", "--disable-version-check", "--no-git-ignore", "--quiet", "--json",
                   "--config", "semgrep.json", "packages"]
        run = measured(command, root, {"PATH": f"{semgrep.parent}:{os.environ['PATH']}"})
        show("semgrep scan, the same 12 rules", run, f"check costs {cold[0] / run[0]:.3f} times its CPU")


def keys(args, root, maker):
    """Keys in one file: while the workspace is read ahead, which begins when a file is opened, and when that is over."""
    file = root / maker.files[-1]
    for name, warmup, quiet in (("keys while indexing", "0", "1"), ("keys when idle", "0", "5000")):
        out = root / ".keys.json"
        command = [sys.executable, str(HERE / "lspbench.py"), "--server", f"{args.binary} lsp", "--root", str(root), "--file",
                   str(file), "--language-id", "typescript", "--scenario", "type", "--edits", str(args.edits), "--json",
                   str(out), "--warmup", warmup, "--quiet", quiet]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        report = json.loads(out.read_text())
        figures = report["scenarios"]["type"]
        print(f"{name:34} p50 {figures['p50']:.2f} ms, p99 {figures['p99']:.2f} ms, peak {report['peak_rss_mib']:.0f} MiB",
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=lambda p: pathlib.Path(p).resolve(), required=True)
    parser.add_argument("--peers", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--lines", type=int, default=250_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--keep", type=pathlib.Path, help="make the workspace here and leave it")
    parser.add_argument("--only", choices=["make", "check", "keys"])
    args = parser.parse_args()
    root = args.keep or pathlib.Path(tempfile.mkdtemp(prefix="workspace"))
    try:
        if root.exists() and args.keep:
            shutil.rmtree(root)
        root.mkdir(parents=True, exist_ok=True)
        maker = Maker(root, args.seed)
        maker.make(args.lines)
        (root / ".git").mkdir()
        print(f"{maker.lines} lines in {len(maker.files)} files", flush=True)
        if args.only in (None, "check"):
            checks(args, root, maker)
            if args.peers:
                peers(args, root)
        if args.only in (None, "keys"):
            keys(args, root, maker)
    finally:
        if not args.keep:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
