//! What libraries do, as data: one TOML file per library in `server/behavior/models/<language>/`.

mod check;
mod format;
#[cfg(test)]
mod readme;

use std::sync::{Arc, OnceLock};

pub use format::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Name;

/// All models of one language, ready to be asked.
#[derive(Debug, Default)]
pub struct Models {
    models: Vec<Model>,
    /// By package name, those without a wildcard.
    by_package: FxHashMap<Name, Vec<u16>>,
    /// By the part before `/*`.
    by_prefix: Vec<(Name, u16)>,
    functions: Vec<FxHashMap<Name, Arc<Behavior>>>,
    types: Vec<FxHashMap<Name, u16>>,
    values: Vec<FxHashMap<Name, u16>>,
    /// What derives make, by its name: the derive and the type.
    made_by_derive: FxHashMap<Name, Vec<(Name, ModelType)>>,
    /// Names of members that do something when they are read.
    members_with_effects: FxHashSet<Name>,
    /// The language's type of text.
    text: Option<ModelType>,
    /// Names of methods that take a lock.
    locking: FxHashSet<Name>,
    /// Last names of what releases what calls yield.
    releasing: FxHashSet<Name>,
    /// Names of methods that register something at a router.
    registering: FxHashSet<Name>,
}

/// A type of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelType {
    /// Which model.
    pub model: u16,
    /// Which of its types.
    pub ty: u16,
}

// The embedded models as JSON, by file name: `RUST` and `TYPESCRIPT`.
include!(concat!(env!("OUT_DIR"), "/models.rs"));

/// A model that does not fit the format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError {
    /// Which model: the file's name, or as the caller named it.
    pub name: String,
    /// One line.
    pub message: String,
    /// Bytes of the TOML text, where known.
    pub range: Option<std::ops::Range<usize>>,
}

