# The inference of the PRIME study in R: Table 1, DeLong, Kaplan-Meier, Cox, subgroups, limma, GSEA sets.
# Usage: Rscript prime.R OUT FOLDER, after prime.py FOLDER OUT.
suppressMessages({library(survival); library(pROC); library(limma); library(GSVA)})
args <- commandArgs(TRUE); out <- args[1]; folder <- args[2]
at <- function(name) file.path(out, name)

# Table 1
e <- read.csv(at("eligible.csv"))
numeric <- c("age", "tumour_size", "tumour_number", "afp", "pivka", "bilirubin", "albumin", "alt", "ast", "creatinine", "platelets",
             "neutrophils", "lymphocytes", "mon", "pt", "albi", "pni", "d_mon", "d_pt")
levelled <- c("male", "hbv", "cirrhosis", "ascites", "extrahepatic", "pvtt", "ecog", "child_pugh", "therapy")
table1 <- do.call(rbind, c(
  lapply(numeric, function(v) {
    x <- split(e[[v]], e$centre)
    normal <- all(sapply(x, function(g) shapiro.test(g)$p.value > 0.05))
    p <- if (normal) t.test(e[[v]] ~ e$centre)$p.value else wilcox.test(e[[v]] ~ e$centre)$p.value
    shown <- sapply(x, function(g) if (normal) sprintf("%.1f (%.1f)", mean(g, na.rm = TRUE), sd(g, na.rm = TRUE)) else
      sprintf("%.1f (%.1f to %.1f)", median(g, na.rm = TRUE), quantile(g, .25, na.rm = TRUE), quantile(g, .75, na.rm = TRUE)))
    data.frame(what = v, t(shown), p = p, missing = sum(is.na(e[[v]])))
  }),
  lapply(levelled, function(v) {
    counts <- table(e[[v]], e$centre)
    p <- if (any(chisq.test(counts)$expected < 5)) fisher.test(counts, simulate.p.value = TRUE)$p.value else chisq.test(counts)$p.value
    do.call(rbind, lapply(rownames(counts), function(l) data.frame(what = paste(v, l),
      t(sprintf("%d (%.1f%%)", counts[l, ], 100 * counts[l, ] / colSums(counts))) |> as.data.frame() |> setNames(colnames(counts)),
      p = p, missing = sum(is.na(e[[v]])))))
  })))
write.csv(table1, at("table1.csv"), row.names = FALSE)
orr <- by(e, e$centre, function(d) binom.test(sum(d$mrecist %in% c("CR", "PR")), sum(!is.na(d$mrecist) & d$mrecist != ""))$conf.int)
follow <- survfit(Surv(time, !event) ~ centre, transform(e, event = event == "True"))
overall <- survfit(Surv(time, event) ~ centre, transform(e, event = event == "True"))
capture.output(print(orr), print(follow), print(overall), file = at("describe.txt"))

# ROC with DeLong intervals and paired tests
cohorts <- c("train", "internal", "external")
curves <- function(label, cohort) { d <- read.csv(at(sprintf("R_%s_%s.csv", label, cohort))); roc(d$y == "True", d$score, quiet = TRUE, direction = "<") }
rocs <- do.call(rbind, lapply(cohorts, function(cohort) {
  whole <- curves("PRIME_R", cohort)
  do.call(rbind, lapply(c("PRIME_R", "PRIME_R.clinical", "PRIME_R.radiomics", "early"), function(label) {
    one <- curves(label, cohort); interval <- ci.auc(one)
    p <- if (label == "PRIME_R") NA else roc.test(whole, one, paired = TRUE)$p.value
    data.frame(cohort, label, auc = as.numeric(one$auc), lower = interval[1], upper = interval[3], p)
  }))
}))
write.csv(rocs, at("delong.csv"), row.names = FALSE)
calibration <- do.call(rbind, lapply(cohorts, function(cohort) {
  d <- read.csv(at(sprintf("R_PRIME_R_%s.csv", cohort))); l <- qlogis(pmin(pmax(d$score, 1e-6), 1 - 1e-6)); y <- d$y == "True"
  slope <- glm(y ~ l, family = binomial); level <- glm(y ~ offset(l), family = binomial)
  data.frame(cohort, intercept = coef(level)[1], slope = coef(slope)[2])
}))
write.csv(calibration, at("calibration.csv"), row.names = FALSE)
benefit <- do.call(rbind, lapply(cohorts, function(cohort) {
  d <- read.csv(at(sprintf("R_PRIME_R_%s.csv", cohort))); y <- d$y == "True"
  do.call(rbind, lapply(seq(.01, .99, .01), function(t) data.frame(cohort, t,
    model = mean(d$score >= t & y) - mean(d$score >= t & !y) * t / (1 - t), all = mean(y) - mean(!y) * t / (1 - t))))
}))
write.csv(benefit, at("decision_curve.csv"), row.names = FALSE)

