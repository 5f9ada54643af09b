use super::*;
use crate::MemoryFiles;

fn mentions(text: &str) -> (Vec<String>, Vec<String>) {
    let found = Mentions::of(text);
    let texts = |all: &[Name]| all.iter().map(ToString::to_string).collect();
    (texts(&found.imported), texts(&found.loaded))
}

#[test]
fn a_text_names_modules() {
    let text = "import a, { b } from './a'\nimport './b.css'\nimport type { C } from \"@acme/c\"\n\
        export * from '../d'\nconst e = require('./e')\nconst f = await import(/* name: 'x' */ `./f`)\n\
        new Worker(new URL('./g.ts', import.meta.url))\nfetch(new URL('https://x.example'))\n\
        const message = 'import nothing from here'\nimport.meta.env\nlet transformfrom = 'h'\n";
    let (imported, loaded) = mentions(text);
    assert_eq!(imported, ["../d", "./a", "./b.css", "@acme/c"]);
    assert_eq!(loaded, ["./e", "./f", "./g.ts"]);
    assert_eq!(mentions("from 'a\nb'; import(; require(\"x; from"), (Vec::new(), Vec::new()));
    assert_eq!(mentions("from '"), (Vec::new(), Vec::new()));
}

fn files(all: &[(&str, &str)]) -> MemoryFiles {
    let mut files = MemoryFiles::rooted("/p");
    for (path, text) in all {
        files.insert(*path, *text);
    }
    files
}

fn importers(files: &MemoryFiles, path: &str) -> Option<Vec<String>> {
    let imports = files.imports_below("/p")?;
    let found = imports.importers(files, path)?;
    Some(found.iter().map(|importer| importer.path.to_string()).collect())
}

#[test]
fn importers_are_found_by_every_way_to_name_a_module() {
    let files = files(&[
        (
            "/p/tsconfig.json",
            r#"{ "compilerOptions": { "paths": { "@/*": ["./src/*"], "db": ["./src/database/index.ts"] } } }"#,
        ),
        ("/p/src/database/index.ts", ""),
        ("/p/src/database/near.ts", "import x from '.'"),
        ("/p/src/database/below/far.ts", "import x from '..'"),
        ("/p/src/a.ts", "import x from './database'"),
        ("/p/src/b.js", "const x = require('./database/index.js')"),
        ("/p/src/c.ts", "import x from '@/database'"),
        ("/p/src/d.ts", "import x from 'db'"),
        ("/p/src/e.vue", "<script>import x from './database'</script>"),
        ("/p/src/other/f.ts", "import x from './database'"),
        ("/p/src/g.ts", "import x from 'database'"),
        ("/p/node_modules/x/h.ts", "import x from '../../src/database'"),
    ]);
    let found = importers(&files, "/p/src/database/index.ts").expect("they are known");
    let names: Vec<&str> = found.iter().map(|path| &path["/p/src/".len()..]).collect();
    assert_eq!(names, ["a.ts", "b.js", "c.ts", "d.ts", "database/below/far.ts", "database/near.ts", "e.vue"]);
}

#[test]
fn what_a_package_offers_has_importers_that_nobody_sees() {
    let of = |manifest: &str, path: &str| {
        let files =
            files(&[("/p/package.json", manifest), (path, ""), ("/p/src/use.ts", "import './tools'")]);
        importers(&files, path)
    };
    let known = Some(vec!["/p/src/use.ts".to_owned()]);
    assert_eq!(of(r#"{ "name": "x" }"#, "/p/src/tools.ts"), known);
    assert_eq!(of(r#"{ "name": "x", "main": "dist/index.js" }"#, "/p/src/tools.ts"), known);
    assert_eq!(of(r#"{ "name": "x", "main": "dist/tools.js" }"#, "/p/src/tools.ts"), None);
    assert_eq!(of(r#"{ "exports": { "./*": "./dist/*.js" } }"#, "/p/src/tools.ts"), None);
    assert_eq!(of(r#"{ "private": true, "main": "dist/tools.js" }"#, "/p/src/tools.ts"), known);
    assert_eq!(of(r#"{ "main": "dist/hand-tools.js" }"#, "/p/src/tools.ts"), known);
}

#[test]
fn too_many_of_one_name_are_not_told_apart() {
    let mut files = files(&[("/p/src/utils.ts", "")]);
    for i in 0..MAX_NAMED {
        files.insert(format!("/p/other/{i}/use.ts"), "import './utils'");
    }
    assert_eq!(importers(&files, "/p/src/utils.ts"), Some(Vec::new()));
    files.insert("/p/src/use.ts", "import './utils'");
    assert_eq!(importers(&files, "/p/src/utils.ts"), None);
}

#[test]
fn a_change_costs_the_file_and_says_whether_it_matters() {
    let mut files = files(&[("/p/a.ts", "import './c'"), ("/p/b.ts", ""), ("/p/c.ts", "")]);
    let before = Imports::read(&files, "/p", None).expect("they are few");
    let after = |files: &MemoryFiles, path: &str| before.after(files, "/p", [&path.to_owned()]);
    assert!(after(&files, "/p/a.ts").is_none(), "nothing has changed");
    files.insert("/p/a.ts", "import './c'\nlet x = 1");
    assert!(after(&files, "/p/a.ts").is_none(), "no import has changed");
    assert!(after(&files, "/q/a.ts").is_none() && after(&files, "/p/gone.ts").is_none());
    files.insert("/p/b.ts", "import './c'");
    let more = after(&files, "/p/b.ts").expect("it imports another one now");
    assert!(more.says_the_same(&Imports::read(&files, "/p", None).expect("they are few")));
    assert_eq!(more.importers(&files, "/p/c.ts").map(|all| all.len()), Some(2));
    files.remove("/p/a.ts");
    let fewer = more.after(&files, "/p", [&"/p/a.ts".to_owned()]).expect("it is gone");
    assert_eq!(fewer.importers(&files, "/p/c.ts").map(|all| all.len()), Some(1));
    assert!(fewer.says_the_same(&Imports::read(&files, "/p", Some(&before)).expect("they are few")));
}
