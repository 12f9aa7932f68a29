//! `ORA`: over-representation of gene sets among the genes that differ.

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::multiplicity::{Adjustment, adjust};

use super::error::OmicsError;
use super::method::{Enrichment, Found, LEAST, MOST, Subject, contrast_of};
use super::sets::MeasuredSet;

pub struct Ora;

static CARD: Card = Card {
    name: "ORA",
    title: "Over-representation analysis",
    role: Role::Enrichment,
    endpoints: &[],
    parameters: &[
        LEAST,
        MOST,
        Parameter {
            name: "alpha",
            domain: Domain::RealOpen { low: 0.0, high: 1.0 },
            default: Initial::Real(0.05),
            summary: "Genes with a smaller adjusted p are the list.",
        },
        Parameter {
            name: "fold",
            domain: Domain::Real { low: 0.0, high: f64::INFINITY },
            default: Initial::Real(0.0),
            summary: "Smallest absolute log2 fold change of a listed gene.",
        },
        Parameter {
            name: "direction",
            domain: Domain::Choice(&["each", "both"]),
            default: Initial::Choice("each"),
            summary: "Higher and lower genes apart, or together.",
        },
    ],
    summary: "Whether more of the listed genes belong to a set than chance has it.",
    documentation: r#"
With `m` genes measured and tested, `k` of them listed, `K` of them in the set and `x` in both, p is the hypergeometric
probability of `x` or more. The universe is the genes that were measured and tested, not the genome: a set of genes that could
not have been listed would otherwise seem over-represented. The p value is summed from exact probabilities in log space (Loader's
saddle-point expansion), so that small ones keep their digits, and adjusted by Benjamini-Hochberg over the sets of all files of
one list. No list, no test: where no gene passes, `GSEA` asks all of them.
"#,
    references: &[
        "Rivals I et al. Enrichment or depletion of a GO category within a class of genes. Bioinformatics 2007;23:401-7.",
    ],
    example: r#"enrich ORA("go.gmt", "kegg.gmt")"#,
};

/// One set.
#[derive(Clone, Debug, PartialEq)]
pub struct OraResult {
    pub set: String,
    pub collection: String,
    /// Genes of the set, measured ones, listed ones among those.
    pub size: usize,
    pub measured: usize,
    pub overlap: usize,
    /// Observed over expected.
    pub fold: f64,
    /// Sample odds ratio of belonging to the set; infinite where a cell is empty.
    pub odds: f64,
    pub p: f64,
    pub adjusted: f64,
    /// Listed genes of the set, by name.
    pub genes: Vec<String>,
}

/// Tests every set; `listed` are places among `genes`, which is the universe.
///
/// # Errors
/// Nobody is listed, or everybody.
pub fn over_represented(
    genes: &[String],
    listed: &[usize],
    sets: &[MeasuredSet],
) -> Result<Vec<OraResult>, OmicsError> {
    let mut is_listed = vec![false; genes.len()];
    for place in listed {
        if let Some(listed) = is_listed.get_mut(*place) {
            *listed = true;
        }
    }
    let count = is_listed.iter().filter(|listed| **listed).count();
    if count == 0 {
        return Err(OmicsError::none("no gene is listed"));
    }
    if count == genes.len() {
        return Err(OmicsError::none("every gene is listed"));
    }
    let mut results: Vec<OraResult> = sets
        .iter()
        .map(|set| {
            let mut shared: Vec<String> = set
                .members
                .iter()
                .filter(|place| is_listed[**place as usize])
                .map(|place| genes[*place as usize].clone())
                .collect();
            shared.sort();
            let (x, size, universe) = (shared.len(), set.members.len(), genes.len());
            let [a, b, c, d] = [x, size - x, count - x, universe + x - size - count].map(|cell| cell as f64);
            OraResult {
                set: set.name.clone(),
                collection: set.collection.clone(),
                size: set.size,
                measured: size,
                overlap: x,
                fold: a * universe as f64 / (size as f64 * count as f64),
                odds: a * d / (b * c),
                p: hypergeometric_sf(x as u64, size as u64, (universe - size) as u64, count as u64),
                adjusted: 1.0,
                genes: shared,
            }
        })
        .collect();
    let p: Vec<f64> = results.iter().map(|result| result.p).collect();
    for (result, adjusted) in results.iter_mut().zip(adjust(&p, Adjustment::BenjaminiHochberg)) {
        result.adjusted = adjusted;
    }
    Ok(results)
}

