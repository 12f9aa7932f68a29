//! The runner on plans made by hand over small synthetic tables, and over the real patients where
//! they are there.

use std::collections::BTreeMap;

use crate::card::Settings;
use crate::frame::expression::{Comparison, Expression};
use crate::frame::{Cells, Table as Frame};
use crate::fuse;
use crate::learn::recipe::{Candidate, Design, Part, Recipe, Resampling, StepPlan};
use crate::plan::node::{
    Balance, Cohort, Columns, Condition, Derive, Describe, Endpoint, EndpointDefinition, Evaluate, Factor, Flow,
    Formula, Grouping, Infer, MissingCondition, Model, ModelRef, Operation, PartPlan, Selection, Split, Table, Term,
    TimeUnit,
};
use crate::plan::{Known, Node, NodeId, Plan, Provenance, Rows, Study};
use crate::progress::Watch;
use crate::random::Stream;
use crate::syntax::ast::Span;

use super::results::Kind;
use super::{FaultKind, Inputs, Store, run};

fn column(name: &str) -> Expression {
    Expression::Column(name.to_owned())
}

fn compare(left: Expression, comparison: Comparison, right: Expression) -> Expression {
    Expression::Compare { comparison, left: Box::new(left), right: Box::new(right) }
}

fn plan() -> Plan {
    Plan::new(Study {
        name: "T".to_owned(),
        documentation: String::new(),
        seed: 7,
        predict_at: None::<Known>,
        report: Vec::new(),
        level: 0.95,
        resamples: 200,
    })
}

fn add(plan: &mut Plan, name: &str, inputs: &[NodeId], operation: Operation) -> NodeId {
    plan.add(|id| Node {
        id,
        name: name.to_owned(),
        stem: name.to_owned(),
        documentation: String::new(),
        operation,
        inputs: inputs.to_vec(),
        provenance: Provenance::default(),
        defaults: Vec::new(),
        accepted: Vec::new(),
        span: Span::default(),
    })
}

fn table(plan: &mut Plan, name: &str, path: Option<&str>, key: &str) -> NodeId {
    let spec = Table {
        path: path.map(str::to_owned),
        key: Some(key.to_owned()),
        repeated: false,
        dictionary: crate::frame::dictionary::Dictionary::default(),
        expression: None,
    };
    add(plan, &format!("table {name}"), &[], Operation::Table(spec))
}

fn steps(names: &[&str]) -> Vec<StepPlan> {
    names
        .iter()
        .map(|name| {
            let step = fuse::step(name).unwrap_or_else(|| panic!("no step {name}"));
            StepPlan { step, settings: Settings::defaults(step.card()) }
        })
        .collect()
}

fn learn(learner: &str, kind: crate::card::EndpointKind, blocks: &[&str]) -> Recipe {
    let learner = fuse::learner(learner, kind).unwrap_or_else(|| panic!("no learner {learner}"));
    let candidate = Candidate { learner, settings: Settings::defaults(learner.card()), grid: Vec::new() };
    Recipe::Learn { blocks: blocks.iter().map(|block| (*block).to_owned()).collect(), candidates: vec![candidate] }
}

fn design(recipe: Recipe, prepare: &[(&str, &[&str])]) -> Design {
    Design {
        recipe,
        prepare: prepare.iter().map(|(block, names)| ((*block).to_owned(), steps(names))).collect(),
        choose: None,
        tune: None,
        cross_fit: Resampling::Folds { folds: 5, repeats: 1 },
    }
}

fn synthetic(rows: usize) -> Frame {
    use rand::RngExt;
    let mut rng = Stream::root(3).rng();
    let mut uniform = || rng.random::<f64>();
    let (mut id, mut age, mut noise, mut arm, mut event, mut months, mut died) =
        (vec![], vec![], vec![], vec![], vec![], vec![], vec![]);
    for row in 0..rows {
        let x = 40.0 + 40.0 * uniform();
        id.push(Some(format!("P{row:03}")));
        age.push(if row % 17 == 3 { f64::NAN } else { x });
        noise.push(uniform());
        arm.push(Some(if uniform() < 0.5 { "A" } else { "B" }.to_owned()));
        event.push(Some(uniform() < (x - 40.0) / 40.0));
        months.push(1.0 + 30.0 * uniform() * (90.0 - x) / 50.0);
        died.push(f64::from(u8::from(uniform() < 0.7)));
    }
    Frame::new(vec![
        ("id".into(), Cells::Text(id)),
        ("age".into(), Cells::Number(age)),
        ("noise".into(), Cells::Number(noise)),
        ("arm".into(), Cells::Text(arm)),
        ("event".into(), Cells::Flag(event)),
        ("months".into(), Cells::Number(months)),
        ("died".into(), Cells::Number(died)),
    ])
    .unwrap()
}

