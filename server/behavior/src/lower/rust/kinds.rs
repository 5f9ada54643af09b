//! The node kinds and fields of the Rust grammar, resolved to numbers once.

use std::sync::LazyLock;

use plimsoll_syntax::{Grammar, KindTable};
use tree_sitter::Node;

plimsoll_syntax::kind_enum! {
    /// Node kinds that the lowering tells apart.
    pub(super) enum K {
        // Statements and items.
        ExpressionStatement = node "expression_statement",
        EmptyStatement = node "empty_statement",
        Let = node "let_declaration",
        AttributeItem = node "attribute_item",
        InnerAttributeItem = node "inner_attribute_item",
        Attribute = node "attribute",
        ModItem = node "mod_item",
        ForeignModItem = node "foreign_mod_item",
        DeclarationList = node "declaration_list",
        StructItem = node "struct_item",
        UnionItem = node "union_item",
        EnumItem = node "enum_item",
        EnumVariant = node "enum_variant",
        NamedFields = node "field_declaration_list",
        OrderedFields = node "ordered_field_declaration_list",
        FieldDeclaration = node "field_declaration",
        TypeItem = node "type_item",
        AssociatedType = node "associated_type",
        ImplItem = node "impl_item",
        TraitItem = node "trait_item",
        FunctionItem = node "function_item",
        FunctionSignature = node "function_signature_item",
        FunctionModifiers = node "function_modifiers",
        Visibility = node "visibility_modifier",
        Use = node "use_declaration",
        UseAs = node "use_as_clause",
        UseList = node "use_list",
        ScopedUseList = node "scoped_use_list",
        UseWildcard = node "use_wildcard",
        ExternCrate = node "extern_crate_declaration",
        ConstItem = node "const_item",
        StaticItem = node "static_item",
        MacroDefinition = node "macro_definition",
        MacroInvocation = node "macro_invocation",
        TokenTree = node "token_tree",
        Label = node "label",
        LineComment = node "line_comment",
        BlockComment = node "block_comment",
        Shebang = node "shebang",
        Error = node "ERROR",

        // Parameters.
        Parameter = node "parameter",
        SelfParameter = node "self_parameter",
        MutableSpecifier = node "mutable_specifier",

        // Expressions.
        Unary = node "unary_expression",
        Reference = node "reference_expression",
        Try = node "try_expression",
        Binary = node "binary_expression",
        Assignment = node "assignment_expression",
        CompoundAssignment = node "compound_assignment_expr",
        Cast = node "type_cast_expression",
        Call = node "call_expression",
        Return = node "return_expression",
        Yield = node "yield_expression",
        Identifier = node "identifier",
        FieldIdentifier = node "field_identifier",
        SelfValue = node "self",
        Super = node "super",
        Crate = node "crate",
        Metavariable = node "metavariable",
        ScopedIdentifier = node "scoped_identifier",
        GenericFunction = node "generic_function",
        Await = node "await_expression",
        Field = node "field_expression",
        ArrayExpression = node "array_expression",
        TupleExpression = node "tuple_expression",
        UnitExpression = node "unit_expression",
        Break = node "break_expression",
        Continue = node "continue_expression",
        Index = node "index_expression",
        Closure = node "closure_expression",
        Parenthesized = node "parenthesized_expression",
        StructExpression = node "struct_expression",
        FieldInitializer = node "field_initializer",
        ShorthandFieldInitializer = node "shorthand_field_initializer",
        BaseFieldInitializer = node "base_field_initializer",
        Range = node "range_expression",
        UnsafeBlock = node "unsafe_block",
        AsyncBlock = node "async_block",
        GenBlock = node "gen_block",
        TryBlock = node "try_block",
        ConstBlock = node "const_block",
        Block = node "block",
        If = node "if_expression",
        LetCondition = node "let_condition",
        LetChain = node "let_chain",
        Match = node "match_expression",
        MatchArm = node "match_arm",
        While = node "while_expression",
        Loop = node "loop_expression",
        For = node "for_expression",

        // Literals.
        String = node "string_literal",
        RawString = node "raw_string_literal",
        Char = node "char_literal",
        Boolean = node "boolean_literal",
        Integer = node "integer_literal",
        Float = node "float_literal",
        NegativeLiteral = node "negative_literal",

        // Patterns.
        GenericPattern = node "generic_pattern",
        TuplePattern = node "tuple_pattern",
        SlicePattern = node "slice_pattern",
        TupleStructPattern = node "tuple_struct_pattern",
        StructPattern = node "struct_pattern",
        FieldPattern = node "field_pattern",
        RemainingFields = node "remaining_field_pattern",
        MutPattern = node "mut_pattern",
        RangePattern = node "range_pattern",
        RefPattern = node "ref_pattern",
        CapturedPattern = node "captured_pattern",
        ReferencePattern = node "reference_pattern",
        OrPattern = node "or_pattern",

        // Types.
        TypeIdentifier = node "type_identifier",
        PrimitiveType = node "primitive_type",
        ScopedTypeIdentifier = node "scoped_type_identifier",
        GenericType = node "generic_type",
        TypeArguments = node "type_arguments",
        TypeBinding = node "type_binding",
        BracketedType = node "bracketed_type",
        QualifiedType = node "qualified_type",
        ReferenceType = node "reference_type",
        PointerType = node "pointer_type",
        ArrayType = node "array_type",
        TupleType = node "tuple_type",
        UnitType = node "unit_type",
        NeverType = node "never_type",
        FunctionType = node "function_type",
        AbstractType = node "abstract_type",
        DynamicType = node "dynamic_type",
        BoundedType = node "bounded_type",
        HigherRankedBound = node "higher_ranked_trait_bound",
        RemovedBound = node "removed_trait_bound",
        Lifetime = node "lifetime",
        TypeParameter = node "type_parameter",
        WhereClause = node "where_clause",
        WherePredicate = node "where_predicate",

        // Tokens.
        AsyncToken = token "async",
        IfToken = token "if",
        RefToken = token "ref",
        Open = token "(",
        Comma = token ",",
        Semicolon = token ";",
        Colon = token ":",
        PathSeparator = token "::",
        Dot = token ".",
        Equals = token "=",
        FatArrow = token "=>",
        Percent = token "%",
        Question = token "?",
        DotDot = token "..",
        DotDotDot = token "...",
        DotDotEquals = token "..=",
        Pipe = token "|",
    }
}

