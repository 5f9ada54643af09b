mod drizzle;
mod prisma;
mod put_together;
mod queries;
mod robustness;
mod sql;
mod writing;

use super::{Dialect, Schema, SchemaEdit, SchemaFile, Table, covered};

/// The schema of one file.
fn schema_of(path: &str, text: &str) -> Schema {
    Schema::from_files(&[(path, text)])
}

fn table<'a>(schema: &'a Schema, name: &str) -> &'a Table {
    schema.table(name).expect("the table is in the schema")
}

/// Applies edits to files, creating those that are new.
fn edited(files: &[(&str, &str)], edits: &[SchemaEdit]) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    for edit in edits {
        match edit.range {
            None => files.push((edit.path.clone(), edit.new_text.clone())),
            Some(range) => {
                let file = files.iter_mut().find(|(path, _)| *path == edit.path);
                let (_, text) = file.expect("the edited file is there");
                text.replace_range(range.as_usize(), &edit.new_text);
            }
        }
    }
    files
}

/// The schema of owned files.
fn schema_of_all(files: &[(String, String)], dialect: Dialect) -> Schema {
    let files: Vec<SchemaFile> = files.iter().map(|(path, text)| SchemaFile::parse(path, text)).collect();
    Schema::fold(&files, dialect)
}

/// One line for each table, for snapshots.
fn outline(schema: &Schema) -> String {
    let mut lines = vec![format!("{:?}", schema.dialect)];
    for table in &schema.tables {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| {
                let list = if column.list { "[]" } else { "" };
                let null = if column.nullable { "?" } else { "" };
                let default = if column.has_default { "=" } else { "" };
                format!("{}: {:?}{list}{null}{default}", column.name, column.column_type)
            })
            .collect();
        let unknown = if table.unknown { " unknown" } else { "" };
        lines.push(format!("{}{unknown} ({})", table.name, columns.join(", ")));
        if !table.primary_key.is_empty() {
            lines.push(format!("  primary key {}", table.primary_key.join(", ")));
        }
        for index in &table.indexes {
            let flags = [
                (index.unique, " unique"),
                (index.partial, " partial"),
                (index.expression, " expression"),
                (index.implicit, " implicit"),
            ];
            let flags: String = flags.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
            let name = index.name.as_deref().unwrap_or("-");
            let columns = index.columns.join(", ");
            lines.push(format!("  index {name} ({columns}) {:?}{flags}", index.method));
        }
        for key in &table.foreign_keys {
            let (own, other) = (key.columns.join(", "), key.references.join(", "));
            lines.push(format!("  key ({own}) -> {} ({other}) {:?}", key.table, key.on_delete));
        }
        for relation in &table.relations {
            let list = if relation.list { "[]" } else { "" };
            let fields = relation.fields.join(", ");
            lines.push(format!("  {} -> {}{list} by ({fields})", relation.field, relation.target));
        }
    }
    lines.join("\n")
}
