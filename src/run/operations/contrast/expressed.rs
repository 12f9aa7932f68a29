//! Expression of some genes in the samples of a contrast, as heat maps have it: z-scores, samples
//! clustered within their groups, bars of annotation.

use crate::figures::heat_map::{Annotation, Group, HeatMap, Merge, Row};
use crate::figures::words::stars;
use crate::frame::Cells;
use crate::omics::design::Contrast as Along;
use crate::run::results::{Answer, FigureData};
use crate::run::world::coded;
use crate::stats::cluster::{Linkage, Tree, cluster};
use crate::stats::ranks::quantile_of_sorted;

use super::genes::Analysis;
use super::sets::ends;

/// Genes of the heat map of a contrast.
const GENES: usize = 40;
/// Bars of annotation at most.
const BARS: usize = 4;
/// Levels of an annotation at most.
const LEVELS: usize = 6;
/// z-scores are drawn up to this.
pub const CLIP: f64 = 2.0;
/// How samples stand, for a caption.
pub const CLUSTERED: &str = "samples are clustered within their group (Euclidean distance, complete linkage)";

/// Samples in two groups, in the order drawn, and z-scores of genes in that order.
pub struct Drawn {
    pub groups: Vec<Group>,
    /// Of each gene asked for.
    pub values: Vec<Vec<Option<f64>>>,
    /// Places of the samples in the analysis, in the order drawn.
    order: Vec<usize>,
}

fn merges(tree: &Tree) -> Vec<Merge> {
    tree.merges.iter().map(|m| Merge { left: m.left, right: m.right, height: m.height }).collect()
}

/// Of some rows with a value a sample; of a slope, the upper half of the samples beside the lower.
pub fn drawn(analysis: &Analysis, rows: &[&[f64]]) -> Drawn {
    let inside: Vec<bool> = match (analysis.inside(), analysis.design.contrast()) {
        (Some(inside), _) => inside.to_vec(),
        (None, Along::Slope(values)) => {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let middle = quantile_of_sorted(&sorted, 0.5).unwrap_or(0.0);
            values.iter().map(|value| *value > middle).collect()
        }
        (None, Along::Groups(of)) => of.clone(),
    };
    let matrix = &analysis.matrix;
    let scores: Vec<Vec<f64>> = rows.iter().map(|values| z_scores(values)).collect();
    let (high, low) = ends(analysis);
    let (mut groups, mut order) = (Vec::new(), Vec::new());
    for (name, wanted) in [(high, true), (low, false)] {
        let own: Vec<usize> = (0..inside.len()).filter(|sample| inside[*sample] == wanted).collect();
        let profiles: Vec<Vec<f64>> =
            own.iter().map(|sample| scores.iter().map(|gene| gene[*sample]).collect()).collect();
        let tree = cluster(&profiles, Linkage::Complete);
        let own: Vec<usize> = tree.order.iter().map(|place| own[*place]).collect();
        let columns = own.iter().map(|sample| matrix.samples()[*sample].clone()).collect();
        groups.push(Group { name, columns, tree: merges(&tree) });
        order.extend(own);
    }
    let values = scores
        .iter()
        .map(|gene| order.iter().map(|sample| Some(gene[*sample]).filter(|z| z.is_finite())).collect())
        .collect();
    Drawn { groups, values, order }
}

/// NaN for a gene that does not vary.
fn z_scores(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)).sqrt();
    values.iter().map(|v| if spread > 0.0 { (v - mean) / spread } else { f64::NAN }).collect()
}

/// A heat map of the genes of smallest p of every thing contrasted: of its groups, where there are.
pub fn tell(answer: &mut Answer, analyses: &[Analysis], covariates: &[(String, Cells)]) {
    for analysis in analyses {
        let grouped = |other: &Analysis| other.asked.source == analysis.asked.source && other.asked.groups.is_some();
        if analysis.asked.groups.is_some() || !analyses.iter().any(grouped) {
            answer.figures.extend(map(analysis, analyses, covariates));
        }
    }
}

