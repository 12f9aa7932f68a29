# limma on a matrix as a whole process. Usage: Rscript omics_limma.R MATRIX.csv
suppressMessages(library(limma))
path <- commandArgs(TRUE)[1]
matrix <- as.matrix(read.csv(path, row.names = 1, check.names = FALSE))
group <- rep(0:1, each = ncol(matrix) / 2)
fit <- eBayes(lmFit(matrix, model.matrix(~ group)))
table <- topTable(fit, coef = 2, number = Inf, sort.by = "none", confint = TRUE)
cat(sum(table$adj.P.Val < 0.05), fit$df.prior, "\n")
