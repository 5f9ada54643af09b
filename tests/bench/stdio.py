#!/usr/bin/env python3
"""Drives the built binary over stdio with lspbench.py for sources of several lengths; beside it, in the same run, any
other servers named with --beside.

  tests/bench/stdio.py --binary target/release/plimsoll [--beside 'bare-loop' ...] [--edits 100]

Prints a row for each source and server: milliseconds from a key to its diagnostics, p50 and p99.
"""
import argparse, json, pathlib, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
HEAD = """import express from 'express'
import { PrismaClient } from '@prisma/client'

const prisma = new PrismaClient()
const app = express()

"""
HANDLER = """app.get('/orders/%d/:id', async (req, res, next) => {
  try {
    const order = await prisma.order.findUnique({ where: { id: req.params.id }, include: { items: true } })
    if (!order) return res.status(404).json({ error: 'no such order' })
    const answer = await fetch(`https://rates.example.com/v%d/${order.currency}`)
    const rate = answer.ok ? await answer.json() : { value: 1 };
    for (const item of order.items) {
      item.label = `${item.name} x ${item.quantity}`;
    }
    res.json({ ...order, rate: rate.value })
  } catch (error) {
    next(error)
  }
})

"""


def module(lines):
    return HEAD + "".join(HANDLER % (i, i) for i in range(lines // 15))


def one_function(lines):
    body = "".join("  " + line + "\n" if line else "\n" for line in module(lines)[len(HEAD):].splitlines())
    return HEAD + "export function routes() {\n" + body + "}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--beside", action="append", default=[])
    parser.add_argument("--edits", default="100")
    args = parser.parse_args()
    servers = [("plimsoll", f"{args.binary} lsp")] + [(pathlib.Path(s.split()[0]).name, s) for s in args.beside]
    sources = [(str(n), module(n)) for n in (300, 3000, 14000)] + [("one function of 1800", one_function(1800))]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "package.json").write_text('{"dependencies":{"express":"4","@prisma/client":"6"}}')
        (root / "server").mkdir()
        for name, text in sources:
            file = root / "server" / "routes.tsx"
            file.write_text(text)
            for label, command in servers:
                report = root / "report.json"
                subprocess.run(
                    [sys.executable, str(HERE / "lspbench.py"), "--server", command, "--root", folder, "--file", str(file),
                     "--language-id", "typescriptreact", "--scenario", "type", "--edits", args.edits, "--json", str(report)],
                    check=True, stdout=subprocess.DEVNULL)
                print(f"{name:>22}  {label:<12} {summary(json.loads(report.read_text()))}", flush=True)


def summary(report):
    found = {}

    def look(at, path):
        if isinstance(at, dict):
            for key, value in at.items():
                look(value, path + [key])
        elif isinstance(at, (int, float)) and path[-1] in ("p50", "p99", "lost", "kept") and "type" in path:
            found[path[-1]] = at
    look(report, [])
    return "  ".join(f"{k} {v}" for k, v in found.items()) or json.dumps(report)[:400]


if __name__ == "__main__":
    main()
