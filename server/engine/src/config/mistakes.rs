//! What is wrong with a `[[model]]`, in the words of the file and not of its reader: which key, what is allowed there, and
//! what may be meant.

use std::ops::Range;

use plimsoll_behavior::models::Model as LibraryModel;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use toml::Spanned;
use toml::de::DeValue;

use super::names::{did_you_mean, nearest};

/// The mistakes of a model and where they are; none for a model that fits the format. `text` is the whole file.
pub(super) fn of_model(entry: &Spanned<DeValue<'_>>, text: &str) -> Option<Vec<(Range<usize>, String)>> {
    let within = || within(text, entry.span());
    let place = |word: &str| place_of(text, within(), word);
    let model = match LibraryModel::deserialize(entry.clone().into_deserializer()) {
        Ok(model) => model,
        Err(error) => {
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            // Where a key is known by its name only, the table around it may be another one.
            let (key, message) = match message.strip_prefix("in `").and_then(|rest| rest.split_once("`: ")) {
                Some((key, message)) => (Some(key), message),
                None => (None, message.as_str()),
            };
            let told = told(message);
            let named = told.word.and_then(place);
            let by_key = || key.and_then(|key| place(key.rsplit('.').next()?));
            let range = named.or_else(by_key).or_else(|| error.span()).unwrap_or_else(|| entry.span());
            let key = key.filter(|_| told.word.is_none());
            let key = key.map_or_else(String::new, |key| format!("`{key}`: "));
            return Some(vec![(range, format!("`[[model]]`: {key}{}", told.message))]);
        }
    };
    let mistakes = model.mistakes().into_iter().map(|mistake| {
        let named = mistake.rsplit('`').nth(1).and_then(place);
        (named.unwrap_or_else(|| entry.span()), format!("`[[model]]`: {mistake}"))
    });
    let mistakes: Vec<_> = mistakes.collect();
    (!mistakes.is_empty()).then_some(mistakes)
}

/// A message of the format's reader in plainer words, and the word of the file that it is about.
struct Told<'a> {
    message: String,
    word: Option<&'a str>,
}

fn told(message: &str) -> Told<'_> {
    let quoted =
        |text: &'_ str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    if let Some(field) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        let message = match field {
            "packages" => "`package` is missing: the module or the crate that it is about".to_owned(),
            field => format!("`{field}` is missing"),
        };
        return Told { message, word: None };
    }
    if let Some(rest) = message.strip_prefix("invalid type: ")
        && let Some((found, expected)) = rest.split_once(", expected ")
    {
        return Told { message: format!("expected {expected}, found {found}"), word: None };
    }
    let unknown = message.strip_prefix("unknown ").and_then(|rest| {
        let (kind, rest) = rest.split_once(" `")?;
        let (word, rest) = rest.split_once('`')?;
        Some((kind, word, quoted(rest)))
    });
    let Some((kind, word, known)) = unknown else {
        return Told { message: message.to_owned(), word: None };
    };
    let kind = match kind {
        "field" => "key",
        "variant" => "value",
        kind => kind,
    };
    let hint = did_you_mean(nearest(word, known.iter().map(String::as_str)));
    let allowed = match known.as_slice() {
        [] => String::new(),
        [only] => format!(" (allowed: {only})"),
        known => format!(" (allowed: {})", known.join(", ")),
    };
    Told { message: format!("unknown {kind} `{word}`{hint}{allowed}"), word: Some(word) }
}

/// The text of a model: up to the next header of one, or of what is none.
fn within(text: &str, entry: Range<usize>) -> Range<usize> {
    let rest = text.get(entry.start..).unwrap_or_default();
    let is_other =
        |line: &str| line.starts_with('[') && !line.starts_with("[[model.") && !line.starts_with("[model.");
    let mut end = entry.start;
    for (number, line) in rest.split_inclusive('\n').enumerate() {
        if number > 0 && is_other(line.trim_start()) {
            break;
        }
        end += line.len();
    }
    entry.start..end
}

/// Where a word of a message stands in the text of a model for the first time.
fn place_of(text: &str, within: Range<usize>, word: &str) -> Option<Range<usize>> {
    let own = text.get(within.clone())?;
    let is_part = |char: Option<char>| char.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let (at, _) = own.match_indices(word).find(|(at, _)| {
        !word.is_empty()
            && !is_part(own[..*at].chars().next_back())
            && !is_part(own[at + word.len()..].chars().next())
    })?;
    Some(within.start + at..within.start + at + word.len())
}
