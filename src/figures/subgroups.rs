//! A forest of subgroups: whether an effect differs between them.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::forest::{Effect, Line, Scale, Table};
use super::{Figure, FigureError, Page, Width, field, number, words};
use crate::card::{Card, EndpointKind, Role};

pub const CARD: Card = Card {
    name: "subgroups",
    title: "Subgroup forest plot",
    role: Role::Figure,
    endpoints: &[EndpointKind::Survival, EndpointKind::Binary],
    parameters: &[],
    summary: "One effect within subgroups, with the p of interaction and the overall effect.",
    documentation: "The p beside a variable is that of its interaction with the effect; no p is printed within a subgroup, as \
        it would say more of the subgroup's size than of a difference. The diamond is the overall effect. A subgroup \
        in which the effect is not estimable says why. At full width only.",
    references: &["Wang R et al. N Engl J Med 2007;357:2189-2194", "Assmann SF et al. Lancet 2000;355:1064-1069"],
    example: "figure subgroups",
};

/// A level of a variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    pub name: String,
    pub n: u64,
    pub events: u64,
    pub effect: Effect,
}

/// A variable that makes subgroups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variable {
    pub name: String,
    /// Of its interaction with the effect.
    pub p: Option<f64>,
    /// Why there is none.
    pub why: String,
    /// Patients for whom it is missing.
    pub missing: u64,
    pub levels: Vec<Level>,
}

/// The numbers of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subgroups {
    /// `Hazard ratio, high against low risk`.
    pub measure: String,
    pub interval: String,
    pub method: String,
    pub cohort: String,
    pub overall: Level,
    /// Adjusted ones, if any, after the overall effect.
    pub adjusted: Vec<Level>,
    pub variables: Vec<Variable>,
}

impl Figure for Subgroups {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("variable,level,n,events,estimate,lower,upper,remark,p_interaction\n");
        let mut push = |variable: &str, level: &Level, p: Option<f64>| {
            let (values, _, remark) = level.effect.cells();
            let (variable, name) = (field(variable), field(&level.name));
            let _ = writeln!(out, "{variable},{name},{},{},{values},{remark},{}", level.n, level.events, number(p));
        };
        push("", &self.overall, None);
        for level in &self.adjusted {
            push("", level, None);
        }
        for variable in &self.variables {
            for level in &variable.levels {
                push(&variable.name, level, variable.p);
            }
        }
        out
    }

    fn caption(&self) -> String {
        let missing: Vec<String> = self
            .variables
            .iter()
            .filter(|v| v.missing > 0)
            .map(|v| format!("{} is missing for {}", v.name, words::count(v.missing)))
            .collect();
        words::paragraph([
            format!(
                "{} with {} on {} ({}), overall and within subgroups",
                self.measure,
                self.interval,
                self.cohort,
                words::patients(self.overall.n, Some(self.overall.events))
            ),
            words::sentence(&self.method),
            "p is that of the interaction".into(),
            missing.join("; "),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        fn line<'a>(level: &'a Level, indent: f64, whole: bool) -> Line<'a> {
            Line {
                name: level.name.clone(),
                indent,
                bold: whole,
                n: words::count(level.n),
                events: words::count(level.events),
                effect: Some(&level.effect),
                last: String::new(),
                whole,
            }
        }
        let mut lines = vec![line(&self.overall, 0.0, true)];
        lines.extend(self.adjusted.iter().map(|level| line(level, 0.0, false)));
        for variable in &self.variables {
            lines.push(Line {
                name: variable.name.clone(),
                indent: 0.0,
                bold: true,
                n: String::new(),
                events: String::new(),
                effect: None,
                last: variable.p.filter(|p| p.is_finite()).map_or("–".into(), words::p),
                whole: false,
            });
            lines.extend(variable.levels.iter().map(|level| line(level, 3.0, false)));
        }
        Table {
            figure: "subgroups",
            measure: &self.measure,
            interval: &self.interval,
            scale: Scale::Ratio,
            last: "p of interaction",
            lines,
        }
        .draw(width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let level = |name: &str, value: f64| Level {
            name: name.into(),
            n: 40,
            events: 20,
            effect: Effect::Estimate { value, lower: Some(value / 2.0), upper: Some(value * 2.0), p: None },
        };
        let figure = Subgroups {
            measure: "Hazard ratio, high against low risk".into(),
            interval: "95% CI".into(),
            method: "Cox regression".into(),
            cohort: "train".into(),
            overall: level("All", 2.0),
            adjusted: vec![level("All, adjusted for age", 1.9)],
            variables: vec![Variable {
                name: "therapy".into(),
                p: Some(0.62),
                why: String::new(),
                missing: 3,
                levels: vec![
                    level("TACE", 1.8),
                    Level { name: "HAIC".into(), n: 3, events: 0, effect: Effect::NotEstimable("no events".into()) },
                ],
            }],
        };
        assert!(
            figure
                .csv()
                .contains("therapy,TACE,40,20,1.8,0.9,3.6,,0.62\ntherapy,HAIC,3,0,,,,not estimable: no events,0.62\n")
        );
        assert!(figure.caption().contains("therapy is missing for 3"));
        let svg = figure.draw(Width::Full).and_then(|p| p.svg()).expect("a drawing");
        assert!(svg.contains("0.62") && svg.contains("no events"));
    }
}
