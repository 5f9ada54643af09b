//! `Cargo.toml`

use std::collections::BTreeMap;

use plimsoll_behavior::Name;
use toml::{Table, Value};

use super::Manifest;
use crate::toolchain::version;

/// What a `Cargo.toml` declares.
#[derive(Debug, Default)]
pub struct CargoToml {
    /// The package's name; none for a workspace without a package of its own.
    pub name: Option<Name>,
    /// The name that code uses the library by.
    pub library: Option<Name>,
    /// Where the library's root stands, if it says so.
    pub library_path: Option<String>,
    /// Roots of binaries, tests, examples and benchmarks that it names.
    pub target_paths: Vec<String>,
    /// Dependencies of all kinds, by the names that code uses them by.
    pub dependencies: BTreeMap<Name, CargoDependency>,
    /// The names of those that are no development or build dependencies, as declared.
    pub declared: Vec<Name>,
    /// Dependencies that members of the workspace may take over.
    pub workspace_dependencies: BTreeMap<Name, CargoDependency>,
    /// Whether it is the root of a workspace.
    pub is_workspace: bool,
    /// The patterns of the workspace's packages.
    pub members: Vec<String>,
    /// Whether it names binaries.
    pub has_binaries: bool,
    /// Whether it says all that a registry asks of a package that others may take from there.
    pub is_offered: bool,
    /// The package's edition, if it says one itself.
    pub edition: Option<u16>,
    /// Whether the workspace says it.
    pub inherits_edition: bool,
    /// The oldest version of Rust that must compile the package, major and minor, if it says one itself.
    pub rust_version: Option<(u32, u32)>,
    /// Whether the workspace says it.
    pub inherits_rust_version: bool,
    /// The edition of the packages that take it from this workspace.
    pub workspace_edition: Option<u16>,
    /// The oldest version of Rust for those that take it from this workspace.
    pub workspace_rust_version: Option<(u32, u32)>,
}

/// One dependency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CargoDependency {
    /// The name of the package, where code uses another one for it.
    pub package: Option<Name>,
    /// The folder of the package, relative to that of the manifest.
    pub path: Option<String>,
    /// Whether the workspace says the rest.
    pub is_workspace: bool,
    /// The features that are asked of it.
    pub features: Vec<Name>,
}

impl Manifest for CargoToml {
    fn parse(text: &str) -> Option<Self> {
        let toml: Table = toml::from_str(text).ok()?;
        let text_of = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let package = toml.get("package").and_then(Value::as_table);
        let name = package.and_then(|p| p.get("name")?.as_str()).map(Name::new);
        let library = toml.get("lib").and_then(Value::as_table);
        let shared = toml.get("workspace").and_then(|w| w.get("package")?.as_table());
        let edition = |table: Option<&Table>| table?.get("edition")?.as_str()?.parse().ok();
        let rust_version = |table: Option<&Table>| version(table?.get("rust-version")?.as_str()?);
        let inherits = |key: &str| package.is_some_and(|p| p.get(key).is_some_and(Value::is_table));
        let own_name = library.and_then(|l| l.get("name")?.as_str()).map(Name::new);
        let mut manifest = CargoToml {
            library: own_name.or_else(|| name.as_ref().map(|name| in_code(name))),
            name,
            library_path: library.and_then(|l| text_of(l.get("path"))),
            is_workspace: toml.contains_key("workspace"),
            has_binaries: toml.contains_key("bin"),
            is_offered: package.is_some_and(is_offered),
            edition: edition(package),
            inherits_edition: inherits("edition"),
            rust_version: rust_version(package),
            inherits_rust_version: inherits("rust-version"),
            workspace_edition: edition(shared),
            workspace_rust_version: rust_version(shared),
            ..CargoToml::default()
        };
        for kind in ["bin", "test", "example", "bench"] {
            let targets = toml.get(kind).and_then(Value::as_array).into_iter().flatten();
            manifest.target_paths.extend(targets.filter_map(|t| text_of(t.get("path"))));
        }
        let platforms = toml.get("target").and_then(Value::as_table).into_iter().flatten();
        let tables = std::iter::once(&toml).chain(platforms.filter_map(|(_, table)| table.as_table()));
        for table in tables {
            for kind in ["build-dependencies", "dev-dependencies", "dependencies"] {
                for (name, value) in table.get(kind).and_then(Value::as_table).into_iter().flatten() {
                    manifest.dependencies.insert(in_code(name), dependency(value));
                    if kind == "dependencies" {
                        manifest.declared.push(Name::new(name));
                    }
                }
            }
        }
        let shared = toml.get("workspace").and_then(|w| w.get("dependencies")?.as_table());
        for (name, value) in shared.into_iter().flatten() {
            manifest.workspace_dependencies.insert(in_code(name), dependency(value));
        }
        let members = toml.get("workspace").and_then(|w| w.get("members")?.as_array());
        manifest.members =
            members.into_iter().flatten().filter_map(|m| m.as_str().map(str::to_owned)).collect();
        Some(manifest)
    }
}

impl CargoToml {
    /// Whether it declares the dependency, as Cargo writes its name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.declared.iter().any(|declared| declared == name)
    }
}

/// Whether a package can be published, and is not kept from it.
fn is_offered(package: &Table) -> bool {
    let is_kept = match package.get("publish") {
        Some(Value::Boolean(is_published)) => !is_published,
        Some(Value::Array(registries)) => registries.is_empty(),
        _ => false,
    };
    let has_license = package.contains_key("license") || package.contains_key("license-file");
    !is_kept && has_license && package.contains_key("description")
}

/// The name that code uses for a package: `tokio-postgres` is `tokio_postgres`.
fn in_code(name: &str) -> Name {
    name.replace('-', "_").into()
}

fn dependency(value: &Value) -> CargoDependency {
    let Some(table) = value.as_table() else { return CargoDependency::default() };
    let features = table.get("features").and_then(Value::as_array).into_iter().flatten();
    CargoDependency {
        package: table.get("package").and_then(Value::as_str).map(in_code),
        path: table.get("path").and_then(Value::as_str).map(str::to_owned),
        is_workspace: table.get("workspace").and_then(Value::as_bool).unwrap_or(false),
        features: features.filter_map(Value::as_str).map(Name::new).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_known_by_the_names_that_code_uses() {
        let text = "[package]\nname = \"my-app\"\n[lib]\npath = \"lib.rs\"\n[[bin]]\nname = \"x\"\npath = \"cli/x.rs\"\n\
            [dependencies]\ntokio-postgres = \"0.7\"\npg = { package = \"my-pg\", path = \"../pg\" }\n\
            [dev-dependencies]\nfakes = { workspace = true }\n\
            [target.'cfg(unix)'.dependencies]\nnix = \"1\"\n\
            [workspace.dependencies]\nfakes = { path = \"crates/fakes\" }\n";
        let manifest = CargoToml::parse(text).expect("it is there");
        assert_eq!(manifest.library.as_deref(), Some("my_app"));
        assert_eq!(manifest.library_path.as_deref(), Some("lib.rs"));
        assert_eq!(manifest.target_paths, ["cli/x.rs"]);
        let names: Vec<&str> = manifest.dependencies.keys().map(Name::as_str).collect();
        assert_eq!(names, ["fakes", "nix", "pg", "tokio_postgres"]);
        let pg = &manifest.dependencies["pg"];
        assert_eq!((pg.package.as_deref(), pg.path.as_deref()), (Some("my_pg"), Some("../pg")));
        assert!(manifest.dependencies["fakes"].is_workspace && manifest.is_workspace);
        assert!(manifest.has("tokio-postgres") && !manifest.has("fakes"));
    }
}
