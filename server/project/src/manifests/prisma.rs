//! Where the generators of a Prisma schema write their clients.

use super::Manifest;

/// What the `generator` blocks of a schema say.
#[derive(Debug, Default)]
pub struct Generators {
    /// Folders that a client is written to, relative to that of the schema.
    pub outputs: Vec<String>,
}

impl Manifest for Generators {
    fn parse(text: &str) -> Option<Self> {
        let mut outputs = Vec::new();
        let mut block: Option<(bool, Option<String>)> = None;
        for line in text.lines().map(str::trim) {
            let quoted = || line.split('"').nth(1).unwrap_or_default();
            match &mut block {
                None if line.starts_with("generator ") => block = Some((false, None)),
                None => {}
                Some(_) if line.starts_with('}') => {
                    if let Some((true, Some(output))) = block.take() {
                        outputs.push(output);
                    }
                }
                Some((is_client, _)) if line.starts_with("provider") => {
                    *is_client = matches!(quoted(), "prisma-client-js" | "prisma-client");
                }
                Some((_, output)) if line.starts_with("output") => *output = Some(quoted().to_owned()),
                Some(_) => {}
            }
        }
        Some(Generators { outputs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_outputs_of_clients_count() {
        let text = "generator client {\n  provider = \"prisma-client\"\n  output = \"../src/generated\"\n}\n\
            generator zod {\n  provider = \"zod-prisma-types\"\n  output = \"../zod\"\n}\n\
            generator plain {\n  provider = \"prisma-client-js\"\n}\n";
        assert_eq!(Generators::parse(text).expect("it is there").outputs, ["../src/generated"]);
    }
}
