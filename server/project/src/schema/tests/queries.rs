use super::schema_of;
use crate::schema::Dialect;
use crate::schema::sql::{
    Comparison, Limit, Operand, Predicate, Query, Rows, Scope, ScopeRole, StatementKind, TableSource,
    Wildcard, analyse,
};

fn query(text: &str) -> Query {
    analyse(text, Dialect::Postgres, None).expect("the query can be read")
}

fn scope(text: &str) -> Scope {
    query(text).statements.remove(0).scopes.remove(0)
}

/// The columns and comparisons of each alternative, for one table.
fn filters(scope: &Scope, table: usize) -> Vec<Vec<(&str, Comparison)>> {
    fn pair(own: &Predicate) -> (&str, Comparison) {
        (own.column.as_str(), own.comparison)
    }
    let branches = scope.branches_of(table);
    branches.map(|branch| branch.into_iter().map(pair).collect()).collect()
}

#[test]
fn reads_a_filter_with_order_and_limit() {
    let text = "SELECT id, title FROM public.posts p WHERE p.author_id = $1 AND created_at > now() ORDER BY created_at DESC LIMIT 20;";
    let scope = scope(text);
    assert_eq!(scope.tables[0].name, "posts");
    assert_eq!(scope.tables[0].alias.as_deref(), Some("p"));
    assert_eq!(filters(&scope, 0), [[("author_id", Comparison::Equal), ("created_at", Comparison::Range)]]);
    assert!(matches!(scope.branches[0].predicates[0].operand, Operand::Placeholder(_)));
    let range = scope.branches[0].predicates[0].range.expect("it stands in the text");
    assert_eq!(&text[range.as_usize()], "author_id");
    assert_eq!(scope.limit, Limit::Literal(20));
    assert!(scope.order[0].is_descending && scope.order[0].column == "created_at");
    assert_eq!(scope.rows, Rows::Many);
    assert_eq!(&text[query(text).statements[0].range.as_usize()], text.trim_end_matches(';'));
}

#[test]
fn each_alternative_is_a_branch() {
    let scope = scope("SELECT * FROM a WHERE x = 1 AND (y = 2 OR z IN ($1, $2) OR w IS NULL)");
    assert_eq!(
        filters(&scope, 0),
        [
            [("x", Comparison::Equal), ("y", Comparison::Equal)],
            [("x", Comparison::Equal), ("z", Comparison::In)],
            [("x", Comparison::Equal), ("w", Comparison::IsNull)],
        ]
    );
    assert!(scope.binds_list && scope.selects_all_columns);
}

#[test]
fn too_many_alternatives_are_said_to_be() {
    let pair = "(a = 1 OR b = 2)";
    let scope = scope(&format!("SELECT * FROM t WHERE {}", [pair; 8].join(" AND ")));
    assert!(scope.is_truncated);
}

#[test]
fn joins_filter_both_tables() {
    let scope = scope("SELECT u.id FROM users u LEFT JOIN posts p ON p.user_id = u.id WHERE u.email = ?");
    assert_eq!(filters(&scope, 1), [[("user_id", Comparison::Equal)]]);
    assert_eq!(filters(&scope, 0), [[("id", Comparison::Equal), ("email", Comparison::Equal)]]);
    let joined = &scope.branches[0].predicates[0];
    assert!(joined.is_join);
    assert_eq!(joined.operand, Operand::Column(Some(0), "id".into()));
}

#[test]
fn placeholders_of_every_style_are_read() {
    for placeholder in ["$1", "?", ":name", "@p1", "?1"] {
        let scope = scope(&format!("SELECT * FROM a WHERE b = {placeholder} LIMIT {placeholder}"));
        assert!(matches!(scope.branches[0].predicates[0].operand, Operand::Placeholder(_)), "{placeholder}");
        assert_eq!(scope.limit, Limit::Bound, "{placeholder}");
    }
}

