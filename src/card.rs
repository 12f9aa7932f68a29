//! What one thing says of itself.
//!
//! A learner, step, metric, filter, figure or inference procedure is one file, and that file
//! holds a [`Card`]: its name, its parameters with ranges and defaults, its formula, its source
//! and an example. Completion, help, the manual and the checker all read the card, so they
//! cannot disagree. Nothing here knows the language; a card is plain data.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of thing a card describes; each role has its own registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Role {
    /// Fits a prediction rule: `rsf`, `gtbr`, `logistic`.
    Learner,
    /// A fitted step of a `prepare` pipeline: `median`, `z-score`, `elastic_net`.
    Step,
    /// Combines predictions: `late logistic`, `late bma`.
    Fusion,
    /// Judges predictions: `AUC`, `C-index`, `IBS`.
    Metric,
    /// An image filter: `LoG`, `wavelet`.
    Filter,
    /// A class of radiomics features: `glcm`.
    FeatureClass,
    /// A change of a mask that stable features survive: `rotation`.
    Perturbation,
    /// A drawing: `calibration`, `km`.
    Figure,
    /// A procedure of inference over a formula: `cox`, `km`, `roc`.
    Inference,
    /// A test of every gene: `limma`, `welch`.
    Differential,
    /// An enrichment method: `GSEA`, `ORA`, `ssGSEA`.
    Enrichment,
    /// A way to explain a model: `SHAP`, `permutation`.
    Explanation,
    /// A function of row expressions: `log10`, `relative_change`.
    Function,
}

/// The kind of endpoint that a learner or a metric works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EndpointKind {
    /// Yes or no.
    Binary,
    /// Time to an event, possibly censored.
    Survival,
    /// A number.
    Continuous,
    /// One of several classes without an order.
    Nominal,
}

impl fmt::Display for EndpointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EndpointKind::Binary => "binary",
            EndpointKind::Survival => "survival",
            EndpointKind::Continuous => "continuous",
            EndpointKind::Nominal => "nominal",
        })
    }
}

/// The description of one thing.
#[derive(Debug)]
pub struct Card {
    /// The word in a study: `rsf`.
    pub name: &'static str,
    /// The term in a paper: `Random survival forest`.
    pub title: &'static str,
    pub role: Role,
    /// Endpoints it can serve; empty where the question does not arise.
    pub endpoints: &'static [EndpointKind],
    pub parameters: &'static [Parameter],
    /// One sentence, for completion.
    pub summary: &'static str,
    /// What it computes: formula, units, ties, degenerate input, which reference it follows and
    /// where it differs on purpose. Markdown.
    pub documentation: &'static str,
    /// Where it comes from, as a reader would cite it.
    pub references: &'static [&'static str],
    /// A line of a study that uses it.
    pub example: &'static str,
}

/// One setting of a [`Card`].
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub domain: Domain,
    pub default: Initial,
    /// One sentence.
    pub summary: &'static str,
}

/// The values a [`Parameter`] may take. Bounds are inclusive unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    Integer {
        low: i64,
        high: i64,
    },
    Real {
        low: f64,
        high: f64,
    },
    /// Bounds excluded.
    RealOpen {
        low: f64,
        high: f64,
    },
    Choice(&'static [&'static str]),
    Flag,
    /// Free text, such as a file name.
    Text,
    /// A list of reals within bounds.
    Reals {
        low: f64,
        high: f64,
    },
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Domain::Integer { low, high } if *high == i64::MAX => write!(f, "a whole number of at least {low}"),
            Domain::Integer { low, high } => write!(f, "a whole number from {low} to {high}"),
            Domain::Real { low, high } if *high == f64::INFINITY => write!(f, "a number of at least {low}"),
            Domain::Real { low, high } => write!(f, "a number from {low} to {high}"),
            Domain::RealOpen { low, high } if *high == f64::INFINITY => write!(f, "a number above {low}"),
            Domain::RealOpen { low, high } => write!(f, "a number between {low} and {high}, both excluded"),
            Domain::Choice(words) => write!(f, "one of {}", words.join(", ")),
            Domain::Flag => f.write_str("yes or no"),
            Domain::Text => f.write_str("text"),
            Domain::Reals { low, high } => write!(f, "numbers from {low} to {high}"),
        }
    }
}

