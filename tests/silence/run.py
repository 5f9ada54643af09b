#!/usr/bin/env python3
"""Takes the silence conditions of the rules away, one at a time, and tells which of them no fixture misses.

A rule is only as quiet as the fixtures hold it to: a condition that can be removed without a fixture failing is one
that the next change removes unnoticed. The lists beside this script name each condition of a rule, by the text of the
code around it: what stands between « and » is the condition, `without` is what stands there once it is removed.

All of them are built into one test binary, each behind a switch, in a copy of the sources below the target folder; then
the fixtures are run once for every condition, first those of its rule, and the others where these do not notice.

    tests/silence/run.py                              every condition of every list
    tests/silence/run.py n-plus-one missing-index     the lists of these rules
    tests/silence/run.py n-plus-one --only 'sleep'    the conditions whose words or code contain this

Ends with 1 where a condition is not missed by any fixture, but for those whose `unmissed` says why none can.
"""

import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TEST = "fixtures_find_what_they_mark_and_nothing_else"
# Longer than all fixtures take on a slow machine: a rule that never ends is noticed too.
SECONDS = 600

SWITCH = """//! Which silence condition is taken away: written by tests/silence/run.py, in a copy of the sources only.

use std::sync::LazyLock;

static REMOVED: LazyLock<Option<u32>> =
    LazyLock::new(|| std::env::var("PLIMSOLL_REMOVED").ok().and_then(|number| number.parse().ok()));

pub(crate) fn is(number: u32) -> bool {
    *REMOVED == Some(number)
}
"""


def read_lists(rules):
    conditions = []
    for path in sorted(HERE.glob("*.toml")):
        if rules and path.stem not in rules:
            continue
        for entry in tomllib.loads(path.read_text())["condition"]:
            conditions.append({"rule": path.stem, **entry})
    for number, condition in enumerate(conditions, start=1):
        condition["number"] = number
    return conditions


def find(condition, text):
    """The bytes of the condition in its file. White space counts for nothing, so that formatting moves no condition."""
    before, inside, after = (r"\s*".join(re.escape(c) for c in part if not c.isspace()) for part in re.split("[«»]", condition["code"]))
    whole = r"\s*".join(part for part in (before, f"({inside})", after) if part)
    found = list(re.finditer(whole, text))
    if len(found) != 1:
        print(f"{condition['rule']}: `{condition['words']}` stands {len(found)} times in {condition['file']}")
        return None
    return found[0].span(1)


def switched(text, conditions):
    """The text with every condition behind its switch, those inside of others too."""
    found = [(find(c, text), c) for c in conditions]
    spans = sorted(((*span, c) for span, c in found if span), key=lambda s: (s[0], -s[1], s[2]["number"]))
    if len(spans) < len(found):
        return None

    def write(start, end, inner):
        out, at = [], start
        while inner:
            first, rest = inner[0], inner[1:]
            inside = [s for s in rest if s[1] <= first[1]]
            inner = rest[len(inside):]
            if inner and inner[0][0] < first[1]:
                sys.exit(f"{first[2]['words']} and {inner[0][2]['words']} overlap")
            kept = write(first[0], first[1], inside)
            without, number = first[2]["without"], first[2]["number"]
            choice = f"if crate::removed::is({number}) {{ {without} }} else {{ {kept} }}"
            is_statement = text[first[0] : first[1]].rstrip().endswith((";", "}")) and first[2].get("statement", True)
            out += [text[at : first[0]], choice if is_statement else f"({choice})"]
            at = first[1]
        return "".join([*out, text[at:end]])

    return write(0, len(text), spans)


