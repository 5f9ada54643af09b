//! `hardcoded-secret`

use plimsoll_behavior::secrets::{Protects, SecretKind, WrittenSecret, secret_in};
use plimsoll_behavior::{Kind, Literal, NodeId, OwnRange, Unit};

use crate::ask::{decorated_fallbacks, fallbacks, is_for_trying, known_secret};
use crate::edit::required::fail_without;
use crate::{Confidence, Report, Rule, RuleMeta, Severity, UnitView, declare_rule};

declare_rule! {
    /// A secret that stands in the code, or a text that is taken for one where the environment lacks it.
    ///
    /// ## What happens
    ///
    /// Whoever can read the code, one of its forks or a backup has the secret, and so has everybody who could ever read it: taking
    /// it out of the code does not take it out of its history. Keys of services are found within minutes of a push by programs
    /// that look for nothing else.
    ///
    /// A text in the place of a missing variable is worse than it looks. It is there for development, but the service starts with it
    /// in production as well, on the day that a variable is misspelt or a new machine lacks it, and says nothing. Everybody who has
    /// read the code can then sign a session of any user.
    ///
    /// ## Bad
    ///
    /// ```ts
    /// const secret = process.env.JWT_SECRET || 'dev-secret-change-me'
    /// app.use(session({ secret: 'keyboard cat' }))
    /// ```
    ///
    /// ```rust
    /// let secret = std::env::var("JWT_SECRET").unwrap_or_else(|_| "dev-secret".to_string());
    /// ```
    ///
    /// ## Good
    ///
    /// ```ts
    /// const secret = process.env.JWT_SECRET
    /// if (!secret) throw new Error('JWT_SECRET must be set')
    /// ```
    ///
    /// ```rust
    /// let secret = std::env::var("JWT_SECRET").expect("JWT_SECRET must be set");
    /// ```
    ///
    /// A key that stands in the code is known from now on: have its service replace it, then read the new one from the environment.
    ///
    /// ## What it looks at
    ///
    /// - Keys of services by all of their shape, and by their checksum where they have one; private keys; tokens whose role is
    ///   `service_role`; passwords in addresses of databases and queues that others can reach. The shapes are in
    ///   `server/behavior/models/secrets.toml`, with sources.
    /// - Texts in the place of a variable that is a secret by the words of its name, and protects something of the program itself:
    ///   what it signs, what it encrypts, who it lets in, and, as a warning, what it hashes. In the place of a key that somebody else has handed out, only what looks
    ///   like a real one.
    /// - Texts that are handed to what signs, verifies or encrypts with them.
    ///
    /// Keys of services are found in comments, tests and fixtures too: in a repository they are wherever they stand. In messages only
    /// their beginning is shown.
    ///
    /// ## What its fix does
    ///
    /// It takes the text away and fails at the start where the variable is not set. It must then be set wherever the program runs, on
    /// the machines of developers and in tests too.
    ///
    /// ## What it does not flag
    ///
    /// - What is meant to be published (`pk_live_…`, `AIza…`, the `anon` key of Supabase, the DSN of a tracker), and keys that only work on test
    ///   data (`sk_test_…`).
    /// - What stands in the place of a key: `your-key-here`, examples of documentation, what repeats or follows the alphabet.
    /// - Passwords of machines that are reached from beside them only: `localhost`, `db`, private networks.
    /// - A text that says there is no secret: `''`, `'not-set'`.
    /// - A text that is only taken while somebody develops, by a condition, a name or the file around it.
    /// - A variable that the program refuses to start without, here, in a file that this one imports, or where it starts.
    /// - The key of a code (`createHmac('sha256', 'WebAppData')`) that does not say that it is a secret: it may keep two uses apart.
    /// - Scripts, command lines and what runs in a browser, but for keys of services.
    /// - Private keys and passwords in tests, and private keys whose name says that they are for trying.
    pub HardcodedSecret { id: "hardcoded-secret", category: Security, severity: Error, since: "0.1.0" }
}

impl Rule for HardcodedSecret {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn looks_at(&self, unit: &Unit) -> bool {
        // A secret that is handed over may stand in another unit.
        let is_text = |kind: &Kind| matches!(kind, Kind::Literal(Literal::String(_)) | Kind::Template { .. });
        let is_decorated = unit.types.iter().any(|ty| !ty.attributes.is_empty());
        is_decorated
            || !unit.calls.is_empty()
            || !unit.comments.is_empty()
            || unit.nodes.iter().any(|node| is_text(&node.kind))
    }