/// What a parameter is when the study does not say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    Integer(i64),
    Real(f64),
    Choice(&'static str),
    Flag(bool),
    /// Derived from the data by the rule that the text states; the setting is absent.
    Derived(&'static str),
    /// Must be given.
    Required,
}

/// A setting's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Flag(bool),
    Integer(i64),
    Real(f64),
    Text(String),
    List(Vec<Value>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Flag(true) => f.write_str("yes"),
            Value::Flag(false) => f.write_str("no"),
            Value::Integer(value) => write!(f, "{value}"),
            Value::Real(value) => write!(f, "{value}"),
            Value::Text(value) => f.write_str(value),
            Value::List(values) => {
                f.write_str("(")?;
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{value}")?;
                }
                f.write_str(")")
            }
        }
    }
}

/// Settings that were checked against a card once; every parameter has its value here,
/// except those whose default is [`Initial::Derived`] and that the study left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settings {
    values: BTreeMap<&'static str, Value>,
}

/// Why settings do not fit a card.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SettingFault {
    #[error("`{card}` has no setting `{name}`")]
    Unknown { card: &'static str, name: String },
    #[error("`{name}` of `{card}` is {domain}, not {value}")]
    OutOfDomain { card: &'static str, name: &'static str, domain: Domain, value: Value },
    #[error("`{card}` needs the setting `{name}`")]
    Missing { card: &'static str, name: &'static str },
}

impl Settings {
    /// Checks `given` against the card and fills in the defaults.
    ///
    /// # Errors
    /// The first setting that is unknown, out of its domain, or required and absent.
    pub fn new<'a>(card: &Card, given: impl IntoIterator<Item = (&'a str, Value)>) -> Result<Self, SettingFault> {
        let mut values = BTreeMap::new();
        for (name, value) in given {
            let parameter =
                card.parameter(name).ok_or_else(|| SettingFault::Unknown { card: card.name, name: name.to_owned() })?;
            let value = parameter.domain.admit(value).map_err(|value| SettingFault::OutOfDomain {
                card: card.name,
                name: parameter.name,
                domain: parameter.domain,
                value,
            })?;
            values.insert(parameter.name, value);
        }
        for parameter in card.parameters {
            if values.contains_key(parameter.name) {
                continue;
            }
            let value = match parameter.default {
                Initial::Integer(value) => Value::Integer(value),
                Initial::Real(value) => Value::Real(value),
                Initial::Choice(value) => Value::Text(value.to_owned()),
                Initial::Flag(value) => Value::Flag(value),
                Initial::Derived(_) => continue,
                Initial::Required => {
                    return Err(SettingFault::Missing { card: card.name, name: parameter.name });
                }
            };
            values.insert(parameter.name, value);
        }
        Ok(Settings { values })
    }

    /// The card's defaults.
    ///
    /// # Panics
    /// If the card has a required parameter: that is a mistake of the caller, not of a user.
    pub fn defaults(card: &Card) -> Self {
        Self::new(card, []).expect("a card without required parameters")
    }

    /// The value, absent when the parameter is derived from the data and was not given.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// An integer that the card declares with a default.
    pub fn integer(&self, name: &str) -> i64 {
        match self.get(name) {
            Some(Value::Integer(value)) => *value,
            Some(Value::Real(value)) => *value as i64,
            other => unreachable!("setting `{name}` is {other:?}, not an integer: the card and the code disagree"),
        }
    }

    /// [`Settings::integer`] as a count.
    pub fn count(&self, name: &str) -> usize {
        self.integer(name).max(0) as usize
    }

    /// A real that the card declares with a default.
    pub fn real(&self, name: &str) -> f64 {
        self.real_if_given(name)
            .unwrap_or_else(|| unreachable!("setting `{name}` is no number: the card and the code disagree"))
    }

    /// A real whose default is derived from the data.
    pub fn real_if_given(&self, name: &str) -> Option<f64> {
        match self.get(name) {
            Some(Value::Integer(value)) => Some(*value as f64),
            Some(Value::Real(value)) => Some(*value),
            _ => None,
        }
    }

    /// A count whose default is derived from the data.
    pub fn count_if_given(&self, name: &str) -> Option<usize> {
        match self.get(name) {
            Some(Value::Integer(value)) => Some((*value).max(0) as usize),
            _ => None,
        }
    }

    pub fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Flag(true)))
    }

    /// One of the words of a [`Domain::Choice`], or a [`Domain::Text`].
    pub fn choice(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Value::Text(value)) => value,
            _ => "",
        }
    }

    /// A list of reals; empty when not given.
    pub fn reals(&self, name: &str) -> Vec<f64> {
        match self.get(name) {
            Some(Value::List(values)) => values.iter().filter_map(Value::as_real).collect(),
            Some(value) => value.as_real().into_iter().collect(),
            None => Vec::new(),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.values.iter().map(|(name, value)| (*name, value))
    }
}

