//! `.pre-commit-config.yaml`: an entry at the end of its list of repositories. Nothing else of the file is touched, and
//! a list that is written in a way that is not understood is left alone.

/// The entry, at the depth of the list.
const ENTRY: &str = r"- repo: local
  hooks:
    - id: plimsoll
      name: plimsoll
      entry: plimsoll check --staged
      language: system
      files: \.(ts|tsx|mts|cts|js|jsx|mjs|cjs|rs|prisma|sql)$
      pass_filenames: false
";

/// See [`super::Plan::by_hand`].
pub const BY_HAND: &str = r"repos:
  - repo: local
    hooks:
      - id: plimsoll
        name: plimsoll
        entry: plimsoll check --staged
        language: system
        files: \.(ts|tsx|mts|cts|js|jsx|mjs|cjs|rs|prisma|sql)$
        pass_filenames: false
";

/// The text with the hook in it.
pub fn merge(before: Option<&str>) -> Result<String, String> {
    let Some(text) = before.filter(|text| !text.trim().is_empty()) else {
        return Ok(BY_HAND.to_owned());
    };
    if text.lines().any(|line| line.trim_start_matches(['-', ' ']).trim_end() == "id: plimsoll") {
        return Ok(text.to_owned());
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is_list = |line: &&str| line.split('#').next().unwrap_or_default().trim_end() == "repos:";
    let start = lines.iter().position(is_list).ok_or("it has no list `repos:` of its own lines")?;
    let says_something = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let depth_of = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let mut depth = None;
    let mut end = start;
    for (number, line) in lines.iter().enumerate().skip(start + 1).filter(|(_, line)| says_something(line)) {
        let own = depth_of(line);
        let is_item = line.trim_start().starts_with("- ");
        match depth {
            None if is_item => depth = Some(own),
            None => break,
            Some(depth) if own > depth || own == depth && is_item => {}
            // The next key of the file, or something that is not understood.
            Some(_) if own == 0 && !line.starts_with(['-', '.', '\t']) => break,
            Some(_) => return Err("its list `repos:` is written in an unusual way".to_owned()),
        }
        end = number;
    }
    let depth = depth.ok_or("its list `repos:` is empty, or written in an unusual way")?;
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let indent = " ".repeat(depth);
    let entry: String = ENTRY.lines().map(|line| format!("{indent}{line}{line_break}")).collect();
    let mut before: String = lines[..=end].concat();
    if !before.ends_with('\n') {
        before.push_str(line_break);
    }
    Ok(before + &entry + &lines[end + 1..].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hook_is_the_last_of_its_list() {
        let before = "# Ours.\nrepos:\n-   repo: https://example.com/a # it formats\n    hooks:\n    -   id: a\n        args: [x]\n\n# Below.\nci:\n  skip: [a]\n";
        let after = merge(Some(before)).expect("it can be merged");
        insta::assert_snapshot!(after, @r"
        # Ours.
        repos:
        -   repo: https://example.com/a # it formats
            hooks:
            -   id: a
                args: [x]
        - repo: local
          hooks:
            - id: plimsoll
              name: plimsoll
              entry: plimsoll check --staged
              language: system
              files: \.(ts|tsx|mts|cts|js|jsx|mjs|cjs|rs|prisma|sql)$
              pass_filenames: false

        # Below.
        ci:
          skip: [a]
        ");
        assert_eq!(merge(Some(&after)), Ok(after));
        let windows = "repos:\r\n  - repo: meta\r\n    hooks: [{ id: check }]";
        let after = merge(Some(windows)).expect("it can be merged");
        assert!(
            after.starts_with(&format!(
                "{windows}\r\n  - repo: local\r\n    hooks:\r\n      - id: plimsoll\r\n"
            )),
            "{after}"
        );
        assert_eq!(merge(None).as_deref(), Ok(BY_HAND));
        assert_eq!(merge(Some(BY_HAND)).as_deref(), Ok(BY_HAND));
    }

    #[test]
    fn what_is_not_understood_is_left_alone() {
        for text in [
            "repos: []\n",
            "repos: [{ repo: meta }]\n",
            "repos:\nci: {}\n",
            "a: 1\n",
            "repos:\n  - repo: a\n---\nb: 1\n",
            "repos:\n  - repo: a\n- b\n",
        ] {
            assert!(merge(Some(text)).is_err(), "{text}");
        }
    }
}
