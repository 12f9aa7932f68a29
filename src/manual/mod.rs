//! The pages of the manual: one for each keyword, card and diagnostic, made from the table, the
//! card or the code itself.
//!
//! `?rsf`, `??calibration`, `diptych explain` and the written manual all read [`pages`], so that
//! they cannot disagree with one another or with the checker.
//!
//! May import: the keyword table, the cards of the engines and of `figures`, and the codes.
//! Deliberately absent: prose that no code knows (the tutorial lives in `docs/`), and drawing on a
//! terminal.

mod book;
mod page;
mod search;

pub use book::{Chapter, book};
pub use page::{Page, Topic};
pub use search::{find, near, search};

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::card::Card;
use crate::syntax::keywords::DECLARATIONS;

/// Every page, by topic and then by name.
pub fn pages() -> &'static [Page] {
    static PAGES: OnceLock<Vec<Page>> = OnceLock::new();
    PAGES.get_or_init(|| {
        let declarations = DECLARATIONS.iter().map(|keyword| Page::of_keyword(keyword, None));
        let clauses = DECLARATIONS
            .iter()
            .flat_map(|home| home.clauses.iter().map(|clause| Page::of_keyword(clause, Some(home.word))));
        let cards = cards().map(Page::of_card);
        let codes = crate::check::codes::all().chain(crate::run::codes::CODES).map(Page::of_code);
        let mut pages: Vec<Page> = declarations.chain(clauses).chain(cards).chain(codes).collect();
        tell_apart(&mut pages);
        // Keywords stay in the order of a study; within a topic everything else goes by name.
        pages.sort_by(|a, b| {
            let order = a.topic.cmp(&b.topic);
            if matches!(a.topic, Topic::Declaration | Topic::Clause) { order } else { order.then(a.name.cmp(&b.name)) }
        });
        pages
    })
}

/// Things of one name that serve different endpoints say which in their title.
fn tell_apart(pages: &mut [Page]) {
    let mut names: BTreeMap<(Topic, String), usize> = BTreeMap::new();
    for page in pages.iter().filter(|page| matches!(page.topic, Topic::Thing(_))) {
        *names.entry((page.topic, page.name.clone())).or_default() += 1;
    }
    for page in pages.iter_mut() {
        if names.get(&(page.topic, page.name.clone())).is_some_and(|count| *count > 1) {
            page.title = format!("{} ({})", page.title, page.serves.join(", "));
        }
    }
}

/// Every card of every registry.
pub fn cards() -> impl Iterator<Item = &'static Card> {
    let learners = crate::learn::learners().iter().chain(crate::survival::learners()).map(|learner| learner.card());
    let steps = crate::fuse::all_steps().map(|step| step.card());
    let rules = crate::fuse::rules().iter().map(|rule| rule.card());
    let metrics = crate::stats::metrics().iter().chain(crate::survival::metrics()).map(|metric| metric.card());
    let procedures = crate::plan::procedures::all().iter().map(|procedure| procedure.card);
    let explanations = crate::explain::methods().iter().copied();
    let functions = crate::frame::functions().iter().map(|function| function.card);
    let filters = crate::radiomics::filter::OFFERED.iter().map(|filter| filter.card);
    let perturbations = crate::radiomics::perturb::OFFERED.iter().map(|perturbation| perturbation.card);
    let classes = crate::radiomics::FeatureClass::ALL.into_iter().map(crate::radiomics::FeatureClass::card);
    let genes = crate::omics::tests().iter().map(|test| test.card());
    let enrichments = crate::omics::enrichments().iter().map(|method| method.card());
    let figures = crate::figures::cards();
    learners
        .chain(steps)
        .chain(rules)
        .chain(metrics)
        .chain(procedures)
        .chain(explanations)
        .chain(functions)
        .chain(filters)
        .chain(perturbations)
        .chain(classes)
        .chain(genes)
        .chain(enrichments)
        .chain(figures)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::card::Role;

    #[test]
    fn everything_that_a_study_can_say_has_its_page_once() {
        let mut seen = HashSet::new();
        for page in pages() {
            assert!(seen.insert((page.topic, page.name.clone(), page.anchor())), "{} stands twice", page.name);
            assert!(!page.title.is_empty() && !page.summary.is_empty(), "{} says nothing", page.name);
        }
        for role in [
            Role::Learner,
            Role::Step,
            Role::Fusion,
            Role::Metric,
            Role::Inference,
            Role::Explanation,
            Role::Function,
            Role::Figure,
            Role::Filter,
            Role::FeatureClass,
            Role::Differential,
            Role::Enrichment,
            Role::Perturbation,
        ] {
            assert!(pages().iter().any(|page| page.topic == Topic::Thing(role)), "no page of a {role:?}");
        }
        for keyword in DECLARATIONS {
            assert!(!find(keyword.word).is_empty());
            for clause in keyword.clauses {
                assert!(!find(clause.word).is_empty(), "{}", clause.word);
            }
        }
    }

    #[test]
    fn a_page_states_parameters_with_range_and_default() {
        let page = find("gtbr")[0].markdown();
        assert!(page.contains("`rate`") && page.contains("both excluded") && page.contains("0.1"), "{page}");
        assert!(page.contains("Friedman"));
        assert!(find("leak::fitted-on-test")[0].markdown().contains("evaluate"));
    }

    #[test]
    fn search_ranks_names_before_text_and_near_spellings_are_found() {
        let found = search("calibration");
        assert!(found.iter().take(4).any(|page| page.name.contains("calibration")), "{:?}", found[0].name);
        assert!(search("zzzz qqqq").is_empty());
        assert_eq!(near("gtbt"), Some("gtbr"));
        assert!(search("random survival forest").iter().any(|page| page.name == "rsf"));
    }

    #[test]
    fn the_book_names_every_page() {
        let book = book();
        let whole: String = book.iter().map(|chapter| chapter.text.as_str()).collect();
        for page in pages() {
            assert!(whole.contains(&page.heading()), "{}", page.name);
        }
        assert!(book.iter().any(|chapter| chapter.file == "SUMMARY.md"));
    }

    /// `diptych manual` writes it again.
    #[test]
    fn the_manual_in_docs_is_in_step_with_the_code() {
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        for chapter in book() {
            let path = docs.join(&chapter.file);
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(written == chapter.text, "{} is not what `diptych manual` writes", path.display());
        }
        let summary = std::fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
        for file in summary.split(['(', ')']).filter(|part| part.ends_with(".md")) {
            assert!(docs.join(file).exists(), "{file} is in the summary and not in docs");
        }
    }
}
