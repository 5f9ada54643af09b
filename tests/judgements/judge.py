#!/usr/bin/env python3
"""Holds a build against what people judged on real code.

    judge.py draw    --rule RULE --kind findings|sites --binary PLIMSOLL --repositories FOLDER [--only NAME...]
    judge.py compare --binary PLIMSOLL --repositories FOLDER [--rule RULE]

FOLDER holds checkouts of repositories of repositories.toml, named as there; those that are absent are passed over.
`draw` prints what a reader has to judge next: findings of the build, or sites of the rule's crude search, in an order that a fixed seed decides.
`compare` reads the verdicts of RULE.toml and prints, for the build: precision (of its findings that were judged, how
many are true) and recall (of the sites where something should be found, how many are).

RULE.toml:
    [search]                    # sites: a crude search that over-approximates the rule
    pattern = '...'             # over a whole file, re.MULTILINE; the site is the group `site` where it took part, else the match's start
    suffixes = [".ts", ".rs"]
    except = '...'              # optional: paths that match are left out
    [[finding]]                 # repository, path, line (from 1), verdict = "true" | "false", reason
    [[site]]                    # repository, path, line, verdict = "defect" | "fine", reason, and where the finding
                                # stands when it is not on the site's line: at = 12 or at = "other/file.ts:12"
"""

import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).parent
SEED = 20261121
# Whether previews are left out.
UNASKED = False
IN_TESTS = re.compile(
    r"(^|/)(tests?|__tests__|spec|e2e|fixtures?|mocks?|__mocks__|stories|benches|node_modules|dist|build|target)/"
    r"|\.(test|spec|stories|d)\.[cm]?[jt]sx?$|\.min\.js$"
)


def repositories():
    return tomllib.loads((HERE / "repositories.toml").read_text())


def judgement(rule):
    path = HERE / f"{rule}.toml"
    return tomllib.loads(path.read_text()) if path.exists() else {}


def findings(binary, folder, name, rule):
    """(path, line) of each finding of the rule in one repository, in the order of the report."""
    command = [binary, "check", "--format", "json", "--fail-on", "never", "--no-cache"]
    command += [] if UNASKED else ["--preview"]
    command += ["--rule", rule] if rule else []
    run = subprocess.run([*command, "."], cwd=folder / name, capture_output=True, text=True)
    try:
        report = json.loads(run.stdout)
    except ValueError:
        sys.exit(f"{name}: no report (status {run.returncode}): {run.stderr.strip()[:300]}")
    found = [(f["rule"], f["path"].removeprefix("./"), f["range"]["start"]["line"], f["message"]) for f in report["findings"]]
    return [one for one in found if rule is None or one[0] == rule]


def sites(search, folder, name):
    """(path, line) of each place of the crude search in one repository."""
    pattern = re.compile(search["pattern"], re.MULTILINE)
    leave_out = re.compile(search["except"]) if "except" in search else None
    listed = sorted(p for p in (folder / name).rglob("*") if p.suffix in search["suffixes"] and p.is_file())
    for path in listed:
        relative = path.relative_to(folder / name).as_posix()
        if IN_TESTS.search(relative) or (leave_out and leave_out.search(relative)):
            continue
        text = path.read_text(errors="replace")
        lines = set()
        for match in pattern.finditer(text):
            named = match.start("site") if "site" in pattern.groupindex else -1
            start = named if named >= 0 else match.start()
            lines.add(text.count("\n", 0, start) + 1)
        yield from ((relative, line) for line in sorted(lines))