# C-index with intervals and paired differences by bootstrap
boot <- do.call(rbind, lapply(cohorts, function(cohort) {
  read <- function(label) read.csv(at(sprintf("S_%s_%s.csv", label, cohort)))
  whole <- read("PRIME_S"); y <- Surv(whole$time, whole$event == "True")
  c_of <- function(score, rows) concordance(y[rows] ~ score[rows], reverse = TRUE)$concordance
  set.seed(20260620); draws <- replicate(1000, sample(nrow(whole), replace = TRUE))
  base <- apply(draws, 2, function(r) c_of(whole$score, r))
  do.call(rbind, lapply(c("PRIME_S", "PRIME_S.clinical", "PRIME_S.radiomics", "early"), function(label) {
    score <- read(label)$score; values <- apply(draws, 2, function(r) c_of(score, r)); difference <- base - values
    p <- if (label == "PRIME_S") NA else 2 * min(mean(difference <= 0), mean(difference >= 0))
    data.frame(cohort, label, c = c_of(score, seq_along(score)), lower = quantile(values, .025), upper = quantile(values, .975), p)
  }))
}))
write.csv(boot, at("c_index.csv"), row.names = FALSE)

# Risk groups: Kaplan-Meier, log-rank, Cox, subgroups with interaction, adjustment
groups <- lapply(setNames(cohorts, cohorts), function(cohort) {
  d <- read.csv(at(sprintf("groups_%s.csv", cohort))); d$event <- d$event == "True"; d$high <- d$high == "True"; d })
strata <- do.call(rbind, lapply(cohorts, function(cohort) {
  d <- groups[[cohort]]; pdf(at(sprintf("km_%s.pdf", cohort))); plot(survfit(Surv(time, event) ~ high, d), col = 1:2, mark.time = TRUE); dev.off()
  fit <- summary(coxph(Surv(time, event) ~ high, d)); adjusted <- summary(coxph(Surv(time, event) ~ high + subsequent_therapy, d))
  rank <- tryCatch(survdiff(Surv(time, event) ~ high, d), error = function(e) list(chisq = NA)) # all in one group
  rows <- data.frame(cohort, within = "all", n = nrow(d), events = sum(d$event), t(fit$conf.int[1, c(1, 3, 4)]), adjusted = adjusted$conf.int[1, 1],
                     p = pchisq(rank$chisq, 1, lower.tail = FALSE), interaction = NA)
  within <- list(therapy = d$therapy, age60 = d$age >= 60, many = d$tumour_number > 1, extrahepatic = d$extrahepatic)
  parts <- do.call(rbind, lapply(names(within), function(name) {
    g <- within[[name]]
    test <- tryCatch(anova(coxph(Surv(time, event) ~ high + g, d), coxph(Surv(time, event) ~ high * g, d))[2, 4], error = function(e) NA)
    do.call(rbind, lapply(unique(na.omit(g)), function(level) { s <- d[g %in% level, ]
      h <- tryCatch(summary(coxph(Surv(time, event) ~ high, s))$conf.int[1, c(1, 3, 4)], error = function(e) rep(NA, 3), warning = function(w) rep(NA, 3))
      names(h) <- colnames(fit$conf.int)[c(1, 3, 4)]
      data.frame(cohort, within = paste(name, level), n = nrow(s), events = sum(s$event), t(h), adjusted = NA, p = NA, interaction = test) }))
  }))
  rbind(rows, parts)
}))
write.csv(strata, at("groups.csv"), row.names = FALSE)

# Transcriptomics: limma by predicted group and by score, gene sets by camera and GSVA
scores <- read.csv(at("tcga_scores.csv")); rna <- read.csv(at("rna.csv"), check.names = FALSE)
key <- intersect(colnames(rna), c("patient", "gene"))[1]
m <- as.matrix(rna[, setdiff(colnames(rna), key)]); rownames(m) <- rna[[key]]
if (key == "patient") m <- t(m)
m <- m[, colnames(m) %in% scores$patient]; scores <- scores[match(colnames(m), scores$patient), ]
sets <- function(file) { l <- strsplit(readLines(file.path(folder, file)), "\t"); setNames(lapply(l, function(x) x[-(1:2)]), sapply(l, `[`, 1)) }
for (name in c("R", "S")) {
  for (kind in c("group", "slope")) {
    x <- if (kind == "group") as.numeric(scores[[name]] > median(scores[[name]])) else as.numeric(scale(scores[[name]]))
    fit <- eBayes(lmFit(m, model.matrix(~x)))
    write.csv(topTable(fit, coef = 2, number = Inf, sort.by = "none"), at(sprintf("limma_%s_%s.csv", name, kind)))
    if (kind == "group") {
      hallmark <- ids2indices(sets("hallmark.gmt"), rownames(m))
      write.csv(cameraPR(fit$t[, 2], hallmark), at(sprintf("sets_%s.csv", name)))
      es <- gsva(m, sets("immune28.gmt"), method = "ssgsea", verbose = FALSE)
      p <- apply(es, 1, function(v) wilcox.test(v ~ x)$p.value)
      write.csv(data.frame(p, fdr = p.adjust(p, "BH")), at(sprintf("immune_%s.csv", name)))
    }
  }
}