def write_if_new(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def copy_sources(scratch, changed):
    """Brings the copy up to date; files that are as they were keep their time, so that little is built again."""
    kept = set()
    for top in ["Cargo.toml", "Cargo.lock", "server", "fixtures", "tests", ".cargo", "rust-toolchain.toml"]:
        top = ROOT / top
        files = [top] if top.is_file() else [f for f in top.rglob("*") if f.is_file()] if top.is_dir() else []
        for file in files:
            name = file.relative_to(ROOT)
            if name.parts[:2] == ("tests", ".tools") or "target" in name.parts or "node_modules" in name.parts:
                continue
            kept.add(scratch / name)
            write_if_new(scratch / name, changed.get(str(name), file.read_bytes()))
    for name, content in changed.items():
        kept.add(scratch / name)
        write_if_new(scratch / name, content)
    for file in [f for f in scratch.rglob("*") if f.is_file() and f not in kept]:
        file.unlink()


def build(scratch, target):
    command = ["cargo", "test", "--workspace", "--test", "fixtures", "--no-run", "--message-format=json"]
    done = subprocess.run(
        command, cwd=scratch, env={**os.environ, "CARGO_TARGET_DIR": str(target)}, stdout=subprocess.PIPE, text=True
    )
    errors, binary = [], None
    for line in done.stdout.splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("reason") == "compiler-message" and message["message"]["level"] == "error":
            errors.append(message["message"]["rendered"])
        if message.get("reason") == "compiler-artifact" and message["target"]["name"] == "fixtures":
            binary = message.get("executable") or binary
    if done.returncode or not binary:
        sys.exit("\n".join(errors) + "\nthe copy with all switches does not build")
    return binary


def passes(binary, number, rule):
    env = {**os.environ, "PLIMSOLL_REMOVED": str(number), "INSTA_UPDATE": "no"}
    env.update({"PLIMSOLL_FIXTURES": rule} if rule else {})
    try:
        run = subprocess.run([binary, "--exact", TEST], env=env, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return False, "it does not end"
    return run.returncode == 0, run.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rules", nargs="*", help="the rules whose lists are run")
    parser.add_argument("--only", help="only the conditions whose words or code contain this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many run at once")
    parser.add_argument("--scratch", type=Path, help="where the copy of the sources stands")
    parser.add_argument("--target", type=Path, help="where the copy is built")
    parser.add_argument("--show", action="store_true", help="print what the fixtures say to each condition")
    options = parser.parse_args()

    conditions = read_lists(set(options.rules))
    by_file = {}
    for condition in conditions:
        by_file.setdefault(f"server/rules/src/{condition['file']}", []).append(condition)
    written = {name: switched((ROOT / name).read_text(), own) for name, own in by_file.items()}
    if None in written.values():
        sys.exit("a condition whose code is gone or stands more than once: the list must follow the code")
    changed = {name: text.encode() for name, text in written.items()}
    library = "server/rules/src/lib.rs"
    changed[library] = changed.get(library, (ROOT / library).read_bytes()) + b"\nmod removed;\n"
    changed["server/rules/src/removed.rs"] = SWITCH.encode()

    folder = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "silence"
    scratch = options.scratch or folder / "sources"
    copy_sources(scratch, changed)
    binary = build(scratch, options.target or folder / "target")
    well, said = passes(binary, 0, None)
    if not well:
        sys.exit(f"{said}\nthe fixtures fail before anything is removed")

    asked = [c for c in conditions if not options.only or options.only in c["words"] + c["code"]]

    def check(condition):
        unseen, said = passes(binary, condition["number"], condition["rule"])
        if unseen and not condition.get("unmissed"):
            unseen, said = passes(binary, condition["number"], None)
        return condition, unseen, said

    survivors = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for condition, unseen, said in pool.map(check, asked):
            name = f"{condition['rule']}: {condition['words']} ({condition['file']})"
            reason = condition.get("unmissed")
            word = "missed    " if not unseen else "cannot be " if reason else "NOT MISSED"
            print(f"{word}  {name}{f': {reason}' if unseen and reason else ''}", flush=True)
            if options.show and not unseen:
                print("\n".join(f"    {line}" for line in said.splitlines() if ": " in line and "/case/" in line))
            survivors += [name] if unseen and not reason else []
            if reason and not unseen:
                print(f"            a fixture misses it: its reason is wrong")
    print(f"{len(asked)} conditions removed one by one, {len(survivors)} missed by no fixture")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
