use plimsoll_syntax::{FileKind, Language, Parsed, preorder};
use proptest::prelude::*;

use super::*;

const fn rule(id: &'static str) -> RuleInfo {
    RuleInfo { id, ..UNUSED_SUPPRESSION }
}

const RULES: [RuleInfo; 2] = [rule("n-plus-one"), rule("missing-timeout")];

const NAMES: RuleNames<'static> = RuleNames { rules: &RULES, renamed: &[("query-in-loop", "n-plus-one")] };

fn finding(rule: &'static str, start: usize, end: usize) -> Finding {
    Finding {
        rule,
        category: "database",
        severity: Severity::Error,
        confidence: Confidence::High,
        message: "it is slow".to_owned(),
        path: "/p/a.ts".to_owned(),
        range: TextRange::from_usize(start, end),
        fingerprint: String::new(),
        function: None,
        language: "typescript",
        related: Vec::new(),
        about: Vec::new(),
        may_have_fixes: false,
        is_baselined: false,
    }
}

/// Comments and statements as a lowering would tell them, attributes left out.
fn parse(text: &str, kind: FileKind) -> Suppressions {
    let FileKind::Source(language) = kind else {
        let comments = if kind == FileKind::Sql { comments_of_sql(text) } else { comments_of_prisma(text) };
        return Suppressions::parse(text, &comments, &[], &NAMES);
    };
    let parsed = Parsed::parse(text, language).expect("it is short");
    let (mut comments, mut statements) = (Vec::new(), Vec::new());
    for (node, _) in preorder(parsed.root()) {
        if node.kind().contains("comment") {
            comments.push(TextRange::of(node));
        } else if ["_statement", "_declaration", "_item", "jsx_element", "public_field_definition"]
            .iter()
            .any(|part| node.kind().ends_with(part))
        {
            statements.push(TextRange::of(node));
        }
    }
    Suppressions::parse(text, &comments, &statements, &NAMES)
}

/// The findings that are left, of `n-plus-one` at every `bad(`, as `line rule: message`.
fn left(text: &str, kind: FileKind) -> Vec<String> {
    let findings = text.match_indices("bad(").map(|(at, _)| finding("n-plus-one", at, at + 4)).collect();
    let mut fingerprints = Fingerprints::new("a.ts");
    let mut context = Context {
        path: "/p/a.ts",
        language: "typescript",
        text,
        severity_of: &|rule, default| (rule != "missing-timeout").then_some(default),
        fingerprints: &mut fingerprints,
    };
    let applied = parse(text, kind).apply(findings, &mut context);
    let line = |at: u32| text[..at as usize].matches('\n').count() + 1;
    applied
        .kept
        .iter()
        .map(|found| {
            format!("{} {} {:?}: {}", line(found.range.start), found.rule, found.severity, found.message)
        })
        .collect()
}

const TS: FileKind = FileKind::Source(Language::TypeScript);
const TSX: FileKind = FileKind::Source(Language::Tsx);
const RUST: FileKind = FileKind::Source(Language::Rust);

#[test]
fn a_comment_hides_what_it_stands_by() {
    let cases = [
        (TS, "bad() // plimsoll-ignore n-plus-one: few\n"),
        (TS, "// plimsoll-ignore n-plus-one: few\nbad()\n"),
        (TS, "// plimsoll-ignore n-plus-one: few\r\nbad()\r\n"),
        (TS, "// plimsoll-ignore query-in-loop: few\nbad()\n"),
        (TS, "// plimsoll-ignore missing-timeout, n-plus-one: few\nbad()\n"),
        (TS, "/* plimsoll-ignore n-plus-one: few */ bad()\n"),
        (TS, "/**\n * plimsoll-ignore n-plus-one: few\n */\nbad()\n"),
        (TS, "// plimsoll-ignore n-plus-one: few\n// another comment\n\nbad()\n"),
        (TS, "// plimsoll-ignore n-plus-one: few\nfor (const x of xs) {\n  y()\n  bad()\n}\n"),
        (TS, "const all =\n  // plimsoll-ignore n-plus-one: few\n  bad()\n"),
        (TS, "bad(\n  1,\n) // plimsoll-ignore n-plus-one: few\n"),
        (TS, "// plimsoll-ignore n-plus-one: few\n@A()\n@B()\nclass C {\n  x = bad()\n}\n"),
        (TS, "let a\n\nlet b\n// plimsoll-ignore-file n-plus-one: few\nbad()\nbad()"),
        (TSX, "const a = <ul>\n  {/* plimsoll-ignore n-plus-one: few */}\n  <li>{bad()}</li>\n</ul>\n"),
        (
            TSX,
            "const a = <ul>\n  {/* plimsoll-ignore n-plus-one: few */}\n  {/* more */}\n  {bad()}\n</ul>\n",
        ),
        (RUST, "// plimsoll-ignore n-plus-one: few\n/// Docs.\n#[inline]\nfn f() {\n    bad();\n}\n"),
        (
            RUST,
            "// plimsoll-ignore n-plus-one: few\n#[doc = \"]\"]\n// More.\n#[route(\"/a\", [1])] fn f() {\n    bad();\n}\n",
        ),
        (
            TS,
            "class C {\n  // plimsoll-ignore n-plus-one: few\n  @Get(':id', { a: [')'] })\n  list() { bad() }\n}\n",
        ),
        (FileKind::Sql, "-- plimsoll-ignore n-plus-one: few\nselect bad()\n"),
        (FileKind::Prisma, "/// plimsoll-ignore n-plus-one: few\nx bad()\n"),
    ];
    for (kind, text) in cases {
        assert_eq!(left(text, kind), [""; 0], "{text}");
    }
}

