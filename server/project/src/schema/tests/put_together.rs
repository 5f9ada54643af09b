//! Tables and indexes in SQL that a migration puts together as text.

use insta::assert_snapshot;

use super::{covered, outline, schema_of, table};
use crate::schema::{CannotWrite, IndexRequest, MigrationTime, Schema, add_index};

const TABLES: &str = "CREATE TABLE contacts (id UUID PRIMARY KEY, company_id UUID NOT NULL, email TEXT, owner_id UUID);\nCREATE TABLE notes (id UUID PRIMARY KEY, contact_id UUID, tenant_id UUID, owner_id UUID, body JSONB);\n";

fn with(statements: &str) -> Schema {
    schema_of("migrations/0001_init.sql", &format!("{TABLES}{statements}"))
}

/// Which of these columns lead an index, as `table.column`.
fn led(schema: &Schema) -> Vec<String> {
    let mut led = Vec::new();
    for table in &schema.tables {
        let columns = table.columns.iter().filter(|own| own.name != "id" && table.leads_index(&own.name));
        led.extend(columns.map(|own| format!("{}.{}", table.name, own.name)));
        led.extend(table.unknown.then(|| format!("{}?", table.name)));
    }
    led
}

#[test]
fn an_index_is_read_however_its_text_is_put_together() {
    for text in [
        "EXECUTE format('CREATE INDEX IF NOT EXISTS contacts_company_idx ON %I.contacts (company_id)', s);",
        "EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I.contacts (company_id)', s || '_idx', s);",
        "EXECUTE format($q$CREATE INDEX ON %1$I.contacts (company_id, %2$I)$q$, s, c);",
        "EXECUTE 'CREATE INDEX ON ' || quote_ident(s) || '.contacts (company_id)';",
        "EXECUTE 'CREATE INDEX idx_' || replace(s, '-', '_') || '_c ON ' || s || '.contacts (company_id)';",
        "EXECUTE concat('CREATE INDEX ON ', s, '.contacts (company_id)');",
        "EXECUTE 'CREATE INDEX x ON '\n  'contacts (company_id)';",
        "EXECUTE E'CREATE INDEX\\n x ON contacts (company_id)';",
        "q := 'ALTER TABLE ' || s || '.contacts ADD CONSTRAINT ' || n || ' UNIQUE (company_id)'; EXECUTE q;",
        "EXECUTE format('ALTER TABLE %I.contacts ADD UNIQUE (company_id, %I)', s, c);",
        "EXECUTE format('ALTER TABLE %I.contacts DROP CONSTRAINT contacts_pkey, ADD PRIMARY KEY (company_id)', s);",
        "EXECUTE format('SET search_path = %I; CREATE INDEX x ON contacts (company_id); ANALYZE', s);",
        "EXECUTE $t$ DO $u$ BEGIN CREATE INDEX x ON contacts (company_id); END $u$ $t$;",
        "EXECUTE format('CREATE INDEX x ON %I.contacts (company_id) WHERE email <> ''a''''s''', s); EXECUTE 'CREATE INDEX y ON contacts (company_id)';",
    ] {
        let loops = format!("FOR s IN SELECT nspname FROM pg_namespace LOOP {text} END LOOP;");
        for around in [
            format!("DO $$ DECLARE s TEXT; BEGIN {loops} END $$;"),
            format!(
                "CREATE FUNCTION f() RETURNS void AS $body$ DECLARE s TEXT; BEGIN {loops} END; $body$ LANGUAGE plpgsql;"
            ),
        ] {
            assert_eq!(led(&with(&around)), ["contacts.company_id"], "{around}");
        }
    }
}

#[test]
fn what_other_databases_run_is_read() {
    for text in [
        "SET @q := IF(@n = 0, 'CREATE INDEX x ON `contacts` (`company_id`)', 'SELECT 1');\nPREPARE s FROM @q;\nEXECUTE s;",
        "SET @q = CONCAT('ALTER TABLE `contacts` ADD INDEX `', @n, '` (`company_id`)');",
        "SELECT IF(COUNT(*) = 0, 'ALTER TABLE `contacts` ADD INDEX x (`company_id`)', 'SELECT 1') INTO @q FROM t;",
        "EXEC('CREATE INDEX x ON contacts (company_id)');",
        "EXEC sp_executesql N'CREATE INDEX x ON dbo.contacts (company_id)';",
        "SELECT format('CREATE INDEX ON %I.contacts (company_id)', nspname) FROM pg_namespace\n\\gexec\nCREATE TABLE last (id INT PRIMARY KEY);",
        "DELIMITER //\nCREATE PROCEDURE p() BEGIN IF @n = 0 THEN ALTER TABLE `contacts` ADD INDEX x (`company_id`); END IF; END//\nDELIMITER ;",
    ] {
        assert_eq!(led(&with(text)), ["contacts.company_id"], "{text}");
    }
}

#[test]
fn a_text_that_is_not_run_makes_nothing() {
    for text in [
        "DO $$ BEGIN RAISE NOTICE 'CREATE INDEX x ON contacts (company_id)'; END $$;",
        "DO $$ BEGIN IF a THEN INSERT INTO log (sql) VALUES ('CREATE INDEX x ON contacts (company_id)'); END IF; END $$;",
        "INSERT INTO help VALUES ('CREATE INDEX x ON contacts (company_id)');",
        "COMMENT ON TABLE contacts IS 'CREATE INDEX x ON contacts (company_id)';",
        "DO $$ BEGIN EXECUTE 'CREATE INDEX x ON contacts (company_id)'; EXECUTE 'DROP INDEX x'; END $$;",
        "DO $$ BEGIN EXECUTE format('CREATE INDEX x ON %I.others (company_id)', s); END $$;",
        "CREATE FUNCTION f() RETURNS void AS $$ BEGIN DROP TABLE contacts; EXECUTE 'ALTER TABLE notes DROP COLUMN owner_id'; END $$ LANGUAGE plpgsql;",
    ] {
        let schema = with(text);
        assert_eq!(led(&schema), [""; 0], "{text}");
        assert!(table(&schema, "notes").column("owner_id").is_some(), "{text}");
    }
}

