//! The table of libraries in the README says what the models say.

use super::{Behavior, Model, ModelLanguage, Models};
use crate::Effects;

/// What a library is for: the first that fits.
const KINDS: [(&str, Effects); 5] = [
    ("Databases", Effects::DB.union(Effects::DB_CONNECT).union(Effects::DB_TRANSACTION)),
    ("Requests", Effects::HTTP_REQUEST.union(Effects::HTTP_CLIENT)),
    ("Servers", Effects::ROUTE.union(Effects::RESPOND)),
    ("Jobs and queues", Effects::SCHEDULE.union(Effects::ENQUEUE)),
    ("Retries and time limits", Effects::RETRY.union(Effects::DEADLINE)),
];

const SERVERS: usize = 2;

/// The most packages that are named of one model: others are further doors to the same library.
const MAX_NAMES: usize = 3;

#[test]
fn the_readme_lists_the_libraries_of_the_models() {
    let readme = include_str!("../../../../README.md");
    let (_, rest) = readme.split_once("<!-- libraries -->\n").expect("the README has the mark");
    let (table, _) = rest.split_once("<!-- /libraries -->").expect("the README has the mark");
    let expected = table_of_libraries();
    assert_eq!(table, expected, "put this between the marks in README.md:\n{expected}");
}

fn table_of_libraries() -> String {
    let mut table = "| | TypeScript and JavaScript | Rust |\n| --- | --- | --- |\n".to_owned();
    for (at, (kind, _)) in KINDS.iter().enumerate() {
        let named = |language| {
            let all = Models::embedded(language).all().iter();
            let names = all.filter(|model| kind_of(model) == Some(at)).flat_map(names_of);
            names.collect::<Vec<String>>().join(", ")
        };
        let (script, rust) = (named(ModelLanguage::Typescript), named(ModelLanguage::Rust));
        table.push_str(&format!("| {kind} | {script} | {rust} |\n"));
    }
    table
}

/// The packages that a model is best known by: no parts of them, and no second spelling.
fn names_of(model: &Model) -> Vec<String> {
    let all = &model.packages;
    let is_a_part = |name: &str| {
        let part_of = |other: &str| name.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'));
        name.starts_with(['<', '.']) || name.starts_with("@types/") || all.iter().any(|other| part_of(other))
    };
    let is_respelt = |name: &str| all.iter().any(|other| other.strip_prefix("node:") == Some(name));
    let names = all.iter().filter(|name| !is_a_part(name) && !is_respelt(name));
    names.take(MAX_NAMES).map(|name| format!("`{name}`")).collect()
}

fn kind_of(model: &Model) -> Option<usize> {
    let types = || model.types.iter();
    let behaviors: Vec<&Behavior> = model
        .functions
        .iter()
        .map(|function| &function.behavior)
        .chain(types().flat_map(|ty| ty.methods.values().chain(&ty.construct)).map(AsRef::as_ref))
        .collect();
    let of_calls = behaviors.iter().map(|behavior| behavior.effect.0);
    let of_types = types().filter_map(|ty| ty.runs).map(|runs| runs.0);
    let of_members = types().flat_map(|ty| ty.members.values()).map(|member| member.effect.0);
    let effects = of_calls.chain(of_types).chain(of_members).fold(Effects::empty(), |all, own| all | own);
    let is_asked = types().any(|ty| ty.outside || ty.members.values().any(|member| member.outside))
        || behaviors.iter().any(|behavior| behavior.outside || !behavior.brings.is_empty());
    let found = KINDS.iter().position(|(_, of)| effects.intersects(*of));
    found.or(is_asked.then_some(SERVERS))
}
