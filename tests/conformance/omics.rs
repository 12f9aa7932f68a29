//! Genes and sets of genes against limma, edgeR, fgsea, gseapy, GSVA and R, on real matrices, with
//! the table of the worst differences.

use std::collections::{BTreeMap, HashMap};

use diptych::omics::design::{Contrast, Covariate, Design};
use diptych::omics::differential::Differential;
use diptych::omics::gmt::{self, Collection};
use diptych::omics::gsea::preranked::{self, preranked};
use diptych::omics::gsea::{GseaResult, Ranking, score};
use diptych::omics::limma::{Options, moderated};
use diptych::omics::method::Question;
use diptych::omics::scale::Scale;
use diptych::omics::sets::{MeasuredSet, measured};
use diptych::omics::single_sample::{Scores, compared};
use diptych::omics::{Expression, cpm, gsva, ora, read, ssgsea, tests, tmm, voom};
use diptych::progress::Watch;
use diptych::random::Stream;
use diptych::stats::multiplicity::Adjustment;

use super::shared;

type Row = HashMap<String, String>;

/// A CSV with quotes.
fn rows(path: &str) -> Option<Vec<Row>> {
    let text = std::fs::read_to_string(shared::file(path)?).expect("a readable file");
    let cells = |line: &str| -> Vec<String> {
        let mut cells = vec![String::new()];
        let mut quoted = false;
        for character in line.chars() {
            match character {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                character => cells.last_mut().expect("a cell").push(character),
            }
        }
        cells
    };
    let mut lines = text.lines();
    let header = cells(lines.next()?);
    Some(lines.map(|line| header.iter().cloned().zip(cells(line)).collect()).collect())
}

fn number(row: &Row, column: &str) -> f64 {
    row.get(column).and_then(|cell| cell.parse().ok()).unwrap_or(f64::NAN)
}

fn reference(name: &str) -> Option<Vec<Row>> {
    rows(&format!("reference/omics/{name}.csv"))
}

fn by(rows: &[Row], column: &str) -> BTreeMap<String, Row> {
    rows.iter().map(|row| (row[column].clone(), row.clone())).collect()
}

fn matrix(name: &str, samples: &[String], scale: Scale) -> Option<Expression> {
    let path = shared::file(&format!("data/omics/{name}"))?;
    let grid = read::grid(name, std::fs::read(path).expect("a readable file"), None).expect("a matrix");
    Some(read::matrix(name, grid, samples, Some(scale)).expect("a matrix"))
}

fn sets(name: &str) -> Option<Collection> {
    let text = std::fs::read_to_string(shared::file(&format!("data/omics/{name}"))?).expect("a readable file");
    Some(gmt::parse(name, &text).expect("gene sets"))
}

struct Study {
    matrix: Expression,
    inside: Vec<bool>,
    samples: BTreeMap<String, Row>,
}

fn study(matrix_name: &str, samples_name: &str, column: &str, level: &str, scale: Scale) -> Option<Study> {
    let samples = by(&rows(&format!("data/omics/{samples_name}"))?, "sample");
    let names: Vec<String> = samples.keys().cloned().collect();
    let matrix = matrix(matrix_name, &names, scale)?;
    let inside = matrix.samples().iter().map(|sample| samples[sample][column] == level).collect();
    Some(Study { matrix, inside, samples })
}

fn leukemia() -> Option<Study> {
    study("leukemia_log2_floor20.csv", "leukemia_samples.csv", "group", "AML", Scale::Log)
}

fn lihc() -> Option<Study> {
    study("lihc_log2cpm_tmm_prior2.csv", "lihc_samples.csv", "type", "Tumor", Scale::Log)
}

fn counts() -> Option<Study> {
    study("stacked_sgl_LIHC_counts_5183x100.csv", "lihc_samples.csv", "type", "Tumor", Scale::Counts)
}

/// Largest difference seen, relative to the larger of 1 and the value unless `relative`.
#[derive(Default)]
struct Worst(BTreeMap<String, f64>);

impl Worst {
    fn relative(&mut self, what: &str, ours: f64, theirs: f64) {
        let difference = if ours == theirs { 0.0 } else { (ours - theirs).abs() / theirs.abs().max(1e-300) };
        self.note(what, difference);
    }

