//! The tables behind many-to-many relations that no model stands for.

use smol_str::{SmolStr, format_smolstr};

use crate::schema::{
    Column, ColumnType, Dialect, ForeignKey, Index, OnDelete, SchemaLanguage, Table, TextRange,
};

/// The tables that Prisma makes for many-to-many relations that no model stands for.
pub(super) fn join_tables(tables: &[Table]) -> Vec<Table> {
    let mut made: Vec<Table> = Vec::new();
    for table in tables {
        for relation in &table.relations {
            if !relation.list || relation.target < table.code_name {
                continue;
            }
            let Some(target) = tables.iter().find(|other| other.code_name == relation.target) else {
                continue;
            };
            let leads_back = target.relations.iter().any(|back| {
                back.list
                    && back.target == table.code_name
                    && back.name == relation.name
                    && (target.code_name != table.code_name || back.field != relation.field)
            });
            if !leads_back {
                continue;
            }
            let name = match &relation.name {
                Some(name) => format_smolstr!("_{name}"),
                None => format_smolstr!("_{}To{}", table.code_name, target.code_name),
            };
            if !made.iter().any(|own| own.name == name) {
                made.push(join_table(name, table, target, relation.range));
            }
        }
    }
    made
}

fn join_table(name: SmolStr, first: &Table, second: &Table, range: TextRange) -> Table {
    let sides = [("A", first), ("B", second)];
    let key = |table: &Table| table.primary_key.first().and_then(|key| table.column(key)).cloned();
    let column = |(name, table): (&str, &Table)| Column {
        name: SmolStr::new(name),
        code_name: SmolStr::new(name),
        column_type: key(table).map_or(ColumnType::Other(SmolStr::default()), |column| column.column_type),
        list: false,
        nullable: false,
        has_default: false,
        default: None,
        file: first.file.clone(),
        name_range: range,
        range,
    };
    let foreign_key = |(name, table): (&str, &Table)| ForeignKey {
        name: None,
        columns: vec![SmolStr::new(name)],
        table: table.name.clone(),
        references: table.primary_key.clone(),
        relation: None,
        on_delete: Some(OnDelete::Cascade),
        file: first.file.clone(),
        range,
    };
    Table {
        code_name: name.clone(),
        name,
        namespace: None,
        language: SchemaLanguage::Prisma,
        dialect: Dialect::Unknown,
        is_filled: false,
        from_text: false,
        columns: sides.map(column).into(),
        relations: Vec::new(),
        indexes: vec![Index {
            columns: vec![SmolStr::new("B")],
            implicit: true,
            file: first.file.clone(),
            range,
            ..Index::default()
        }],
        primary_key: vec![SmolStr::new("A"), SmolStr::new("B")],
        foreign_keys: sides.map(foreign_key).into(),
        policies: Vec::new(),
        unknown: false,
        file: first.file.clone(),
        name_range: range,
        range,
    }
}
