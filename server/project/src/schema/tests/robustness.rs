use proptest::prelude::*;

use crate::schema::sql::analyse;
use crate::schema::{Dialect, IndexRequest, MigrationTime, Schema, add_index};

const PRISMA: &str = "model A {\r\n  id Int @id\r\n  b B? @relation(fields: [bId], references: [id])\n  bId Int?\n\n  @@index([id(sort: Desc)], map: \"ü\")\n}\nmodel B { id Int @id a A[] }\n";
const SQL: &str = "-- migrate:up\nCREATE TABLE \"ä\" (id SERIAL PRIMARY KEY, b_id INT REFERENCES b(id));\nDO $$ BEGIN ALTER TABLE a ADD COLUMN c INT; END $$;\nCOPY a FROM stdin;\n1\t'\n\\.\nCREATE INDEX i ON a USING gin (lower(b)) WHERE c;--> statement-breakpoint\n";
const QUERY: &str = "WITH x AS (SELECT * FROM a WHERE b = ANY($1)) SELECT * FROM x LEFT JOIN c ON (c.id = x.id OR c.d LIKE '%' || $2) WHERE NOT EXISTS (SELECT 1 FROM d WHERE d.x = c.x) ORDER BY lower(c.y) DESC LIMIT 5";

const NOW: MigrationTime = MigrationTime { year: 2026, month: 1, day: 2, hour: 3, minute: 4, second: 5 };

/// Everything that reads, and everything that writes to what was read.
fn exercise(text: &str) {
    for path in ["schema.prisma", "migrations/0001_a.sql", "migrations/1_a/up.sql", "schema.sql"] {
        let files = [(path, text)];
        let schema = Schema::from_files(&files);
        for table in &schema.tables {
            for column in &table.columns {
                let request = IndexRequest { table, columns: &[&column.name], now: NOW, tool: None };
                let _ = add_index(&schema, &files, &request);
            }
        }
    }
    for dialect in [Dialect::Postgres, Dialect::Unknown] {
        let _ = analyse(text, dialect, None);
    }
}

fn damaged(text: &str, at: usize, length: usize, insert: &str) -> String {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, end) = (floor(at), floor(at + length));
    format!("{}{insert}{}", &text[..start], &text[end..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        exercise(&text);
    }

    #[test]
    fn no_damage_makes_it_panic(
        which in 0_usize..3,
        at in 0_usize..420,
        length in 0_usize..60,
        insert in "[(){}\\[\\]'\"`$;@,.\\n\\\\ a-z0-9:?%-]{0,6}",
    ) {
        exercise(&damaged([PRISMA, SQL, QUERY][which], at, length, &insert));
    }

    #[test]
    fn no_truncation_makes_it_panic(which in 0_usize..3, at in 0_usize..420) {
        exercise(&damaged([PRISMA, SQL, QUERY][which], at, usize::MAX / 2, ""));
    }
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = "(".repeat(20_000);
    let chain = vec!["a = 1"; 20_000].join(" OR ");
    let sum = vec!["1"; 2_900].join(" + ");
    let union = vec!["SELECT 1"; 2_500].join(" UNION ");
    let comments = "/*".repeat(20_000);
    for text in [
        format!("SELECT * FROM a WHERE {deep}"),
        format!("SELECT * FROM a WHERE {chain}"),
        format!("SELECT * FROM a WHERE b = {sum}"),
        format!("CREATE TABLE a (b INT DEFAULT {sum});"),
        format!("CREATE TABLE a (b INT DEFAULT {deep}"),
        format!("model A {{ a Int @default({deep}) }}"),
        format!("model A {{ a Int @@index({})", "[".repeat(20_000)),
        union,
        comments,
    ] {
        exercise(&text);
    }
}

#[test]
fn the_order_of_files_does_not_matter() {
    let files = [
        ("migrations/1_a.sql", "CREATE TABLE a (id INT);"),
        ("migrations/2_b.sql", "ALTER TABLE a ADD COLUMN b INT;"),
        ("schema.prisma", "model P {\n  id Int @id\n}"),
    ];
    let reversed: Vec<_> = files.iter().rev().copied().collect();
    assert_eq!(Schema::from_files(&files), Schema::from_files(&reversed));
}
