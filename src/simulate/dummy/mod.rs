//! Rows that satisfy the dictionary of any study, so that it can be tried before data arrive: they
//! respect types, levels, ranges, keys and missing values, follow-up ends after it begins, and most
//! rows fulfil the conditions of a cohort. Nothing in them predicts anything.

mod files;
mod rows;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::frame::dictionary::Dictionary;
use crate::plan::Plan;
use crate::plan::node::Operation;
use crate::progress::Watch;
use crate::random::Stream;
use crate::run::store::write_whole;
use crate::run::world::word;

use super::SimulationFault;
use rows::Maker;

/// What was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Made {
    pub files: Vec<PathBuf>,
    /// Rows that fulfil the conditions of each cohort.
    pub cohorts: Vec<(String, usize)>,
    pub notes: Vec<String>,
    /// Paths that leave the study's folder, each with the name of what was made in its place.
    pub moved: BTreeMap<String, String>,
}

/// Writes the tables, images and gene sets of a checked study below `out`, where the study's own
/// paths find them. `observed` says what the columns of tables without a dictionary hold, as far as
/// their files are at hand.
///
/// # Errors
/// A table of which nothing says what it holds; a file that cannot be written; stopped.
pub fn write(
    plan: &Plan,
    observed: &BTreeMap<String, Dictionary>,
    rows: usize,
    seed: u64,
    out: &Path,
    watch: &Watch,
) -> Result<Made, SimulationFault> {
    let stream = Stream::root(seed).named("dummy").named(&plan.study.name);
    let mut made = Made::default();
    let mut patients: Vec<String> = Vec::new();
    let tables = || {
        plan.nodes().iter().filter_map(|node| match &node.operation {
            Operation::Table(table) => Some((node, table)),
            _ => None,
        })
    };
    for (node, table) in tables().filter(|(_, table)| table.expression.is_none()) {
        watch.check()?;
        let described = Some(&table.dictionary).filter(|dictionary| !dictionary.columns.is_empty());
        let Some(dictionary) = described.or_else(|| observed.get(word(node))) else {
            return Err(SimulationFault::Refused(format!(
                "the table `{}` has neither a dictionary nor a file that could be read, so nothing says what its columns hold; add `dictionary \"dictionary.csv\"` or `column` clauses",
                word(node)
            )));
        };
        let maker = Maker { plan, node: node.id, table, dictionary, stream: stream.named(&node.name) };
        let whole = maker.table(rows, &mut made)?;
        if table.key.is_some() && patients.is_empty() {
            patients = (0..rows).map(key).collect();
        }
        if let Some(path) = &table.path {
            put(&out.join(place(path, &mut made)), &files::encoded(path, &whole)?, &mut made)?;
        }
    }
    if patients.is_empty() {
        patients = (0..rows).map(key).collect();
    }
    for (node, table) in tables() {
        let (Some(path), Some(genes)) = (&table.path, &table.expression) else { continue };
        let whole = files::expression(table, genes, &patients, &stream.named(&node.name))?;
        let content = if files::is_gct(path) { files::gct(&whole) } else { files::encoded(path, &whole)? };
        put(&out.join(place(path, &mut made)), &content, &mut made)?;
        if let Some(path) = &genes.names {
            put(&out.join(place(path, &mut made)), &files::encoded(path, &files::names()?)?, &mut made)?;
        }
    }
    for node in plan.nodes() {
        match &node.operation {
            Operation::Images(spec) => {
                files::images(spec, &patients, out, &stream.named(&node.name), &mut made, watch)?;
            }
            Operation::Contrast(contrast) => {
                for path in contrast.enrich.iter().flat_map(|method| &method.files) {
                    let target = out.join(place(path, &mut made));
                    put(&target, files::sets(&stream.named(path)).as_bytes(), &mut made)?;
                }
            }
            _ => {}
        }
    }
    Ok(made)
}

fn key(row: usize) -> String {
    format!("P{:04}", row + 1)
}

/// Where a path of the study stands in the folder of what is made up; one that leaves the study's
/// folder stands below it all the same, which is kept for who copies the study.
pub fn place(path: &str, made: &mut Made) -> String {
    let names = Path::new(path).components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    let below = names.collect::<Vec<_>>().join("/");
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside {
        made.moved.insert(path.to_owned(), below.clone());
    }
    below
}

