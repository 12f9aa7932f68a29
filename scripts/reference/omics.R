# Makes tests/data/omics_cases.json: small synthetic matrices with what limma, edgeR and GSVA say of
# them. Run from the project's root with R 4.2, limma 3.54, edgeR 3.40, statmod 1.5, GSVA 1.46:
#   Rscript scripts/reference/omics.R
suppressMessages({library(limma); library(edgeR); library(GSVA)})
options(digits = 17, warn = -1)
# A generator of its own, so that the input does not depend on R's version.
state <- 12345
uniform <- function() { state <<- (state * 16807) %% 2147483647; state / 2147483647 }
normal <- function() sqrt(-2 * log(uniform())) * cos(2 * pi * uniform())

genes <- 80; samples <- 12
group <- rep(0:1, each = 6)
age <- c(61, 54, 70, 48, 66, 59, 73, 51, 45, 68, 57, 63)
spread <- sapply(seq_len(genes), function(g) exp(0.6 * normal()))
spread[c(3, 17)] <- c(9, 0.02)
log <- t(sapply(seq_len(genes), function(g) {
  mean <- 3 + 8 * uniform()
  sapply(seq_len(samples), function(s) round(mean + spread[g] * normal() + (g <= 8) * 1.5 * group[s], 4))
}))
counts <- t(sapply(seq_len(genes), function(g) {
  mean <- exp(1 + 6 * uniform())
  sapply(seq_len(samples), function(s) round(mean * exp(0.3 * normal()) * (0.6 + 0.07 * s)))
}))
counts[5, ] <- 0
names <- sprintf("g%02d", seq_len(genes))
rownames(log) <- rownames(counts) <- names
colnames(log) <- colnames(counts) <- sprintf("s%02d", seq_len(samples))

of_fit <- function(fit, coefficient) {
  list(t = fit$t[, coefficient], p = fit$p.value[, coefficient], logfc = fit$coefficients[, coefficient],
       b = fit$lods[, coefficient], df_prior = rep_len(fit$df.prior, genes), s2_prior = rep_len(fit$s2.prior, genes),
       s2_post = fit$s2.post)
}
design <- model.matrix(~ group)
adjusted <- model.matrix(~ age + group)
slope <- model.matrix(~ age)
limma <- list(
  plain = of_fit(eBayes(lmFit(log, design)), 2),
  trend = of_fit(eBayes(lmFit(log, design), trend = TRUE), 2),
  robust = of_fit(eBayes(lmFit(log, design), robust = TRUE), 2),
  robust_trend = of_fit(eBayes(lmFit(log, design), robust = TRUE, trend = TRUE), 2),
  adjusted = of_fit(eBayes(lmFit(log, adjusted)), 3),
  slope = of_fit(eBayes(lmFit(log, slope)), 2))

d <- calcNormFactors(DGEList(counts))
v <- voom(d, design)
voomed <- of_fit(eBayes(lmFit(v, design)), 2)
sets <- list(a = names[1:8], b = names[c(2, 9, 17, 30, 44)], c = names[61:80])
ties <- round(log)
quiet <- function(...) { capture.output(out <- suppressWarnings(gsva(..., verbose = FALSE))); out }
cases <- list(
  genes = names, samples = colnames(log), group = group, age = age,
  log = as.vector(t(log)), counts = as.vector(t(counts)), limma = limma,
  tmm = d$samples$norm.factors, log_cpm = as.vector(t(cpm(d, log = TRUE, prior.count = 2))),
  kept = which(filterByExpr(d, group = group)) - 1, kept_slope = which(filterByExpr(d, design = slope)) - 1,
  voom_weights = as.vector(t(v$weights)), voom = voomed,
  quantile = as.vector(t(normalizeQuantiles(ties))),
  sets = sets,
  ssgsea = as.vector(t(quiet(log, sets, method = "ssgsea", ssgsea.norm = FALSE))),
  ssgsea_ties = as.vector(t(quiet(ties, sets, method = "ssgsea", ssgsea.norm = TRUE))),
  gsva = as.vector(t(quiet(log, sets, method = "gsva"))),
  zscore = as.vector(t(quiet(log, sets, method = "zscore"))))

json <- function(x) {
  if (is.list(x)) {
    fields <- mapply(function(name, value) sprintf("\"%s\": %s", name, json(value)), names(x), x)
    return(paste0("{", paste(fields, collapse = ",\n"), "}"))
  }
  cells <- if (is.character(x)) sprintf("\"%s\"", x) else ifelse(is.finite(x), sprintf("%.17g", x), "\"Inf\"")
  paste0("[", paste(cells, collapse = ", "), "]")
}
writeLines(json(cases), "tests/data/omics_cases.json")