#[test]
fn a_bound_list_is_told_from_a_literal_one() {
    assert!(scope("SELECT 1 FROM a WHERE b = ANY($1::uuid[])").binds_list);
    assert!(scope("SELECT 1 FROM a WHERE b IN (?)").binds_list);
    assert!(!scope("SELECT 1 FROM a WHERE b IN (1, 2)").binds_list);
}

#[test]
fn wildcards_and_functions_are_seen() {
    let wildcard = |pattern: &str| {
        let scope = scope(&format!("SELECT 1 FROM a WHERE b ILIKE {pattern}"));
        scope.branches[0].predicates[0].comparison
    };
    let like = |wildcard| Comparison::Like { wildcard, ignores_case: true };
    assert_eq!(wildcard("'%x'"), like(Wildcard::Leading));
    assert_eq!(wildcard("'%' || $1 || '%'"), like(Wildcard::Leading));
    assert_eq!(wildcard("concat('%', $1)"), like(Wildcard::Leading));
    assert_eq!(wildcard("'x%'"), like(Wildcard::NotLeading));
    assert_eq!(wildcard("$1"), like(Wildcard::Unknown));
    let function = |condition: &str| {
        let scope = scope(&format!("SELECT 1 FROM a WHERE {condition}"));
        let own = &scope.branches[0].predicates[0];
        (own.column.to_string(), own.function.as_deref().unwrap_or_default().to_owned(), own.is_servable())
    };
    let expected =
        |column: &str, function: &str, servable| (column.to_owned(), function.to_owned(), servable);
    assert_eq!(function("LOWER(email) = $1"), expected("email", "lower", false));
    assert_eq!(function("created_at::date = $1"), expected("created_at", "cast", false));
    assert_eq!(function("data->>'k' = $1"), expected("data", "->>", false));
    assert_eq!(function("DATE_TRUNC('day', at) = $1"), expected("at", "date_trunc", false));
    assert_eq!(function("id = $1::uuid"), expected("id", "", true));
}

#[test]
fn counts_and_single_rows_are_one() {
    for text in [
        "SELECT count(*) FROM a",
        "SELECT COALESCE(SUM(x), 0) AS total FROM a WHERE b = 1",
        "SELECT * FROM a LIMIT 1",
        "SELECT 1",
        "INSERT INTO a (b) VALUES ($1) RETURNING id",
    ] {
        assert_eq!(scope(text).rows, Rows::One, "{text}");
    }
    assert_eq!(scope("SELECT b, count(*) FROM a GROUP BY b").rows, Rows::Many);
    assert_eq!(scope("DELETE FROM a WHERE b = 1").rows, Rows::None);
    assert_eq!(scope("SELECT count(*) OVER () FROM a").rows, Rows::Many);
}

#[test]
fn writes_tell_what_they_write() {
    let own = scope("INSERT INTO a (x, y) VALUES ($1, $2) ON CONFLICT (x) DO UPDATE SET y = EXCLUDED.y");
    assert_eq!(own.kind, StatementKind::Insert);
    assert!(own.handles_conflict);
    assert_eq!(own.written_columns, ["x", "y"]);
    let own = scope("UPDATE a SET x = x + 1 WHERE id = $1 RETURNING *");
    assert_eq!((own.kind, own.has_returning), (StatementKind::Update, true));
    assert_eq!(filters(&own, 0), [[("id", Comparison::Equal)]]);
    assert!(scope("SELECT * FROM a WHERE id = 1 FOR UPDATE SKIP LOCKED").locks_for_update);
    assert!(scope("INSERT IGNORE INTO a (x) VALUES (?)").handles_conflict);
    assert!(scope("INSERT OR IGNORE INTO a (x) VALUES (?)").handles_conflict);
    assert_eq!(query("CREATE INDEX i ON a (b)").statements[0].kind, StatementKind::Ddl);
    assert_eq!(query("BEGIN; DELETE FROM a;").statements[1].kind, StatementKind::Delete);
}

