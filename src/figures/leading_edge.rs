//! The leading edge of a gene set: its genes that make the score, in rank order, sample by sample.

use serde::{Deserialize, Serialize};

use super::heat_map::{Group, HeatMap, Row, sheet};
use super::{Figure, FigureError, Page, Width, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "leading-edge",
    title: "Leading edge of a gene set",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Expression of the genes of a set up to the peak of its score, in rank order, samples split by group.",
    documentation: "Rows are the genes of the set from the end of the ranked list to the extreme of the running score, in \
        rank order with their ranks; columns are samples split by group. Values are z-scores of each gene over all \
        samples drawn, clipped where the key says.",
    references: &["Subramanian A et al. Proc Natl Acad Sci 2005;102:15545-15550"],
    example: "figure leading-edge",
};

/// A gene of the leading edge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gene {
    pub name: String,
    /// From 1 in the ranked list.
    pub rank: u64,
    /// z-scores, one a sample in the order of the groups.
    pub values: Vec<Option<f64>>,
}

/// The numbers of the figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeadingEdge {
    pub set: String,
    pub contrast: String,
    /// Genes of the set in the list.
    pub size: u64,
    /// Genes of the leading edge, drawn or not.
    pub edge: u64,
    /// In rank order.
    pub genes: Vec<Gene>,
    /// Samples with their group, in the order drawn.
    pub groups: Vec<Group>,
    pub clip: f64,
    pub method: String,
}

impl LeadingEdge {
    fn map(&self) -> HeatMap {
        let rows = self.genes.iter().map(|gene| Row {
            name: gene.name.clone(),
            remark: words::count(gene.rank),
            values: gene.values.clone(),
        });
        HeatMap {
            scale: "z-score".into(),
            clip: self.clip,
            rows: rows.collect(),
            row_tree: Vec::new(),
            groups: self.groups.clone(),
            annotations: Vec::new(),
            method: self.method.clone(),
        }
    }
}

impl Figure for LeadingEdge {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        self.map().csv().replacen("feature,remark", "gene,rank", 1)
    }

    fn caption(&self) -> String {
        let groups = words::each(self.groups.iter().map(|g| (g.name.as_str(), g.columns.len() as u64, None)));
        words::paragraph([
            format!(
                "{}: {} of {} genes of {} stand in the leading edge{}, in rank order with their ranks",
                self.contrast,
                words::count(self.edge),
                words::count(self.size),
                self.set,
                if (self.genes.len() as u64) < self.edge {
                    format!(" (the first {} are drawn)", self.genes.len())
                } else {
                    String::new()
                }
            ),
            groups,
            words::sentence(&self.method),
            format!("z-scores are clipped at ±{}", words::brief(self.clip)),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        let drawn = self.genes.len() as u64;
        let of = if drawn < self.edge { format!("{} of ", words::count(drawn)) } else { String::new() };
        let foot = format!("{}: {of}{} of the leading edge, in rank order", self.set, words::of(self.edge, "gene"));
        sheet(&self.map(), width, "leading-edge", &foot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let group = |name: &str, columns: &[&str]| Group {
            name: name.into(),
            columns: columns.iter().map(|c| (*c).to_string()).collect(),
            tree: vec![],
        };
        let gene = |name: &str, rank| Gene { name: name.into(), rank, values: vec![Some(1.0), None, Some(-1.0)] };
        let mut figure = LeadingEdge {
            set: "G2M".into(),
            contrast: "high against low".into(),
            size: 9,
            edge: 2,
            genes: vec![gene("TOP2A", 3), gene("CDK1", 12)],
            groups: vec![group("high", &["a", "b"]), group("low", &["c"])],
            clip: 2.0,
            method: "GSEA".into(),
        };
        assert_eq!(figure.csv(), "gene,rank,a,b,c\ngroup,,high,high,low\nTOP2A,3,1,,-1\nCDK1,12,1,,-1\n");
        assert!(
            figure
                .draw(Width::Full)
                .and_then(|p| p.svg())
                .is_ok_and(|s| s.contains("TOP2A") && s.contains("G2M: 2 genes of the leading edge"))
        );
        figure.genes.clear();
        assert!(matches!(figure.draw(Width::Full), Err(FigureError::Empty { .. })));
    }
}
