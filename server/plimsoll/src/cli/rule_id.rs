//! The id of a rule on the command line: shells complete it, and what it may be is told where it is wrong.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};
use plimsoll_engine::Engine;

/// Takes any text: whoever looks the rule up knows former ids too, and which one is near.
#[derive(Clone, Debug)]
pub struct RuleId;

impl TypedValueParser for RuleId {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let rules = Engine::new().rules().iter();
        Some(Box::new(rules.map(|rule| PossibleValue::new(rule.id).help(rule.summary))))
    }
}