/// A whole small study; `extra` adds a declaration before everything that is fitted.
fn study(extra: bool) -> Plan {
    use crate::card::EndpointKind::Binary;
    let mut plan = plan();
    let trial = table(&mut plan, "trial", None, "id");
    if extra {
        let expression = Expression::Negate(Box::new(column("noise")));
        add(
            &mut plan,
            "derive other",
            &[trial],
            Operation::Derive(Derive { table: trial, column: "other".into(), expression }),
        );
    }
    let condition = Condition {
        include: true,
        label: "older than 42".into(),
        expression: compare(column("age"), Comparison::Greater, Expression::Number(42.0)),
        missing: MissingCondition::Stays,
    };
    let cohort = add(
        &mut plan,
        "cohort eligible",
        &[trial],
        Operation::Cohort(Cohort { table: trial, conditions: vec![condition] }),
    );
    let definition = EndpointDefinition::Binary { event: column("event") };
    let response =
        add(&mut plan, "endpoint response", &[trial], Operation::Endpoint(Endpoint { table: trial, definition }));
    let definition = EndpointDefinition::SurvivalDuration {
        time: column("months"),
        event: compare(column("died"), Comparison::Equal, Expression::Number(1.0)),
        unit: Some(TimeUnit::Months),
        competing: Vec::new(),
        entry: None,
    };
    let os = add(&mut plan, "endpoint os", &[trial], Operation::Endpoint(Endpoint { table: trial, definition }));
    let part = |name: &str, share| PartPlan { name: name.to_owned(), share: Some(share), predicate: None };
    let split = add(
        &mut plan,
        "split parts",
        &[cohort, response],
        Operation::Split(Split {
            cohort,
            parts: vec![part("train", 0.7), part("test", 0.3)],
            balance: vec![Balance::Endpoint(response)],
            sealed: vec!["test".into()],
        }),
    );
    let block = |plan: &mut Plan, name: &str, columns: &[&str]| {
        let selections = vec![Selection::Named(columns.iter().map(|name| (*name).to_owned()).collect())];
        add(
            plan,
            &format!("features {name}"),
            &[trial],
            Operation::Columns(Columns { table: trial, selections, derived: Vec::new() }),
        )
    };
    let clinical = block(&mut plan, "clinical", &["age"]);
    let other = block(&mut plan, "other", &["noise"]);
    let rows = |part: &str| Rows::Part { split, part: part.to_owned() };
    let late = Recipe::Late {
        rule: "logistic".into(),
        settings: Settings::defaults(fuse::rule("logistic").unwrap().card()),
        parts: vec![
            Part { name: "clinical".into(), recipe: learn("logistic", Binary, &["clinical"]) },
            Part { name: "other".into(), recipe: learn("logistic", Binary, &["other"]) },
        ],
    };
    let model = add(
        &mut plan,
        "model FUSED",
        &[response, clinical, other, split],
        Operation::Model(Model {
            endpoint: response,
            blocks: vec![("clinical".into(), clinical), ("other".into(), other)],
            design: design(late, &[("clinical", &["median", "z-score"]), ("other", &["z-score"])]),
            rows: rows("train"),
        }),
    );
    add(&mut plan, "flow eligible", &[cohort, split], Operation::Flow(Flow { cohort, splits: vec![split] }));
    add(
        &mut plan,
        "describe eligible",
        &[cohort, response, os],
        Operation::Describe(Describe {
            by: Some(Grouping::Expression { label: "arm".into(), expression: column("arm") }),
            show: ["table", "response_rates", "follow_up", "median_survival"].map(str::to_owned).to_vec(),
            endpoints: vec![response, os],
            adjust: Some("BH".into()),
            ..Describe::of(Rows::Cohort(cohort))
        }),
    );
    let whole = |part: Option<&str>| ModelRef { model, part: part.map(str::to_owned) };
    add(
        &mut plan,
        "evaluate FUSED",
        &[model, split],
        Operation::Evaluate(Evaluate {
            models: vec![whole(None)],
            against: vec![whole(Some("clinical")), whole(Some("other"))],
            on: vec![rows("train"), rows("test")],
            over: None,
            horizons: Vec::new(),
            horizon_labels: Vec::new(),
            metrics: vec!["AUC".into(), "Brier".into()],
            figures: vec!["calibration".into(), "decision-curve".into()],
            adjust: Some("holm".into()),
            bca: false,
            apparent: false,
            threshold: None,
        }),
    );
    let term = |name: &str| Term {
        label: name.to_owned(),
        factors: vec![Factor { label: name.to_owned(), expression: column(name), knots: None }],
    };
    for (procedure, endpoint, terms) in [
        ("km", os, vec![term("arm")]),
        ("cox", os, vec![term("age"), term("arm")]),
        ("logistic", response, vec![term("age"), term("arm")]),
    ] {
        let card = card(procedure);
        let formula = Formula { terms, ..Formula::default() };
        add(
            &mut plan,
            &format!("{procedure}(...)"),
            &[trial, endpoint],
            Operation::Infer(Infer {
                procedure: procedure.to_owned(),
                endpoint: Some(endpoint),
                competing: Vec::new(),
                formula,
                settings: Settings::defaults(card),
                rows: Rows::Table(trial),
            }),
        );
    }
    plan
}