plimsoll_syntax::fields! {
    /// Fields that the lowering reads.
    pub(super) struct Fields {
        alias, alternative, arguments, body, bounds, condition, consequence, element, field,
        function, left, length, list, macro_ = "macro", name, operator, parameters, path, pattern,
        return_type, right, trait_ = "trait", type_ = "type", type_arguments, type_parameters, value,
    }
}

/// The numbers of kinds and fields.
pub(super) struct Tables {
    /// Kinds by number.
    pub kinds: KindTable<K>,
    /// Fields.
    pub fields: Fields,
}

pub(super) static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables {
    kinds: KindTable::resolve(Grammar::Rust),
    fields: Fields::resolve(Grammar::Rust),
});

/// What a node is.
pub(super) fn kind(node: Node<'_>) -> K {
    TABLES.kinds.of(node)
}

/// The child in a field.
pub(super) fn field<'t>(node: Node<'t>, field: impl Fn(&Fields) -> u16) -> Option<Node<'t>> {
    node.child_by_field_id(field(&TABLES.fields))
}

/// Comments and attributes, which may stand between any two parts of a node.
pub(super) fn is_trivia(node: Node<'_>) -> bool {
    matches!(kind(node), K::LineComment | K::BlockComment | K::AttributeItem | K::InnerAttributeItem)
}

/// The named children without comments and attributes.
pub(super) fn parts(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !is_trivia(*child)).collect()
}

/// The first named child that is no comment or attribute.
pub(super) fn first_part(node: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).find(|child| !is_trivia(*child))
}

/// Whether a direct child is of a kind.
pub(super) fn has_child(node: Node<'_>, wanted: K) -> bool {
    child_of_kind(node, wanted).is_some()
}

/// The first direct child of a kind.
pub(super) fn child_of_kind(node: Node<'_>, wanted: K) -> Option<Node<'_>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).find(|child| kind(*child) == wanted)
}

#[cfg(test)]
mod tests {
    use super::TABLES;

    #[test]
    fn every_name_exists_in_the_grammar() {
        assert!(TABLES.kinds.missing().is_empty(), "{:?}", TABLES.kinds.missing());
        assert!(TABLES.fields.missing().is_empty(), "{:?}", TABLES.fields.missing());
    }
}
