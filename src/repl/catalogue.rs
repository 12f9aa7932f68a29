//! What can be named at this moment: tables and their columns, parts, endpoints, blocks, models.
//! Completion and highlighting read it; it is made anew when the study changes.

use std::collections::BTreeMap;

use crate::card::EndpointKind;
use crate::frame::dictionary::Dictionary;
use crate::frame::expression::Type;
use crate::learn::recipe::Recipe;
use crate::plan::node::EndpointDefinition;
use crate::plan::{Operation, Plan};
use crate::run::world;

use super::branches::{Branch, Cells};

/// Names of a study, each with what is known of it.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub tables: Vec<Table>,
    pub names: Vec<Named>,
    pub branches: Vec<String>,
    /// Numbers and lines of the cells.
    pub cells: Vec<(usize, String)>,
}

/// A table with its columns, derived ones last.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub kind: Type,
    pub unit: Option<String>,
    pub levels: Vec<String>,
    pub derived: bool,
}

/// A declared name.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: String,
    pub what: What,
    /// In a few words: `survival`, `of patients`.
    pub about: String,
}

/// What a declared name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Table,
    Images,
    Expression,
    Cohort,
    Split,
    Part,
    Endpoint(EndpointKind),
    Block,
    Model(EndpointKind),
    Groups,
    Parameter,
}

impl Catalogue {
    pub(super) fn of(
        plan: Option<&Plan>,
        schemas: &BTreeMap<String, Dictionary>,
        cells: &Cells,
        branches: &[Branch],
    ) -> Self {
        let mut catalogue = Catalogue {
            branches: branches.iter().map(|branch| branch.name.clone()).collect(),
            cells: cells.iter().map(|cell| (cell.number, cell.subject.words())).collect(),
            ..Catalogue::default()
        };
        for cell in cells.iter().filter(|cell| cell.subject.keyword() == "parameter") {
            if let Some(name) = cell.subject.name() {
                catalogue.name(name, What::Parameter, "parameter");
            }
        }
        let Some(plan) = plan else { return catalogue };
        for node in plan.nodes() {
            let word = world::word(node);
            match &node.operation {
                Operation::Table(table) => {
                    let what = if table.expression.is_some() { What::Expression } else { What::Table };
                    catalogue.name(word, what, if table.expression.is_some() { "expression" } else { "table" });
                    let known =
                        if table.dictionary.columns.is_empty() { schemas.get(word) } else { Some(&table.dictionary) };
                    let columns = known.into_iter().flat_map(|known| &known.columns).map(|(name, entry)| Column {
                        name: name.clone(),
                        kind: entry.kind,
                        unit: entry.unit.clone(),
                        levels: entry.levels.clone(),
                        derived: false,
                    });
                    catalogue.tables.push(Table { name: word.to_owned(), columns: columns.collect() });
                }
                Operation::Derive(derive) => {
                    let of = world::word(plan.node(derive.table)).to_owned();
                    if let Some(table) = catalogue.tables.iter_mut().find(|table| table.name == of) {
                        table.columns.push(Column {
                            name: derive.column.clone(),
                            kind: Type::Number,
                            unit: None,
                            levels: Vec::new(),
                            derived: true,
                        });
                    }
                }
                Operation::Images(_) => catalogue.name(word, What::Images, "images"),
                Operation::Cohort(_) => catalogue.name(word, What::Cohort, "cohort"),
                Operation::Split(split) => {
                    catalogue.name(word, What::Split, "split");
                    for part in &split.parts {
                        let about = if split.sealed.contains(&part.name) { "sealed part" } else { "part" };
                        catalogue.name(&part.name, What::Part, &format!("{about} of {word}"));
                    }
                }
                Operation::Endpoint(endpoint) => {
                    let kind = kind(&endpoint.definition);
                    catalogue.name(word, What::Endpoint(kind), &format!("{kind} endpoint"));
                }
                Operation::Columns(_) | Operation::Extraction(_) => {
                    catalogue.name(word, What::Block, "block of features")
                }
                Operation::Model(model) if node.name.starts_with("model ") => {
                    let Operation::Endpoint(endpoint) = &plan.node(model.endpoint).operation else { continue };
                    let kind = kind(&endpoint.definition);
                    let of = world::word(plan.node(model.endpoint)).to_owned();
                    if cells.iter().any(|cell| cell.subject.name() == Some(word)) {
                        catalogue.name(word, What::Model(kind), &format!("model of {of}"));
                        for part in parts(&model.design.recipe) {
                            catalogue.name(&format!("{word}.{part}"), What::Model(kind), &format!("part of {word}"));
                        }
                    }
                }
                Operation::Groups(_) => catalogue.name(word, What::Groups, "groups"),
                _ => {}
            }
        }
        catalogue
    }

    fn name(&mut self, name: &str, what: What, about: &str) {
        self.names.push(Named { name: name.to_owned(), what, about: about.to_owned() });
    }

    /// Whether a word is declared or a column.
    pub fn knows(&self, word: &str) -> bool {
        self.names.iter().any(|named| named.name == word) || self.column(word).is_some()
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.tables.iter().flat_map(|table| &table.columns).find(|column| column.name == name)
    }

    pub fn named(&self, name: &str) -> Option<&Named> {
        self.names.iter().find(|named| named.name == name)
    }

    /// Columns of every table, those of `table` first if it is one.
    pub fn columns<'a>(&'a self, table: Option<&'a str>) -> impl Iterator<Item = (&'a Table, &'a Column)> {
        let mine = move |other: &&Table| table.is_none_or(|table| other.name == table);
        let any = self.tables.iter().any(|other| mine(&other));
        self.tables
            .iter()
            .filter(move |other| !any || mine(other))
            .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
    }
}

fn kind(definition: &EndpointDefinition) -> EndpointKind {
    match definition {
        EndpointDefinition::Binary { .. } => EndpointKind::Binary,
        EndpointDefinition::SurvivalDates { .. } | EndpointDefinition::SurvivalDuration { .. } => {
            EndpointKind::Survival
        }
        EndpointDefinition::Continuous { .. } => EndpointKind::Continuous,
        EndpointDefinition::Nominal { .. } => EndpointKind::Nominal,
    }
}

/// Names of what a late fusion is made of.
fn parts(recipe: &Recipe) -> Vec<String> {
    match recipe {
        Recipe::Late { parts, .. } => parts.iter().map(|part| part.name.clone()).collect(),
        _ => Vec::new(),
    }
}

/// The word for a type.
pub(super) fn kind_word(kind: Type) -> &'static str {
    match kind {
        Type::Number => "number",
        Type::Text => "text",
        Type::Date => "date",
        Type::Flag => "yes or no",
        Type::Duration => "duration",
    }
}
