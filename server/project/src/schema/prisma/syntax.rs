//! The blocks, fields and attributes of one Prisma file, before any name in them is resolved.

use plimsoll_syntax::Unread;
use smol_str::SmolStr;

use super::lexer::{Token, TokenKind, tokens};
use crate::schema::TextRange;
use crate::schema::covered;

/// One file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::schema) struct Document {
    pub(super) blocks: Vec<Block>,
}

/// `model Post { … }` and its like.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    /// `model`, `view`, `type`, `enum`, `datasource` or `generator`.
    pub keyword: SmolStr,
    pub name: SmolStr,
    pub name_range: TextRange,
    pub range: TextRange,
    /// The brace that closes it, where there is one.
    pub closing_brace: Option<u32>,
    pub fields: Vec<Field>,
    pub attributes: Vec<Attribute>,
    /// `key = value` of datasources and generators; the values of an enum have none.
    pub settings: Vec<(SmolStr, Value)>,
    /// Whether something in it could not be read.
    pub broken: bool,
}

/// `name Type? @attribute`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub name: SmolStr,
    pub name_range: TextRange,
    pub type_name: SmolStr,
    pub list: bool,
    pub optional: bool,
    pub attributes: Vec<Attribute>,
    pub range: TextRange,
}

/// `@id`, `@db.Uuid`, `@@index([…])`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attribute {
    /// The name without its at signs.
    pub name: SmolStr,
    pub arguments: Vec<Argument>,
    pub range: TextRange,
}

/// An argument, with its name where it has one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Argument {
    pub name: Option<SmolStr>,
    pub value: Value,
}

/// The value of an argument or a setting.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    String(SmolStr),
    /// A name, possibly with dots, or a number.
    Word(SmolStr),
    List(Vec<Value>),
    Call(SmolStr, Vec<Argument>),
}

impl Attribute {
    /// The argument of that name.
    pub fn argument(&self, name: &str) -> Option<&Value> {
        let named = |argument: &&Argument| argument.name.as_deref() == Some(name);
        self.arguments.iter().find(named).map(|argument| &argument.value)
    }

    /// The argument of that name, or else the first one without a name.
    pub fn main_argument(&self, name: &str) -> Option<&Value> {
        let unnamed = || self.arguments.iter().find(|argument| argument.name.is_none());
        self.argument(name).or_else(|| unnamed().map(|argument| &argument.value))
    }
}

impl Value {
    /// The text of a string.
    pub fn as_string(&self) -> Option<&SmolStr> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

const KEYWORDS: [&str; 6] = ["model", "view", "type", "enum", "datasource", "generator"];

/// How deep lists and calls may nest; real schemas use three levels.
const DEPTH_LIMIT: u8 = 12;

impl Document {
    /// Reads a file; whatever it holds, something comes out.
    pub(in crate::schema) fn parse(text: &str) -> Self {
        let mut parser = Parser { text, tokens: tokens(text), at: 0 };
        let mut blocks = Vec::new();
        while parser.at < parser.tokens.len() {
            if parser.starts_block() {
                blocks.push(parser.block());
            } else {
                parser.skip_line();
            }
        }
        Self { blocks }
    }

    /// What of a file could not be read, if anything: what stands outside of blocks, and blocks that are broken.
    pub(in crate::schema) fn unread(text: &str) -> Option<Unread> {
        let blocks = Self::parse(text).blocks;
        let whole: Vec<TextRange> =
            blocks.iter().filter(|block| !block.broken).map(|block| block.range).collect();
        let (mut all, mut lost, mut first) = (0, 0, None);
        for token in tokens(text).iter().filter(|token| token.kind != TokenKind::Newline) {
            let length = token.range.len() as usize;
            all += length;
            let next = whole.partition_point(|range| range.end <= token.range.start);
            if whole.get(next).is_none_or(|range| range.start > token.range.start) {
                lost += length;
                first = first.or(Some(token.range.start));
            }
        }
        Unread::of(lost, all, first?)
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn kind(&self, ahead: usize) -> Option<TokenKind> {
        self.tokens.get(self.at + ahead).map(|token| token.kind)
    }

    fn word(&self, ahead: usize) -> Option<&'a str> {
        let token = self.tokens.get(self.at + ahead)?;
        if token.kind == TokenKind::Word { covered(self.text, token.range) } else { None }
    }

