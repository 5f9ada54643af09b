//! What the server asks of an engine.

use plimsoll_engine::{CallDescription, Engine, Finding, Fix, Outcome, Request, RuleInfo};
use plimsoll_project::Files;

/// Reviews files for the server. The product has one, [`Engine`]; tests of the server bring others.
pub trait Reviewer: Send + Sync + 'static {
    /// Reviews one file.
    fn review(&self, request: &Request<'_>) -> Outcome;

    /// The same. Where that takes long, `first` is told before what an edit brings by itself.
    fn review_in_steps(&self, request: &Request<'_>, first: &mut dyn FnMut(Outcome)) -> Outcome {
        let _ = first;
        self.review(request)
    }

    /// The proven fixes of a finding of the same request that the client can make, the preferred one first.
    fn fixes(&self, request: &Request<'_>, finding: &Finding, can_be_made: &dyn Fn(&Fix) -> bool)
    -> Vec<Fix>;

    /// The edit that hides a finding of the same request by a comment whose reason is to be written.
    fn ignore(&self, request: &Request<'_>, finding: &Finding) -> Option<Fix>;

    /// What is known of the call at a byte of the file.
    fn describe(&self, request: &Request<'_>, offset: u32) -> Option<CallDescription>;

    /// Reads a file ahead that reviews of others may ask for. It changes no answer.
    fn read_ahead(&self, files: &dyn Files, path: &str);

    /// Forgets what was kept of a file, whose buffer is closed. It changes no answer.
    fn forget(&self, path: &str);

    /// All rules.
    fn rules(&self) -> &[RuleInfo];
}

impl Reviewer for Engine {
    fn review(&self, request: &Request<'_>) -> Outcome {
        Engine::review(self, request)
    }

    fn review_in_steps(&self, request: &Request<'_>, first: &mut dyn FnMut(Outcome)) -> Outcome {
        Engine::review_in_steps(self, request, first)
    }

    fn fixes(
        &self,
        request: &Request<'_>,
        finding: &Finding,
        can_be_made: &dyn Fn(&Fix) -> bool,
    ) -> Vec<Fix> {
        Engine::fixes_that(self, request, finding, can_be_made)
    }

    fn ignore(&self, request: &Request<'_>, finding: &Finding) -> Option<Fix> {
        Engine::ignore(self, request, finding)
    }

    fn describe(&self, request: &Request<'_>, offset: u32) -> Option<CallDescription> {
        Engine::describe(self, request, offset)
    }

    fn read_ahead(&self, files: &dyn Files, path: &str) {
        Engine::read_ahead(self, files, path);
    }

    fn forget(&self, path: &str) {
        Engine::forget(self, path);
    }

    fn rules(&self) -> &[RuleInfo] {
        Engine::rules(self)
    }
}
