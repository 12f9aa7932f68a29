//! One file per figure; a figure is data first and drawing second.
//!
//! A figure is a struct of numbers ([`Figure::csv`] writes them) that [`Figure::draw`] sets on a
//! [`Page`] in millimetres; it travels as JSON from the run, which fills it, to whoever draws it
//! with [`read`]. May import `card` only: what is drawn was estimated elsewhere.
//! Deliberately absent: any estimation beyond the quartiles of a box, and any reading of tables.

mod axes;
pub mod beeswarm;
pub mod bland_altman;
mod borrowed;
pub mod boxes;
pub mod brier;
pub mod calibration;
mod chart;
pub mod cif;
mod colours;
pub mod comparison;
pub mod correlation;
pub mod decision_curve;
pub mod dependence;
pub mod enrichment;
pub mod flow;
pub mod forest;
pub mod heat_map;
pub mod image_slices;
pub mod importance;
pub mod km;
pub mod leading_edge;
pub mod learners;
mod letters;
mod page;
pub mod path;
mod png;
pub mod precision_recall;
pub mod quadrants;
mod render;
pub mod roc;
pub mod running_score;
pub mod scores;
pub mod selection;
mod smooth;
pub mod subgroups;
pub mod time_auc;
pub mod volcano;
pub mod waterfall;
pub mod words;
mod write;

pub use page::{Align, Ink, Mark, PALETTE, Page, Raster, Width, in_cells, text_width};
pub(crate) use render::base64;
pub use write::{Written, write};

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::card::Card;

/// A kind of figure: its card and how its numbers are read.
pub struct Kind {
    pub card: &'static Card,
    read: fn(&Json) -> Result<Box<dyn Figure>, serde_json::Error>,
}

const fn kind<F: Figure + DeserializeOwned + 'static>(card: &'static Card) -> Kind {
    Kind { card, read: |data| Ok(Box::new(F::deserialize(data)?)) }
}

/// Every kind of figure; one line each.
pub const KINDS: &[Kind] = &[
    kind::<beeswarm::Beeswarm>(&beeswarm::CARD),
    kind::<bland_altman::Agreement>(&bland_altman::CARD),
    kind::<boxes::Boxes>(&boxes::CARD),
    kind::<brier::Brier>(&brier::CARD),
    kind::<calibration::Calibration>(&calibration::CARD),
    kind::<cif::Incidence>(&cif::CARD),
    kind::<comparison::Comparison>(&comparison::CARD),
    kind::<correlation::Correlations>(&correlation::CARD),
    kind::<decision_curve::DecisionCurves>(&decision_curve::CARD),
    kind::<dependence::Dependence>(&dependence::CARD),
    kind::<enrichment::Enrichment>(&enrichment::CARD),
    kind::<flow::Flow>(&flow::CARD),
    kind::<forest::Forest>(&forest::CARD),
    kind::<heat_map::HeatMap>(&heat_map::CARD),
    kind::<image_slices::ImageSlices>(&image_slices::CARD),
    kind::<importance::Importance>(&importance::CARD),
    kind::<km::SurvivalCurves>(&km::CARD),
    kind::<leading_edge::LeadingEdge>(&leading_edge::CARD),
    kind::<learners::Learners>(&learners::CARD),
    kind::<path::Path>(&path::CARD),
    kind::<precision_recall::PrecisionRecall>(&precision_recall::CARD),
    kind::<quadrants::Quadrants>(&quadrants::CARD),
    kind::<roc::RocCurves>(&roc::CARD),
    kind::<running_score::RunningScore>(&running_score::CARD),
    kind::<scores::Scores>(&scores::CARD),
    kind::<selection::Selection>(&selection::CARD),
    kind::<subgroups::Subgroups>(&subgroups::CARD),
    kind::<time_auc::TimeAuc>(&time_auc::CARD),
    kind::<volcano::Volcano>(&volcano::CARD),
    kind::<waterfall::Waterfall>(&waterfall::CARD),
];

/// The cards of all figures.
pub fn cards() -> impl Iterator<Item = &'static Card> {
    KINDS.iter().map(|kind| kind.card)
}

/// The figure of a kind from its numbers.
///
/// # Errors
/// A kind that there is not, or numbers of another shape.
pub fn read(kind: &str, data: &Json) -> Result<Box<dyn Figure>, FigureError> {
    let known = KINDS.iter().find(|known| known.card.name == kind);
    let known = known.ok_or_else(|| FigureError::Unknown { kind: kind.to_owned() })?;
    (known.read)(data).map_err(|error| FigureError::Shape { figure: known.card.name, reason: error.to_string() })
}

/// Why a figure cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    #[error("there is no figure `{kind}`")]
    Unknown { kind: String },
    #[error("the numbers are not those of {figure}: {reason}")]
    Shape { figure: &'static str, reason: String },
    #[error("{figure} has nothing to draw: {reason}")]
    Empty { figure: &'static str, reason: String },
    #[error("{figure} can show at most {most} groups and has {found}")]
    TooManyGroups { figure: &'static str, most: usize, found: usize },
    #[error("{figure} was given a value that cannot be drawn: {reason}")]
    Value { figure: &'static str, reason: String },
    #[error("the figure could not be drawn: {0}")]
    Drawing(String),
    #[error("the figure could not be written: {0}")]
    Writing(#[from] std::io::Error),
}

/// Numbers that can be drawn.
pub trait Figure {
    /// What kind of figure it is.
    fn card(&self) -> &'static Card;
    /// The numbers behind the figure, with a header line.
    fn csv(&self) -> String;
    /// The width at which it is printed unless asked otherwise.
    fn width(&self) -> Width {
        Width::Full
    }
    /// The drawing at a journal width.
    ///
    /// # Errors
    /// Numbers that make no figure, with the reason.
    fn draw(&self, width: Width) -> Result<Page, FigureError>;
    /// What stands below the figure: what is shown, of how many patients and events, by which method
    /// and with which interval.
    fn caption(&self) -> String;
    /// What the figure says to those who do not see it.
    fn alt(&self) -> String {
        words::paragraph([self.card().title, &self.caption()])
    }
}

/// A CSV field, quoted where it must be.
fn field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
}

/// An optional number as a CSV field: empty where there is none.
fn number(value: Option<f64>) -> String {
    value.filter(|v| v.is_finite()).map(|v| v.to_string()).unwrap_or_default()
}

/// At most as many groups as there are distinguishable pens, and at least one.
fn groups(figure: &'static str, found: usize) -> Result<(), FigureError> {
    match found {
        0 => Err(FigureError::Empty { figure, reason: "there is no group".into() }),
        1..=6 => Ok(()),
        _ => Err(FigureError::TooManyGroups { figure, most: 6, found }),
    }
}

/// Refuses a value that is not a number.
fn finite(figure: &'static str, what: &str, values: impl IntoIterator<Item = f64>) -> Result<(), FigureError> {
    if values.into_iter().all(f64::is_finite) {
        Ok(())
    } else {
        Err(FigureError::Value { figure, reason: format!("{what} is not finite") })
    }
}

fn empty(figure: &'static str, reason: impl Into<String>) -> FigureError {
    FigureError::Empty { figure, reason: reason.into() }
}

#[cfg(test)]
pub(crate) mod tests;
