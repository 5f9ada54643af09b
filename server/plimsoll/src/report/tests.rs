use std::time::Duration;

use plimsoll_engine::{Confidence, FileEdit, Related, RuleInfo, RuleOption, Safety};
use plimsoll_project::MemoryFiles;
use plimsoll_syntax::TextRange;

use super::*;

const POSTS: &str = "\
import { authorOf } from './users'

export async function withAuthors(posts: Post[]) {
  for (const post of posts) {
    post.author = await authorOf(post) // 🚢 → é
  }
}
";

const USERS: &str =
    "export const authorOf = (post: Post) =>\n  prisma.user.findUnique({ where: { id: post.authorId } })\n";

fn files() -> MemoryFiles {
    let mut files = MemoryFiles::default();
    files.insert("/p/src/posts.ts", POSTS);
    files.insert("/p/lib/users.ts", USERS);
    files
}

/// The bytes of the first `needle` in a text.
fn range_of(text: &str, needle: &str) -> TextRange {
    let start = text.find(needle).expect("the text has it");
    TextRange::from_usize(start, start + needle.len())
}

fn finding(path: &str, range: TextRange) -> Finding {
    Finding {
        rule: "n-plus-one",
        category: "database",
        severity: Severity::Error,
        confidence: Confidence::High,
        message: "`authorOf` runs one query per `post`: 1 + N queries for N posts".to_owned(),
        path: path.to_owned(),
        range,
        fingerprint: "0123456789abcdef".to_owned(),
        function: Some("withAuthors".to_owned()),
        language: "typescript",
        related: Vec::new(),
        about: Vec::new(),
        may_have_fixes: true,
        is_baselined: false,
    }
}

fn related(path: &str, range: TextRange, message: &str) -> Related {
    Related { path: path.to_owned(), range, message: message.to_owned() }
}

/// A report of two files, one of which has these findings, and of what was skipped.
fn report(findings: Vec<Finding>, fixes: &[Fix], skipped: Vec<Skipped>) -> Report {
    let mut report = Report::default();
    let outcome = Outcome { findings, ..Outcome::default() };
    let fixes = vec![fixes.to_vec(); outcome.findings.len()];
    report.add(outcome, fixes);
    report.add(Outcome::default(), Vec::new());
    for skipped in skipped {
        let outcome = Outcome { skipped: vec![skipped], ..Outcome::default() };
        report.add(outcome, Vec::new());
    }
    report.finish();
    report
}

fn skipped(path: &str, reason: &str, is_failure: bool) -> Skipped {
    Skipped { path: path.to_owned(), reason: reason.to_owned(), is_failure }
}

/// A report with all that a report can hold.
fn full() -> Report {
    let mut through = finding("/p/src/posts.ts", range_of(POSTS, "authorOf(post)"));
    through.related = vec![
        related("/p/src/posts.ts", range_of(POSTS, "for (const post of posts)"), "once for each `post`"),
        related(
            "/p/lib/users.ts",
            range_of(USERS, "prisma.user.findUnique({ where: { id: post.authorId } })"),
            "the query runs here",
        ),
    ];
    let mut whole = finding(
        "/p/src/posts.ts",
        range_of(POSTS, POSTS.trim_start_matches("import { authorOf } from './users'\n\n")),
    );
    whole.rule = "missing-test";
    whole.severity = Severity::Warning;
    whole.message = "nothing tests this".to_owned();
    whole.function = None;
    let fixes = [Fix {
        title: "Read all authors with one query (review: reads before the loop)".to_owned(),
        safety: Safety::Review,
        edits: vec![
            FileEdit { path: "/p/lib/batch.ts".to_owned(), range: None, new_text: "export {}\n".to_owned() },
            FileEdit {
                path: "/p/src/posts.ts".to_owned(),
                range: Some(range_of(POSTS, "authorOf(post)")),
                new_text: "authors.get(post.authorId)".to_owned(),
            },
        ],
    }];
    let skipped = vec![
        skipped("/p/src/z.ts", "undecodable (not UTF-8)", true),
        skipped("/p/src/y.ts", "rule n-plus-one panicked", true),
        skipped("/p/dist/b.js", "generated", false),
        skipped("/p/dist/a.js", "generated", false),
    ];
    report(vec![whole, through], &fixes, skipped)
}

fn shown(report: &Report, files: &MemoryFiles) -> String {
    shown_in(report, files, None)
}

/// As a terminal of so many columns shows it.
fn shown_in(report: &Report, files: &MemoryFiles, width: Option<usize>) -> String {
    let coloured = pretty(report, &Texts::new(files, "/p"), width);
    anstream::adapter::strip_str(&coloured).to_string()
}

#[test]
fn pretty_shows_findings_beside_their_source() {
    insta::assert_snapshot!(shown(&full(), &files()));
}

#[test]
fn json_is_the_documented_object() {
    let files = files();
    let text = json(&full(), &Texts::new(&files, "/p/src"), Duration::from_millis(41));
    insta::assert_snapshot!(text);
}

