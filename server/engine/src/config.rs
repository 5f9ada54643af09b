//! `plimsoll.toml`.

/// What a project asks of its reviews. The default reviews with every stable rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {}
