//! Blanks out what stands in a migration file and is no SQL to apply: sections that undo,
//! psql's commands, the data of `COPY … FROM stdin`, MySQL's `DELIMITER`.
//!
//! Every byte keeps its place, so that ranges in the masked text are ranges in the file.

use std::borrow::Cow;

/// The text with blanks where nothing is to be applied.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    if !needs_mask(text) {
        return Cow::Borrowed(text);
    }
    let mut state = State::default();
    let mut output = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        state.line(line, &mut output);
    }
    Cow::Owned(output)
}

fn needs_mask(text: &str) -> bool {
    text.starts_with('\u{feff}')
        || text.lines().any(|line| {
            let line = line.trim_start();
            line.starts_with('\\')
                || line.starts_with("--")
                || starts_with_word(line, "copy")
                || starts_with_word(line, "delimiter")
                || line.trim_end().eq_ignore_ascii_case("go")
                || line.contains("-->")
        })
}

#[derive(Default)]
struct State {
    undoing: bool,
    copying: bool,
    delimiter: Option<String>,
}

impl State {
    fn line(&mut self, line: &str, output: &mut String) {
        let trimmed = line.trim();
        if self.copying {
            self.copying = trimmed != "\\.";
            return blank(line, output);
        }
        if let Some(undoing) = section(trimmed) {
            self.undoing = undoing;
        }
        if self.undoing {
            return blank(line, output);
        }
        if trimmed.starts_with('\\') {
            let start = output.len();
            blank(line, output);
            // `\g` and its like end a statement.
            if trimmed.starts_with("\\g") && line.starts_with('\\') {
                output.replace_range(start..=start, ";");
            }
            return;
        }
        if starts_with_word(trimmed, "delimiter") {
            let delimiter = trimmed["delimiter".len()..].trim();
            let is_special = !delimiter.is_empty() && delimiter != ";" && delimiter.is_ascii();
            self.delimiter = is_special.then(|| delimiter.to_owned());
            return blank(line, output);
        }
        if trimmed.eq_ignore_ascii_case("go") {
            // Two letters become two bytes, so that the batch ends where its mark stands.
            output.push_str(&line.to_ascii_lowercase().replacen("go", "; ", 1));
            return;
        }
        self.copying = starts_with_word(trimmed, "copy") && ends_with_stdin(trimmed);
        self.plain_line(line, output);
    }

    fn plain_line(&self, line: &str, output: &mut String) {
        let mut line = Cow::Borrowed(line);
        if let Some(rest) = line.strip_prefix('\u{feff}') {
            line = Cow::Owned(format!("   {rest}"));
        }
        if let Some(at) = line.find("--> statement-breakpoint") {
            let mut split = line[..at].to_owned();
            split.push(';');
            blank(&line[at + 1..], &mut split);
            line = Cow::Owned(split);
        }
        if let Some(delimiter) = &self.delimiter {
            let end = format!("{:<width$}", ";", width = delimiter.len());
            line = Cow::Owned(line.replace(delimiter.as_str(), &end));
        }
        output.push_str(&line);
    }
}

/// Whether the comment opens a section that undoes (true) or one that applies (false).
fn section(line: &str) -> Option<bool> {
    let comment = line.strip_prefix("--")?.trim().to_ascii_lowercase();
    const UNDO: [&str; 6] =
        ["migrate:down", "+goose down", "+migrate down", "down migration", "@undo", "!downs"];
    const APPLY: [&str; 5] = ["migrate:up", "+goose up", "+migrate up", "up migration", "!ups"];
    if UNDO.iter().any(|mark| comment.starts_with(mark)) {
        return Some(true);
    }
    APPLY.iter().any(|mark| comment.starts_with(mark)).then_some(false)
}

fn ends_with_stdin(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    line.trim_end_matches([';', ' ']).contains("from stdin")
}

fn starts_with_word(line: &str, word: &str) -> bool {
    line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
        && line[word.len()..].starts_with(|next: char| next.is_ascii_whitespace())
}

fn blank(line: &str, output: &mut String) {
    output.extend(line.bytes().map(|byte| match byte {
        b'\n' => '\n',
        b'\r' => '\r',
        _ => ' ',
    }));
}
