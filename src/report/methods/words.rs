//! Phrases that several parts of Methods use.

use crate::card::{Card, Settings, Value};
use crate::learn::recipe::Resampling;
use crate::plan::Plan;
use crate::plan::describe;
use crate::plan::provenance::Known;
use crate::report::escape::{code, html};

/// `PRIME_R` of `model PRIME_R`.
pub fn bare(name: &str) -> &str {
    name.split_once(' ').map_or(name, |(_, bare)| bare)
}

/// A row expression in the words of the language.
pub fn expression(of: &crate::frame::expression::Expression) -> String {
    code(&describe::expression(of))
}

/// `95` of 0.95.
pub fn percent_number(share: f64) -> f64 {
    (share * 1e6).round() / 1e4
}

/// A title inside a sentence: names of people and abbreviations keep their capitals.
pub fn inside(title: &str) -> String {
    const NAMES: [&str; 26] = [
        "Aalen",
        "Bayesian",
        "Benjamini",
        "Bland",
        "Brier",
        "Cohen",
        "Cox",
        "DeLong",
        "Efron",
        "Fine",
        "Firth",
        "Fisher",
        "Fleiss",
        "Gray",
        "Harrell",
        "Hosmer",
        "Kaplan",
        "Kendall",
        "Laplace",
        "Matthews",
        "Nelson",
        "Pearson",
        "Shapley",
        "Spearman",
        "Uno",
        "Youden",
    ];
    let word: String = title.chars().take_while(|sign| sign.is_alphabetic()).collect();
    let lower = word.chars().skip(1).all(char::is_lowercase) && word.chars().count() > 1;
    if lower && !NAMES.contains(&word.as_str()) {
        let mut signs = title.chars();
        let first = signs.next().map(|sign| sign.to_lowercase().to_string()).unwrap_or_default();
        html(&(first + signs.as_str()))
    } else {
        html(title)
    }
}

/// A title with its settings, and with the rules of those that are derived from the data:
/// `random survival forest (trees = 500, leaf = 3)`.
pub fn with_settings(title: &str, card: Option<&Card>, given: &Settings, but: impl Fn(&str) -> bool) -> String {
    let mut list: Vec<String> = given
        .iter()
        .filter(|(name, _)| !but(name))
        .map(|(name, value)| html(&format!("{name} = {}", shown(value))))
        .collect();
    if let Some(card) = card {
        list.extend(derived(card, given).into_iter().filter(|rule| !rule.split(':').next().is_some_and(&but)));
    }
    match (list.is_empty(), title.strip_suffix(')')) {
        (true, _) => title.to_owned(),
        (false, Some(open)) => format!("{open}; {})", list.join(", ")),
        (false, None) => format!("{title} ({})", list.join(", ")),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Real(value) if *value != 0.0 && value.abs() < 1e-3 => format!("{value:e}"),
        value => value.to_string(),
    }
}

/// Defaults that are derived from the data and not written: `horizon: the median event time`.
fn derived(card: &Card, given: &Settings) -> Vec<String> {
    card.parameters
        .iter()
        .filter(|parameter| given.get(parameter.name).is_none())
        .filter_map(|parameter| match parameter.default {
            crate::card::Initial::Derived(rule) => Some(html(&format!("{}: {rule}", parameter.name))),
            _ => None,
        })
        .collect()
}

/// `5-fold cross-validation, repeated 10 times`.
pub fn resampling(over: &Resampling) -> String {
    match over {
        Resampling::Folds { folds, repeats: 1 } => format!("{folds}-fold cross-validation"),
        Resampling::Folds { folds, repeats } => format!("{folds}-fold cross-validation, repeated {repeats} times"),
        Resampling::LeaveOut { column } => format!("leaving out each level of {} in turn", code(column)),
        Resampling::Bootstraps { resamples } => format!("{resamples} bootstrap resamples"),
    }
}

/// A time in words.
pub fn time(known: &Known, plan: &Plan) -> String {
    match known {
        Known::WithOutcome(endpoint) => format!("with the outcome {}", code(bare(&plan.node(*endpoint).name))),
        known => html(&describe::time(known)),
    }
}

/// A value of JSON as a setting is read: `sigma = 4`.
pub fn json(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "none".to_owned(),
        serde_json::Value::Bool(true) => "yes".to_owned(),
        serde_json::Value::Bool(false) => "no".to_owned(),
        // A whole number is written whole: 32 bins, not 32.0.
        serde_json::Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |value| value.to_string())
        }
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(values) => values.iter().map(json).collect::<Vec<_>>().join(", "),
        serde_json::Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name} = {}", json(value))).collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_fits_into_a_sentence() {
        assert_eq!(inside("Random survival forest"), "random survival forest");
        assert_eq!(inside("Cox proportional hazards regression"), "Cox proportional hazards regression");
        assert_eq!(inside("AUC at a time"), "AUC at a time");
        assert_eq!(inside("C-index"), "C-index");
    }
}
