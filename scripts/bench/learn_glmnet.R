# CPU seconds of cv.glmnet (path of 100 lambdas and 5 folds, alpha 0.5) at n = 80 and 500, p = 1,700.
# Usage: Rscript learn_glmnet.R FOLDER
suppressMessages(library(glmnet))
folder <- commandArgs(TRUE)[1]
for (n in c(80, 500)) {
  data <- as.matrix(read.csv(file.path(folder, sprintf("learn_%d.csv", n)), header = FALSE))
  x <- data[, -ncol(data)]
  y <- data[, ncol(data)]
  foldid <- (seq_len(n) - 1) %% 5 + 1
  for (times in 1:3) {
    start <- proc.time()
    fit <- cv.glmnet(x, y, family = "binomial", alpha = 0.5, foldid = foldid)
    spent <- proc.time() - start
    cat(sprintf("cv.glmnet n=%d: %.3f CPU s, %d lambdas, lambda.min %.6f\n", n, spent[1] + spent[2],
                length(fit$lambda), fit$lambda.min))
  }
}