    fn sign(&self, sign: u8) -> bool {
        self.kind(0) == Some(TokenKind::Sign(sign))
    }

    fn take_sign(&mut self, sign: u8) -> bool {
        let found = self.sign(sign);
        self.at += usize::from(found);
        found
    }

    /// Range of the token that comes next; an empty one at the end of the file.
    fn range(&self) -> TextRange {
        let end = TextRange::from_usize(self.text.len(), self.text.len());
        self.tokens.get(self.at).map_or(end, |token| token.range)
    }

    fn previous_end(&self) -> u32 {
        let previous = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        previous.map_or(0, |token| token.range.end)
    }

    fn at_line_end(&self) -> bool {
        matches!(self.kind(0), None | Some(TokenKind::Newline))
    }

    fn skip_line(&mut self) {
        while !self.at_line_end() {
            self.at += 1;
        }
        self.at += 1;
    }

    fn skip_newlines(&mut self) {
        while self.kind(0) == Some(TokenKind::Newline) {
            self.at += 1;
        }
    }

    /// `model Name {` at the start of a line. A field may be called `model` as well, so the brace
    /// is part of the question.
    fn starts_block(&self) -> bool {
        let first = self.at == 0 || self.tokens[self.at - 1].kind == TokenKind::Newline;
        let after_brace = self.at > 0 && self.tokens[self.at - 1].kind == TokenKind::Sign(b'}');
        (first || after_brace)
            && self.word(0).is_some_and(|word| KEYWORDS.contains(&word))
            && self.word(1).is_some()
            && self.kind(2) == Some(TokenKind::Sign(b'{'))
    }

    fn block(&mut self) -> Block {
        let start = self.range();
        let keyword = SmolStr::new(self.word(0).unwrap_or_default());
        let name = SmolStr::new(self.word(1).unwrap_or_default());
        self.at += 1;
        let name_range = self.range();
        self.at += 2;
        let mut block = Block {
            keyword,
            name,
            name_range,
            range: start,
            closing_brace: None,
            fields: Vec::new(),
            attributes: Vec::new(),
            settings: Vec::new(),
            broken: false,
        };
        loop {
            self.skip_newlines();
            let next = self.range();
            if self.kind(0).is_none() || self.starts_block() {
                // The closing brace is missing: what the block would have held is not known.
                block.broken = true;
                break;
            }
            if self.take_sign(b'}') {
                block.closing_brace = Some(next.start);
                break;
            }
            self.member(&mut block);
        }
        block.range.end = self.previous_end().max(start.end);
        block
    }

    fn member(&mut self, block: &mut Block) {
        if self.sign(b'@') {
            match self.attribute() {
                Some(attribute) => block.attributes.push(attribute),
                None => block.broken = true,
            }
        } else if let Some(name) = self.word(0) {
            let name = SmolStr::new(name);
            if self.kind(1) == Some(TokenKind::Sign(b'=')) {
                self.at += 2;
                if let Some(value) = self.value(0) {
                    block.settings.push((name, value));
                }
            } else {
                self.field(name, block);
            }
        } else {
            block.broken |= block.keyword == "model";
        }
        while !self.at_line_end() && !self.sign(b'}') {
            self.at += 1;
        }
    }