#[test]
fn columns_that_are_not_told_leave_the_table_unknown() {
    for text in [
        "EXECUTE format('CREATE INDEX x ON %I.contacts (%s)', s, columns);",
        "EXECUTE 'CREATE INDEX x ON contacts (' || array_to_string(columns, ', ') || ')';",
        "EXECUTE 'CREATE INDEX x ON contacts ' || columns;",
        "EXECUTE format('ALTER TABLE contacts DROP CONSTRAINT %I', c);",
    ] {
        assert_eq!(led(&with(&format!("DO $$ BEGIN {text} END $$;"))), ["contacts?"], "{text}");
    }
    // An expression is told.
    let schema = with("DO $$ BEGIN EXECUTE format('CREATE INDEX x ON contacts (lower(%I))', c); END $$;");
    assert!(!table(&schema, "contacts").unknown);
}

#[test]
fn an_index_of_a_table_that_is_not_told_may_be_of_any_with_its_columns() {
    let of_any = "DO $$ BEGIN FOR t IN SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' LOOP EXECUTE format('CREATE INDEX %I ON %I (owner_id)', t || '_idx', t); END LOOP; END $$;";
    assert_eq!(led(&with(of_any)), ["contacts.owner_id", "notes.owner_id"]);
    let of_named = "DO $$ BEGIN FOREACH t IN ARRAY ARRAY['public.notes', 'others'] LOOP EXECUTE format('CREATE INDEX ON %s (owner_id, %I)', t, c); END LOOP; END $$;";
    assert_eq!(led(&with(of_named)), ["notes.owner_id"]);
    let helper = "CREATE FUNCTION add_index(t TEXT, c TEXT) RETURNS void AS $$ BEGIN EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I (%I)', t || c, t, c); END $$ LANGUAGE plpgsql;";
    assert_eq!(led(&with(helper)), [""; 0]);
    assert_eq!(led(&with(&format!("{helper}\nSELECT add_index('notes', 'owner_id');"))), ["notes?"]);
}

#[test]
fn a_table_that_a_text_creates_is_known_and_not_added_to() {
    let text = "DO $$ BEGIN EXECUTE format('CREATE TABLE IF NOT EXISTS %I.calls (\n  id UUID PRIMARY KEY,\n  kind TEXT DEFAULT ''in'',\n  contact_id UUID REFERENCES %1$I.contacts (id)\n)', s); EXECUTE format('CREATE TABLE %I PARTITION OF notes DEFAULT', s); CREATE TEMP TABLE work (id INT); EXECUTE format('ALTER TABLE %I.notes ADD COLUMN call_id UUID REFERENCES %I.calls, ADD COLUMN %I TEXT', s, s, c); END $$;";
    let file = format!("{TABLES}{text}");
    let schema = schema_of("migrations/0001_init.sql", &file);
    assert_snapshot!(outline(&schema), @r#"
    Postgres
    contacts (id: Uuid, company_id: Uuid, email: Text?, owner_id: Uuid?)
      primary key id
    notes (id: Uuid, contact_id: Uuid?, tenant_id: Uuid?, owner_id: Uuid?, body: Json?, call_id: Uuid?)
      primary key id
      key (call_id) -> calls () None
    calls (id: Uuid, kind: Text?=, contact_id: Uuid?)
      primary key id
      key (contact_id) -> contacts (id) None
    "#);
    let calls = table(&schema, "calls");
    assert_eq!(covered(&file, calls.columns[2].name_range), Some("contact_id"));
    assert_eq!(covered(&file, calls.name_range), Some("%I.calls"));
    let now = MigrationTime { year: 2026, month: 1, day: 31, hour: 0, minute: 0, second: 0 };
    let request = IndexRequest { table: calls, columns: &["contact_id"], now, tool: None };
    let written = add_index(&schema, &[("migrations/0001_init.sql", &file)], &request);
    assert_eq!(written, Err(CannotWrite::Unclear("calls".into())));
}

#[test]
fn an_index_of_a_table_that_only_prisma_describes_is_one() {
    let schema = Schema::from_files(&[
        (
            "prisma/schema.prisma",
            "model Note {\n  id Int @id\n  ownerId Int @map(\"owner_id\")\n  @@map(\"notes\")\n}\n",
        ),
        (
            "prisma/migrations/1_x/migration.sql",
            "DO $$ BEGIN EXECUTE format('CREATE INDEX x ON %I.notes (owner_id)', s); END $$;",
        ),
    ]);
    assert!(table(&schema, "notes").leads_index("ownerId"));
}

#[test]
fn any_text_gives_a_result() {
    for text in [
        "DO $$ BEGIN EXECUTE format('CREATE INDEX %",
        "EXECUTE 'CREATE INDEX' || ",
        "EXECUTE 'CREATE TABLE a' || 'é' || 'ǂ' || x",
        "SET @q = CONCAT('ALTER TABLE ', 'é\\",
        "DO $a$ EXECUTE $b$ CREATE TABLE x $c$ $b$ || $d$ INDEX $d$ $a$;",
        "DO $$ BEGIN EXECUTE format('CREATE INDEX %%%1$é ON %I é', 'é'); END $$; SELECT 'CREATE INDEX ''''''''''",
    ] {
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            let _ = with(&text[..end]);
        }
    }
}
