//! The packages of a workspace: `workspaces` of `package.json`, `pnpm-workspace.yaml`, `lerna.json`.

use super::{Manifest, PackageJson, read};
use crate::Files;

/// The patterns in a `pnpm-workspace.yaml` or `lerna.json`.
#[derive(Debug, Default)]
pub struct Members {
    patterns: Vec<String>,
}

/// The most folders that are looked at for packages of one workspace.
const MAX_FOLDERS: usize = 1_000;

/// How deep `**` reaches.
const MAX_DEPTH: usize = 4;

impl Manifest for Members {
    fn parse(text: &str) -> Option<Self> {
        if text.trim_start().starts_with('{') {
            let json: serde_json::Value = serde_json::from_str(text).ok()?;
            let patterns = json["packages"].as_array().into_iter().flatten();
            let patterns = patterns.filter_map(|p| p.as_str().map(str::to_owned)).collect();
            return Some(Members { patterns });
        }
        let mut patterns = Vec::new();
        let mut is_inside = false;
        for line in text.lines() {
            let item = line.trim();
            if let Some(pattern) = item.strip_prefix('-').filter(|_| is_inside) {
                let pattern = pattern.split(" #").next().unwrap_or_default();
                patterns.push(pattern.trim().trim_matches(['"', '\'']).to_owned());
            } else if !item.is_empty() && !item.starts_with('#') {
                is_inside = line.starts_with("packages:");
            }
        }
        Some(Members { patterns })
    }
}

/// The patterns of the workspace whose root is `folder`; empty when it is none.
pub(crate) fn patterns(files: &dyn Files, folder: &str) -> Vec<String> {
    for name in ["pnpm-workspace.yaml", "lerna.json"] {
        if let Some(members) = read::<Members>(files, &format!("{folder}/{name}"))
            && !members.patterns.is_empty()
        {
            return members.patterns.clone();
        }
    }
    let manifest = read::<PackageJson>(files, &format!("{folder}/package.json"));
    manifest.map(|manifest| manifest.workspaces.clone()).unwrap_or_default()
}

/// The folders of a workspace's packages, in order, each once.
pub(crate) fn members(files: &dyn Files, root: &str, patterns: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for pattern in patterns.iter().filter(|pattern| !pattern.starts_with('!')) {
        let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
        let mut folders = vec![root.to_owned()];
        for segment in pattern.split('/') {
            folders =
                folders.iter().flat_map(|folder| below(files, folder, segment)).take(MAX_FOLDERS).collect();
        }
        found.extend(folders);
    }
    found.sort();
    found.dedup();
    found.truncate(MAX_FOLDERS);
    found
}

/// The folders that one segment of a pattern means.
fn below(files: &dyn Files, folder: &str, segment: &str) -> Vec<String> {
    if !segment.contains('*') {
        return vec![format!("{folder}/{segment}")];
    }
    let depth = if segment == "**" { MAX_DEPTH } else { 1 };
    let (before, after) = segment.split_once('*').unwrap_or_default();
    let mut found = if segment == "**" { vec![folder.to_owned()] } else { Vec::new() };
    let mut level = vec![folder.to_owned()];
    for _ in 0..depth {
        let mut next = Vec::new();
        for folder in &level {
            for name in files.list(folder) {
                let Some(name) = name.strip_suffix('/') else { continue };
                let is_skipped = name.starts_with('.') || matches!(name, "node_modules" | "target" | "dist");
                let fits =
                    segment == "**" || name.starts_with(before) && name.ends_with(after.trim_matches('*'));
                if fits && !is_skipped && found.len() < MAX_FOLDERS {
                    next.push(format!("{folder}/{name}"));
                }
            }
        }
        found.extend(next.iter().cloned());
        level = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryFiles;

    #[test]
    fn the_members_of_a_workspace_are_found_by_their_patterns() {
        let mut files = MemoryFiles::default();
        for path in [
            "/w/packages/db/package.json",
            "/w/packages/ui/a.ts",
            "/w/apps/web/x",
            "/w/tools/gen/deep/package.json",
        ] {
            files.insert(path, "");
        }
        files.insert(
            "/w/pnpm-workspace.yaml",
            "# all\npackages:\n  - 'packages/*'\n  - \"apps/web\" # one\n  - '!**/test'\ncatalog:\n  - not/this\n",
        );
        let patterns = patterns(&files, "/w");
        assert_eq!(members(&files, "/w", &patterns), ["/w/apps/web", "/w/packages/db", "/w/packages/ui"]);
        let deep = members(&files, "/w", &["tools/**".to_owned()]);
        assert_eq!(deep, ["/w/tools", "/w/tools/gen", "/w/tools/gen/deep"]);
    }
}
