# R on the tables of learn_data.py: Rscript learn_glmnet.R path|read TABLE; cv.glmnet with 100 lambdas, 5 folds, alpha 0.5.
args <- commandArgs(TRUE)
data <- as.matrix(data.table::fread(args[2], header = FALSE))
x <- data[, -ncol(data)]; y <- data[, ncol(data)]
if (args[1] == "path") {
  suppressMessages(library(glmnet))
  fit <- cv.glmnet(x, y, family = "binomial", alpha = 0.5, foldid = (seq_along(y) - 1) %% 5 + 1)
  cat(sprintf("path %s: %d lambdas, lambda.min %.6f\n", args[2], length(fit$lambda), fit$lambda.min))
}
