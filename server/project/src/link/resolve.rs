//! From an import to the file of the project that it means.

use plimsoll_syntax::Language;

use crate::Files;

/// Endings that a script's import may leave out, in the order that tools try them.
const SCRIPT_ENDINGS: &[&str] = &[".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

/// The file that `module`, imported by the file at `from`, means; none when it is a library or cannot be found.
/// Scripts: relative paths, and `paths` and `baseUrl` of the nearest `tsconfig.json`. Rust: `crate::`, `self::`,
/// `super::` and modules of the same crate.
#[must_use]
pub fn resolve_module(files: &dyn Files, from: &str, module: &str, language: Language) -> Option<String> {
    if language.is_script_family() {
        resolve_script(files, from, module)
    } else {
        resolve_rust(files, from, module)
    }
}

fn resolve_script(files: &dyn Files, from: &str, module: &str) -> Option<String> {
    let folder = parent(from)?;
    if module.starts_with('.') {
        return script_file(files, &join(folder, module)?);
    }
    if module.starts_with('/') {
        return None;
    }
    let bare = module.split('/').next().unwrap_or(module);
    // A path alias never looks like an ordinary package, except a `baseUrl` import, which shadows one.
    for config_folder in ancestors(folder, files, from) {
        for name in ["tsconfig.json", "jsconfig.json", "tsconfig.app.json"] {
            let Some(text) = files.read(&format!("{config_folder}/{name}")) else {
                continue;
            };
            let Some(config) = read_jsonc(&text) else {
                continue;
            };
            let options = &config["compilerOptions"];
            let base = options["baseUrl"].as_str().and_then(|b| join(config_folder, b));
            if let Some(paths) = options["paths"].as_object() {
                let base = base.as_deref().unwrap_or(config_folder);
                for (pattern, targets) in paths {
                    let Some(star) = matches_pattern(pattern, module) else {
                        continue;
                    };
                    for target in targets.as_array().into_iter().flatten().filter_map(|t| t.as_str()) {
                        let found =
                            join(base, &target.replace('*', star)).and_then(|p| script_file(files, &p));
                        if found.is_some() {
                            return found;
                        }
                    }
                }
            }
            if let Some(base) = base
                && !bare.starts_with('@')
                && let Some(found) = join(&base, module).and_then(|p| script_file(files, &p))
            {
                return Some(found);
            }
        }
    }
    None
}

/// What the `*` of the pattern stands for.
fn matches_pattern<'m>(pattern: &str, module: &'m str) -> Option<&'m str> {
    match pattern.split_once('*') {
        None => (pattern == module).then_some(""),
        Some((before, after)) => module.strip_prefix(before)?.strip_suffix(after),
    }
}

fn script_file(files: &dyn Files, path: &str) -> Option<String> {
    let exists = |p: &str| files.stamp(p).is_some();
    let has_ending = Language::from_path(path).is_some();
    if has_ending && exists(path) {
        return Some(path.to_owned());
    }
    // `./users.js` in TypeScript means `./users.ts`.
    if let Some((stem, ending)) = path.rsplit_once('.') {
        let alternatives: &[&str] = match ending {
            "js" => &[".ts", ".tsx"],
            "jsx" => &[".tsx"],
            "mjs" => &[".mts"],
            "cjs" => &[".cts"],
            _ => &[],
        };
        if let Some(found) = alternatives.iter().map(|e| format!("{stem}{e}")).find(|p| exists(p)) {
            return Some(found);
        }
    }
    let with_ending = SCRIPT_ENDINGS.iter().map(|e| format!("{path}{e}"));
    let index = SCRIPT_ENDINGS.iter().map(|e| format!("{path}/index{e}"));
    with_ending.chain(index).find(|p| exists(p))
}

fn resolve_rust(files: &dyn Files, from: &str, module: &str) -> Option<String> {
    let mut parts: Vec<&str> = module.split("::").collect();
    let folder = parent(from)?;
    let file = from.rsplit('/').next()?;
    let is_root = matches!(file, "lib.rs" | "main.rs" | "mod.rs");
    // The folder in which the modules of this file stand.
    let own = if is_root { folder.to_owned() } else { from.strip_suffix(".rs")?.to_owned() };
    let mut base = match parts.first().copied()? {
        "crate" => {
            parts.remove(0);
            crate_root(files, from)?
        }
        "self" => {
            parts.remove(0);
            own
        }
        "super" => {
            let mut base = own;
            while parts.first() == Some(&"super") {
                parts.remove(0);
                base = module_folder(files, parent(&base)?, from)?;
            }
            base
        }
        first => {
            let beside = rust_file(files, &format!("{own}/{first}"));
            let in_crate = || rust_file(files, &format!("{}/{first}", crate_root(files, from)?));
            beside.or_else(in_crate)?;
            if rust_file(files, &format!("{own}/{first}")).is_some() { own } else { crate_root(files, from)? }
        }
    };
    if parts.is_empty() {
        return rust_root_file(files, &base).filter(|f| f != from);
    }
    for (i, part) in parts.iter().enumerate() {
        base = format!("{base}/{part}");
        if i + 1 == parts.len() {
            return rust_file(files, &base);
        }
    }
    None
}

fn rust_file(files: &dyn Files, path: &str) -> Option<String> {
    [format!("{path}.rs"), format!("{path}/mod.rs")].into_iter().find(|p| files.stamp(p).is_some())
}