/// `P(X >= x)` for `draws` from `white` and `black` without replacement: `phyper(x - 1, ...,
/// lower.tail = FALSE)` of R.
pub fn hypergeometric_sf(x: u64, white: u64, black: u64, draws: u64) -> f64 {
    let most = white.min(draws);
    let least = draws.saturating_sub(black);
    if x <= least {
        return 1.0;
    }
    if x > most {
        return 0.0;
    }
    let (w, b, n) = (white as f64, black as f64, draws as f64);
    // The shorter tail is summed from its largest term on by ratios of neighbours.
    let mean = n * w / (w + b);
    if x as f64 > mean {
        let mut sum = 1.0;
        let mut term = 1.0;
        for i in x..most {
            let i = i as f64;
            term *= (w - i) * (n - i) / ((i + 1.0) * (b - n + i + 1.0));
            sum += term;
            if term < sum * 1e-18 {
                break;
            }
        }
        (log_hypergeometric(x as f64, w, b, n).exp() * sum).min(1.0)
    } else {
        let last = (x - 1) as f64;
        let mut sum = 1.0;
        let mut term = 1.0;
        let mut i = last;
        while i > least as f64 {
            term *= i * (b - n + i) / ((w - i + 1.0) * (n - i + 1.0));
            sum += term;
            i -= 1.0;
            if term < sum * 1e-18 {
                break;
            }
        }
        (1.0 - log_hypergeometric(last, w, b, n).exp() * sum).max(0.0)
    }
}

/// Log of `choose(w, x) choose(b, n - x) / choose(w + b, n)`, as a ratio of binomial probabilities.
fn log_hypergeometric(x: f64, w: f64, b: f64, n: f64) -> f64 {
    let p = n / (w + b);
    log_binomial(x, w, p) + log_binomial(n - x, b, p) - log_binomial(n, w + b, p)
}

/// Log of the binomial probability by Loader's expansion, whose terms are small where logarithms of
/// factorials are large and cancel.
fn log_binomial(x: f64, n: f64, p: f64) -> f64 {
    let q = 1.0 - p;
    if x == 0.0 {
        return if n == 0.0 {
            0.0
        } else if p < 0.1 {
            -deviance(n, n * q) - n * p
        } else {
            n * q.ln()
        };
    }
    if x == n {
        return if q < 0.1 { -deviance(n, n * p) - n * q } else { n * p.ln() };
    }
    let core =
        stirling_error(n) - stirling_error(x) - stirling_error(n - x) - deviance(x, n * p) - deviance(n - x, n * q);
    core - 0.5 * (2.0 * std::f64::consts::PI * x * (1.0 - x / n)).ln()
}

/// `ln n! - ln(sqrt(2 pi n) (n / e)^n)`.
fn stirling_error(n: f64) -> f64 {
    if n < 16.0 {
        // Products below 16 are exact.
        let factorial: f64 = (2..=n as u32).map(f64::from).product();
        return factorial.ln() - 0.5 * (2.0 * std::f64::consts::PI * n).ln() - n * n.ln() + n;
    }
    let square = n * n;
    let terms = [1.0 / 12.0, 1.0 / 360.0, 1.0 / 1260.0, 1.0 / 1680.0, 1.0 / 1188.0];
    (terms[0] - (terms[1] - (terms[2] - (terms[3] - terms[4] / square) / square) / square) / square) / n
}

/// `x ln(x / m) + m - x` without cancellation near `x = m`.
fn deviance(x: f64, m: f64) -> f64 {
    let difference = x - m;
    if difference.abs() < 0.1 * (x + m) {
        let v = difference / (x + m);
        let mut sum = difference * v;
        let mut term = 2.0 * x * v;
        let square = v * v;
        for j in 1..1000 {
            term *= square;
            let next = sum + term / f64::from(2 * j + 1);
            if next == sum {
                return next;
            }
            sum = next;
        }
        return sum;
    }
    x * (x / m).ln() + m - x
}

