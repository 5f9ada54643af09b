//! `plimsoll rules` and `plimsoll explain`

use anstream::ColorChoice;
use plimsoll_engine::{Engine, RuleNames};

use super::session::unknown_rule;
use super::{ExplainArgs, RulesArgs, RulesFormat, Status, print};
use crate::report;

/// Lists all rules.
///
/// # Errors
/// If standard output is closed.
pub fn list(args: &RulesArgs, color: ColorChoice) -> anyhow::Result<Status> {
    let engine = Engine::new();
    let text = match args.format {
        None => report::rules_as_lines(engine.rules()),
        Some(RulesFormat::Json) => report::rules_as_json(engine.rules()),
        Some(RulesFormat::Md) => report::rules_as_markdown(engine.rules()),
    };
    print(&text, color)?;
    Ok(Status::Clean)
}

/// Prints a rule's documentation.
///
/// # Errors
/// If there is no such rule, or standard output is closed.
pub fn explain(args: &ExplainArgs, color: ColorChoice) -> anyhow::Result<Status> {
    let engine = Engine::new();
    let names = RuleNames::new(engine.rules());
    let id = names.resolve(&args.rule);
    let Some(rule) = engine.rules().iter().find(|rule| Some(rule.id) == id) else {
        return Err(unknown_rule(&names, &args.rule));
    };
    print(&report::explanation(rule), color)?;
    Ok(Status::Clean)
}
