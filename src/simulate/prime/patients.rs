//! Patients: latent numbers, marginals, effects, exclusions, missing values.

use std::fmt::Write as _;

use chrono::{Duration, NaiveDate};

use crate::random::Stream;
use crate::simulate::draw::Draw;
use crate::simulate::phantom::Phase;

use super::{Effects, Simulation};

/// Log-odds of response, and log hazards of death, for each standard deviation of what drives
/// them; the second driver lets a fusion be better than either part. Known without error, the drivers of
/// response have an AUC of 0.86 and 0.76; what 92 patients let a model learn of them is near what is
/// published of this treatment (0.79 for imaging, 0.71 for the clinic; doi:10.1186/s12967-026-08166-2).
pub(super) const RESPONSE_FIRST: f64 = 4.0;
pub(super) const RESPONSE_SECOND: f64 = 3.0;
pub(super) const RESPONSE_INTERCEPT: f64 = 0.1;
pub(super) const HAZARD_FIRST: f64 = 1.5;
pub(super) const HAZARD_SECOND: f64 = 1.0;
pub(super) const HAZARD_SUBSEQUENT: f64 = -0.35;
/// Weibull shape, and scale in days.
pub(super) const SHAPE: f64 = 1.3;
pub(super) const SCALE: f64 = 950.0;
/// Of the enrolled, in the first centre (SCH); the rest are of the second (QL).
pub(super) const FIRST_CENTRE: f64 = 133.0 / 246.0;
/// Share of the enrolled whose images a second reader outlined as well.
pub(super) const READ_TWICE: f64 = 0.25;
/// Excluded patients for each enrolled one, by reason.
pub(super) const EXCLUSIONS: [(Reason, f64); 11] = [
    (Reason::Early, 0.03),
    (Reason::Resectable, 0.04),
    (Reason::OtherDiagnosis, 0.025),
    (Reason::ChildPughC, 0.03),
    (Reason::Ecog, 0.035),
    (Reason::NoIntervention, 0.03),
    (Reason::OldCt, 0.03),
    (Reason::OnePhase, 0.02),
    (Reason::Infiltrative, 0.03),
    (Reason::OtherMalignancy, 0.02),
    (Reason::FewCycles, 0.04),
];
/// Share lost to follow-up, beside those above.
pub(super) const LOST: f64 = 0.015;
/// Columns with values that are missing at random, and their shares.
pub(super) const MISSING: [(&str, f64); 12] = [
    ("afp", 0.03),
    ("pivka", 0.38),
    ("bilirubin", 0.02),
    ("albumin", 0.02),
    ("alt", 0.03),
    ("ast", 0.03),
    ("creatinine", 0.04),
    ("platelets", 0.02),
    ("hbv", 0.02),
    ("mon_1m", 0.07),
    ("pt_1m", 0.06),
    ("mrecist", 0.01),
];

/// Why a patient is not enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    Early,
    Resectable,
    OtherDiagnosis,
    ChildPughC,
    Ecog,
    NoIntervention,
    OldCt,
    OnePhase,
    Infiltrative,
    OtherMalignancy,
    FewCycles,
    Lost,
}

/// Which cohort a patient is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Enrolled,
    Excluded(Reason),
    /// The third cohort, with RNA.
    Sequenced,
}

/// One patient with everything that the table and the images say.
#[derive(Clone, Debug)]
pub struct Patient {
    pub key: String,
    pub group: Group,
    /// `SCH`, `QL`, `TCGA`.
    pub centre: &'static str,
    /// The tumour: round and smooth where high, long and lobulated where low.
    pub geometry: f64,
    /// The liver and the blood count: poor where high.
    pub host: f64,
    pub responds: bool,
    /// Phases with an image.
    pub phases: Vec<Phase>,
    pub read_twice: bool,
    /// Cells of the table in the order of `COLUMNS`; empty where missing.
    pub cells: Vec<String>,
    /// Diameter of the tumour in the table, in millimetres.
    pub size: f64,
    /// Days from treatment to death or to the end of follow-up.
    pub follow_up: f64,
    pub died: bool,
}

