//! Node kinds and fields of the TypeScript grammars, resolved once.

use std::sync::OnceLock;

use plimsoll_syntax::{Grammar, KindTable, Language};
use tree_sitter::Node;

plimsoll_syntax::kind_enum! {
    /// What lowering tells apart.
    pub(super) enum K {
        Error = node "ERROR",
        Comment = node "comment",
        HtmlComment = node "html_comment",
        Identifier = node "identifier",
        PropertyIdentifier = node "property_identifier",
        PrivateIdentifier = node "private_property_identifier",
        ShorthandIdentifier = node "shorthand_property_identifier",
        ShorthandPattern = node "shorthand_property_identifier_pattern",
        This = node "this",
        Super = node "super",
        Undefined = node "undefined",
        True = node "true",
        False = node "false",
        Null = node "null",
        Number = node "number",
        String = node "string",
        Regex = node "regex",
        Template = node "template_string",
        Substitution = node "template_substitution",
        Array = node "array",
        Object = node "object",
        Pair = node "pair",
        Spread = node "spread_element",
        ComputedName = node "computed_property_name",
        Parenthesized = node "parenthesized_expression",
        Sequence = node "sequence_expression",
        Call = node "call_expression",
        New = node "new_expression",
        Arguments = node "arguments",
        Import = node "import",
        MetaProperty = node "meta_property",
        Member = node "member_expression",
        NestedIdentifier = node "nested_identifier",
        Subscript = node "subscript_expression",
        NonNull = node "non_null_expression",
        Instantiation = node "instantiation_expression",
        As = node "as_expression",
        Satisfies = node "satisfies_expression",
        TypeAssertion = node "type_assertion",
        Await = node "await_expression",
        Yield = node "yield_expression",
        Unary = node "unary_expression",
        Update = node "update_expression",
        Binary = node "binary_expression",
        Ternary = node "ternary_expression",
        Assignment = node "assignment_expression",
        AugmentedAssignment = node "augmented_assignment_expression",
        Arrow = node "arrow_function",
        FunctionExpression = node "function_expression",
        GeneratorFunction = node "generator_function",
        FunctionDeclaration = node "function_declaration",
        GeneratorDeclaration = node "generator_function_declaration",
        FunctionSignature = node "function_signature",
        Method = node "method_definition",
        FormalParameters = node "formal_parameters",
        RequiredParameter = node "required_parameter",
        OptionalParameter = node "optional_parameter",
        AccessibilityModifier = node "accessibility_modifier",
        OverrideModifier = node "override_modifier",
        Class = node "class",
        ClassDeclaration = node "class_declaration",
        AbstractClassDeclaration = node "abstract_class_declaration",
        ClassHeritage = node "class_heritage",
        ExtendsClause = node "extends_clause",
        ImplementsClause = node "implements_clause",
        ExtendsTypeClause = node "extends_type_clause",
        ClassBody = node "class_body",
        ClassField = node "public_field_definition",
        StaticBlock = node "class_static_block",
        MethodSignature = node "method_signature",
        AbstractMethod = node "abstract_method_signature",
        PropertySignature = node "property_signature",
        IndexSignature = node "index_signature",
        Decorator = node "decorator",
        Interface = node "interface_declaration",
        TypeAlias = node "type_alias_declaration",
        Enum = node "enum_declaration",
        EnumAssignment = node "enum_assignment",
        Namespace = node "internal_module",
        Module = node "module",
        Ambient = node "ambient_declaration",
        ObjectPattern = node "object_pattern",
        ArrayPattern = node "array_pattern",
        AssignmentPattern = node "assignment_pattern",
        ObjectAssignmentPattern = node "object_assignment_pattern",
        PairPattern = node "pair_pattern",
        RestPattern = node "rest_pattern",
        ImportStatement = node "import_statement",
        ImportClause = node "import_clause",
        ImportRequire = node "import_require_clause",
        ImportAlias = node "import_alias",
        NamedImports = node "named_imports",
        ImportSpecifier = node "import_specifier",
        NamespaceImport = node "namespace_import",
        ExportStatement = node "export_statement",
        ExportClause = node "export_clause",
        ExportSpecifier = node "export_specifier",
        NamespaceExport = node "namespace_export",
        Lexical = node "lexical_declaration",
        Variable = node "variable_declaration",
        Declarator = node "variable_declarator",
        Block = node "statement_block",
        ExpressionStatement = node "expression_statement",
        If = node "if_statement",
        Else = node "else_clause",
        For = node "for_statement",
        ForIn = node "for_in_statement",
        While = node "while_statement",
        Do = node "do_statement",
        Switch = node "switch_statement",
        Case = node "switch_case",
        DefaultCase = node "switch_default",
        Try = node "try_statement",
        Catch = node "catch_clause",
        Finally = node "finally_clause",
        Return = node "return_statement",
        Throw = node "throw_statement",
        Break = node "break_statement",
        Continue = node "continue_statement",
        Labeled = node "labeled_statement",
        With = node "with_statement",
        Empty = node "empty_statement",
        Debugger = node "debugger_statement",
        HashBang = node "hash_bang_line",
        JsxElement = node "jsx_element",
        JsxSelfClosing = node "jsx_self_closing_element",
        JsxOpening = node "jsx_opening_element",
        JsxClosing = node "jsx_closing_element",
        JsxExpression = node "jsx_expression",
        JsxAttribute = node "jsx_attribute",
        JsxNamespaceName = node "jsx_namespace_name",
        JsxText = node "jsx_text",
        HtmlReference = node "html_character_reference",
        TypeAnnotation = node "type_annotation",
        TypeArguments = node "type_arguments",
        TypeParameters = node "type_parameters",
        TypeParameter = node "type_parameter",
        PredefinedType = node "predefined_type",
        TypeIdentifier = node "type_identifier",
        NestedType = node "nested_type_identifier",
        GenericType = node "generic_type",
        ArrayType = node "array_type",
        TupleType = node "tuple_type",
        UnionType = node "union_type",
        IntersectionType = node "intersection_type",
        FunctionType = node "function_type",
        ConstructorType = node "constructor_type",
        ObjectType = node "object_type",
        LiteralType = node "literal_type",
        ParenthesizedType = node "parenthesized_type",
        ReadonlyType = node "readonly_type",
        OptionalType = node "optional_type",
        RestType = node "rest_type",
        TypeQuery = node "type_query",
        IndexTypeQuery = node "index_type_query",
        LookupType = node "lookup_type",
        ThisType = node "this_type",
        TypePredicateAnnotation = node "type_predicate_annotation",
        AssertsAnnotation = node "asserts_annotation",
        TokenAsync = token "async",
        TokenStar = token "*",
        TokenGet = token "get",
        TokenSet = token "set",
        TokenStatic = token "static",
        TokenReadonly = token "readonly",
        TokenAwait = token "await",
        TokenUsing = token "using",
        TokenConst = token "const",
        TokenType = token "type",
        TokenTypeof = token "typeof",
        TokenDefault = token "default",
        TokenEquals = token "=",
        TokenComma = token ",",
        TokenOptionalChain = token "?.",
        TokenGlobal = token "global",
        TokenFor = token "for",
        TokenOpen = token "(",
        TokenClose = token ")",
    }
}

