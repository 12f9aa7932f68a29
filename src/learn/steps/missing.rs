//! Removal of columns with many missing values.

use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::block::Block;
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::columns::thaw;
use super::selected::Selected;

static CARD: Card = Card {
    name: "missing",
    title: "Removal of columns with many missing values",
    role: Role::Step,
    endpoints: &[],
    parameters: &[Parameter {
        name: "max",
        domain: Domain::Real { low: 0.0, high: 1.0 },
        default: Initial::Real(0.3),
        summary: "Largest share of missing values with which a column stays.",
    }],
    summary: "Drops columns in which too many training rows have no value.",
    documentation: "A column stays if the share of training rows without a value is at most `max`. New rows keep the same columns, whatever is missing in them.",
    references: &[],
    example: "prepare clinical by missing(max = 30%) then median then z-score",
};

/// Removal of columns with many missing values.
pub struct Missing;

impl Step for Missing {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        block: &Block,
        _outcome: &Outcome,
        settings: &Settings,
        _stream: &Stream,
        _watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError> {
        let max = settings.real("max");
        let rows = block.rows().max(1) as f64;
        let share: Vec<(String, f64)> =
            block.columns().iter().map(|column| (column.name.clone(), column.values.missing() as f64 / rows)).collect();
        let kept = share.iter().filter(|(_, share)| *share <= max).map(|(name, _)| name.clone()).collect();
        Ok(Box::new(Selected::new(CARD.name, "share missing", kept, share)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Selected>(frozen)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Value;
    use ndarray::array;

    #[test]
    fn the_limit_itself_stays() {
        let nan = f64::NAN;
        let names = ["a", "b", "c"].map(str::to_owned);
        let block =
            Block::from_matrix(&names, &array![[1.0, nan, nan], [1.0, 2.0, nan], [1.0, 3.0, 1.0], [1.0, 4.0, 1.0]]);
        let outcome = Outcome::Binary(vec![true; 4]);
        let settings = Settings::new(&CARD, [("max", Value::Real(0.25))]).unwrap();
        let fitted = Missing.fit(&block, &outcome, &settings, &Stream::root(1), &Watch::silent()).unwrap();
        assert_eq!(Missing.thaw(&fitted.freeze()).unwrap().apply(&block).unwrap().names(), ["a", "b"]);
    }
}