    fn field(&mut self, name: SmolStr, block: &mut Block) {
        let name_range = self.range();
        self.at += 1;
        // The old spelling `author: User` has a colon.
        self.take_sign(b':');
        let type_name = SmolStr::new(self.word(0).unwrap_or_default());
        self.at += usize::from(!type_name.is_empty());
        if type_name == "Unsupported" && self.sign(b'(') {
            let _ = self.arguments(0);
        }
        let list = self.take_sign(b'[') && self.take_sign(b']');
        let optional = self.take_sign(b'?');
        self.take_sign(b'!');
        let mut attributes = Vec::new();
        while self.sign(b'@') {
            let Some(attribute) = self.attribute() else {
                block.broken = true;
                break;
            };
            attributes.push(attribute);
        }
        let range = TextRange { start: name_range.start, end: self.previous_end() };
        let field = Field { name, name_range, type_name, list, optional, attributes, range };
        block.fields.push(field);
    }

    fn attribute(&mut self) -> Option<Attribute> {
        let start = self.range().start;
        while self.take_sign(b'@') {}
        let name = self.dotted_word()?;
        let arguments = if self.sign(b'(') { self.arguments(0)? } else { Vec::new() };
        let range = TextRange { start, end: self.previous_end() };
        Some(Attribute { name, arguments, range })
    }

    fn dotted_word(&mut self) -> Option<SmolStr> {
        let mut name = String::from(self.word(0)?);
        self.at += 1;
        while self.sign(b'.') {
            let Some(part) = self.word(1) else { break };
            name.push('.');
            name.push_str(part);
            self.at += 2;
        }
        Some(SmolStr::new(name))
    }

    /// Arguments within parentheses, which may span lines. Nothing where they do not close.
    fn arguments(&mut self, depth: u8) -> Option<Vec<Argument>> {
        self.take_sign(b'(');
        let mut arguments = Vec::new();
        loop {
            self.skip_newlines();
            if self.take_sign(b')') {
                return Some(arguments);
            }
            if self.starts_block() {
                return None;
            }
            if self.take_sign(b',') {
                continue;
            }
            let mut name = None;
            if self.kind(1) == Some(TokenKind::Sign(b':')) {
                name = self.word(0).map(SmolStr::new);
                self.at += 2;
                self.skip_newlines();
            }
            arguments.push(Argument { name, value: self.value(depth + 1)? });
        }
    }

    fn value(&mut self, depth: u8) -> Option<Value> {
        if depth > DEPTH_LIMIT {
            return None;
        }
        match self.kind(0)? {
            TokenKind::String => {
                let text = covered(self.text, self.range())?;
                self.at += 1;
                Some(Value::String(unquoted(text)))
            }
            TokenKind::Word => {
                let name = self.dotted_word()?;
                if self.sign(b'(') {
                    return Some(Value::Call(name, self.arguments(depth)?));
                }
                Some(Value::Word(name))
            }
            TokenKind::Sign(b'-') => {
                self.at += 1;
                self.value(depth + 1)
            }
            TokenKind::Sign(b'[') => self.list(depth),
            TokenKind::Sign(b'{') => self.object(depth),
            _ => None,
        }
    }

    fn list(&mut self, depth: u8) -> Option<Value> {
        self.at += 1;
        let mut values = Vec::new();
        loop {
            self.skip_newlines();
            if self.take_sign(b']') {
                return Some(Value::List(values));
            }
            if self.starts_block() {
                return None;
            }
            if !self.take_sign(b',') {
                values.push(self.value(depth + 1)?);
            }
        }
    }

    /// An object literal, as in the `where` of a partial index; its keys say nothing a rule asks.
    fn object(&mut self, depth: u8) -> Option<Value> {
        self.at += 1;
        let mut values = Vec::new();
        loop {
            self.skip_newlines();
            if self.take_sign(b'}') {
                return Some(Value::List(values));
            }
            if !self.take_sign(b',') && !self.take_sign(b':') {
                values.push(self.value(depth + 1)?);
            }
        }
    }
}

fn unquoted(text: &str) -> SmolStr {
    let inner = text.strip_prefix('"').unwrap_or(text);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if !inner.contains('\\') {
        return SmolStr::new(inner);
    }
    let mut escaped = false;
    let kept = inner.chars().filter(|&letter| {
        escaped = letter == '\\' && !escaped;
        !escaped
    });
    SmolStr::new(kept.collect::<String>())
}
