# R on the tables of survival_data.py: Rscript survival_peers.R WHAT TABLE [SIZE]; gbm, glmnet, survival.
args <- commandArgs(TRUE); what <- args[1]; size <- if (length(args) > 2) as.integer(args[3]) else 100
d <- as.matrix(data.table::fread(args[2], header = FALSE)); p <- ncol(d) - 2
x <- d[, seq_len(p), drop = FALSE]; time <- d[, p + 1]; event <- d[, p + 2]
if (what == "gbsa") {
  suppressMessages(library(gbm)); set.seed(1)
  fit <- gbm.fit(x, survival::Surv(time, event), distribution = "coxph", n.trees = size, interaction.depth = 3, shrinkage = 0.1,
                 bag.fraction = 0.5, n.minobsinnode = 1, verbose = FALSE)
  cat(survival::concordance(survival::Surv(time, event) ~ predict(fit, x, n.trees = size), reverse = TRUE)$concordance, "\n")
} else if (what == "coxnet") {
  suppressMessages(library(glmnet))
  fit <- glmnet(x, survival::Surv(time, event), family = "cox", alpha = 0.5, nlambda = size, lambda.min.ratio = 0.05)
  cat(length(fit$lambda), "\n")
} else if (what == "concordance") {
  cat(survival::concordance(survival::Surv(time, event) ~ x[, 1], reverse = TRUE)$concordance, "\n")
}
