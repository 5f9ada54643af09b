//! Guarantees: what is known of a value from outside once code has looked at it.

use bitflags::bitflags;

bitflags! {
    /// What holds of a value whatever a user sends.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct Guarantees: u8 {
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
    }
}

impl Guarantees {
    /// Nothing larger comes through than the program expects, or it is not known whether it does.
    pub const LIMITED: Guarantees = Guarantees::BOUNDED.union(Guarantees::LISTED).union(Guarantees::CHECKED);

    /// The guarantees with names as models write them, in the order of the bits.
    pub const NAMES: &'static [(&'static str, Guarantees)] = &[
        ("number", Guarantees::NUMBER),
        ("bounded", Guarantees::BOUNDED),
        ("listed", Guarantees::LISTED),
        ("checked", Guarantees::CHECKED),
        ("schema", Guarantees::BY_SCHEMA),
        ("ascii", Guarantees::ASCII),
    ];

    /// The guarantee with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Guarantees> {
        Self::NAMES.iter().find(|(n, _)| *n == name).map(|(_, guarantee)| *guarantee)
    }
}