impl Models {
    /// The models that come with Plimsoll.
    ///
    /// # Panics
    /// Never in a build whose tests passed: they read every embedded model.
    #[must_use]
    pub fn embedded(language: ModelLanguage) -> &'static Models {
        static SCRIPT: OnceLock<Models> = OnceLock::new();
        static RUST_MODELS: OnceLock<Models> = OnceLock::new();
        let models = match language {
            ModelLanguage::Typescript => &SCRIPT,
            ModelLanguage::Rust => &RUST_MODELS,
        };
        models.get_or_init(|| {
            let (models, errors) = Models::read_embedded(language);
            debug_assert!(errors.is_empty(), "{errors:?}");
            models
        })
    }

    fn read_embedded(language: ModelLanguage) -> (Models, Vec<ModelError>) {
        let sources = match language {
            ModelLanguage::Typescript => TYPESCRIPT,
            ModelLanguage::Rust => RUST,
        };
        let mut models = Models::default();
        let mut errors = Vec::new();
        for (name, text) in sources {
            match serde_json::from_str::<Model>(text) {
                Ok(model) => errors.extend(models.add(name, model)),
                Err(error) => {
                    errors.push(ModelError {
                        name: (*name).to_owned(),
                        message: error.to_string(),
                        range: None,
                    });
                }
            }
        }
        (models, errors)
    }

    /// Reads models of one language from TOML; one that does not fit is left out and reported.
    #[cfg(test)]
    fn read<'a>(
        sources: impl Iterator<Item = (&'a str, &'a str)>,
        language: ModelLanguage,
    ) -> (Models, Vec<ModelError>) {
        let mut models = Models::default();
        let mut errors = Vec::new();
        for (name, text) in sources {
            match toml::from_str::<Model>(text) {
                Ok(model) if model.language == language => errors.extend(models.add(name, model)),
                Ok(_) => {}
                Err(error) => errors.push(ModelError {
                    name: name.to_owned(),
                    message: error.message().to_owned(),
                    range: error.span(),
                }),
            }
        }
        (models, errors)
    }

    /// The embedded models of one language after those of a project, which count first.
    #[must_use]
    pub fn with_own(own: &[Model], language: ModelLanguage) -> Models {
        let mut models = Models::default();
        for model in own.iter().filter(|model| model.language == language) {
            models.add("", model.clone());
        }
        for model in Models::embedded(language).all() {
            models.add("", model.clone());
        }
        models
    }

    fn add(&mut self, name: &str, model: Model) -> Vec<ModelError> {
        let index = u16::try_from(self.models.len()).expect("fewer than 65,536 models");
        for package in &model.packages {
            match package.strip_suffix("/*") {
                Some(prefix) => self.by_prefix.push((prefix.into(), index)),
                None => self.by_package.entry(package.clone()).or_default().push(index),
            }
        }
        let mut functions = FxHashMap::default();
        for function in &model.functions {
            let behavior = Arc::new(function.behavior.clone());
            for name in &function.name {
                functions.insert(name.clone(), Arc::clone(&behavior));
            }
        }
        let mut types = FxHashMap::default();
        for (i, ty) in model.types.iter().enumerate() {
            let i = u16::try_from(i).expect("fewer than 65,536 types");
            for name in ty.aliases.iter().chain([&ty.name]) {
                types.insert(name.clone(), i);
            }
            self.locking.extend(ty.locks.keys().cloned());
            if ty.is_text {
                self.text.get_or_insert(ModelType { model: index, ty: i });
            }
            if let Some(derive) = &ty.made_by {
                let made = (derive.clone(), ModelType { model: index, ty: i });
                self.made_by_derive.entry(ty.name.clone()).or_default().push(made);
            }
        }
        let mut values = FxHashMap::default();
        for (i, value) in model.values.iter().enumerate() {
            let i = u16::try_from(i).expect("fewer than 65,536 values");
            for name in &value.name {
                values.entry(name.clone()).or_insert(i);
            }
        }
        let errors = check::mistakes(name, &model, &types);
        let of_types = model.types.iter().flat_map(|ty| ty.construct.iter().chain(ty.methods.values()));
        let behaviors = model.functions.iter().map(|f| &f.behavior).chain(of_types.map(|it| &**it));
        let ways = behaviors.flat_map(|behavior| &behavior.release).filter_map(|way| way.split_once(':'));
        self.releasing.extend(ways.filter_map(|(_, path)| path.rsplit('.').next().map(Name::from)));
        let methods = model.types.iter().flat_map(|ty| &ty.methods);
        self.registering.extend(methods.filter(|(_, b)| b.registers.is_some()).map(|(name, _)| name.clone()));
        let members = model.types.iter().flat_map(|ty| &ty.members);
        let with_effects = members.filter(|(_, member)| !member.effect.0.is_empty());
        self.members_with_effects.extend(with_effects.map(|(name, _)| name.clone()));
        self.functions.push(functions);
        self.types.push(types);
        self.values.push(values);
        self.models.push(model);
        errors
    }

    /// The models of a package (`@prisma/client`, `drizzle-orm/pg-core`, `reqwest`).
    pub fn of_package<'a>(&'a self, package: &'a str) -> impl Iterator<Item = u16> + 'a {
        let exact = self.by_package.get(package).into_iter().flatten().copied();
        let below = self.by_prefix.iter().filter_map(move |(prefix, index)| {
            let rest = package.strip_prefix(prefix.as_str())?;
            rest.starts_with('/').then_some(*index)
        });
        exact.chain(below)
    }

    /// Whether something that a call yields is released by a function or method of this name.
    #[must_use]
    pub fn is_releasing(&self, name: &str) -> bool {
        self.releasing.contains(name)
    }

    /// The names of methods that register something at a router, whichever.
    #[must_use]
    pub fn registering(&self) -> &FxHashSet<Name> {
        &self.registering
    }

    /// Whether something can be registered at values of the type.
    #[must_use]
    pub fn is_router(&self, ty: ModelType) -> bool {
        self.ty(ty).methods.values().any(|behavior| behavior.registers.is_some())
    }

    /// Whether any model is about the package.
    #[must_use]
    pub fn knows(&self, package: &str) -> bool {
        self.of_package(package).next().is_some()
    }

    /// The function with this dotted path in the package, and the model it stands in. A macro's path ends with `!`.
    #[must_use]
    pub fn function(&self, package: &str, path: &str) -> Option<(u16, &Arc<Behavior>)> {
        self.of_package(package).find_map(|m| Some((m, self.functions[m as usize].get(path)?)))
    }

    /// The type with this name in the package.
    #[must_use]
    pub fn type_in(&self, package: &str, name: &str) -> Option<ModelType> {
        self.of_package(package).find_map(|m| self.type_named(m, name))
    }

    /// The type with this name in the model.
    #[must_use]
    pub fn type_named(&self, model: u16, name: &str) -> Option<ModelType> {
        self.types[model as usize].get(name).map(|&ty| ModelType { model, ty })
    }

    /// The types of this name that derives make beside the type they stand on, each with its derive.
    #[must_use]
    pub fn made_by_derive(&self, name: &str) -> &[(Name, ModelType)] {
        self.made_by_derive.get(name).map_or(&[], Vec::as_slice)
    }

    /// The value with this dotted path in the package.
    #[must_use]
    pub fn value(&self, package: &str, path: &str) -> Option<(ModelType, &ValueModel)> {
        self.of_package(package).find_map(|m| {
            let value = *self.values[m as usize].get(path)?;
            let value = &self.models[m as usize].values[value as usize];
            Some((self.type_named(m, &value.ty)?, value))
        })
    }

    /// The type.
    #[must_use]
    pub fn ty(&self, ty: ModelType) -> &TypeModel {
        &self.models[ty.model as usize].types[ty.ty as usize]
    }

    /// The method of the type or of the type it is like, or else what it says of any method.
    #[must_use]
    pub fn method(&self, ty: ModelType, name: &str) -> Option<&Arc<Behavior>> {
        let exact = self.lineage(ty).find_map(|t| self.ty(t).methods.get(name));
        exact.or_else(|| self.lineage(ty).find_map(|t| self.ty(t).methods.get("*")))
    }

    /// Whether the type itself, or the type it is like, names the method.
    #[must_use]
    pub fn names_method(&self, ty: ModelType, name: &str) -> bool {
        self.lineage(ty).any(|t| self.ty(t).methods.contains_key(name))
    }

    /// The member of the type or of the type it is like, or else what it says of any member.
    #[must_use]
    pub fn member(&self, ty: ModelType, name: &str) -> Option<&MemberModel> {
        let exact = self.lineage(ty).find_map(|t| self.ty(t).members.get(name));
        exact.or_else(|| self.lineage(ty).find_map(|t| self.ty(t).members.get("*")))
    }

    /// The type itself, then what it is like, each once.
    fn lineage(&self, ty: ModelType) -> impl Iterator<Item = ModelType> + '_ {
        // A chain of `like` is at most as long as the model has types; the bound also ends a cycle.
        std::iter::successors(Some(ty), move |&t| self.type_named(t.model, self.ty(t).like.as_deref()?))
            .take(8)
    }

    /// The language's type of text, where a model describes it.
    #[must_use]
    pub fn text(&self) -> Option<ModelType> {
        self.text
    }

    /// Whether a method with this name takes a lock, for any type: a quick no.
    #[must_use]
    pub fn takes_a_lock(&self, name: &str) -> bool {
        self.locking.contains(name)
    }

    /// Whether reading a member with this name does something, for any type: a quick no.
    #[must_use]
    pub fn has_effect_of_member(&self, name: &str) -> bool {
        self.members_with_effects.contains(name)
    }

    /// All code that sends requests again, that of packages first.
    pub fn retry_helpers(&self) -> impl Iterator<Item = &RetryHelper> {
        let all = || self.models.iter().flat_map(|model| &model.retry_helpers);
        all().filter(|helper| helper.needs.is_some()).chain(all().filter(|helper| helper.needs.is_none()))
    }

    /// All that lets no more than some of many calls run at the same time.
    pub fn limiters(&self) -> impl Iterator<Item = &Limiter> {
        self.models.iter().flat_map(|model| &model.limiters)
    }

    /// Where requests go that move money.
    pub fn money_services(&self) -> impl Iterator<Item = &MoneyService> {
        self.models.iter().flat_map(|model| &model.money_services)
    }

    /// The services that take longer to answer than others do.
    pub fn slow_services(&self) -> impl Iterator<Item = &SlowService> {
        self.models.iter().flat_map(|model| &model.slow_services)
    }

    /// Whether what stands at a dotted path of a package only computes, as far as nothing else is said of it. Methods that
    /// values have whatever their origin are those of `<any>`.
    #[must_use]
    pub fn is_plain(&self, package: &str, path: &str) -> bool {
        self.of_package(package).any(|m| {
            let plain = &self.models[usize::from(m)].plain;
            plain.iter().any(|name| name == path || name == "*")
        })
    }

    /// All models.
    #[must_use]
    pub fn all(&self) -> &[Model] {
        &self.models
    }
}

