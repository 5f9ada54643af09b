//! Paths of routes, as frameworks write them.

use plimsoll_behavior::Name;

/// Where something is registered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// Everywhere: no path is said.
    Everywhere,
    /// At a path, or below it: `/users/:id`.
    At(Name),
    /// At one that is not known.
    Unknown,
}

impl Pattern {
    /// This below another one: where a router is put, and what is registered at it.
    #[must_use]
    pub fn below(&self, around: &Pattern) -> Pattern {
        match (around, self) {
            (Pattern::Unknown, _) | (_, Pattern::Unknown) => Pattern::Unknown,
            (Pattern::Everywhere, inner) => inner.clone(),
            (outer, Pattern::Everywhere) => outer.clone(),
            (Pattern::At(outer), Pattern::At(inner)) => {
                let inner = inner.trim_start_matches('/');
                Pattern::At(
                    format!("{}/{inner}", outer.trim_end_matches(['/', '*'])).trim_end_matches('/').into(),
                )
            }
        }
    }

    /// Whether what is registered here also runs for what is registered at `other`, both at one router; not known where a
    /// path is not.
    #[must_use]
    pub fn covers(&self, other: &Pattern) -> Option<bool> {
        let (own, other) = match (self, other) {
            (Pattern::Everywhere, _) => return Some(true),
            (Pattern::Unknown, _) | (_, Pattern::Unknown) => return None,
            (Pattern::At(own), Pattern::At(other)) => (segments(own), segments(other)),
            (Pattern::At(own), Pattern::Everywhere) => (segments(own), Vec::new()),
        };
        let fits = |(own, other): (&&str, &&str)| {
            own == other || [own, other].iter().any(|part| part.starts_with([':', '{', '*']))
        };
        Some(own.len() <= other.len() && own.iter().zip(&other).all(fits))
    }
}

/// The parts of a path, without a `*` at its end, which takes whatever follows.
fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty() && *part != "*" && *part != "(.*)").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Pattern {
        Pattern::At(path.into())
    }

    #[test]
    fn paths_below_others() {
        assert_eq!(at("/:id").below(&at("/users")), at("/users/:id"));
        assert_eq!(at("/").below(&at("/users/")), at("/users"));
        assert_eq!(Pattern::Everywhere.below(&at("/users")), at("/users"));
        assert_eq!(at("/users").below(&Pattern::Unknown), Pattern::Unknown);
    }

    #[test]
    fn what_a_path_covers() {
        assert_eq!(at("/api").covers(&at("/api/users")), Some(true));
        assert_eq!(at("/api/*").covers(&at("/api/users/:id")), Some(true));
        assert_eq!(at("*").covers(&at("/users")), Some(true));
        assert_eq!(at("/api").covers(&at("/apis")), Some(false));
        assert_eq!(at("/api/users").covers(&at("/api")), Some(false));
        assert_eq!(at("/users/:id").covers(&at("/users/me")), Some(true));
        assert_eq!(Pattern::Unknown.covers(&at("/users")), None);
        assert_eq!(Pattern::Everywhere.covers(&Pattern::Unknown), Some(true));
    }
}