    fn absolute(&mut self, what: &str, ours: f64, theirs: f64) {
        self.note(what, if ours == theirs { 0.0 } else { (ours - theirs).abs() });
    }

    fn note(&mut self, what: &str, difference: f64) {
        let difference = if difference.is_nan() { f64::INFINITY } else { difference };
        let worst = self.0.entry(what.to_owned()).or_insert(0.0);
        *worst = worst.max(difference);
    }

    fn tell(&self, limits: &[(&str, f64)]) {
        for (what, worst) in &self.0 {
            println!("{what:<48} {worst:.1e}");
        }
        for (what, limit) in limits {
            let worst: Vec<_> = self.0.iter().filter(|(name, _)| name.ends_with(what)).collect();
            assert!(!worst.is_empty(), "{what} was not compared");
            for (name, worst) in worst {
                assert!(worst <= limit, "{name}: {worst} is above {limit}");
            }
        }
    }
}

fn limma_against(worst: &mut Worst, name: &str, told: &Differential, prefix: &str) {
    let Some(reference) = reference(name) else { return };
    let reference = by(&reference, "gene");
    assert_eq!(reference.len(), told.genes.len());
    let prior = told.prior.as_ref().expect("limma's prior");
    let shift = |of: &str| format!("{prefix} {of}");
    for (place, gene) in told.genes.iter().enumerate() {
        let row = &reference[&gene.gene];
        worst.relative(&shift("t"), gene.statistic, number(row, "t"));
        worst.absolute(&shift("logFC"), gene.log_fold_change, number(row, "logFC"));
        worst.absolute(&shift("AveExpr"), gene.average, number(row, "AveExpr"));
        worst.relative(&shift("P"), gene.p.expect("p"), number(row, "P.Value"));
        worst.relative(&shift("P adjusted"), gene.adjusted.expect("p"), number(row, "adj.P.Val"));
        worst.absolute(&shift("B"), gene.log_odds.expect("B"), number(row, "B"));
        if row.contains_key("CI.L") {
            worst.absolute(&shift("interval"), gene.lower, number(row, "CI.L"));
            worst.absolute(&shift("interval"), gene.upper, number(row, "CI.R"));
            worst.relative(&shift("sigma"), prior.sigma[place], number(row, "sigma"));
            worst.relative(&shift("s2.post"), prior.posterior[place], number(row, "s2.post"));
            worst.relative(&shift("df.total"), gene.df, number(row, "df.total"));
        }
    }
}