/// A card without settings: procedures fall back on their documented defaults.
fn card(_: &str) -> &'static crate::card::Card {
    static CARD: crate::card::Card = crate::card::Card {
        name: "procedure",
        title: "",
        role: crate::card::Role::Inference,
        endpoints: &[],
        parameters: &[],
        summary: "",
        documentation: "",
        references: &[],
        example: "",
    };
    &CARD
}

fn inputs(rows: usize) -> Inputs {
    Inputs { tables: BTreeMap::from([("trial".to_owned(), synthetic(rows))]), ..Inputs::default() }
}

#[test]
fn a_study_runs_to_answers_and_a_second_run_computes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let first = run(&study(false), &inputs(160), &store, &Watch::silent()).unwrap();
    assert!(first.stored.is_empty());
    let second = run(&study(false), &inputs(160), &store, &Watch::silent()).unwrap();
    assert!(second.computed.is_empty(), "{:?}", second.computed);
    assert_eq!(first.results.json(), second.results.json());
    // A declaration elsewhere changes no other answer and recomputes none of them.
    let third = run(&study(true), &inputs(160), &store, &Watch::silent()).unwrap();
    assert!(third.computed.is_empty(), "{:?}", third.computed);
    assert_eq!(first.results.answers, third.results.answers);

    let results = &first.results;
    let kinds: Vec<Kind> = results.answer("evaluate FUSED").unwrap().estimates.iter().map(|e| e.kind).collect();
    assert!([Kind::OutOfFold, Kind::Apparent, Kind::HeldOut].iter().all(|kind| kinds.contains(kind)));
    for estimate in results.estimates() {
        assert!(estimate.value.is_some() || estimate.why.is_some(), "{estimate:?}");
        assert!(estimate.n > 0);
    }
    let notes = &results.answer("evaluate FUSED").unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("does not beat FUSED.clinical on train")), "{notes:?}");
    assert!(results.looks.iter().any(|look| look.part == "test" && look.declaration == "evaluate FUSED"));
    let flow = &results.answer("flow eligible").unwrap().tables[0];
    assert_eq!(flow.rows[1][3], super::results::Cell::Count(10));
}

#[test]
fn threads_and_the_store_change_no_byte() {
    let results = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&study(false), &inputs(120), &Store::none(), &Watch::silent())).unwrap().results.json()
    };
    assert_eq!(results(1), results(2));
}

#[test]
fn a_stopped_run_keeps_what_is_finished_and_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path()).unwrap();
    let watch = Watch::with_listener({
        let stop = std::sync::Arc::new(std::sync::OnceLock::<Watch>::new());
        let handle = stop.clone();
        STOP.with(|cell| *cell.borrow_mut() = Some(stop));
        move |event| {
            if let crate::progress::Event::End { task: "flow eligible" } = event
                && let Some(watch) = handle.get()
            {
                watch.cancel();
            }
        }
    });
    STOP.with(|cell| cell.borrow().as_ref().map(|stop| stop.set(watch.clone()).ok()));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let stopped = pool.install(|| run(&study(false), &inputs(120), &store, &watch)).unwrap_err();
    assert!(stopped.faults.iter().all(|fault| fault.kind == FaultKind::Stopped));
    let resumed = run(&study(false), &inputs(120), &store, &Watch::silent()).unwrap();
    assert!(resumed.stored.contains(&"flow eligible".to_owned()));
    let fresh = run(&study(false), &inputs(120), &Store::none(), &Watch::silent()).unwrap();
    assert_eq!(resumed.results.json(), fresh.results.json());
}

thread_local! {
    static STOP: std::cell::RefCell<Option<std::sync::Arc<std::sync::OnceLock<Watch>>>> = const { std::cell::RefCell::new(None) };
}

#[test]
fn faults_of_the_data_are_told_together() {
    let mut plan = plan();
    let trial = table(&mut plan, "trial", None, "id");
    let definition = EndpointDefinition::Binary { event: column("arm") };
    add(&mut plan, "endpoint wrong", &[trial], Operation::Endpoint(Endpoint { table: trial, definition }));
    let condition = Condition {
        include: true,
        label: "nobody".into(),
        expression: compare(column("age"), Comparison::Greater, Expression::Number(400.0)),
        missing: MissingCondition::Leaves,
    };
    add(&mut plan, "cohort none", &[trial], Operation::Cohort(Cohort { table: trial, conditions: vec![condition] }));
    let failure = run(&plan, &inputs(40), &Store::none(), &Watch::silent()).unwrap_err();
    let codes: Vec<&str> = failure.faults.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["data::type", "data::empty-cohort"]);
    assert!(failure.faults.iter().all(|fault| fault.kind == FaultKind::Data));
    let unknown = Inputs { tables: BTreeMap::from([("trail".to_owned(), synthetic(4))]), ..Inputs::default() };
    assert!(
        run(&plan, &unknown, &Store::none(), &Watch::silent()).unwrap_err().faults[0]
            .message
            .contains("did you mean `trial`?")
    );
}