#[test]
fn subqueries_and_ctes_are_scopes_of_their_own() {
    let query = query(
        "WITH recent AS (SELECT * FROM posts WHERE at > $1) SELECT * FROM recent r JOIN (SELECT id FROM users WHERE name = $2) u ON u.id = r.user_id WHERE EXISTS (SELECT 1 FROM tags t WHERE t.post_id = r.id) AND r.x IN (SELECT x FROM y)",
    );
    let roles: Vec<&ScopeRole> = query.statements[0].scopes.iter().map(|own| &own.role).collect();
    assert_eq!(
        roles,
        [
            &ScopeRole::Main,
            &ScopeRole::Cte("recent".into()),
            &ScopeRole::Derived,
            &ScopeRole::Exists,
            &ScopeRole::In
        ]
    );
    let scopes = &query.statements[0].scopes;
    assert_eq!(scopes[0].tables[0].source, TableSource::Cte);
    assert_eq!(scopes[0].tables[1].source, TableSource::Derived);
    assert_eq!(filters(&scopes[1], 0), [[("at", Comparison::Range)]]);
    // The outer table is none of the inner scope's.
    assert_eq!(scopes[3].branches[0].predicates[1].table, None);
}

#[test]
fn each_side_of_a_union_is_a_scope() {
    let query = query("SELECT a FROM x WHERE b = 1 UNION ALL SELECT a FROM y LIMIT 5");
    let names: Vec<_> = query.statements[0].scopes.iter().map(|own| own.tables[0].name.as_str()).collect();
    assert_eq!(names, ["x", "y"]);
}

#[test]
fn a_write_within_a_cte_is_seen() {
    let query = query("WITH gone AS (DELETE FROM a WHERE b = 1 RETURNING id) SELECT count(*) FROM gone");
    let kinds: Vec<_> = query.statements[0].scopes.iter().map(|own| own.kind).collect();
    assert_eq!(kinds, [StatementKind::Select, StatementKind::Delete]);
    assert_eq!(query.statements[0].scopes[0].role, ScopeRole::Main);
    assert_eq!(query.statements[0].scopes[1].role, ScopeRole::Cte("gone".into()));
}

#[test]
fn a_write_after_a_cte_comes_first() {
    let query = query("WITH x AS (SELECT id FROM b WHERE c = 1) INSERT INTO a (id) SELECT id FROM x");
    let roles: Vec<_> = query.statements[0].scopes.iter().map(|own| (own.kind, &own.role)).collect();
    assert_eq!(
        roles,
        [
            (StatementKind::Insert, &ScopeRole::Main),
            (StatementKind::Select, &ScopeRole::Cte("x".into())),
            (StatementKind::Select, &ScopeRole::InsertSource),
        ]
    );
    assert_eq!(query.statements[0].kind, StatementKind::Insert);
}

#[test]
fn a_schema_attributes_bare_columns() {
    let schema = schema_of(
        "schema.sql",
        "CREATE TABLE users (id INT PRIMARY KEY, email TEXT UNIQUE);\nCREATE TABLE posts (id INT PRIMARY KEY, user_id INT, state TEXT);",
    );
    let scope = |text: &str| {
        let query = analyse(text, Dialect::Postgres, Some(&schema)).expect("it can be read");
        query.statements[0].scopes[0].clone()
    };
    let joined =
        scope("SELECT * FROM users JOIN posts ON posts.user_id = users.id WHERE state = $1 AND id = $2");
    assert_eq!(filters(&joined, 1), [[("user_id", Comparison::Equal), ("state", Comparison::Equal)]]);
    assert_eq!(joined.branches[0].predicates.last().and_then(|own| own.table), None);
    assert_eq!(scope("SELECT * FROM users WHERE email = $1").rows, Rows::One);
    assert_eq!(scope("SELECT * FROM posts WHERE user_id = $1").rows, Rows::Many);
}

#[test]
fn what_cannot_be_parsed_has_no_answer() {
    for text in ["", "  -- nothing", "SELEC * FROM a", "SELECT * FROM", "SELECT 'open FROM a"] {
        assert_eq!(analyse(text, Dialect::Postgres, None), None, "{text}");
    }
}