impl Model {
    /// What is wrong with it although it has the form of a model: names without a type, paths that lead nowhere.
    #[must_use]
    pub fn mistakes(&self) -> Vec<String> {
        let names = self.types.iter().flat_map(|ty| ty.aliases.iter().chain([&ty.name]));
        let types = names.map(|name| (name.clone(), 0)).collect();
        check::mistakes("", self, &types).into_iter().map(|error| error.message).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_model_fits_the_format() {
        for language in [ModelLanguage::Typescript, ModelLanguage::Rust] {
            let (models, errors) = Models::read_embedded(language);
            assert_eq!(errors, []);
            assert!(!models.all().is_empty());
            for model in models.all() {
                assert_eq!(model.language, language, "{:?}", model.packages);
                assert!(model.source.is_some(), "{:?} names no source", model.packages);
            }
        }
    }

    #[test]
    fn a_key_that_the_format_does_not_know_is_an_error_wherever_it_stands() {
        for text in [
            "package = 'a'\nnonsense = 1\n",
            "package = 'a'\n[[function]]\nname = 'f'\nnonsense = 1\n",
            "package = 'a'\n[[function]]\nname = 'f'\nslots = { nonsense = '0' }\n",
            "package = 'a'\n[[type]]\nname = 'T'\nnonsense = 1\n",
            "package = 'a'\n[[type]]\nname = 'T'\nconstruct = { nonsense = 1 }\n",
            "package = 'a'\n[[type]]\nname = 'T'\n[type.methods]\nm = { nonsense = 1 }\n",
            "package = 'a'\n[[type]]\nname = 'T'\n[type.members]\nm = { nonsense = 1 }\n",
            "package = 'a'\n[[type]]\nname = 'T'\n[[value]]\nname = 'v'\ntype = 'T'\nnonsense = 1\n",
            "package = 'a'\n[[type]]\nname = 'T'\n[[convention]]\nreceiver = ['v']\ntype = 'T'\nnonsense = 1\n",
        ] {
            let (_, errors) = Models::read([("a", text)].into_iter(), ModelLanguage::Typescript);
            assert_eq!(errors.len(), 1, "{text}");
            assert!(errors[0].message.contains("nonsense"), "{errors:?}");
        }
    }

    #[test]
    fn callbacks_are_one_path_or_many() {
        let text = "package = 'a'\n[[function]]\nname = 'f'\ncallbacks = '*'\nrun = 'once'\n[[function]]\nname = 'g'\ncallbacks = ['0.a', '0.b']\nrun = 'once'\n";
        let (models, errors) = Models::read([("a", text)].into_iter(), ModelLanguage::Typescript);
        assert_eq!(errors, []);
        let callbacks = |name| models.function("a", name).map(|(_, b)| b.callbacks.clone());
        assert_eq!(callbacks("f"), Some(vec!["*".into()]));
        assert_eq!(callbacks("g"), Some(vec!["0.a".into(), "0.b".into()]));
    }

    #[test]
    fn a_wrong_model_is_reported_with_what_is_wrong() {
        let text = "package = 'a'\n[[function]]\nname = 'f'\neffect = 'db.raed'\n";
        let (_, errors) = Models::read([("a", text)].into_iter(), ModelLanguage::Typescript);
        assert!(errors[0].message.contains("db.raed"), "{errors:?}");
        let text = "package = 'a'\n[[function]]\nname = 'f'\nyields = 'Nothing'\n";
        let (_, errors) = Models::read([("a", text)].into_iter(), ModelLanguage::Typescript);
        assert!(errors[0].message.contains("no type `Nothing`"), "{errors:?}");
        let text = "package = 'a'\n[[function]]\nname = 'f'\nyields = '[Nothing]'\n";
        let (_, errors) = Models::read([("a", text)].into_iter(), ModelLanguage::Typescript);
        assert!(errors[0].message.contains("no type `Nothing`"), "{errors:?}");
    }
}
