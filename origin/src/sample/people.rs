//! The sample newsroom. Nobody in it exists.

use crate::domain::{Locale, Role};

pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) slug: &'static str,
    pub(super) role: Role,
    /// The language they write in.
    pub(super) locale: Locale,
    pub(super) bio: &'static str,
}

/// Sign-in names are `{slug}@rcr.example`.
pub(super) const DOMAIN: &str = "rcr.example";

pub(super) const PEOPLE: [Person; 8] = [
    Person {
        name: "Marina Tavares",
        slug: "marina-tavares",
        role: Role::Admin,
        locale: Locale::PtBr,
        bio: "Redatora de amostra. Dirige a redação que não existe, de São Paulo.",
    },
    Person {
        name: "Davi Nogueira",
        slug: "davi-nogueira",
        role: Role::Editor,
        locale: Locale::PtBr,
        bio: "Redator de amostra. Fotografa aves, diz o gerador.",
    },
    Person {
        name: "Lúcia Prado",
        slug: "lucia-prado",
        role: Role::Author,
        locale: Locale::PtBr,
        bio: "Redatora de amostra. Prefere luz de janela.",
    },
    Person {
        name: "Inés Quiroga",
        slug: "ines-quiroga",
        role: Role::Editor,
        locale: Locale::Es,
        bio: "Redactora de muestra. Escribe desde una Córdoba imaginaria.",
    },
    Person {
        name: "Tomás Leiva",
        slug: "tomas-leiva",
        role: Role::Author,
        locale: Locale::Es,
        bio: "Redactor de muestra. Camina mucho y lleva poco peso.",
    },
    Person {
        name: "Ruth Ashdown",
        slug: "ruth-ashdown",
        role: Role::Author,
        locale: Locale::En,
        bio: "Sample author. Would test lenses in the rain, if she were real.",
    },
    Person {
        name: "Noah Brandt",
        slug: "noah-brandt",
        role: Role::Author,
        locale: Locale::En,
        bio: "Sample author. Made up, and fond of old compacts.",
    },
    Person {
        name: "Keiko Arai",
        slug: "keiko-arai",
        role: Role::Contributor,
        locale: Locale::En,
        bio: "Sample contributor. Writes drafts that others would publish.",
    },
];