#[test]
fn moderated_t_is_limmas() {
    let mut worst = Worst::default();
    let (Some(leukemia), Some(lihc), Some(hyper)) =
        (leukemia(), lihc(), shared::json("reference/omics/limma_hyperparameters.json"))
    else {
        return;
    };
    let run = |study: &Study, trend| {
        let design = Design::new(Contrast::Groups(study.inside.clone()), vec![]).expect("a design");
        moderated(&study.matrix, &design, None, Options { trend, ..Options::default() }).expect("an answer")
    };
    let hyperparameters = |name: &str, told: &Differential, worst: &mut Worst| {
        let prior = told.prior.as_ref().expect("limma's prior");
        let of = |key: &str| hyper[name][key].as_f64().unwrap_or(f64::NAN);
        worst.relative(&format!("{name} df.prior"), prior.df[0], of("df.prior"));
        if prior.variance.len() == 1 {
            worst.relative(&format!("{name} s2.prior"), prior.variance[0], of("s2.prior"));
        }
        if let Some(variance) = hyper[name]["var.prior"][1].as_f64() {
            worst.relative(&format!("{name} var.prior"), prior.coefficient_variance, variance);
        }
    };
    let told = run(&leukemia, false);
    limma_against(&mut worst, "limma_leukemia_AMLvsALL", &told, "leukemia");
    hyperparameters("leukemia_AMLvsALL", &told, &mut worst);
    let told = run(&lihc, false);
    limma_against(&mut worst, "limma_lihc_TvsN", &told, "lihc");
    hyperparameters("lihc_TvsN", &told, &mut worst);
    let told = run(&lihc, true);
    limma_against(&mut worst, "limma_lihc_TvsN_trend", &told, "lihc trend");
    hyperparameters("lihc_TvsN_trend", &told, &mut worst);

    // Ten patients with both tissues, the patient a covariate.
    let patient = |sample: &String| lihc.samples[sample]["patient"].clone();
    let mut tissues: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, sample) in lihc.matrix.samples().iter().enumerate() {
        tissues.entry(patient(sample)).or_default().push(place);
    }
    let mut both: Vec<usize> = tissues.into_values().filter(|places| places.len() == 2).flatten().collect();
    both.sort_unstable();
    assert_eq!(both.len(), 20);
    let paired = lihc.matrix.of_samples(&both);
    let inside = both.iter().map(|place| lihc.inside[*place]).collect();
    let patients = Covariate::Levels(paired.samples().iter().map(patient).collect());
    let design = Design::new(Contrast::Groups(inside), vec![("patient".into(), patients)]).expect("a design");
    let told = moderated(&paired, &design, None, Options::default()).expect("an answer");
    limma_against(&mut worst, "limma_lihc_paired10", &told, "lihc paired");

    // A grade within the tumours: nothing passes.
    let graded: Vec<usize> = (0..lihc.matrix.samples().len())
        .filter(|place| lihc.inside[*place] && lihc.samples[&lihc.matrix.samples()[*place]]["grade"] != "NA")
        .collect();
    let high = |place: &usize| {
        let grade = &lihc.samples[&lihc.matrix.samples()[*place]]["grade"];
        grade == "G3" || grade == "G4"
    };
    let graded: Vec<usize> =
        graded.into_iter().filter(|p| !lihc.samples[&lihc.matrix.samples()[*p]]["grade"].is_empty()).collect();
    let design = Design::new(Contrast::Groups(graded.iter().map(high).collect()), vec![]).expect("a design");
    let told = moderated(&lihc.matrix.of_samples(&graded), &design, None, Options::default()).expect("an answer");
    hyperparameters("lihc_grade_HvsL", &told, &mut worst);
    assert_eq!(told.passing(0.05), (0, 0));
    worst.tell(&[
        (" t", 1e-9),
        ("logFC", 1e-11),
        ("df.prior", 1e-9),
        ("s2.prior", 1e-9),
        ("var.prior", 1e-9),
        ("s2.post", 1e-9),
        (" B", 1e-8),
        ("interval", 1e-9),
        (" P", 1e-9),
    ]);
}

#[test]
fn counts_are_normalised_as_edger_and_weighted_as_voom() {
    let (Some(study), Some(factors), Some(log)) = (counts(), reference("lihc_tmm_factors"), lihc()) else { return };
    let mut worst = Worst::default();
    let factors = by(&factors, "sample");
    let ours = tmm::factors(&study.matrix);
    let libraries = study.matrix.totals();
    for ((sample, factor), library) in study.matrix.samples().iter().zip(&ours).zip(&libraries) {
        worst.relative("TMM factor", *factor, number(&factors[sample], "norm.factor"));
        worst.relative("library", *library, number(&factors[sample], "lib.size"));
    }
    let effective = tmm::effective_libraries(&study.matrix);
    let cpm = cpm::log_cpm(&study.matrix, &effective, 2.0);
    for (gene, row) in cpm.rows().enumerate().map(|(gene, (_, row))| (gene, row)) {
        for (ours, theirs) in row.iter().zip(log.matrix.row(gene)) {
            worst.absolute("log CPM", *ours, *theirs);
        }
    }
    let design = Design::new(Contrast::Groups(study.inside.clone()), vec![]).expect("a design");
    let voom = voom::voom(&study.matrix, &design, &effective).expect("weights");
    let told = moderated(&voom.matrix, &design, Some(&voom.weights), Options::default()).expect("an answer");
    limma_against(&mut worst, "limma_voom_lihc_TvsN", &told, "voom");
    if let Some(hyper) = shared::json("reference/omics/limma_hyperparameters.json") {
        let prior = told.prior.as_ref().expect("limma's prior");
        for (key, ours) in [("df.prior", prior.df[0]), ("s2.prior", prior.variance[0])] {
            worst.relative(&format!("voom {key}"), ours, hyper["voom_lihc_TvsN"][key].as_f64().unwrap_or(f64::NAN));
        }
    }
    worst.tell(&[("TMM factor", 1e-12), ("log CPM", 1e-11), (" t", 1e-9), ("df.prior", 1e-9), ("s2.prior", 1e-9)]);
}