plimsoll_syntax::fields! {
    /// Fields that lowering reads.
    pub(super) struct Fields {
        alias, alternative, argument, arguments, attribute, body, condition, consequence,
        constraint, constructor, declaration, finalizer, function, handler, increment,
        index, initializer, key, kind, label, left, name, object, open_tag, operator,
        optional_chain, parameter, parameters, pattern, property, return_type, right, source,
        type_ = "type", type_arguments, type_parameters, value,
    }
}

/// The numbers of one grammar.
pub(super) struct Tables {
    kinds: KindTable<K>,
    pub f: Fields,
}

impl Tables {
    /// Those of the grammar that reads `language`.
    pub fn of(language: Language) -> &'static Self {
        static TYPESCRIPT: OnceLock<Tables> = OnceLock::new();
        static TSX: OnceLock<Tables> = OnceLock::new();
        let (cell, grammar) = match language.grammar() {
            Grammar::TypeScript => (&TYPESCRIPT, Grammar::TypeScript),
            _ => (&TSX, Grammar::Tsx),
        };
        cell.get_or_init(|| Tables { kinds: KindTable::resolve(grammar), f: Fields::resolve(grammar) })
    }

    /// What the node is.
    pub fn kind(&self, node: Node<'_>) -> K {
        self.kinds.of(node)
    }
}

impl K {
    /// Whether the node is a function with a body or may be one.
    pub fn is_function(self) -> bool {
        matches!(
            self,
            K::Arrow
                | K::FunctionExpression
                | K::GeneratorFunction
                | K::FunctionDeclaration
                | K::GeneratorDeclaration
                | K::Method
        )
    }

    /// Whether the node is a class of any kind.
    pub fn is_class(self) -> bool {
        matches!(self, K::Class | K::ClassDeclaration | K::AbstractClassDeclaration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_exists_in_both_grammars() {
        let typescript = Tables::of(Language::TypeScript);
        let tsx = Tables::of(Language::Tsx);
        assert_eq!(tsx.kinds.missing(), ["type_assertion"]);
        let only_in_jsx = typescript.kinds.missing();
        assert!(
            only_in_jsx.iter().all(|n| n.starts_with("jsx_") || *n == "html_character_reference"),
            "{only_in_jsx:?}"
        );
        for tables in [typescript, tsx] {
            let missing: Vec<_> =
                tables.f.missing().iter().filter(|&&f| f != "attribute" && f != "open_tag").collect();
            assert!(missing.is_empty(), "{missing:?}");
        }
        assert!(tsx.f.missing().is_empty());
    }
}
