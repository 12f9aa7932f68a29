//! `explain M by SHAP`: Shapley values down to the original features of every block.

use std::collections::BTreeMap;

use crate::card::EndpointKind;
use crate::explain::Explanation;
use crate::explain::shap::{self, Patients, Perturbation, Plan, Scale};
use crate::figures::words;
use crate::plan::node::Explain;
use crate::run::fault::Fault;
use crate::run::operations::drawn::shapley::{Explained, Patient};
use crate::run::operations::evaluate::shown_level;
use crate::run::results::{Answer, Cell, EstimateRecord, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::Estimate;
use crate::stats::distribution::normal_multiplier;

use super::fault;
use super::subject::Subject;

/// Features shown in the table.
const SHOWN: usize = 30;
/// Features of one patient that are shown apart; the others are summed.
const OF_A_PATIENT: usize = 8;
/// Pairs shown.
const PAIRS: usize = 15;

struct Whole {
    explanation: Explanation,
    /// Whether each patient was explained.
    known: Vec<usize>,
    exact: Vec<String>,
    sampled: Vec<String>,
    pairs: BTreeMap<(usize, usize), Vec<f64>>,
    without_interactions: bool,
}

pub(super) fn run(step: &Step<'_>, spec: &Explain, subject: &Subject<'_>, answer: &mut Answer) -> Result<(), Fault> {
    let settings = &spec.settings;
    let kind = subject.model.data.endpoint.outcome.kind();
    let natural = subject.pieces.first().map_or(Scale::Prediction, |piece| shap::natural_scale(piece.design));
    let scale = match (&spec.horizon, settings.choice("scale")) {
        (Some((at, _)), _) => Scale::EventBy(*at),
        (None, "log-odds") if kind == EndpointKind::Binary => Scale::LogOdds,
        (None, "prediction") => Scale::Prediction,
        _ => natural,
    };
    let plan = Plan {
        scale,
        perturbation: if settings.choice("perturbation") == "path" {
            Perturbation::PathDependent
        } else {
            Perturbation::Interventional
        },
        orders: settings.count("orders"),
        interactions: settings.flag("interactions"),
    };
    let unit = unit(scale, kind, spec);
    let whole = gathered(step, subject, &plan, settings.count("background"))?;
    let n = whole.known.len();
    let explanation = &whole.explanation;
    let importance = explanation.importance();
    let total: f64 = importance.iter().sum();
    let ranking: Vec<usize> = explanation.ranking().into_iter().filter(|feature| importance[*feature] > 0.0).collect();
    let label = &subject.label;

    let mut table = ResultTable::new(
        &format!("shapley-{label}-{}", subject.cohort),
        format!("Shapley values of {label} on {}, in {unit}", subject.cohort),
        ["feature", "block", "mean absolute value", "share", "direction", "Monte-Carlo error"],
    );
    let z = normal_multiplier(step.level());
    let events = subject.events(whole.known.iter().copied());
    for feature in ranking.iter().copied().take(SHOWN) {
        let (block, name) = &subject.features.0[feature];
        let column = explanation.values.column(feature);
        let spread = sd(column.iter().map(|value| value.abs()));
        let half = z * spread / (n as f64).sqrt();
        let how = format!("mean over patients of the absolute Shapley value in {unit}; normal interval over patients");
        let estimate = Estimate::new(format!("mean |SHAP| of {name}"), importance[feature], n, how)
            .within((importance[feature] - half).max(0.0), importance[feature] + half, step.level())
            .with_events(events)
            .with_missing(subject.rows.len() - n);
        let record = EstimateRecord::new(&estimate, Kind::Descriptive).of(label, &subject.cohort);
        let error = explanation.errors.as_ref().map(|errors| {
            // Of the mean over patients, whose draws are independent.
            errors.column(feature).iter().map(|error| error * error).sum::<f64>().sqrt() / n as f64
        });
        table.push([
            Cell::text(name.as_str()),
            Cell::text(block.as_str()),
            record.cell(4),
            Cell::text(format!("{:.1}%", 100.0 * importance[feature] / total.max(f64::MIN_POSITIVE))),
            Cell::text(direction(subject, feature, &whole)),
            match error {
                Some(error) if error > 0.0 => Cell::number(error, 4),
                _ => Cell::text("exact"),
            },
        ]);
        answer.estimates.push(record);
    }
    if ranking.is_empty() {
        table.notes.push("no feature changes a prediction: the models hold none".to_owned());
    } else if ranking.len() > SHOWN {
        table.notes.push(format!("features of a smaller share: {} more", ranking.len() - SHOWN));
    }
    table.notes.push(subject.how.clone());
    table.notes.push(method(&whole, &plan, settings.count("background")));
    let gap = explanation.additivity_gap();
    table.notes.push(format!(
        "base value and Shapley values sum to the prediction of every patient within {}; {}% intervals",
        crate::run::results::fixed(gap, 3),
        shown_level(step.level())
    ));
    if n < subject.rows.len() {
        table.notes.push(format!("{} patients have no prediction and are not explained", subject.rows.len() - n));
    }
    answer.tables.push(table);
    together(step, subject, &whole, &unit, answer);
    let told = method(&whole, &plan, settings.count("background"));
    let own: Vec<Vec<f64>> = (0..subject.features.len()).map(|feature| subject.values(feature)).collect();
    let of = ndarray::Array2::from_shape_fn((n, own.len()), |(row, feature)| own[feature][whole.known[row]]);
    let (block_names, names): (Vec<String>, Vec<String>) = subject.features.0.iter().cloned().unzip();
    let levels: Vec<Vec<String>> = (0..own.len()).map(|feature| subject.levels(feature)).collect();
    let asked = format!("{label}{}", words::at(spec.horizon.as_ref().map(|(_, horizon)| horizon.as_str())));
    let explained = Explained {
        model: &asked,
        cohort: &subject.cohort,
        unit: &unit,
        method: &told,
        names: &names,
        blocks: &block_names,
        values: explanation.values.view(),
        of: of.view(),
        levels: &levels,
        ranking: &ranking,
    };
    answer.figures.extend(explained.figures());
    patients(step, subject, &whole, &explained, &unit, answer)?;
    if plan.interactions {
        pairs(subject, &whole, answer);
    }
    Ok(())
}

fn gathered(step: &Step<'_>, subject: &Subject<'_>, plan: &Plan, background: usize) -> Result<Whole, Fault> {
    let (n, features) = (subject.rows.len(), subject.features.len());
    let mut values = ndarray::Array2::<f64>::zeros((n, features));
    let mut errors = ndarray::Array2::<f64>::zeros((n, features));
    let (mut base, mut predictions, mut held) = (vec![0.0; n], vec![0.0; n], vec![0.0_f64; n]);
    let (mut exact, mut sampled) = (Vec::new(), Vec::new());
    let mut pairs: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
    let mut without_interactions = false;
    for (index, piece) in subject.pieces.iter().enumerate() {
        step.watch.check()?;
        let train = evenly(&piece.train, background);
        let rows: Vec<usize> = piece.places.iter().map(|place| subject.rows[*place]).collect();
        let stream = step.stream.named(&subject.label).named("shap").indexed(index as u64);
        let found = shap::attribute(
            piece.design,
            &subject.features,
            Patients { blocks: &subject.data.blocks, rows: &rows },
            Patients { blocks: &subject.model.data.blocks, rows: &train },
            plan,
            &stream,
            step.watch,
        )
        .map_err(fault)?;
        for (row, position) in found.positions.iter().enumerate() {
            let place = piece.places[*position];
            values.row_mut(place).scaled_add(1.0, &found.explanation.values.row(row));
            if let Some(own) = &found.explanation.errors {
                own.row(row).iter().zip(errors.row_mut(place)).for_each(|(e, all)| *all += e * e);
            }
            base[place] += found.explanation.base[row];
            predictions[place] += found.explanation.predictions[row];
            held[place] += 1.0;
            for (pair, own) in &found.interactions {
                pairs.entry(*pair).or_insert_with(|| vec![0.0; n])[place] += own[row];
            }
        }
        for (names, all) in [(found.exact, &mut exact), (found.sampled, &mut sampled)] {
            for name in names {
                if !all.contains(&name) {
                    all.push(name);
                }
            }
        }
        without_interactions |= found.without_interactions;
    }
    let known: Vec<usize> = (0..n).filter(|place| held[*place] > 0.0).collect();
    if known.is_empty() {
        return Err(Fault::run("run::not-explained", format!("{} predicts none of these patients", subject.label)));
    }
    let at = |all: &[f64]| -> Vec<f64> { known.iter().map(|place| all[*place] / held[*place]).collect() };
    let mean = |all: &ndarray::Array2<f64>| {
        ndarray::Array2::from_shape_fn((known.len(), features), |(row, f)| all[[known[row], f]] / held[known[row]])
    };
    let errors = (!sampled.is_empty()).then(|| {
        ndarray::Array2::from_shape_fn((known.len(), features), |(row, f)| {
            errors[[known[row], f]].sqrt() / held[known[row]]
        })
    });
    let explanation = Explanation { base: at(&base), values: mean(&values), predictions: at(&predictions), errors };
    let pairs = pairs.into_iter().map(|(pair, all)| (pair, at(&all))).collect();
    Ok(Whole { explanation, known, exact, sampled, pairs, without_interactions })
}

/// So many of the rows, evenly spread.
fn evenly(rows: &[usize], most: usize) -> Vec<usize> {
    if rows.len() <= most {
        return rows.to_vec();
    }
    (0..most).map(|place| rows[place * rows.len() / most]).collect()
}

fn unit(scale: Scale, kind: EndpointKind, spec: &Explain) -> String {
    match (scale, kind) {
        (Scale::LogOdds, _) => "log-odds".to_owned(),
        (Scale::EventBy(_), _) => {
            let by = spec.horizon.as_ref().map_or(String::new(), |(_, label)| format!(" by {label}"));
            format!("probability of the event{by}")
        }
        (Scale::Prediction, EndpointKind::Binary) => "probability".to_owned(),
        (Scale::Prediction, EndpointKind::Survival) => "the risk score".to_owned(),
        (Scale::Prediction, EndpointKind::Continuous | EndpointKind::Nominal) => "the predicted value".to_owned(),
    }
}

fn method(whole: &Whole, plan: &Plan, background: usize) -> String {
    let mut told = Vec::new();
    let tree = match plan.perturbation {
        Perturbation::Interventional => "interventional for trees",
        Perturbation::PathDependent => "path-dependent for trees",
    };
    if !whole.exact.is_empty() {
        told.push(format!("exact for {} ({tree})", whole.exact.join(", ")));
    }
    if !whole.sampled.is_empty() {
        told.push(format!(
            "sampled for {} ({} antithetic walks from each background patient; the Monte-Carlo standard error is told)",
            whole.sampled.join(", "),
            2 * plan.orders
        ));
    }
    format!("{}; at most {background} training patients of each fold as background", told.join("; "))
}

fn sd(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count() as f64;
    if n < 2.0 {
        return 0.0;
    }
    let mean = values.clone().sum::<f64>() / n;
    (values.map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt()
}

/// Whether larger values push the prediction up or down.
fn direction(subject: &Subject<'_>, feature: usize, whole: &Whole) -> String {
    if !subject.is_number(feature) {
        return "levels".to_owned();
    }
    let values = subject.values(feature);
    let pairs: Vec<(f64, f64)> = whole
        .known
        .iter()
        .enumerate()
        .map(|(row, place)| (values[*place], whole.explanation.values[[row, feature]]))
        .filter(|(value, _)| !value.is_nan())
        .collect();
    let n = pairs.len().max(1) as f64;
    let (mx, my) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let covariance: f64 = pairs.iter().map(|(x, y)| (x - mx) * (y - my)).sum();
    if covariance > 0.0 { "higher raises" } else { "higher lowers" }.to_owned()
}

/// What features contribute together: those of each block, and, where some were measured in images,
/// those of each class of features.
fn together(step: &Step<'_>, subject: &Subject<'_>, whole: &Whole, unit: &str, answer: &mut Answer) {
    let features = &subject.features.0;
    let of_blocks: Vec<&str> = features.iter().map(|(block, _)| block.as_str()).collect();
    summed(step, subject, whole, unit, ("block", "blocks"), &of_blocks, answer);
    let classes: Vec<&str> = features.iter().map(|(block, feature)| class(feature).unwrap_or(block.as_str())).collect();
    if classes != of_blocks {
        summed(step, subject, whole, unit, ("class", "classes"), &classes, answer);
    }
}

/// The class of a feature that was measured in an image, by the name that the extraction gave it.
fn class(feature: &str) -> Option<&'static str> {
    feature.split('_').find_map(|word| match word {
        "shape" | "shape2D" => Some("shape"),
        "firstorder" => Some("first order"),
        "glcm" | "glrlm" | "glszm" | "gldm" | "ngtdm" => Some("texture"),
        _ => None,
    })
}

/// The values of some features summed for each patient, by the group of each feature.
fn summed(
    step: &Step<'_>,
    subject: &Subject<'_>,
    whole: &Whole,
    unit: &str,
    (what, plural): (&str, &str),
    of: &[&str],
    answer: &mut Answer,
) {
    let mut names: Vec<&str> = Vec::new();
    let group: Vec<usize> = of
        .iter()
        .copied()
        .map(|own| {
            names.iter().position(|name| *name == own).unwrap_or_else(|| {
                names.push(own);
                names.len() - 1
            })
        })
        .collect();
    let Ok(summed) = whole.explanation.by_group(&group, names.len()) else { return };
    if names.len() < 2 {
        return;
    }
    let importance = summed.importance();
    let total: f64 = importance.iter().sum();
    let n = whole.known.len();
    let z = normal_multiplier(step.level());
    let mut table = ResultTable::new(
        &format!("shapley-{plural}-{}-{}", subject.label, subject.cohort),
        format!("What each {what} contributes to {} on {}, in {unit}", subject.label, subject.cohort),
        [what, "mean absolute value", "share"],
    );
    for (place, name) in names.iter().enumerate() {
        let half = z * sd(summed.values.column(place).iter().map(|value| value.abs())) / (n as f64).sqrt();
        let how = format!("mean over patients of the absolute sum of the {what}'s Shapley values in {unit}");
        let estimate = Estimate::new(format!("mean |SHAP| of {what} {name}"), importance[place], n, how).within(
            (importance[place] - half).max(0.0),
            importance[place] + half,
            step.level(),
        );
        let estimate =
            estimate.with_events(subject.events(whole.known.iter().copied())).with_missing(subject.rows.len() - n);
        let record = EstimateRecord::new(&estimate, Kind::Descriptive).of(&subject.label, &subject.cohort);
        let share = 100.0 * importance[place] / total.max(f64::MIN_POSITIVE);
        table.push([Cell::text(*name), record.cell(4), Cell::text(format!("{share:.1}%"))]);
        answer.estimates.push(record);
    }
    table.notes.push(format!("the values of a {what}'s features are summed for each patient before the mean"));
    answer.tables.push(table);
}

/// The patients with the lowest, the middle and the highest prediction, feature by feature.
fn patients(
    step: &Step<'_>,
    subject: &Subject<'_>,
    whole: &Whole,
    explained: &Explained<'_>,
    unit: &str,
    answer: &mut Answer,
) -> Result<(), Fault> {
    let explanation = &whole.explanation;
    let mut order: Vec<usize> = (0..whole.known.len()).collect();
    order.sort_by(|a, b| explanation.predictions[*a].total_cmp(&explanation.predictions[*b]).then(a.cmp(b)));
    let (Some(lowest), Some(highest)) = (order.first().copied(), order.last().copied()) else { return Ok(()) };
    let mut chosen = vec![("lowest", lowest), ("middle", order[order.len() / 2]), ("highest", highest)];
    chosen.dedup_by_key(|(_, row)| *row);
    let keys = names(step, subject)?;
    let mut table = ResultTable::new(
        &format!("shapley-patients-{}-{}", subject.label, subject.cohort),
        format!("Three patients explained by {} on {}, in {unit}", subject.label, subject.cohort),
        ["patient", "prediction", "feature", "value", "contribution"],
    );
    for (which, row) in chosen {
        let place = whole.known[row];
        let mut own = explained.ranking.to_vec();
        own.sort_by(|a, b| {
            explanation.values[[row, *b]].abs().total_cmp(&explanation.values[[row, *a]].abs()).then(a.cmp(b))
        });
        let (shown, others) = own.split_at(own.len().min(OF_A_PATIENT));
        let rest: f64 = others.iter().map(|feature| explanation.values[[row, *feature]]).sum();
        let mut push = |feature: String, value: String, contribution: Cell| {
            table.push([
                Cell::text(keys[place].as_str()),
                Cell::text(which),
                Cell::text(feature),
                Cell::text(value),
                contribution,
            ]);
        };
        push("base value".to_owned(), String::new(), Cell::number(explanation.base[row], 3));
        for feature in shown {
            let (_, name) = &subject.features.0[*feature];
            let (value, contribution) = (subject.shown(*feature, place), explanation.values[[row, *feature]]);
            push(name.clone(), value, Cell::number(contribution, 3));
        }
        if !others.is_empty() {
            push(format!("{} others", others.len()), String::new(), Cell::number(rest, 3));
        }
        push("prediction".to_owned(), String::new(), Cell::number(explanation.predictions[row], 3));
        // Without a feature there is nothing to draw: the table says so.
        if !explained.ranking.is_empty() {
            answer.figures.push(explained.patient(&Patient {
                name: format!("patient {}, the {which} prediction on {}", keys[place], subject.cohort),
                base: explanation.base[row],
                prediction: explanation.predictions[row],
                row,
                shown: &|feature| subject.shown(feature, place),
            }));
        }
    }
    answer.tables.push(table);
    Ok(())
}

fn names(step: &Step<'_>, subject: &Subject<'_>) -> Result<Vec<String>, Fault> {
    let keys = &step.world.table(subject.data.table)?.keys;
    Ok(subject.rows.iter().map(|row| keys.name(*row).to_owned()).collect())
}

/// Pairs of features by their mean absolute interaction.
fn pairs(subject: &Subject<'_>, whole: &Whole, answer: &mut Answer) {
    let n = whole.known.len().max(1) as f64;
    let mut ranked: Vec<((usize, usize), f64)> = whole
        .pairs
        .iter()
        .map(|(pair, values)| (*pair, values.iter().map(|value| value.abs()).sum::<f64>() / n))
        .collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut table = ResultTable::new(
        &format!("shapley-interactions-{}-{}", subject.label, subject.cohort),
        format!("Interactions of {} on {}", subject.label, subject.cohort),
        ["feature", "with", "mean absolute value"],
    );
    for ((a, b), value) in ranked.into_iter().take(PAIRS) {
        table.push([
            Cell::text(subject.features.0[a].1.as_str()),
            Cell::text(subject.features.0[b].1.as_str()),
            Cell::number(value, 4),
        ]);
    }
    table.notes.push(
        "Shapley interaction values of trees, path-dependent, both halves of a pair together; a linear model has none"
            .to_owned(),
    );
    if whole.without_interactions {
        table.notes.push("models that are sampled have no interaction values here".to_owned());
    }
    answer.tables.push(table);
}