#[test]
fn welch_and_wilcoxon_are_rs() {
    let mut worst = Worst::default();
    for (study, name) in [(leukemia(), "welch_leukemia_AMLvsALL"), (lihc(), "welch_lihc_TvsN")] {
        let (Some(study), Some(reference)) = (study, reference(name)) else { return };
        let reference = by(&reference, "gene");
        let design = Design::new(Contrast::Groups(study.inside.clone()), vec![]).expect("a design");
        let question = Question { matrix: &study.matrix, design: &design, weights: None, level: 0.95 };
        let run = |name: &str| {
            let test = tests().iter().find(|test| test.card().name == name).expect("a test");
            let settings = diptych::card::Settings::defaults(test.card());
            test.run(&question, &settings, &Watch::silent()).expect("an answer")
        };
        for gene in run("welch").genes {
            let row = &reference[&gene.gene];
            worst.absolute("Welch difference", gene.log_fold_change, number(row, "diff"));
            worst.relative("Welch P", gene.p.expect("p"), number(row, "welch_p"));
            worst.relative("Welch P adjusted", gene.adjusted.expect("p"), number(row, "welch_bh"));
        }
        // The peers' log counts of absent genes differed in the last bit, which made ranks of ties;
        // in the file they are ties. A gene with the same rank sum is the same question.
        let (mut compared, mut others) = (0, 0);
        for (place, gene) in run("wilcoxon").genes.into_iter().enumerate() {
            let row = &reference[&gene.gene];
            let values = study.matrix.row(place);
            let wins = |a: f64| {
                let b = values.iter().zip(&study.inside).filter(|(_, inside)| !**inside);
                b.map(|(b, _)| {
                    if a > *b {
                        1.0
                    } else if a == *b {
                        0.5
                    } else {
                        0.0
                    }
                })
                .sum::<f64>()
            };
            let w: f64 = values.iter().zip(&study.inside).filter(|(_, inside)| **inside).map(|(a, _)| wins(*a)).sum();
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            let tied = sorted.windows(2).any(|pair| pair[0] == pair[1]);
            if w == number(row, "wilcox_W") && !(tied && name.contains("lihc")) {
                compared += 1;
                worst.relative("Wilcoxon P", gene.p.expect("p"), number(row, "wilcox_p"));
            } else {
                others += 1;
            }
        }
        println!("{name}: Wilcoxon P of {compared} genes compared, {others} have ties that the reference did not see");
        assert!(compared > 4 * others, "{compared} and {others}");
    }
    worst.tell(&[(" P", 1e-10), ("P adjusted", 1e-10)]);
}

#[test]
fn over_representation_is_the_hypergeometric_tail() {
    let mut worst = Worst::default();
    for (name, list) in [("leukemia", "limma_leukemia_AMLvsALL"), ("lihc_TvsN", "limma_lihc_TvsN")] {
        let (Some(hallmark), Some(genes)) = (sets("h.all.v7.0.symbols.gmt"), reference(list)) else { return };
        let names: Vec<String> = genes.iter().map(|row| row["gene"].clone()).collect();
        let measured = measured(&[hallmark], &names, 1, 100_000);
        for direction in ["up", "down", "both"] {
            let Some(reference) = reference(&format!("ora_{name}_hallmark_{direction}")) else { continue };
            let listed: Vec<usize> = (0..genes.len())
                .filter(|place| {
                    let fold = number(&genes[*place], "logFC");
                    let wanted = match direction {
                        "up" => fold > 1.0,
                        "down" => fold < -1.0,
                        _ => fold.abs() > 1.0,
                    };
                    wanted && number(&genes[*place], "adj.P.Val") < 0.05
                })
                .collect();
            let told = ora::over_represented(&names, &listed, &measured.tested).expect("an answer");
            let reference = by(&reference, "set");
            for result in told {
                let Some(row) = reference.get(&result.set) else { continue };
                assert_eq!(result.overlap, number(row, "overlap") as usize, "{}", result.set);
                assert_eq!(result.genes.join(";"), row["genes"], "{}", result.set);
                worst.relative("ORA P", result.p, number(row, "p"));
                worst.relative("ORA fold", result.fold, number(row, "fold"));
                worst.relative("ORA odds ratio", result.odds, number(row, "odds"));
                worst.relative("ORA P adjusted", result.adjusted, number(row, "bh"));
            }
        }
    }
    worst.tell(&[("ORA P", 1e-12), ("ORA P adjusted", 1e-12), ("ORA odds ratio", 1e-12)]);
}

