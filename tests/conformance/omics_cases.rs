//! Small synthetic matrices with the values of limma, edgeR and GSVA
//! (`scripts/reference/omics.R`), so that the agreement is tested on every machine.

use diptych::omics::design::{Contrast, Covariate, Design};
use diptych::omics::differential::Differential;
use diptych::omics::gmt::{Collection, GeneSet};
use diptych::omics::limma::{Options, moderated};
use diptych::omics::scale::Scale;
use diptych::omics::sets::measured;
use diptych::omics::{Expression, cpm, filter, gsva, quantile, ssgsea, tmm, voom, zscore};
use diptych::progress::Watch;
use serde_json::Value as Json;

fn numbers(value: &Json) -> Vec<f64> {
    let cells = value.as_array().expect("a list");
    cells.iter().map(|cell| cell.as_f64().unwrap_or(f64::INFINITY)).collect()
}

fn texts(value: &Json) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|cell| cell.as_str().expect("text").to_owned()).collect()
}

struct Cases {
    json: Json,
    log: Expression,
    counts: Expression,
    groups: Design,
}

fn cases() -> Cases {
    let json: Json = serde_json::from_str(include_str!("../data/omics_cases.json")).expect("JSON");
    let of = |name: &str, scale| {
        Expression::new(texts(&json["genes"]), texts(&json["samples"]), numbers(&json[name]), scale)
    };
    let inside = numbers(&json["group"]).iter().map(|group| *group == 1.0).collect();
    let groups = Design::new(Contrast::Groups(inside), vec![]).expect("a design");
    let (log, counts) = (of("log", Scale::Log), of("counts", Scale::Counts));
    Cases { json, log, counts, groups }
}

fn near(what: &str, ours: &[f64], theirs: &Json, tolerance: f64) {
    let theirs = numbers(theirs);
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (place, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        let same = ours == theirs || (ours - theirs).abs() <= tolerance * theirs.abs().max(1e-3);
        assert!(same, "{what} at {place}: {ours} is not {theirs}");
    }
}

fn fit(what: &str, told: &Differential, theirs: &Json, tolerance: f64) {
    let of = |value: &dyn Fn(&diptych::omics::differential::GeneResult) -> f64| -> Vec<f64> {
        told.genes.iter().map(value).collect()
    };
    let prior = told.prior.as_ref().expect("a prior");
    let each = |values: &[f64]| -> Vec<f64> {
        (0..told.genes.len()).map(|gene| values.get(gene).or(values.first()).copied().unwrap_or(f64::NAN)).collect()
    };
    near(&format!("{what} logFC"), &of(&|gene| gene.log_fold_change), &theirs["logfc"], 1e-10);
    near(&format!("{what} df.prior"), &each(&prior.df), &theirs["df_prior"], tolerance);
    near(&format!("{what} s2.prior"), &each(&prior.variance), &theirs["s2_prior"], tolerance);
    near(&format!("{what} s2.post"), &prior.posterior, &theirs["s2_post"], tolerance);
    near(&format!("{what} t"), &of(&|gene| gene.statistic), &theirs["t"], tolerance);
    near(&format!("{what} p"), &of(&|gene| gene.p.unwrap_or(f64::NAN)), &theirs["p"], 10.0 * tolerance);
    near(&format!("{what} B"), &of(&|gene| gene.log_odds.unwrap_or(f64::NAN)), &theirs["b"], 100.0 * tolerance);
}

#[test]
fn moderated_t_in_all_its_forms() {
    let cases = cases();
    let plain = Options::default();
    let run = |design: &Design, options| moderated(&cases.log, design, None, options).expect("an answer");
    let limma = &cases.json["limma"];
    fit("plain", &run(&cases.groups, plain), &limma["plain"], 1e-9);
    fit("trend", &run(&cases.groups, Options { trend: true, ..plain }), &limma["trend"], 1e-9);
    // limma finds the prior df by a root to 1e-8 on the scale of df / (1 + df).
    fit("robust", &run(&cases.groups, Options { robust: true, ..plain }), &limma["robust"], 2e-6);
    let both = Options { robust: true, trend: true, ..plain };
    fit("robust trend", &run(&cases.groups, both), &limma["robust_trend"], 2e-6);
    let age = numbers(&cases.json["age"]);
    let adjusted = Design::new(cases.groups.contrast().clone(), vec![("age".into(), Covariate::Number(age.clone()))])
        .expect("a design");
    fit("adjusted", &run(&adjusted, plain), &limma["adjusted"], 1e-9);
    let slope = Design::new(Contrast::Slope(age), vec![]).expect("a design");
    fit("slope", &run(&slope, plain), &limma["slope"], 1e-9);
}

#[test]
fn counts_are_filtered_normalised_and_weighted() {
    let cases = cases();
    let (json, counts) = (&cases.json, &cases.counts);
    near("TMM", &tmm::factors(counts), &json["tmm"], 1e-12);
    let libraries = tmm::effective_libraries(counts);
    near("log CPM", cpm::log_cpm(counts, &libraries, 2.0).values(), &json["log_cpm"], 1e-11);
    let kept = |design: &Design| -> Vec<f64> {
        let kept = filter::kept(counts, filter::smallest(design), &libraries, filter::Least::default());
        kept.into_iter().map(|gene| gene as f64).collect()
    };
    near("kept", &kept(&cases.groups), &json["kept"], 0.0);
    let slope = Design::new(Contrast::Slope(numbers(&json["age"])), vec![]).expect("a design");
    near("kept of a slope", &kept(&slope), &json["kept_slope"], 0.0);
    let voom = voom::voom(counts, &cases.groups, &libraries).expect("weights");
    near("voom weights", &voom.weights, &json["voom_weights"], 1e-9);
    let told = moderated(&voom.matrix, &cases.groups, Some(&voom.weights), Options::default()).expect("an answer");
    fit("voom", &told, &json["voom"], 1e-9);
    let ties = cases.log.with_values(cases.log.values().iter().map(|value| value.round()).collect(), Scale::Log);
    near("quantile", quantile::normalised(&ties).values(), &json["quantile"], 1e-12);
}

#[test]
fn samples_are_scored_as_by_gsva() {
    let cases = cases();
    let sets = cases.json["sets"].as_object().expect("sets").iter().map(|(name, genes)| GeneSet {
        name: name.clone(),
        description: String::new(),
        genes: texts(genes),
    });
    let collection = Collection { name: "c".into(), sets: sets.collect(), notes: vec![] };
    let sets = measured(&[collection], cases.log.genes(), 1, 1000).tested;
    let watch = Watch::silent();
    // One sample has a tie even here.
    let plain = ssgsea::Options { normalise: false, ties: ssgsea::Ties::Row, ..ssgsea::Options::default() };
    let of = |matrix: &Expression, options| ssgsea::scores(matrix, &sets, options, &watch).expect("scores").values;
    near("ssGSEA", &of(&cases.log, plain), &cases.json["ssgsea"], 1e-11);
    let ties = cases.log.with_values(cases.log.values().iter().map(|value| value.round()).collect(), Scale::Log);
    let row = ssgsea::Options { ties: ssgsea::Ties::Row, ..ssgsea::Options::default() };
    near("ssGSEA of ties", &of(&ties, row), &cases.json["ssgsea_ties"], 1e-11);
    near("GSVA", &gsva::scores(&cases.log, &sets, 1.0, &watch).expect("scores").values, &cases.json["gsva"], 1e-11);
    near("z-score", &zscore::scores(&cases.log, &sets).expect("scores").values, &cases.json["zscore"], 1e-11);
}