#[test]
fn a_comment_elsewhere_hides_nothing_and_is_a_finding() {
    let cases = [
        "bad()\n// plimsoll-ignore n-plus-one: few\n",
        "// plimsoll-ignore n-plus-one: few\nok()\nbad()\n",
        "ok() // plimsoll-ignore n-plus-one: few\nbad()\n",
        "// plimsoll-ignore n-plus-one: few\nif (a) {\n  ok()\n}\nbad()\n",
    ];
    for text in cases {
        let left = left(text, TS);
        assert_eq!(left.len(), 2, "{text} {left:?}");
        assert!(left[1].contains("unused-suppression Warning: this suppression hides nothing"), "{left:?}");
    }
    // A rule that is off here says nothing of its suppressions.
    assert_eq!(left("// plimsoll-ignore missing-timeout: slow\nok()\n", TS), [""; 0]);
}

#[test]
fn what_is_wrong_with_a_suppression_is_said() {
    let cases = [
        (
            "// plimsoll-ignore n-plus-one\nbad()\n",
            "1 suppression-without-reason Error: this suppression of `n-plus-one` does not say why: `plimsoll-ignore n-plus-one: the reason`",
        ),
        (
            "bad() // plimsoll-ignore n-plus-one: --\n",
            "1 suppression-without-reason Error: this suppression of `n-plus-one` does not say why: `plimsoll-ignore n-plus-one: the reason`",
        ),
        (
            "// plimsoll-ignore n-plus-one - few tenants\nbad()\n",
            "1 suppression-without-reason Error: this suppression of `n-plus-one` does not say why: `plimsoll-ignore n-plus-one: the reason`",
        ),
        (
            "// plimsoll-ignore n-plus-on: few\nok()\n",
            "1 unused-suppression Warning: this suppression hides nothing, for there is no rule `n-plus-on`; did you mean `n-plus-one`?",
        ),
        (
            "// plimsoll-ignore: few\nok()\n",
            "1 unused-suppression Warning: this suppression names no rule: `plimsoll-ignore RULE: the reason`",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(left(text, TS), [expected]);
    }
}

#[test]
fn words_that_only_look_alike_are_no_suppressions() {
    for text in [
        "// plimsoll-ignored n-plus-one: few\n",
        "// Write plimsoll-ignore n-plus-one: few\n",
        "const a = '// plimsoll-ignore n-plus-one: few'\n",
    ] {
        assert!(parse(text, TS).is_empty(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_ranges_are_survived(
        text in "(plimsoll-ignore|n-plus-one|[/*{}: \r\né])*",
        comments in prop::collection::vec((0u32..80, 0u32..80), 0..4),
        statements in prop::collection::vec((0u32..80, 0u32..80), 0..4),
    ) {
        let ranges = |list: Vec<(u32, u32)>| list.into_iter().map(|(a, b)| TextRange::new(a, b)).collect::<Vec<_>>();
        let suppressions = Suppressions::parse(&text, &ranges(comments), &ranges(statements), &NAMES);
        let mut fingerprints = Fingerprints::new("a.ts");
        let mut context = Context {
            path: "/p/a.ts",
            language: "typescript",
            text: &text,
            severity_of: &|_, default| Some(default),
            fingerprints: &mut fingerprints,
        };
        let applied = suppressions.apply(vec![finding("n-plus-one", 3, 9)], &mut context);
        prop_assert_eq!(applied.suppressed.len() + applied.kept.iter().filter(|found| found.rule == "n-plus-one").count(), 1);
    }
}