/// The columns of `patients.csv`.
pub(super) const COLUMNS: [&str; 39] = [
    "patient",
    "centre",
    "treatment_start",
    "ct_date",
    "death_date",
    "last_contact",
    "diagnosis",
    "resectable",
    "child_pugh",
    "ecog",
    "therapy",
    "infiltrative",
    "other_malignancy",
    "cycles",
    "mrecist",
    "subsequent_therapy",
    "age",
    "male",
    "hbv",
    "cirrhosis",
    "ascites",
    "tumour_number",
    "tumour_size",
    "extrahepatic",
    "pvtt",
    "afp",
    "pivka",
    "bilirubin",
    "albumin",
    "alt",
    "ast",
    "creatinine",
    "platelets",
    "neutrophils",
    "lymphocytes",
    "mon",
    "mon_1m",
    "pt",
    "pt_1m",
];

pub(super) fn draw(simulation: &Simulation, stream: &Stream) -> Vec<Patient> {
    let first = (simulation.patients as f64 * FIRST_CENTRE).round() as usize;
    let mut groups: Vec<(Group, &'static str)> = Vec::new();
    for place in 0..simulation.patients {
        groups.push((Group::Enrolled, if place < first { "SCH" } else { "QL" }));
    }
    let mut order = Draw::new(&stream.named("order"));
    let lost = [(Reason::Lost, LOST)];
    for (reason, share) in EXCLUSIONS.iter().chain(&lost) {
        let count = (simulation.patients as f64 * share).round().max(1.0) as usize;
        for _ in 0..count {
            let centre = if order.chance(FIRST_CENTRE) { "SCH" } else { "QL" };
            groups.push((Group::Excluded(*reason), centre));
        }
    }
    order.shuffle(&mut groups);
    groups.extend((0..simulation.sequenced).map(|_| (Group::Sequenced, "TCGA")));

    // Every fourth of the enrolled is read twice, so that their number is exact.
    let mut patients = Vec::with_capacity(groups.len());
    let (mut enrolled, mut counts) = (0usize, [0usize; 3]);
    for (group, centre) in groups {
        let place = ["SCH", "QL", "TCGA"].iter().position(|name| *name == centre).unwrap_or(0);
        counts[place] += 1;
        let key = format!("{centre}-{:03}", counts[place]);
        let twice = group == Group::Enrolled && (enrolled as f64 * READ_TWICE).fract() < READ_TWICE;
        enrolled += usize::from(group == Group::Enrolled);
        patients.push(one(simulation.effects, &key, group, centre, twice, &stream.named("patient").named(&key)));
    }
    patients
}

fn one(effects: Effects, key: &str, group: Group, centre: &'static str, read_twice: bool, stream: &Stream) -> Patient {
    let mut draw = Draw::new(&stream.named("latent"));
    let (geometry, host) = (draw.normal(), draw.normal());
    // A good tumour and a good host both help; `host` is high where it is poor.
    let (response_first, response_second, hazard_first, hazard_second) = match effects {
        Effects::On => (geometry, -host, host, -geometry),
        Effects::Swapped => (-host, geometry, -geometry, host),
        Effects::Off => (0.0, 0.0, 0.0, 0.0),
    };
    let mut outcome = Draw::new(&stream.named("outcome"));
    let subsequent = outcome.chance(0.45);
    let logit = RESPONSE_INTERCEPT + RESPONSE_FIRST * response_first + RESPONSE_SECOND * response_second;
    let responds = outcome.chance(1.0 / (1.0 + (-logit).exp()));
    let effect = if effects == Effects::Off { 0.0 } else { HAZARD_SUBSEQUENT };
    let hazard = HAZARD_FIRST * hazard_first + HAZARD_SECOND * hazard_second + effect * f64::from(u8::from(subsequent));
    let survival = outcome.weibull(SHAPE, SCALE, hazard).max(20.0);

    let reason = match group {
        Group::Excluded(reason) => Some(reason),
        _ => None,
    };
    let is = |wanted: Reason| reason == Some(wanted);
    let mut calendar = Draw::new(&stream.named("calendar"));
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    let after = |date: NaiveDate, days: f64| date + Duration::days(days.round() as i64);
    let start = match group {
        Group::Sequenced => after(day(2012, 1, 1), calendar.between(0.0, 700.0)),
        Group::Excluded(Reason::Early) => after(day(2018, 6, 1), calendar.between(0.0, 500.0)),
        _ => after(day(2020, 1, 1), calendar.between(0.0, 1490.0)),
    };
    let ct = after(start, if is(Reason::OldCt) { -calendar.between(45.0, 90.0) } else { -calendar.between(0.0, 26.0) });
    let closing = day(2025, 9, 28);
    let until = (closing - start).num_days() as f64 + calendar.between(0.0, 30.0);
    let dropped = if calendar.chance(0.08) { calendar.between(100.0, until.max(101.0)) } else { until };
    let follow_up = survival.min(dropped).round();
    let died = survival <= dropped;
    let last = after(start, follow_up);

    let mut clinic = Draw::new(&stream.named("clinic"));
    let shifted = if centre == "QL" { 1.0 } else { 0.0 };
    let mut flag = |probability: f64| if clinic.chance(probability) { "yes" } else { "no" };
    let bend = |base: f64, by: f64| 1.0 / (1.0 + (-((base / (1.0 - base)).ln() + by * host)).exp());
    let (male, hbv, cirrhosis) = (flag(0.85), flag(0.82), flag(bend(0.7, 0.2)));
    let (ascites, extrahepatic, pvtt) = (flag(bend(0.2, 0.5)), flag(0.28), flag(0.42));
    let child_pugh = if is(Reason::ChildPughC) {
        "C"
    } else if clinic.chance(bend(0.2, 0.9)) {
        "B"
    } else {
        "A"
    };
    let ecog = if is(Reason::Ecog) {
        if clinic.chance(0.8) { "2" } else { "3" }
    } else if clinic.chance(bend(0.4, 0.3)) {
        "1"
    } else {
        "0"
    };
    let therapy = if is(Reason::NoIntervention) || group == Group::Sequenced {
        "none"
    } else {
        ["TACE", "HAIC", "TACE+HAIC"][match clinic.uniform() {
            x if x < 0.42 => 0,
            x if x < 0.8 => 1,
            _ => 2,
        }]
    };
    let mut labs = Draw::new(&stream.named("laboratory"));
    // Mean, spread, pull of the host, on the scale of the value or of its logarithm.
    let mut plain = |mean: f64, spread: f64, pull: f64, low: f64, high: f64| {
        (mean + pull * host + spread * labs.normal()).clamp(low, high)
    };
    let age = plain(57.0 + shifted, 10.5, 0.0, 22.0, 88.0);
    let albumin = plain(3.85 - 0.05 * shifted, 0.30, -0.34, 1.6, 5.4);
    let bilirubin = plain(-0.05, 0.38, 0.30, -1.6, 2.6).exp();
    let pt = plain(12.6, 0.8, 0.75, 9.5, 22.0);
    let pt_change = plain(0.03, 0.05, 0.065, -0.25, 0.6);
    let mon = plain(-0.85, 0.28, 0.16, -2.2, 0.6).exp();
    let mon_change = plain(0.08, 0.16, 0.20, -0.6, 1.6);
    let lymphocytes = plain(0.35, 0.30, -0.22, -1.2, 1.4).exp();
    let neutrophils = plain(1.28, 0.30, 0.20, 0.1, 2.6).exp();
    let platelets = plain(4.95, 0.38, -0.06, 3.2, 6.3).exp();
    let afp = plain(5.0, 2.4, 0.25, 0.3, 11.5).exp();
    let pivka = plain(6.2, 1.9, 0.2, 2.4, 11.0).exp();
    let alt = plain(3.6, 0.5, 0.12, 2.0, 6.0).exp();
    let ast = plain(3.9, 0.48, 0.18, 2.2, 6.3).exp();
    let creatinine = plain(4.23, 0.2, 0.0, 3.4, 5.4).exp();
    let size = plain(4.35, 0.45, 0.05, 3.0, 5.3).exp();
    let number = (1.0 + labs.exponential(1.6)).floor().min(20.0);

    let mrecist = match (group, responds) {
        (Group::Sequenced, _) => "",
        (_, true) if labs.chance(0.25) => "CR",
        (_, true) => "PR",
        (_, false) if labs.chance(0.55) => "SD",
        (_, false) => "PD",
    };
    let cycles =
        if is(Reason::FewCycles) { f64::from(u8::from(labs.chance(0.6))) } else { 2.0 + labs.index(14) as f64 };
    let diagnosis = if is(Reason::OtherDiagnosis) { if labs.chance(0.7) { "ICC" } else { "other" } } else { "HCC" };
    let yes = |holds: bool| if holds { "yes" } else { "no" }.to_owned();
    let digits = |value: f64, digits: usize| format!("{value:.digits$}");
    let mut cells: Vec<(&str, String)> = vec![
        ("patient", key.to_owned()),
        ("centre", centre.to_owned()),
        ("treatment_start", start.to_string()),
        ("ct_date", ct.to_string()),
        ("death_date", if died { last.to_string() } else { String::new() }),
        ("last_contact", if is(Reason::Lost) { String::new() } else { last.to_string() }),
        ("diagnosis", diagnosis.to_owned()),
        ("resectable", yes(is(Reason::Resectable))),
        ("child_pugh", child_pugh.to_owned()),
        ("ecog", ecog.to_owned()),
        ("therapy", therapy.to_owned()),
        ("infiltrative", yes(is(Reason::Infiltrative))),
        ("other_malignancy", yes(is(Reason::OtherMalignancy))),
        ("cycles", digits(if group == Group::Sequenced { 0.0 } else { cycles }, 0)),
        ("mrecist", mrecist.to_owned()),
        ("subsequent_therapy", yes(subsequent)),
        ("age", digits(age, 0)),
        ("male", male.to_owned()),
        ("hbv", hbv.to_owned()),
        ("cirrhosis", cirrhosis.to_owned()),
        ("ascites", ascites.to_owned()),
        ("tumour_number", digits(number, 0)),
        ("tumour_size", digits(size, 0)),
        ("extrahepatic", extrahepatic.to_owned()),
        ("pvtt", pvtt.to_owned()),
        ("afp", digits(afp, 1)),
        ("pivka", digits(pivka, 0)),
        ("bilirubin", digits(bilirubin, 2)),
        ("albumin", digits(albumin, 2)),
        ("alt", digits(alt, 0)),
        ("ast", digits(ast, 0)),
        ("creatinine", digits(creatinine, 0)),
        ("platelets", digits(platelets, 0)),
        ("neutrophils", digits(neutrophils, 2)),
        ("lymphocytes", digits(lymphocytes, 2)),
        ("mon", digits(mon, 2)),
        ("mon_1m", digits(mon * (1.0 + mon_change), 2)),
        ("pt", digits(pt, 1)),
        ("pt_1m", digits(pt * (1.0 + pt_change), 1)),
    ];
    let mut missing = Draw::new(&stream.named("missing"));
    for (column, share) in MISSING {
        let is_missing = missing.chance(share);
        if is_missing && let Some((_, cell)) = cells.iter_mut().find(|(name, _)| *name == column) {
            cell.clear();
        }
    }
    let phases = match reason {
        Some(Reason::OnePhase) => vec![Phase::Venous],
        // They leave before images are asked for; their images were never collected.
        Some(
            Reason::Early
            | Reason::Resectable
            | Reason::OtherDiagnosis
            | Reason::ChildPughC
            | Reason::Ecog
            | Reason::NoIntervention,
        ) => Vec::new(),
        _ => vec![Phase::Arterial, Phase::Venous],
    };
    Patient {
        key: key.to_owned(),
        group,
        centre,
        geometry,
        host,
        responds,
        phases,
        read_twice,
        cells: cells.into_iter().map(|(_, cell)| cell).collect(),
        size,
        follow_up,
        died,
    }
}

/// `patients.csv`.
pub(super) fn csv(patients: &[Patient]) -> String {
    let mut text = COLUMNS.join(",");
    text.push('\n');
    for patient in patients {
        let _ = writeln!(text, "{}", patient.cells.join(","));
    }
    text
}