    fn review(&self, unit: &UnitView<'_>, report: &mut Report<'_>) {
        let told = of_texts(unit, report);
        for fallback in fallbacks(unit) {
            // The program of whoever runs it by hand is theirs; a key in it is everybody's.
            let is_served = unit.may_be_on_a_server() || fallback.protects == Protects::Another;
            if !is_served || told.contains(&fallback.text.node) && fallback.text.unit == unit.index {
                continue;
            }
            let message = of_fallback(&fallback.name, fallback.protects);
            let found = report.at_node(unit, fallback.node, Confidence::High, message);
            let named = unit.of(fallback.text.unit).place(fallback.text.node);
            let is_of_hashes = fallback.protects == Protects::Hashes;
            let found = found.severity(if is_of_hashes { Severity::Warning } else { Severity::Error });
            let found = if fallback.text.is_here { found } else { found.related(named, "the text") };
            found.fix(|| fail_without(unit, &fallback));
        }
        if !unit.may_be_on_a_server() {
            return;
        }
        for fallback in decorated_fallbacks(unit) {
            let message = of_fallback(&fallback.name, fallback.protects);
            let _ = report.at(fallback.range, Confidence::High, message);
        }
        for call in unit.calls() {
            let Some(secret) = known_secret(unit, &call) else { continue };
            if told.contains(&secret.node) && secret.unit == unit.index {
                continue;
            }
            let name = unit.call_name(call.node);
            let message = format!(
                "`{name}` is given a secret that stands in the code: whoever has read it can make what passes for this program's own"
            );
            let place = unit.of(secret.unit).place(secret.node);
            let is_in_the_call = secret.is_here && secret.unit == unit.index;
            let at = if is_in_the_call { secret.node } else { call.node };
            let found = report.at_node(unit, at, call.confidence(), message);
            // What is signed with it is verified with it: told once.
            let found = found.because_of(format!("{}:{}", secret.unit, secret.text));
            if !is_in_the_call {
                let _ = found.related(place, "the secret");
            }
        }
    }
}

/// Reports the secrets that stand in texts and comments, and tells in which.
fn of_texts(unit: &UnitView<'_>, report: &mut Report<'_>) -> Vec<NodeId> {
    let u = unit.unit;
    let mut told = Vec::new();
    for (id, node) in (0..).map(NodeId).zip(&u.nodes) {
        let found = match &node.kind {
            Kind::Literal(Literal::String(text)) => secret_in(text),
            Kind::Template { pieces, .. } => pieces.iter().find_map(|piece| secret_in(piece)),
            _ => None,
        };
        // Programs are tried out with keys of their own, which open nothing else.
        let is_of_a_trial =
            |found: &WrittenSecret| matches!(found.kind, SecretKind::PrivateKey) && is_for_trying(unit, id);
        if let Some(found) = found.filter(|found| !is_of_a_trial(found)) {
            of_text(&found, node.range, report);
            told.push(id);
        }
    }
    for comment in &u.comments {
        if let Some(found) = secret_in(&comment.text) {
            of_text(&found, comment.range, report);
        }
    }
    told
}

fn of_text(found: &WrittenSecret, range: OwnRange, report: &mut Report<'_>) {
    let message = match &found.kind {
        SecretKind::Key(shape, prefix) => format!(
            "`{prefix}…` is {}: whoever can read this code, or its history, can use it",
            shape.name
        ),
        SecretKind::PrivateKey => {
            "a private key stands in the code: whoever can read it, or its history, can sign and decrypt in its owner's name".to_owned()
        }
        SecretKind::ServiceRole => {
            "`eyJ…` is a `service_role` key: whoever can read this code, or its history, can read and change every row, whatever row-level security says".to_owned()
        }
        SecretKind::Password { user, host } if user.is_empty() => {
            format!("the password of `{host}` stands in the code: whoever can read it, or its history, can sign in")
        }
        SecretKind::Password { user, host } => format!(
            "the password of `{user}` at `{host}` stands in the code: whoever can read it, or its history, can sign in"
        ),
    };
    let is_of_a_service = matches!(found.kind, SecretKind::Key(..) | SecretKind::ServiceRole);
    let _ = report.at(range, Confidence::High, message).everywhere(is_of_a_service);
}

fn of_fallback(name: &str, protects: Protects) -> String {
    let head = format!("where `{name}` is not set, a text that stands in the code is taken for it");
    match protects {
        Protects::Signatures => format!("{head}: whoever has read it can sign what this program believes"),
        Protects::Contents => format!("{head}: whoever has read it can decrypt what is encrypted with it"),
        Protects::Hashes => format!("{head}: whoever has read it can try out what was hashed with it"),
        Protects::Entrance => format!("{head}: whoever has read it is let in"),
        Protects::Another => format!(
            "what stands here for `{name}` looks like a real key: whoever can read this code, or its history, can use it"
        ),
    }
}
