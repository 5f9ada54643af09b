//! `missing-auth`

use plimsoll_behavior::Effects;

use crate::ask::open_routes;
use crate::{Confidence, Report, Rule, RuleMeta, UnitView, declare_rule};

declare_rule! {
    /// A route that changes data for whoever asks, in a service whose other routes look at who that is.
    ///
    /// ## What happens
    ///
    /// Anybody who knows or guesses the path can change or delete what belongs to others, and no log says who it was. Such a route is
    /// found by a scan of the service within days of its first deploy. It looks right in review, for what is missing stands in no
    /// line of it: the others of its kind name a guard, and this one does not.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// router.post('/posts', requireAuth, createPost)
    /// router.put('/posts/:id', requireAuth, updatePost)
    /// router.delete('/posts/:id', deletePost)
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// router.delete('/posts/:id', requireAuth, deletePost)
    /// ```
    ///
    /// ## How it is told
    ///
    /// A route is followed from where it is registered to the router that serves, through every router that it is put into: what
    /// stands before it there, and what was registered there earlier, runs before it. Handlers of Next.js have its middleware
    /// before them where its matcher fits. Methods of NestJS's controllers are guarded by their decorators and those of their
    /// class, or by what a module gives all of them. In actix, what is wrapped around a scope runs before all of it, and handlers that
    /// say by an attribute which route they answer are followed to the scope that they are put into. An action of Remix, or of React
    /// Router as a framework, is only guarded by itself: the loaders of the routes around it run after it. A procedure of tRPC is
    /// guarded by the middleware of its base, and by the bases that that is made of. Whatever of that names who asks, or calls something that does, is taken for a guard.
    ///
    /// ## What it does not flag
    ///
    /// - Routes that change nothing in a database.
    /// - Services of which fewer than two other routes that change something have a guard, or fewer have one than have none.
    /// - Anything on whose way something stands that cannot be followed, or of which it is not known what it does.
    /// - Routes whose router is put somewhere that is not known.
    /// - What is open by intent, as its path or its name says: signing in and up, webhooks, forms for visitors, health checks, and
    ///   procedures of a base that is called public.
    pub MissingAuth { id: "missing-auth", category: Security, severity: Error, since: "0.1.0", preview }
}

impl Rule for MissingAuth {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn watches(&self) -> Effects {
        Effects::ROUTE | Effects::DB_WRITE
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        for route in open_routes(unit) {
            let (name, other, by) = (&route.name, &route.neighbour.name, &route.neighbour.by);
            let message = format!(
                "`{name}` changes data for whoever asks: nothing before it looks at who that is, as `{by}` does for `{other}`"
            );
            let written = unit.way_to(&route.handler, Effects::DB_WRITE, "the statement runs here");
            report
                .at(route.range, Confidence::Medium, message)
                .related_all(written)
                .related(route.neighbour.place, "a neighbour that looks at who asks");
        }
    }
}
