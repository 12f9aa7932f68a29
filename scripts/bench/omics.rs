//! One whole process for each thing that gseapy and limma are timed on. Input comes from
//! `omics_data.py`, or is the real ranking. Usage, on one thread:
//!
//! ```text
//! RAYON_NUM_THREADS=1 omics gsea RANKING.rnk SETS.gmt PERMUTATIONS
//! RAYON_NUM_THREADS=1 omics ssgsea MATRIX.csv SETS.gmt
//! RAYON_NUM_THREADS=1 omics limma MATRIX.csv
//! ```

use diptych::omics::design::{Contrast, Design};
use diptych::omics::gsea::Ranking;
use diptych::omics::gsea::preranked::{Options, preranked};
use diptych::omics::scale::Scale;
use diptych::omics::sets::measured;
use diptych::omics::{Expression, gmt, limma, read, ssgsea};
use diptych::progress::Watch;
use diptych::random::Stream;

fn text(path: &str) -> String {
    std::fs::read_to_string(path).expect("a readable file")
}

fn matrix(path: &str) -> Expression {
    let grid = read::grid(path, std::fs::read(path).expect("a readable file"), None).expect("a matrix");
    let samples = grid.columns.clone();
    read::matrix(path, grid, &samples, Some(Scale::Log)).expect("a matrix")
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let argument = |place: usize| arguments.get(place).map_or("", String::as_str);
    let watch = Watch::silent();
    match argument(0) {
        "gsea" => {
            let (genes, statistics): (Vec<String>, Vec<f64>) = text(argument(1))
                .lines()
                .filter_map(|line| line.split_once('\t'))
                .map(|(gene, value)| (gene.to_owned(), value.parse::<f64>().expect("a number")))
                .unzip();
            let ranking = Ranking::new(&genes, &statistics).expect("a ranking");
            let sets = measured(&[gmt::parse(argument(2), &text(argument(2))).expect("sets")], &genes, 15, 500).tested;
            let permutations = argument(3).parse().expect("a number of permutations");
            let options = Options { permutations, multilevel: None, ..Options::default() };
            for result in preranked(&ranking, &sets, options, &Stream::root(1), &watch).expect("an answer") {
                println!("{}\t{}\t{:?}\t{:?}", result.set, result.es, result.nes, result.p);
            }
        }
        "ssgsea" => {
            let matrix = matrix(argument(1));
            let collection = gmt::parse(argument(2), &text(argument(2))).expect("sets");
            let sets = measured(&[collection], matrix.genes(), 1, 100_000).tested;
            let scores = ssgsea::scores(&matrix, &sets, ssgsea::Options::default(), &watch).expect("scores");
            println!("{} {}", scores.values.len(), scores.values.iter().sum::<f64>());
        }
        "limma" => {
            let matrix = matrix(argument(1));
            let n = matrix.samples().len();
            let design = Design::new(Contrast::Groups((0..n).map(|sample| sample >= n / 2).collect()), vec![]);
            let told = limma::moderated(&matrix, &design.expect("a design"), None, limma::Options::default());
            let told = told.expect("an answer");
            println!("{:?} {}", told.passing(0.05), told.prior.map_or(f64::NAN, |prior| prior.df[0]));
        }
        _ => eprintln!("usage: omics gsea|ssgsea|limma FILE ..."),
    }
}
