//! Predictions of patients as they are told: a table with a line for each patient, explanations,
//! curves.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::run::results::{Cell, ResultTable};

/// Predictions of new patients by one or several models.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Predictions {
    pub models: Vec<String>,
    pub patients: Vec<Patient>,
    /// What a reader of the predictions has to know: values outside those of training.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Patient {
    pub key: String,
    pub forecasts: Vec<Forecast>,
    /// `profile high, risk low`, where two models make profiles.
    pub quadrant: Option<String>,
}

/// What one model says of a patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    pub model: String,
    /// `probability`, `risk`, `value`.
    pub scale: String,
    /// `None` where the patient lacks what the model needs.
    pub value: Option<f64>,
    pub parts: Vec<(String, Option<f64>)>,
    /// Name of the groups, and the patient's.
    pub groups: Vec<(String, String)>,
    /// Horizon, and the probability to survive it; `None` where the patient lacks what the model needs.
    pub survival: Vec<(String, Option<f64>)>,
    /// Days and survival.
    pub curve: Vec<(f64, f64)>,
    pub explanation: Option<Explained>,
}

/// Shapley values of a patient: `base + sum of values = prediction`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// Mean prediction of the background.
    pub base: f64,
    /// Block, feature, the patient's value, Shapley value; the largest first.
    pub values: Vec<(String, String, String, f64)>,
    pub how: String,
}

/// A prediction as the study and `diptych predict` alike tell it.
pub(super) fn predicted(value: Option<f64>) -> Cell {
    value.map_or_else(
        || Cell::NotEstimable("the patient lacks what the model needs".to_owned()),
        |value| Cell::number(value, 4),
    )
}

/// A patient's group; empty without a prediction to make one of.
pub(super) fn group(label: &str) -> Cell {
    if label.is_empty() { Cell::Empty } else { Cell::text(label) }
}

impl Predictions {
    /// One line a patient.
    pub fn table(&self) -> ResultTable {
        let mut table = ResultTable { name: "predictions".to_owned(), ..ResultTable::default() };
        table.columns.push("patient".to_owned());
        let first = self.patients.first();
        for forecast in first.into_iter().flat_map(|patient| &patient.forecasts) {
            table.columns.push(format!("{} {}", forecast.model, forecast.scale));
            table.columns.extend(forecast.parts.iter().map(|(part, _)| format!("{}.{part}", forecast.model)));
            table.columns.extend(forecast.groups.iter().map(|(name, _)| name.clone()));
            table
                .columns
                .extend(forecast.survival.iter().map(|(label, _)| format!("{} survival {label}", forecast.model)));
        }
        let quadrants = self.patients.iter().any(|patient| patient.quadrant.is_some());
        if quadrants {
            table.columns.push("quadrant".to_owned());
        }
        for patient in &self.patients {
            let mut row = vec![Cell::text(patient.key.as_str())];
            for forecast in &patient.forecasts {
                row.push(predicted(forecast.value));
                row.extend(forecast.parts.iter().map(|(_, value)| predicted(*value)));
                row.extend(forecast.groups.iter().map(|(_, label)| group(label)));
                row.extend(forecast.survival.iter().map(|(_, value)| predicted(*value)));
            }
            if quadrants {
                row.push(Cell::text(patient.quadrant.clone().unwrap_or_default()));
            }
            row.resize(table.columns.len(), Cell::Empty);
            table.rows.push(row);
        }
        table
    }

    /// One line a patient, model and feature.
    pub fn explanations(&self) -> ResultTable {
        let columns = ["patient", "model", "block", "feature", "value", "Shapley value", "base"];
        let mut table = ResultTable::new("explanations", "Shapley values", columns);
        for (patient, forecast, explained) in self.explained() {
            for (block, feature, value, shapley) in &explained.values {
                table.push([
                    Cell::text(patient),
                    Cell::text(forecast.model.as_str()),
                    Cell::text(block.as_str()),
                    Cell::text(feature.as_str()),
                    Cell::text(value.as_str()),
                    Cell::number(*shapley, 4),
                    Cell::number(explained.base, 4),
                ]);
            }
        }
        table
    }

    /// Each explanation with its patient.
    pub fn explained(&self) -> impl Iterator<Item = (&str, &Forecast, &Explained)> {
        self.patients.iter().flat_map(|patient| {
            patient
                .forecasts
                .iter()
                .filter_map(|forecast| Some((patient.key.as_str(), forecast, forecast.explanation.as_ref()?)))
        })
    }

    /// One line a patient, model and time; empty without a survival model.
    pub fn curves(&self) -> ResultTable {
        let mut table = ResultTable::new("curves", "Survival curves", ["patient", "model", "days", "survival"]);
        for patient in &self.patients {
            for forecast in &patient.forecasts {
                for (days, survival) in &forecast.curve {
                    table.push([
                        Cell::text(patient.key.as_str()),
                        Cell::text(forecast.model.as_str()),
                        Cell::number(*days, 0),
                        Cell::number(*survival, 4),
                    ]);
                }
            }
        }
        table
    }

    /// Notes, each once.
    pub fn note(&mut self, notes: Vec<String>) {
        let known: BTreeSet<String> = self.notes.iter().cloned().collect();
        self.notes.extend(notes.into_iter().filter(|note| !known.contains(note)));
    }
}