#[test]
fn columns_count_unicode_scalar_values() {
    let files = files();
    let texts = Texts::new(&files, "/p");
    let at = range_of(POSTS, "é").start;
    assert_eq!(texts.line_and_column("/p/src/posts.ts", at), (5, 47));
    assert_eq!(texts.line_and_column("/p/src/posts.ts", u32::MAX), (8, 1));
    assert_eq!(texts.line_and_column("/p/nowhere.ts", 7), (1, 1));
}

#[test]
fn nothing_found_is_said_in_a_line() {
    insta::assert_snapshot!(shown(&report(vec![], &[], vec![]), &files()), @"no findings in 2 files");
}

#[test]
fn odd_sources_are_shown_without_harm() {
    let long = format!("let a = {};\nlet b = '{}'; bad(); {}\n", 1, "x".repeat(9000), "y".repeat(9000));
    let mut files = MemoryFiles::default();
    files.insert("/p/long.ts", long.as_str());
    files.insert("/p/returns.ts", "let a\rlet b\r\nbad(\r\n  1)\r\n");
    files.insert("/p/tabs.ts", "\tbad(\u{1b}[31m)");
    files.insert("/p/empty.ts", "");
    files.insert("/p/end.ts", "bad");
    let findings = vec![
        finding("/p/long.ts", range_of(&long, "bad()")),
        finding("/p/returns.ts", TextRange::new(13, 23)),
        finding("/p/tabs.ts", TextRange::new(1, 5)),
        finding("/p/empty.ts", TextRange::new(0, 0)),
        finding("/p/empty.ts", TextRange::new(5, 9)),
        finding("/p/end.ts", TextRange::new(3, 3)),
        finding("/p/gone.ts", TextRange::new(3, 5)),
    ];
    let text = shown(&report(findings, &[], vec![]), &files);
    assert!(!text.contains('\u{1b}'), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_long_range_is_shown_by_its_first_lines() {
    let mut files = MemoryFiles::default();
    let text = "fetch(\n  r#\"\n    SELECT id\n    FROM users\n    WHERE name = $1\n    ORDER BY id\n    LIMIT 3\n  \"#)\n";
    files.insert("/p/long.rs", text);
    let found = finding("/p/long.rs", range_of(text, text[9..].trim_end()));
    let text = shown(&report(vec![found], &[], vec![]), &files);
    let excerpt: Vec<&str> = text.lines().skip(3).take(5).collect();
    assert_eq!(
        excerpt,
        ["2 |   r#\"", "  |   ^^^", "3 |     SELECT id", "4 |     FROM users", "5 |     WHERE name = $1"]
    );
}

#[test]
fn long_lines_are_cut_to_the_terminal() {
    let line = format!("\t\tconst 名前 = '{}'; bad('日本 🚢'); {}\r\n", "x".repeat(200), "y".repeat(200));
    let mut files = MemoryFiles::default();
    files.insert("/p/long.ts", line.as_str());
    let mut found = finding("/p/long.ts", range_of(&line, "bad('日本 🚢')"));
    found.message = "short".to_owned();
    let report = report(vec![found], &[], vec![]);
    let longest = |width: Option<usize>| {
        let text = shown_in(&report, &files, width);
        assert!(text.contains("bad('日本 🚢')"), "{text}");
        let source = text.lines().filter(|line| line.contains('|')).map(|line| line.chars().count());
        source.max().unwrap_or_default()
    };
    assert!((50..=80).contains(&longest(Some(80))), "{}", longest(Some(80)));
    assert!((141..=200).contains(&longest(Some(200))), "{}", longest(Some(200)));
    assert!((81..=140).contains(&longest(None)), "{}", longest(None));
    // However narrow it is, something is shown.
    assert!(longest(Some(1)) >= 30);
}

const RULES: [RuleInfo; 2] = [
    RuleInfo {
        id: "n-plus-one",
        category: "database",
        severity: Severity::Error,
        is_preview: false,
        since: "0.1.0",
        summary: "A query that runs once for every element of a collection.",
        documentation: "\n## What happens\n\nTen rows are eleven queries.\n",
        options: &[RuleOption { key: "few", default: 8, summary: "Elements of a collection that is small." }],
    },
    RuleInfo {
        id: "missing-retry",
        category: "resilience",
        severity: Severity::Info,
        is_preview: true,
        since: "0.2.0",
        summary: "A call that fails for good at the first `a | b`.",
        documentation: "## What happens\n\nIt fails.",
        options: &[],
    },
];

#[test]
fn rules_are_listed_and_explained() {
    insta::assert_snapshot!("rules_as_lines", rules_as_lines(&RULES));
    insta::assert_snapshot!("rules_as_json", rules_as_json(&RULES));
    insta::assert_snapshot!("rules_as_markdown", rules_as_markdown(&RULES));
}
