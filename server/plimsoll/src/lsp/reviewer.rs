//! What the server asks of an engine.

use plimsoll_engine::{Engine, Finding, Fix, Outcome, Request, RuleInfo};

/// Reviews files for the server. The product has one, [`Engine`]; tests of the server bring others.
pub trait Reviewer: Send + Sync + 'static {
    /// Reviews one file.
    fn review(&self, request: &Request<'_>) -> Outcome;

    /// The proven fixes of a finding of the same request, the preferred one first.
    fn fixes(&self, request: &Request<'_>, finding: &Finding) -> Vec<Fix>;

    /// All rules.
    fn rules(&self) -> &[RuleInfo];
}

impl Reviewer for Engine {
    fn review(&self, request: &Request<'_>) -> Outcome {
        Engine::review(self, request)
    }

    fn fixes(&self, request: &Request<'_>, finding: &Finding) -> Vec<Fix> {
        Engine::fixes(self, request, finding)
    }

    fn rules(&self) -> &[RuleInfo] {
        Engine::rules(self)
    }
}