/// The ranking of the peers, and the sets on it.
fn ranked(name: &str) -> Option<(Ranking, Vec<MeasuredSet>)> {
    let text = std::fs::read_to_string(shared::file(&format!("data/omics/rank_{name}_hallmark.rnk"))?).expect("text");
    let (genes, statistics): (Vec<String>, Vec<f64>) = text
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(gene, value)| (gene.to_owned(), value.parse::<f64>().expect("a number")))
        .unzip();
    let ranking = Ranking::new(&genes, &statistics).expect("a ranking");
    let measured = measured(&[sets("h.all.v7.0.symbols.gmt")?], &genes, 15, 500);
    Some((ranking, measured.tested))
}

#[test]
fn enrichment_scores_and_leading_edges_are_the_peers() {
    let mut worst = Worst::default();
    let Some((ranking, sets)) = ranked("leukemia") else { return };
    if let Some(exact) = reference("gsea_exact_ES_leukemia_hallmark_weights") {
        let exact = by(&exact, "set");
        for weight in [0.0, 1.0, 2.0] {
            let steps = ranking.steps(weight);
            for set in &sets {
                let es = score::walk(&steps, &ranking.ranks(set)).es;
                worst.absolute(&format!("ES weight {weight}"), es, number(&exact[&set.name], &format!("ES_w{weight}")));
            }
        }
    }
    for name in ["leukemia", "lihc_TvsN"] {
        let Some((ranking, sets)) = ranked(name) else { return };
        let options =
            preranked::Options { permutations: 10_000, multilevel: Some(0.0), ..preranked::Options::default() };
        let watch = Watch::silent();
        let told = preranked(&ranking, &sets, options, &Stream::root(1), &watch).expect("an answer");
        let told: BTreeMap<&str, &GseaResult> = told.iter().map(|result| (result.set.as_str(), result)).collect();
        let Some(gseapy) = reference(&format!("gseapy_prerank_{name}_hallmark_n10000_seed123")) else { return };
        let mut edges = 0;
        for row in &gseapy {
            let result = told[row["Term"].as_str()];
            worst.absolute(&format!("{name} ES of gseapy"), result.es, number(row, "ES"));
            worst.absolute(&format!("{name} NES of gseapy"), result.nes.expect("NES"), number(row, "NES"));
            // gseapy lists the leading edge of a negative score from the middle outwards.
            let mut ours = result.leading_edge.clone();
            let mut theirs: Vec<&str> = row["Lead_genes"].split(';').collect();
            ours.sort();
            theirs.sort_unstable();
            assert_eq!(ours, theirs, "leading edge of {}", row["Term"]);
            edges += 1;
        }
        println!("{name}: {edges} leading edges are identical");
        let Some(multilevel) = reference(&format!("fgseaMultilevel_{name}_hallmark_eps0_seed42")) else { return };
        let (mut squares, mut most, mut signed) = (0.0, 0.0f64, 0.0);
        for row in &multilevel {
            let result = told[row["pathway"].as_str()];
            worst.absolute(&format!("{name} NES of fgsea"), result.nes.expect("NES"), number(row, "NES"));
            let gap = result.p.expect("p").log2() - number(row, "pval").log2();
            let error = result.log2_error.expect("an error").hypot(number(row, "log2err"));
            let z = gap / error;
            squares += z * z;
            signed += z;
            most = most.max(z.abs());
        }
        let n = multilevel.len() as f64;
        println!(
            "{name}: log2 P beside fgsea's multilevel in standard errors: mean {:.2}, root mean square {:.2}, largest {most:.2}",
            signed / n,
            (squares / n).sqrt()
        );
        assert!(most < 4.0 && (squares / n).sqrt() < 1.5, "{most}");
    }
    worst.tell(&[
        ("ES weight 0", 1e-12),
        ("ES weight 1", 1e-12),
        ("ES weight 2", 1e-12),
        (" ES of gseapy", 1e-12),
        (" NES of gseapy", 0.1),
        (" NES of fgsea", 0.1),
    ]);
}

