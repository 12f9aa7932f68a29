# Reference values of several classes and of pairs within folds: Rscript nominal.R FOLDER [PYTHON]
# (glmnet, survival; scikit-learn by PYTHON). The inputs follow from their place alone, so that the tests make them
# again: see `multinomial.rs`, `hand_till.rs`, `delong.rs` and `concordance/within.rs`.
suppressMessages({library(glmnet); library(survival)})
arguments <- commandArgs(TRUE)
i <- 1:60
x <- cbind(sin(0.7 * i), cos(1.3 * i), sin(2.1 * i + 0.5))
z <- x + 0.8 * cbind(sin(3.3 * i), sin(4.7 * i), sin(5.9 * i))
y <- max.col(z, ties.method = "first")
cat("classes", table(y), "\n")
fit <- glmnet(x, factor(y), family = "multinomial", alpha = 0.5, lambda = c(0.1, 0.03), thresh = 1e-14)
b <- do.call(cbind, lapply(coef(fit, s = 0.03), as.matrix))
b[1, ] <- b[1, ] - mean(b[1, ])
cat("coefficients at 0.03, a row a class\n"); print(t(b), digits = 10)
foldid <- (i - 1) %% 5 + 1
cv <- cv.glmnet(x, factor(y), family = "multinomial", alpha = 0.5, foldid = foldid, thresh = 1e-10)
cat(sprintf("lambda.min %.8f lambda.1se %.8f best %.8f\n", cv$lambda.min, cv$lambda.1se, min(cv$cvm)))
p <- predict(fit, x, s = 0.03, type = "response")[, , 1]
write.csv(data.frame(p, y = y - 1), file.path(arguments[1], "nominal.csv"), row.names = FALSE)
if (length(arguments) > 1) system2(arguments[2], c("-c", shQuote(paste(
  "import numpy as np, sklearn.metrics as m;",
  sprintf("d = np.loadtxt('%s', delimiter=',', skiprows=1);", file.path(arguments[1], "nominal.csv")),
  "p, y = d[:, :3], d[:, 3].astype(int);",
  "print('ovo', m.roc_auc_score(y, p, multi_class='ovo'), 'ovr', m.roc_auc_score(y, p, multi_class='ovr'),",
  "'log loss', m.log_loss(y, p), 'balanced', m.balanced_accuracy_score(y, p.argmax(1)),",
  "'accuracy', m.accuracy_score(y, p.argmax(1)), 'brier', ((p - np.eye(3)[y]) ** 2).sum(1).mean())"))))
# Pairs within a fold.
event <- as.integer(sin(3.3 * i) + x[, 1] > 0.2)
score <- x[, 1] + 0.5 * sin(5.9 * i)
within <- concordance(event ~ score + strata(foldid), influence = 1)
cat(sprintf("binary within folds: C %.12f, var %.12e\n", within$concordance, within$var))
d <- within$dfbeta
m <- sum(event); n <- sum(1 - event)
cat(sprintf("with DeLong's divisors %.12e\n", sum(d[event == 1]^2) * m / (m - 1) + sum(d[event == 0]^2) * n / (n - 1)))
areas <- sapply(1:5, function(f) concordance(event ~ score, subset = foldid == f)$concordance)
cat("areas of the folds", format(areas, digits = 10), "mean as cvAUC", format(mean(areas), digits = 10), "\n")
time <- round(10 + 9 * cos(1.9 * i) + 5 * sin(0.3 * i))
died <- as.integer(sin(2.7 * i) > -0.3)
risk <- x[, 2]
within <- concordance(Surv(time, died) ~ risk + strata(foldid), reverse = TRUE)
cat(sprintf("survival within folds: C %.12f, var %.12e\n", within$concordance, within$var))