fn map(analysis: &Analysis, analyses: &[Analysis], covariates: &[(String, Cells)]) -> Option<FigureData> {
    let told = &analysis.differential;
    let known: Vec<(usize, &_)> = told
        .by_p()
        .into_iter()
        .filter(|place| told.genes[*place].p.is_some())
        .take(GENES)
        .filter_map(|place| {
            let gene = &told.genes[place];
            Some((analysis.matrix.genes().iter().position(|other| *other == gene.gene)?, gene))
        })
        .collect();
    if known.len() < 2 {
        return None;
    }
    let (adjustment, label) = (told.adjustment.title(), &analysis.asked.label);
    let rows: Vec<Line<'_>> = known
        .iter()
        .map(|(place, gene)| Line { name: &gene.gene, adjusted: gene.adjusted, values: analysis.matrix.row(*place) })
        .collect();
    // Genes that were picked by what they are shown to differ in differ to the eye in any case.
    let significant = known.iter().any(|(_, gene)| gene.adjusted.is_some_and(|p| p < 0.05));
    let found = if significant { "" } else { ", none of them with an adjusted p below 0.05" };
    let method = format!(
        "the {} of {} genes with the smallest p{found}, {label}; z-scores over all samples of log expression; {CLUSTERED}, \
         genes over all samples; stars are p adjusted by {adjustment}: {}",
        known.len(),
        told.genes.len(),
        crate::figures::words::STARS
    );
    let figure = clustered(&Surroundings { analysis, analyses, covariates }, &rows, method);
    let title = if significant { "Leading genes" } else { "Genes of smallest p, none significant" };
    Some(FigureData::new(format!("{title}, {label}"), &figure))
}

/// What a heat map is drawn among.
pub struct Surroundings<'a> {
    pub analysis: &'a Analysis,
    pub analyses: &'a [Analysis],
    pub covariates: &'a [(String, Cells)],
}

/// A row of a heat map: a value a sample of the analysis.
pub struct Line<'a> {
    pub name: &'a str,
    /// p of its test, adjusted.
    pub adjusted: Option<f64>,
    pub values: &'a [f64],
}

/// Rows clustered over all samples, samples within their groups.
pub fn clustered(among: &Surroundings<'_>, lines: &[Line<'_>], method: String) -> HeatMap {
    let drawn = drawn(among.analysis, &lines.iter().map(|line| line.values).collect::<Vec<_>>());
    let profiles: Vec<Vec<f64>> =
        drawn.values.iter().map(|row| row.iter().map(|z| z.unwrap_or(f64::NAN)).collect()).collect();
    let tree = cluster(&profiles, Linkage::Complete);
    let rows = tree.order.iter().map(|place| Row {
        name: lines[*place].name.to_owned(),
        remark: lines[*place].adjusted.map_or("", stars).to_owned(),
        values: drawn.values[*place].clone(),
    });
    HeatMap {
        scale: "z-score".to_owned(),
        clip: CLIP,
        rows: rows.collect(),
        row_tree: merges(&tree),
        annotations: annotations(among.analysis, among.analyses, among.covariates, &drawn.order),
        groups: drawn.groups,
        method,
    }
}

/// Whether a bar tells samples apart: one that is the same for all says nothing.
fn varies(bar: &Annotation) -> bool {
    fn differ<T: PartialEq>(of: &[Option<T>]) -> bool {
        let mut known = of.iter().flatten();
        known.next().is_some_and(|first| known.any(|other| other != first))
    }
    match bar {
        Annotation::Levels { of, .. } => differ(of),
        Annotation::Numbers { of, .. } => differ(of),
    }
}

/// What else is known of the samples: the other contrasts, and covariates.
fn annotations(
    analysis: &Analysis,
    analyses: &[Analysis],
    covariates: &[(String, Cells)],
    order: &[usize],
) -> Vec<Annotation> {
    let gathered: Vec<usize> = order.iter().map(|sample| analysis.kept[*sample]).collect();
    let mut bars = Vec::new();
    for other in analyses {
        let asked = &other.asked;
        let own = asked.source == analysis.asked.source;
        if own && (asked.groups.is_some() || analysis.asked.groups.is_none()) {
            continue;
        }
        let values = |place: &usize| asked.values.get(*place).copied().flatten();
        bars.push(match &asked.groups {
            Some((inside, outside)) => Annotation::Levels {
                name: asked.source.clone(),
                levels: vec![outside.clone(), inside.clone()],
                of: gathered.iter().map(|place| values(place).map(|value| usize::from(value == 1.0))).collect(),
            },
            None => Annotation::Numbers {
                name: format!("{}, score", asked.source),
                of: gathered.iter().map(values).collect(),
            },
        });
    }
    for (name, cells) in covariates {
        bars.push(match cells.numbers() {
            Some(numbers) => Annotation::Numbers {
                name: name.clone(),
                of: gathered.iter().map(|place| numbers.get(*place).copied().filter(|v| v.is_finite())).collect(),
            },
            None => {
                let (codes, levels) = coded(cells, &[]);
                // More levels than there are inks would only puzzle.
                if levels.len() > LEVELS {
                    continue;
                }
                let of = |place: &usize| codes.get(*place).copied().flatten().map(|code| code as usize);
                Annotation::Levels { name: name.clone(), of: gathered.iter().map(of).collect(), levels }
            }
        });
    }
    bars.retain(varies);
    bars.truncate(BARS);
    bars
}