/// The file whose modules stand in `folder`.
fn rust_root_file(files: &dyn Files, folder: &str) -> Option<String> {
    [
        format!("{folder}.rs"),
        format!("{folder}/mod.rs"),
        format!("{folder}/lib.rs"),
        format!("{folder}/main.rs"),
    ]
    .into_iter()
    .find(|p| files.stamp(p).is_some())
}

/// The `src` folder of the crate.
fn crate_root(files: &dyn Files, from: &str) -> Option<String> {
    let folder = parent(from)?;
    ancestors(folder, files, from)
        .find(|f| {
            files.stamp(&format!("{f}/lib.rs")).is_some() || files.stamp(&format!("{f}/main.rs")).is_some()
        })
        .map(str::to_owned)
}

/// The folder of a path; none for a path without one.
#[must_use]
pub fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}

/// The folder and those around it, innermost first, up to the root of the view.
pub fn ancestors<'p>(folder: &'p str, files: &dyn Files, from: &str) -> impl Iterator<Item = &'p str> {
    let root = files.root_of(from).unwrap_or_default();
    std::iter::successors(Some(folder), |f| parent(f))
        .take_while(move |f| f.starts_with(root.as_str()))
        .take(64)
}

/// `folder` joined with a path that may have `.` and `..` parts; none when it climbs out of everything.
pub(crate) fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// JSON with comments and trailing commas, as `tsconfig.json` is written.
fn read_jsonc(text: &str) -> Option<serde_json::Value> {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut in_string = false;
    while let Some(c) = chars.next() {
        if in_string {
            plain.push(c);
            match c {
                '\\' => plain.extend(chars.next()),
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match (c, chars.peek()) {
            ('/', Some('/')) => while chars.next_if(|&c| c != '\n').is_some() {},
            ('/', Some('*')) => {
                let mut last = ' ';
                for c in chars.by_ref().skip(1) {
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            ('}' | ']', _) => {
                let kept = plain.trim_end().len();
                plain.truncate(kept);
                if plain.ends_with(',') {
                    plain.pop();
                }
                plain.push(c);
            }
            _ => {
                in_string = c == '"';
                plain.push(c);
            }
        }
    }
    serde_json::from_str(&plain).ok()
}

/// The nearest folder upwards that is a module: a file in a folder that is none was put into that module by `#[path]`.
fn module_folder(files: &dyn Files, folder: &str, from: &str) -> Option<String> {
    let Some(root) = crate_root(files, from) else { return Some(folder.to_owned()) };
    let mut at = folder;
    while at.len() > root.len() && rust_root_file(files, at).is_none() {
        at = parent(at)?;
    }
    Some(at.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryFiles;

    fn files(paths: &[&str]) -> MemoryFiles {
        let mut files = MemoryFiles::default();
        for path in paths {
            files.insert(*path, "");
        }
        files
    }

    #[test]
    fn scripts_resolve_relative_paths_as_tools_do() {
        let files = files(&["/p/src/a.ts", "/p/src/b.tsx", "/p/src/c/index.ts", "/p/d.js"]);
        let resolve = |module| resolve_module(&files, "/p/src/a.ts", module, Language::TypeScript);
        assert_eq!(resolve("./b").as_deref(), Some("/p/src/b.tsx"));
        assert_eq!(resolve("./b.js").as_deref(), Some("/p/src/b.tsx"));
        assert_eq!(resolve("./c").as_deref(), Some("/p/src/c/index.ts"));
        assert_eq!(resolve("../d.js").as_deref(), Some("/p/d.js"));
        assert_eq!(resolve("../../../../x"), None);
        assert_eq!(resolve("react"), None);
    }

    #[test]
    fn scripts_resolve_the_paths_of_a_tsconfig_with_comments() {
        let mut files = files(&["/p/src/lib/db.ts"]);
        files.insert(
            "/p/tsconfig.json",
            "{ // paths\n \"compilerOptions\": { \"paths\": { \"@/*\": [\"./src/*\"], }, /* x */ }, }",
        );
        let found = resolve_module(&files, "/p/src/app/page.tsx", "@/lib/db", Language::Tsx);
        assert_eq!(found.as_deref(), Some("/p/src/lib/db.ts"));
    }

    #[test]
    fn rust_resolves_modules_of_the_crate() {
        let files = files(&["/c/src/main.rs", "/c/src/db.rs", "/c/src/api/mod.rs", "/c/src/api/posts.rs"]);
        let resolve = |from: &str, module| resolve_module(&files, from, module, Language::Rust);
        assert_eq!(resolve("/c/src/main.rs", "db").as_deref(), Some("/c/src/db.rs"));
        assert_eq!(resolve("/c/src/api/posts.rs", "crate::db").as_deref(), Some("/c/src/db.rs"));
        assert_eq!(resolve("/c/src/api/posts.rs", "super").as_deref(), Some("/c/src/api/mod.rs"));
        assert_eq!(resolve("/c/src/main.rs", "crate::api::posts").as_deref(), Some("/c/src/api/posts.rs"));
        assert_eq!(resolve("/c/src/api/mod.rs", "posts").as_deref(), Some("/c/src/api/posts.rs"));
        assert_eq!(resolve("/c/src/main.rs", "serde::Deserialize"), None);
        assert_eq!(resolve("/c/src/api/parts/long.rs", "super").as_deref(), Some("/c/src/api/mod.rs"));
    }
}