impl Enrichment for Ora {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn per_sample(&self) -> bool {
        false
    }

    fn run(
        &self,
        subject: &Subject<'_>,
        sets: &[MeasuredSet],
        settings: &Settings,
        _: &Stream,
        watch: &Watch,
    ) -> Result<Found, OmicsError> {
        watch.check()?;
        let (_, told) = contrast_of(subject)?;
        let (alpha, fold) = (settings.real("alpha"), settings.real("fold"));
        let genes: Vec<String> = told.genes.iter().map(|gene| gene.gene.clone()).collect();
        let listed = |wanted: &dyn Fn(f64) -> bool| -> Vec<usize> {
            (0..told.genes.len())
                .filter(|place| {
                    let gene = &told.genes[*place];
                    gene.adjusted.is_some_and(|p| p < alpha)
                        && gene.log_fold_change.abs() >= fold
                        && wanted(gene.log_fold_change)
                })
                .collect()
        };
        let wanted: Vec<(&str, Vec<usize>)> = if settings.choice("direction") == "both" {
            vec![("higher or lower", listed(&|_| true))]
        } else {
            vec![("higher", listed(&|fold| fold > 0.0)), ("lower", listed(&|fold| fold < 0.0))]
        };
        if wanted.iter().all(|(_, list)| list.is_empty()) {
            return Err(OmicsError::none(format!(
                "no gene passes a false discovery rate of {} %, so that there is no list to look for sets in; GSEA asks all genes",
                alpha * 100.0
            )));
        }
        let mut lists = Vec::new();
        for (name, list) in wanted {
            let results = if list.is_empty() { Vec::new() } else { over_represented(&genes, &list, sets)? };
            lists.push((name.to_owned(), list.len(), results));
        }
        let how = format!("hypergeometric test among the {} genes measured and tested", genes.len());
        Ok(Found::Listed { lists, how })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // phyper(x - 1, white, black, draws, lower.tail = FALSE) of R.
    #[test]
    fn tails_agree_with_r() {
        for (x, white, black, draws, p) in REFERENCE {
            let told = hypergeometric_sf(*x, *white, *black, *draws);
            assert!((told / p - 1.0).abs() < 1e-13, "{x} {white} {black} {draws}: {told} is not {p}");
        }
        assert_eq!(hypergeometric_sf(0, 5, 5, 3), 1.0);
        assert_eq!(hypergeometric_sf(6, 5, 5, 7), 0.0);
        assert_eq!(hypergeometric_sf(2, 5, 5, 7), 1.0);
    }

    const REFERENCE: &[(u64, u64, u64, u64, f64)] = &[
        (60, 177, 8728, 841, 1.1107581013279843e-19),
        (1, 10, 90, 20, 0.90488372756921154),
        (3, 5, 20, 9, 0.23003952569169961),
        (47, 107, 5076, 444, 3.4003618619571094e-23),
        (12, 177, 8728, 841, 0.91764937823205361),
        (17, 177, 8728, 841, 0.50883728629205216),
        (150, 200, 19800, 2000, 1.9890420693108758e-107),
        (2, 3, 17, 5, 0.14035087719298242),
        (1, 40, 60, 3, 0.78837353123067411),
    ];

    #[test]
    fn lists_of_nobody_and_everybody_are_told() {
        let genes: Vec<String> = (0..4).map(|gene| gene.to_string()).collect();
        let set = MeasuredSet { name: "s".into(), collection: "c".into(), size: 2, members: vec![0, 1] };
        assert!(over_represented(&genes, &[], std::slice::from_ref(&set)).is_err());
        assert!(over_represented(&genes, &[0, 1, 2, 3], std::slice::from_ref(&set)).is_err());
        let told = over_represented(&genes, &[0, 1], std::slice::from_ref(&set)).unwrap();
        assert!((told[0].p - 1.0 / 6.0).abs() < 1e-14);
        assert_eq!(told[0].odds, f64::INFINITY);
    }
}
