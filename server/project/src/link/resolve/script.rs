//! Imports of scripts.

use plimsoll_syntax::Language;

use super::{Target, alias, generated, join, package_name, packages, parent};
use crate::Files;

/// Endings that an import may leave out, in the order that tools try them.
const ENDINGS: &[&str] = &[".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

/// Relative paths; `#…` by `imports` of the package; aliases of the configuration; packages of the workspace.
pub(super) fn resolve(files: &dyn Files, from: &str, module: &str) -> Option<Target> {
    // A bundler's wish for how the file is read: `./worker?url`.
    let module = module.split('?').next().filter(|head| !head.contains("://")).unwrap_or(module);
    if module.starts_with('.') {
        return target(files, from, &join(parent(from)?, module)?);
    }
    if module.starts_with('/') || module.starts_with("node:") {
        return None;
    }
    alias::resolve(files, from, module).or_else(|| {
        let package = package_name(module);
        (package != module).then_some(Target::Package(package))
    })
}

/// What a path means that names a file without its ending, a folder, or where a generator writes.
pub(super) fn target(files: &dyn Files, from: &str, path: &str) -> Option<Target> {
    if let Some(package) = generated::package_at(files, from, path) {
        return Some(Target::Package(package));
    }
    file(files, path).or_else(|| packages::file_of_folder(files, path)).map(Target::File)
}

/// The source that a path without an ending, or with the one that it is built to, means.
pub(super) fn file(files: &dyn Files, path: &str) -> Option<String> {
    let exists = |p: &str| files.exists(p);
    if Language::from_path(path).is_some() && exists(path) {
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
    let with_ending = ENDINGS.iter().map(|e| format!("{path}{e}"));
    let index = ENDINGS.iter().map(|e| format!("{path}/index{e}"));
    with_ending.chain(index).find(|p| exists(p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryFiles;
    use crate::link::{resolve_import, resolve_module};

    fn files(all: &[(&str, &str)]) -> MemoryFiles {
        let mut files = MemoryFiles::default();
        for (path, text) in all {
            files.insert(*path, *text);
        }
        files
    }

    #[test]
    fn relative_paths_resolve_as_tools_do() {
        let files = files(&[
            ("/p/src/a.ts", ""),
            ("/p/src/b.tsx", ""),
            ("/p/src/c/index.ts", ""),
            ("/p/d.js", ""),
            ("/p/src/e.service.ts", ""),
            ("/p/src/f/package.json", r#"{ "main": "./made/of.js" }"#),
            ("/p/src/f/made/of.ts", ""),
        ]);
        let resolve = |module| resolve_module(&files, "/p/src/a.ts", module, Language::TypeScript);
        assert_eq!(resolve("./b").as_deref(), Some("/p/src/b.tsx"));
        assert_eq!(resolve("./b.js").as_deref(), Some("/p/src/b.tsx"));
        assert_eq!(resolve("./c").as_deref(), Some("/p/src/c/index.ts"));
        assert_eq!(resolve("./c/").as_deref(), Some("/p/src/c/index.ts"));
        assert_eq!(resolve("../d.js").as_deref(), Some("/p/d.js"));
        assert_eq!(resolve("./e.service").as_deref(), Some("/p/src/e.service.ts"));
        assert_eq!(resolve("./f").as_deref(), Some("/p/src/f/made/of.ts"));
        assert_eq!(resolve("./b?worker").as_deref(), Some("/p/src/b.tsx"));
        assert_eq!(resolve("./styles.css"), None);
        assert_eq!(resolve("../../../../x"), None);
        assert_eq!(resolve("react"), None);
        assert_eq!(resolve(""), None);
    }

    #[test]
    fn a_configuration_gives_names_to_paths() {
        let files = files(&[
            ("/w/package.json", r#"{ "workspaces": ["packages/*"] }"#),
            ("/w/packages/config/package.json", r#"{ "name": "@acme/config" }"#),
            (
                "/w/packages/config/base.json",
                r#"{ "compilerOptions": { "paths": { "~lib/*": ["./lib/*"] } } }"#,
            ),
            ("/w/packages/config/lib/shared.ts", ""),
            (
                "/w/app/tsconfig.json",
                "{ // solution\n \"files\": [], \"references\": [{ \"path\": \"./tsconfig.web.json\" }, { \"path\": \"./lost\" }], }",
            ),
            (
                "/w/app/tsconfig.web.json",
                r#"{ "extends": "./tsconfig.paths.json", "compilerOptions": { "baseUrl": "." } }"#,
            ),
            (
                "/w/app/tsconfig.paths.json",
                r#"{ "compilerOptions": { "paths": { "@/*": ["./src/*"], "@/db": ["./src/database/index.ts"], "gone/*": ["./lost/*"] } } }"#,
            ),
            ("/w/app/src/lib/db.ts", ""),
            ("/w/app/src/database/index.ts", ""),
            ("/w/app/shared/log.ts", ""),
            ("/w/other/tsconfig.json", r#"{ "extends": ["@acme/config/base.json", "./tsconfig.json"] }"#),
        ]);
        let resolve = |from: &str, module| resolve_module(&files, from, module, Language::Tsx);
        let page = "/w/app/src/page.tsx";
        assert_eq!(resolve(page, "@/lib/db").as_deref(), Some("/w/app/src/lib/db.ts"));
        assert_eq!(resolve(page, "@/db").as_deref(), Some("/w/app/src/database/index.ts"));
        assert_eq!(resolve(page, "shared/log").as_deref(), Some("/w/app/shared/log.ts"));
        assert_eq!(resolve(page, "gone/db"), None);
        assert_eq!(resolve(page, "@/gone"), None);
        let other = "/w/other/a.ts";
        assert_eq!(resolve(other, "~lib/shared").as_deref(), Some("/w/packages/config/lib/shared.ts"));
    }

    #[test]
    fn packages_of_the_workspace_mean_their_sources() {
        let files = files(&[
            ("/w/pnpm-workspace.yaml", "packages:\n  - packages/*\n  - apps/*\n"),
            (
                "/w/packages/db/package.json",
                r##"{ "name": "@acme/db", "main": "dist/index.js", "exports": { ".": "./dist/index.js", "./users": { "types": "./dist/features/users.d.ts" }, "./*": "./dist/*.js" },
                     "imports": { "#sql/*": "./dist/sql/*.js", "#log": "pino" } }"##,
            ),
            ("/w/packages/db/src/index.ts", ""),
            ("/w/packages/db/dist/index.js", ""),
            ("/w/packages/db/src/features/users.ts", ""),
            ("/w/packages/db/src/posts.ts", ""),
            ("/w/packages/db/src/sql/run.ts", ""),
            ("/w/packages/plain/package.json", r#"{ "name": "plain-tools" }"#),
            ("/w/packages/plain/index.js", ""),
            (
                "/w/apps/web/package.json",
                r#"{ "name": "@acme/web", "dependencies": { "@acme/db": "workspace:*", "plain-tools": "workspace:^", "store": "npm:@prisma/client@6", "lost": "workspace:*" } }"#,
            ),
            ("/w/apps/web/src/page.ts", ""),
        ]);
        let resolve = |from: &str, module| resolve_import(&files, from, module, Language::TypeScript);
        let file = |path: &str| Some(Target::File(path.to_owned()));
        let page = "/w/apps/web/src/page.ts";
        assert_eq!(resolve(page, "@acme/db"), file("/w/packages/db/src/index.ts"));
        assert_eq!(resolve(page, "@acme/db/users"), file("/w/packages/db/src/features/users.ts"));
        assert_eq!(resolve(page, "@acme/db/posts"), file("/w/packages/db/src/posts.ts"));
        assert_eq!(resolve(page, "plain-tools"), file("/w/packages/plain/index.js"));
        assert_eq!(resolve(page, "store"), Some(Target::Package("@prisma/client".into())));
        assert_eq!(resolve(page, "@acme/web/src/page"), file(page));
        assert_eq!(resolve(page, "lost"), None);
        assert_eq!(resolve(page, "react"), None);
        let inside = "/w/packages/db/src/posts.ts";
        assert_eq!(resolve(inside, "#sql/run"), file("/w/packages/db/src/sql/run.ts"));
        assert_eq!(resolve(inside, "#log"), Some(Target::Package("pino".into())));
        assert_eq!(resolve(inside, "#lost"), None);
    }

    #[test]
    fn where_a_generator_writes_is_its_package() {
        let files = files(&[
            (
                "/p/prisma/schema.prisma",
                "generator client {\n provider = \"prisma-client\"\n output = \"../src/generated/prisma\"\n}\n",
            ),
            ("/p/tsconfig.json", r#"{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }"#),
            ("/p/src/generated/prisma/client.ts", ""),
            ("/p/src/generated/other.ts", ""),
        ]);
        let resolve = |module| resolve_import(&files, "/p/src/db/index.ts", module, Language::TypeScript);
        let prisma = Some(Target::Package("@prisma/client".into()));
        assert_eq!(resolve("../generated/prisma"), prisma);
        assert_eq!(resolve("../generated/prisma/client.js"), prisma);
        assert_eq!(resolve("@/generated/prisma/client"), prisma);
        assert_eq!(resolve("../generated/other"), Some(Target::File("/p/src/generated/other.ts".into())));
        assert_eq!(resolve("../generated/prisma/models/User"), None);
    }

    #[test]
    fn an_import_map_of_deno_names_packages_and_paths() {
        let files = files(&[
            (
                "/p/deno.jsonc",
                "{ \"imports\": { \"supabase\": \"npm:@supabase/supabase-js@2\", \"lib/\": \"./lib/\" }, }",
            ),
            ("/p/lib/db.ts", ""),
        ]);
        let resolve = |module| resolve_import(&files, "/p/src/a.ts", module, Language::TypeScript);
        assert_eq!(resolve("supabase"), Some(Target::Package("@supabase/supabase-js".into())));
        assert_eq!(resolve("lib/db.ts"), Some(Target::File("/p/lib/db.ts".into())));
    }

    #[test]
    fn broken_and_missing_manifests_mean_nothing() {
        let files = files(&[
            ("/p/package.json", "{ \"name\": "),
            ("/p/tsconfig.json", "{ \"compilerOptions\": { \"paths\": "),
            ("/p/src/db.ts", ""),
            ("/q/tsconfig.json", r#"{ "extends": "./tsconfig.json", "references": [{ "path": "." }] }"#),
        ]);
        let resolve = |from: &str, module| resolve_import(&files, from, module, Language::TypeScript);
        assert_eq!(resolve("/p/src/a.ts", "@acme/db"), None);
        assert_eq!(resolve("/p/src/a.ts", "./db"), Some(Target::File("/p/src/db.ts".into())));
        assert_eq!(resolve("/q/a.ts", "anything"), None);
        assert_eq!(resolve("untitled:Untitled-1", "./db"), None);
    }
}