def draw(options):
    judged = judgement(options.rule)
    known = {(j["repository"], j["path"], j["line"]) for j in judged.get(options.kind.removesuffix("s"), [])}
    places = []
    for name, repository in repositories().items():
        if not (options.repositories / name).is_dir() or (options.only and name not in options.only):
            continue
        if repository.get("quiet") and not options.quiet and not options.only:
            continue
        if options.kind == "findings":
            places += [(name, p, l, m) for _, p, l, m in findings(options.binary, options.repositories, name, options.rule)]
        else:
            places += [(name, p, l, "") for p, l in sites(judged["search"], options.repositories, name)]
    total = len(places)
    random.Random(options.seed).shuffle(places)
    seen = collections.Counter()
    drawn = []
    for place in places:
        seen[place[0]] += 1
        if seen[place[0]] <= options.each and len(drawn) < options.count:
            drawn.append(place)
    print(f"# {total} {options.kind} in all; {len(drawn)} drawn with seed {options.seed}; * is judged already")
    for name, path, line, message in sorted(drawn):
        mark = "*" if (name, path, line) in known else " "
        print(f"{mark} {name} {path}:{line}  {message}")


def compare(options):
    rules = [options.rule] if options.rule else sorted(p.stem for p in HERE.glob("*.toml") if p.stem != "repositories")
    for rule in rules:
        judged = judgement(rule)
        here = [n for n in repositories() if (options.repositories / n).is_dir() and (not options.only or n in options.only)]
        found = {(n, p, l) for n in here for _, p, l, _ in findings(options.binary, options.repositories, n, rule)}
        findings_here = [j for j in judged.get("finding", []) if j["repository"] in here]
        verdicts = {(j["repository"], j["path"], j["line"]): j["verdict"] for j in findings_here}
        true = [f for f in found if verdicts.get(f) == "true"]
        false = sorted(f for f in found if verdicts.get(f) == "false")
        lost = sorted(f for f, v in verdicts.items() if v == "true" and f not in found)
        sites_here = [s for s in judged.get("site", []) if s["repository"] in here]
        defects = [s for s in sites_here if s["verdict"] == "defect"]
        missed = [s for s in defects if not is_found(s, found)]
        alarms = [s for s in sites_here if s["verdict"] == "fine" and (s["repository"], s["path"], s["line"]) in found]
        print(f"{rule}: {len(found)} findings, {len(true) + len(false)} of them judged; "
              f"precision {ratio(len(true), len(true) + len(false))}; "
              f"{len(sites_here)} sites, {len(defects)} of them defects; "
              f"recall {ratio(len(defects) - len(missed), len(defects))}")
        for label, places in (("false", false), ("no longer found", lost)):
            for name, path, line in places:
                print(f"    {label}: {name} {path}:{line}")
        for label, places in (("missed", missed), ("found where nothing is wrong", alarms)):
            for s in places:
                print(f"    {label}: {s['repository']} {s['path']}:{s['line']}")
        if options.unjudged:
            for name, path, line in sorted(found - verdicts.keys()):
                print(f"    not judged: {name} {path}:{line}")


def is_found(site, found):
    at = site.get("at", site["line"])
    path, line = (site["path"], at) if isinstance(at, int) else at.rsplit(":", 1)
    return (site["repository"], path, int(line)) in found


def ratio(part, whole):
    return f"{part} of {whole} ({part / whole:.2f})" if whole else "none to count"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, run in (("draw", draw), ("compare", compare)):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        command.add_argument("--rule", required=name == "draw")
        command.add_argument("--binary", type=lambda p: str(pathlib.Path(p).resolve()))
        command.add_argument("--repositories", type=pathlib.Path, required=True)
        command.add_argument("--kind", choices=("findings", "sites"), default="findings")
        command.add_argument("--only", nargs="+", default=[], help="looks at these repositories alone")
        command.add_argument("--count", type=int, default=30)
        command.add_argument("--each", type=int, default=sys.maxsize, help="draws no more than this from one repository")
        command.add_argument("--seed", type=int, default=SEED)
        command.add_argument("--quiet", action="store_true", help="draws from the quiet repositories too")
        command.add_argument("--unasked", action="store_true", help="leaves out what is shown as a preview only")
        command.add_argument("--unjudged", action="store_true", help="lists the findings that nobody judged")
    options = parser.parse_args()
    global UNASKED
    UNASKED = options.unasked
    options.run(options)


if __name__ == "__main__":
    main()
