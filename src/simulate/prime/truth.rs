//! What was built into a simulated cohort.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::phantom;
use super::patients::{
    EXCLUSIONS, FIRST_CENTRE, HAZARD_FIRST, HAZARD_SECOND, HAZARD_SUBSEQUENT, LOST, MISSING, READ_TWICE,
    RESPONSE_FIRST, RESPONSE_INTERCEPT, RESPONSE_SECOND, SCALE, SHAPE,
};
use super::{Effects, Group, Patient, Simulation, expression};

/// `truth.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Truth {
    pub simulated: &'static str,
    pub seed: u64,
    pub effects: Effects,
    /// What drives what, in words.
    pub drivers: BTreeMap<&'static str, &'static str>,
    pub coefficients: BTreeMap<&'static str, f64>,
    pub counts: BTreeMap<String, usize>,
    /// Share of the enrolled who respond.
    pub response_rate: f64,
    /// Of the enrolled.
    pub deaths: usize,
    pub missing: BTreeMap<&'static str, f64>,
    pub assumptions: Vec<String>,
    pub patients: Vec<PatientTruth>,
}

/// The latent numbers of a patient.
#[derive(Clone, Debug, Serialize)]
pub struct PatientTruth {
    pub patient: String,
    pub group: String,
    pub geometry: f64,
    pub host: f64,
    pub responds: bool,
}

impl Truth {
    /// `truth.json`.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// What a simulation built into these patients.
    pub fn of(simulation: &Simulation, patients: &[Patient]) -> Self {
        let drivers: [(&str, &str); 2] = match simulation.effects {
            Effects::On => [
                ("response", "geometry of the tumour first (images), the host second (laboratory values)"),
                ("survival", "the host first (laboratory values), geometry of the tumour second (images)"),
            ],
            Effects::Swapped => [
                ("response", "the host first (laboratory values), geometry of the tumour second (images)"),
                ("survival", "geometry of the tumour first (images), the host second (laboratory values)"),
            ],
            Effects::Off => [("response", "nothing"), ("survival", "nothing")],
        };
        let on = f64::from(u8::from(simulation.effects != Effects::Off));
        let coefficients = [
            ("response: intercept (log-odds)", RESPONSE_INTERCEPT),
            ("response: first driver (log-odds per SD)", on * RESPONSE_FIRST),
            ("response: second driver (log-odds per SD)", on * RESPONSE_SECOND),
            ("survival: first driver (log hazard per SD)", on * HAZARD_FIRST),
            ("survival: second driver (log hazard per SD)", on * HAZARD_SECOND),
            ("survival: subsequent therapy (log hazard)", on * HAZARD_SUBSEQUENT),
            ("survival: Weibull shape", SHAPE),
            ("survival: Weibull scale (days)", SCALE),
            ("expression: shift of a programme's gene per SD", expression::SHIFT),
        ];
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for patient in patients {
            *counts.entry(word(patient.group)).or_default() += 1;
            if patient.group == Group::Enrolled {
                *counts.entry(format!("enrolled in {}", patient.centre)).or_default() += 1;
            }
        }
        let enrolled: Vec<&Patient> = patients.iter().filter(|patient| patient.group == Group::Enrolled).collect();
        let responders = enrolled.iter().filter(|patient| patient.responds).count();
        Truth {
            simulated: "patients, images and RNA are made up; nothing here is of anybody",
            seed: simulation.seed,
            effects: simulation.effects,
            drivers: drivers.into(),
            coefficients: coefficients.into(),
            counts,
            response_rate: responders as f64 / enrolled.len().max(1) as f64,
            deaths: enrolled.iter().filter(|patient| patient.died).count(),
            missing: MISSING.into(),
            assumptions: assumptions(),
            patients: patients
                .iter()
                .map(|patient| PatientTruth {
                    patient: patient.key.clone(),
                    group: word(patient.group),
                    geometry: patient.geometry,
                    host: patient.host,
                    responds: patient.responds,
                })
                .collect(),
        }
    }
}

fn word(group: Group) -> String {
    match group {
        Group::Enrolled => "enrolled".to_owned(),
        Group::Sequenced => "sequenced".to_owned(),
        Group::Excluded(reason) => format!("excluded: {reason:?}"),
    }
}

fn assumptions() -> Vec<String> {
    let excluded: f64 = EXCLUSIONS.iter().map(|(_, share)| share).sum::<f64>() + LOST;
    vec![
        format!(
            "{:.1}% of the enrolled are of SCH (133 of 246) and the rest of QL (113): the sizes of the two centres are published, which is which is assumed",
            100.0 * FIRST_CENTRE
        ),
        format!("{:.0} excluded patients for each 100 enrolled, each for one reason", 100.0 * excluded),
        "geometry and host are independent standard normal numbers".to_owned(),
        "laboratory values have means and spreads of the kind seen in hepatocellular carcinoma with viral hepatitis; none is copied from a publication or a patient".to_owned(),
        "the host moves albumin, lymphocytes and platelets down and bilirubin, prothrombin time and its change, monocytes and their change, neutrophils, transaminases, ascites, Child-Pugh B and ECOG 1 up".to_owned(),
        format!(
            "geometry shapes the lesion: the logarithm of its longest axis over the others is {} {} times the geometry, and a rounder lesion is smoother; texture, necrosis, enhancement and washout are drawn for themselves and drive nothing",
            phantom::ELONGATION,
            phantom::ELONGATION_PER_SD
        ),
        format!(
            "the volume of the lesion in the image is that of a ball of radius {} mm x (diameter in the table / {} mm)^{}, within 9.5 and 14 mm, whatever its shape: smaller than in the table, so that volumes of 48 x 48 x 20 voxels hold it",
            phantom::RADIUS,
            phantom::USUAL,
            phantom::POWER
        ),
        "scanners: SCH 1.5 x 1.5 x 3.0 mm; QL 1.6 x 1.6 x 2.8 mm with more noise, a smoother kernel and 4 HU more; TCGA 1.4 x 1.4 x 3.2 mm".to_owned(),
        format!("a second reader outlined {:.0}% of the enrolled, with a surface that differs by about a millimetre", 100.0 * READ_TWICE),
        "values are missing completely at random, in the shares given; follow-up is closed on 2025-09-28, and 8% drop out before".to_owned(),
        format!("the first {0} of {1} genes follow geometry and the next {0} the host; every collection of gene sets holds one set of each", expression::PROGRAMME, expression::GENES),
    ]
}
