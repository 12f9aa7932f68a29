//! Predictions of new patients by model files: the embedding API of `diptych predict`.

use std::collections::BTreeMap;

use crate::check::{self, Options};
use crate::plan::Operation;
use crate::plan::node::{Extraction, Images};
use crate::progress::Watch;
use crate::run::Fault;
use crate::run::frozen::{self, Asked, BlockSource, InputBlock, ModelFile, NewData, Predictions};
use crate::run::world::word;
use crate::syntax::ast::{SourceId, Sources};

/// Predicts new patients by one or several models of a study.
///
/// # Errors
/// Everything in the data that the models refuse, each fault for itself.
pub fn predict(models: &[ModelFile], data: &NewData, asked: Asked, watch: &Watch) -> Result<Predictions, Vec<Fault>> {
    frozen::apply(models, data, asked, &declared, watch)
}

/// The images and the extraction that a block's declarations mean.
fn declared(model: &ModelFile, block: &InputBlock) -> Result<(Images, Extraction), Vec<Fault>> {
    let broken = |what: String| vec![Fault::run("run::model-file", format!("{}: {what}", model.name))];
    let BlockSource::Images { declarations, set, files, .. } = &block.source else {
        return Err(broken(format!("`{}` is not of images", block.name)));
    };
    let mut text = String::new();
    for table in &model.tables {
        text.push_str(&format!("table {}\n", table.name));
        if let Some(key) = &table.key {
            text.push_str(&format!("  key `{key}`\n"));
        }
    }
    text.push_str(declarations);
    let world: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(path, content)| (path.clone(), content.clone().into_bytes())).collect();
    let options = Options { set: set.clone(), ..Options::default() };
    let mut sources = Sources::default();
    let checked = check::check_text(&model.name, &text, &mut sources, &world, &options);
    let Some(plan) = checked.plan else {
        let first = checked.diagnostics.iter().find(|diagnostic| diagnostic.is_error());
        let why = first.map_or(String::new(), |first| format!(": {}: {}", first.code, first.message));
        return Err(broken(format!("the extraction of `{}` is not understood{why}", block.name)));
    };
    let found = plan.nodes().iter().find_map(|node| match &node.operation {
        Operation::Extraction(extraction) if word(node) == block.name => {
            match &plan.node(extraction.images).operation {
                Operation::Images(images) => Some((images.clone(), extraction.clone())),
                _ => None,
            }
        }
        _ => None,
    });
    found.ok_or_else(|| broken(format!("it does not declare `{}`", block.name)))
}

/// The words of a checked study that declare a set of images and the features of a block, with its
/// parameters.
pub(crate) fn declarations(sources: &Sources, images: &str, block: &str) -> String {
    let mut words = String::new();
    let mut id = 0;
    while let Some(source) = sources.get(SourceId(id)) {
        let parsed = crate::syntax::parse(&source.text, SourceId(id));
        for declaration in &parsed.study.declarations {
            let own = sources.words(declaration.span);
            let second = own.split_whitespace().nth(1).unwrap_or("");
            let wanted = match declaration.head.keyword() {
                "parameter" => true,
                "images" => second == images,
                "features" => second == block,
                _ => false,
            };
            if wanted {
                words.push_str(own.trim_end());
                words.push('\n');
            }
        }
        id += 1;
    }
    words
}