fn put(path: &Path, content: &[u8], made: &mut Made) -> Result<(), SimulationFault> {
    write_whole(path, content).map_err(|source| SimulationFault::Unwritable { path: path.to_owned(), source })?;
    made.files.push(path.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::Study;
    use crate::progress::Watch;

    const TEXT: &str = "study D\n  predict at start + 1 month\n\ntable trial from \"trial.csv\"\n  key id\n  dictionary \"d.csv\"\n\n\
        cohort treated from trial\n  include \"adults\": age >= 18\n  include \"in time\": start in 2020-01-01 .. 2022-12-31\n  \
        include \"scanned\": scan in start - 1 month .. start\n  include \"stage\": stage in (\"A\", \"B\")\n  \
        exclude \"other\": other\n  exclude \"lost\": last is missing\n\n\
        split centres from treated\n  part train = 70% where centre == \"X\"\n  part test = 30% where centre == \"X\"\n  \
        part external where centre == \"Y\"\n\n\
        endpoint response = binary(best in (\"CR\", \"PR\"))\nendpoint os\n  survival from start to death\n  censor at last\n\n\
        features clinical from trial\n  columns where role == \"predictor\"\n\n\
        model R for response on train\n  prepare clinical by median then one_hot\n  learn logistic\n\n\
        flow treated\nevaluate R on test, external\n  show AUC\n";
    const DICTIONARY: &str = "column,type,unit,role,levels,range,known at,nullable\nid,text,,key,,,,no\n\
        centre,text,,design,X|Y,,start,no\nstart,date,,design,,,start,no\nscan,date,,eligibility,,,start,yes\n\
        stage,text,,eligibility,A|B|C,,start,no\nother,flag,,eligibility,,,start,no\nage,number,years,predictor,,0 .. 100,start,no\n\
        grade,text,,predictor,low|high,,start,yes\nlab,number,,predictor,,0 ..,start,yes\nbest,text,,outcome,CR|PR|SD,,start + 3 months,yes\n\
        death,date,,outcome,,,,yes\nlast,date,,follow-up,,,,yes\n";

    #[test]
    fn made_up_rows_satisfy_a_study_and_it_runs_on_them() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("d.study"), TEXT).unwrap();
        std::fs::write(folder.path().join("d.csv"), DICTIONARY).unwrap();
        let study = Study::open(&folder.path().join("d.study")).unwrap();
        let review = study.check();
        let plan = review.checked.plan.unwrap_or_else(|| panic!("{:?}", review.checked.diagnostics));
        let made = super::write(&plan, &BTreeMap::new(), 150, 1, folder.path(), &Watch::silent()).unwrap();
        assert!(made.cohorts[0].1 > 100, "{made:?}");
        let twice = std::fs::read(folder.path().join("trial.csv")).unwrap();
        super::write(&plan, &BTreeMap::new(), 150, 1, folder.path(), &Watch::silent()).unwrap();
        assert_eq!(std::fs::read(folder.path().join("trial.csv")).unwrap(), twice);
        let finished = study.run(&crate::run::Store::none(), &Watch::silent()).unwrap();
        assert!(finished.report.results.estimates().any(|estimate| estimate.metric == "AUC"));
    }

    #[test]
    fn a_table_without_a_dictionary_is_made_up_after_its_own_file() {
        let folder = tempfile::tempdir().unwrap();
        let (own, out) = (folder.path().join("a/b"), folder.path().join("out"));
        std::fs::create_dir_all(&own).unwrap();
        let rows: String = (0..40).map(|row| format!("{},{},{}\n", 30 + row, row % 2, ["x", "y"][row % 2])).collect();
        std::fs::write(folder.path().join("trial.csv"), format!("age,died,arm\n{rows}")).unwrap();
        let text = "study D\n\ntable trial from \"../../trial.csv\"\nendpoint died = binary(died == 1)\n\nlogistic(died ~ age + arm)\n";
        let study = Study::new("d.study", text).in_folder(&own);
        let plan = study.check().checked.plan.unwrap();
        let observed = study.observed(&plan);
        let made = super::write(&plan, &observed, 60, 1, &out, &Watch::silent()).unwrap();
        assert_eq!(made.moved.get("../../trial.csv").map(String::as_str), Some("trial.csv"));
        let made_up = std::fs::read_to_string(out.join("trial.csv")).unwrap();
        assert_eq!(made_up.lines().count(), 61, "{made_up}");
        for line in made_up.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            assert!((30.0..=70.0).contains(&fields[0].parse::<f64>().unwrap()), "{line}");
            assert!(["0", "1"].contains(&fields[2]) && ["x", "y"].contains(&fields[1]), "{line}");
        }
        let moved = text.replace("../../trial.csv", "trial.csv");
        Study::new("d.study", moved).in_folder(&out).run(&crate::run::Store::none(), &Watch::silent()).unwrap();
        assert!(super::write(&plan, &BTreeMap::new(), 60, 1, &out, &Watch::silent()).is_err());
    }
}