fn scores_against(worst: &mut Worst, what: &str, ours: &Scores, name: &str) -> bool {
    let Some(reference) = reference(name) else { return false };
    let reference = by(&reference, "set");
    assert_eq!(reference.len(), ours.sets.len(), "{name}");
    for (place, set) in ours.sets.iter().enumerate() {
        let row = &reference[&set.name];
        for (sample, score) in ours.samples.iter().zip(ours.row(place)) {
            worst.note(what, (score - number(row, sample)).abs() / number(row, sample).abs().max(1.0));
        }
    }
    true
}

#[test]
fn single_sample_scores_are_gsvas() {
    let mut worst = Worst::default();
    for (name, study) in [("leukemia", leukemia()), ("lihc", lihc())] {
        let Some(study) = study else { return };
        for (collection, file) in [("hallmark", "h.all.v7.0.symbols.gmt"), ("charoentong28", "charoentong28.gmt")] {
            let Some(sets) = sets(file) else { return };
            let sets = measured(&[sets], study.matrix.genes(), 2, 100_000).tested;
            let watch = Watch::silent();
            for (normalise, word) in [(false, "FALSE"), (true, "TRUE")] {
                let options = ssgsea::Options { normalise, ties: ssgsea::Ties::Row, ..ssgsea::Options::default() };
                let ours = ssgsea::scores(&study.matrix, &sets, options, &watch).expect("scores");
                let what = format!("ssGSEA {name} {collection} norm {word}");
                scores_against(&mut worst, &what, &ours, &format!("ssgsea_GSVA_{name}_{collection}_norm{word}"));
            }
            let shared = ssgsea::Options { normalise: false, ..ssgsea::Options::default() };
            let ours = ssgsea::scores(&study.matrix, &sets, shared, &watch).expect("scores");
            let what = format!("(ties shared) ssGSEA {name} {collection}, for the record");
            scores_against(&mut worst, &what, &ours, &format!("ssgsea_GSVA_{name}_{collection}_normFALSE"));
            let ours = gsva::scores(&study.matrix, &sets, 1.0, &watch).expect("scores");
            scores_against(
                &mut worst,
                &format!("GSVA {name} {collection}"),
                &ours,
                &format!("gsva_{name}_{collection}"),
            );
        }
        let file = if name == "lihc" {
            "wilcoxon_ssgsea_lihc_TvsN_charoentong28"
        } else {
            "wilcoxon_ssgsea_leukemia_charoentong28"
        };
        let (Some(sets), Some(reference)) = (sets("charoentong28.gmt"), reference(file)) else { return };
        let sets = measured(&[sets], study.matrix.genes(), 2, 100_000).tested;
        let options = ssgsea::Options { ties: ssgsea::Ties::Row, ..ssgsea::Options::default() };
        let scores = ssgsea::scores(&study.matrix, &sets, options, &Watch::silent()).expect("scores");
        let reference = by(&reference, "set");
        for set in compared(&scores, &study.inside, Adjustment::BenjaminiHochberg).expect("a comparison") {
            let row = &reference[&set.set];
            worst.absolute("immune medians", set.medians.0, number(row, "median1"));
            worst.absolute("immune AUC", set.superiority, number(row, "auc"));
            // Fifty a group: R's default is the normal approximation.
            let p = if name == "lihc" { "p_normal_cc" } else { "p_exact" };
            worst.relative("immune P", set.p.expect("p"), number(row, p));
        }
    }
    worst.tell(&[
        ("FALSE", 1e-9),
        ("TRUE", 1e-9),
        ("GSVA leukemia hallmark", 1e-9),
        ("GSVA lihc charoentong28", 1e-9),
        ("immune P", 1e-10),
        ("immune medians", 1e-9),
    ]);
}
