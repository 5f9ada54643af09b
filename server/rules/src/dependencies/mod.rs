//! Rules about what a project is made of.

mod undeclared_dependency;

pub use undeclared_dependency::UndeclaredDependency;