impl Value {
    /// The number, if it is one.
    pub fn as_real(&self) -> Option<f64> {
        match self {
            Value::Integer(value) => Some(*value as f64),
            Value::Real(value) => Some(*value),
            _ => None,
        }
    }
}

impl Card {
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Whether it serves this endpoint.
    pub fn serves(&self, kind: EndpointKind) -> bool {
        self.endpoints.is_empty() || self.endpoints.contains(&kind)
    }
}

impl Domain {
    /// The value in the domain's own type, or the value back if it does not belong.
    pub fn admit(&self, value: Value) -> Result<Value, Value> {
        match (self, value) {
            (Domain::Integer { low, high }, Value::Integer(value)) if (*low..=*high).contains(&value) => {
                Ok(Value::Integer(value))
            }
            (Domain::Integer { low, high }, Value::Real(value))
                if value.fract() == 0.0 && value >= *low as f64 && value <= *high as f64 =>
            {
                Ok(Value::Integer(value as i64))
            }
            (Domain::Real { low, high }, value) => match value.as_real() {
                Some(real) if real >= *low && real <= *high => Ok(Value::Real(real)),
                _ => Err(value),
            },
            (Domain::RealOpen { low, high }, value) => match value.as_real() {
                Some(real) if real > *low && real < *high => Ok(Value::Real(real)),
                _ => Err(value),
            },
            (Domain::Choice(words), Value::Text(word)) if words.contains(&word.as_str()) => Ok(Value::Text(word)),
            (Domain::Flag, Value::Flag(flag)) => Ok(Value::Flag(flag)),
            (Domain::Flag, Value::Text(word)) if word == "yes" || word == "no" => Ok(Value::Flag(word == "yes")),
            (Domain::Text, Value::Text(text)) => Ok(Value::Text(text)),
            (Domain::Reals { low, high }, value) => {
                let single = value.as_real().map(|real| vec![Value::Real(real)]);
                let values = match (&value, single) {
                    (_, Some(single)) => single,
                    (Value::List(values), None) => values.clone(),
                    _ => return Err(value),
                };
                let inside =
                    values.iter().all(|value| value.as_real().is_some_and(|real| real >= *low && real <= *high));
                if inside { Ok(Value::List(values)) } else { Err(value) }
            }
            (_, value) => Err(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static CARD: Card = Card {
        name: "thing",
        title: "Thing",
        role: Role::Learner,
        endpoints: &[EndpointKind::Binary],
        parameters: &[
            Parameter {
                name: "trees",
                domain: Domain::Integer { low: 1, high: 10 },
                default: Initial::Integer(5),
                summary: "",
            },
            Parameter {
                name: "rate",
                domain: Domain::RealOpen { low: 0.0, high: 1.0 },
                default: Initial::Real(0.1),
                summary: "",
            },
            Parameter {
                name: "leaf",
                domain: Domain::Integer { low: 1, high: 9 },
                default: Initial::Derived("n / 10"),
                summary: "",
            },
        ],
        summary: "",
        documentation: "",
        references: &[],
        example: "",
    };

    #[test]
    fn settings_are_filled_and_checked() {
        let settings = Settings::new(&CARD, [("trees", Value::Real(3.0))]).unwrap();
        assert_eq!(settings.count("trees"), 3);
        assert_eq!(settings.real("rate"), 0.1);
        assert_eq!(settings.count_if_given("leaf"), None);
        assert!(matches!(
            Settings::new(&CARD, [("tree", Value::Integer(3))]),
            Err(SettingFault::Unknown { name, .. }) if name == "tree"
        ));
        assert!(Settings::new(&CARD, [("rate", Value::Real(1.0))]).is_err());
        assert!(Settings::new(&CARD, [("trees", Value::Real(2.5))]).is_err());
    }
}
