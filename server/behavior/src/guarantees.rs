//! Guarantees: what is known of a value from outside once code has looked at it.

use bitflags::bitflags;

bitflags! {
    /// What holds of a value whatever a user sends.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct Guarantees: u16 {
        /// It is a number.
        const NUMBER = 1;
        /// It is a number that is not larger than one of the program's own.
        const BOUNDED = 1 << 1;
        /// It is one of a few constants.
        const LISTED = 1 << 2;
        /// It has passed something of which it is not known what that lets through.
        const CHECKED = 1 << 3;
        /// It is what the schema that checks it says.
        const BY_SCHEMA = 1 << 4;
        /// It is text of one byte a character. What looks whether a value is says so of what it is called on.
        const ASCII = 1 << 5;
        /// It is of a type or a form that holds no text of anybody's own: a date, an id of digits, a width.
        const TYPED = 1 << 6;
        /// Something in it was replaced, or it was handed to what is called a check, or compared with constants: whoever
        /// wrote that has thought of what may stand in it.
        const CLEANED = 1 << 7;
        /// It stands in a text that holds more than it.
        const IN_TEXT = 1 << 8;
    }
}

impl Guarantees {
    /// Nothing larger comes through than the program expects, or it is not known whether it does.
    pub const LIMITED: Guarantees = Guarantees::BOUNDED.union(Guarantees::LISTED).union(Guarantees::CHECKED);

    /// It holds nothing that could be read as a part of a program around it, or it is not known whether it does.
    pub const NO_TEXT: Guarantees =
        Guarantees::LIMITED.union(Guarantees::NUMBER).union(Guarantees::TYPED).union(Guarantees::CLEANED);

    /// The guarantees with names as models write them, in the order of the bits.
    pub const NAMES: &'static [(&'static str, Guarantees)] = &[
        ("number", Guarantees::NUMBER),
        ("bounded", Guarantees::BOUNDED),
        ("listed", Guarantees::LISTED),
        ("checked", Guarantees::CHECKED),
        ("schema", Guarantees::BY_SCHEMA),
        ("ascii", Guarantees::ASCII),
        ("typed", Guarantees::TYPED),
        ("cleaned", Guarantees::CLEANED),
        ("in-text", Guarantees::IN_TEXT),
    ];

    /// The guarantee with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Guarantees> {
        Self::NAMES.iter().find(|(n, _)| *n == name).map(|(_, guarantee)| *guarantee)
    }
}
