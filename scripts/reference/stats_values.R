# The reference values embedded in the unit tests of src/stats, from R's stats package, Hmisc and
# psych. Run: Rscript scripts/reference/stats_values.R
options(digits = 16)
print(qnorm(c(0.975, 1e-10))); print(pnorm(10, lower.tail = FALSE)); print(qf(0.95, 3, 12)); print(qt(0.975, 5))
print(binom.test(7, 20)$conf.int); print(prop.test(7, 20, correct = FALSE)$conf.int)
print(wilcox.test(c(1.1, 2.2, 3.3, 0.5), c(2.5, 3.5, 4.5, 5.5, 6.5)))
print(wilcox.test(c(1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30),
                  c(0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29), paired = TRUE))
m <- matrix(c(12, 5, 7, 16), 2)
print(chisq.test(m)$p.value); print(chisq.test(m, correct = FALSE)$p.value)
s <- shapiro.test(c(148, 154, 158, 160, 161, 162, 166, 170, 182, 195, 236)); print(s$statistic); print(s$p.value)
print(fisher.test(matrix(c(3, 1, 1, 3), 2)))
print(fisher.test(matrix(c(1, 2, 1, 0, 3, 3, 6, 1, 10, 10, 14, 9, 6, 7, 12, 11), 4))$p.value)
x <- c(44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1)
y <- c(2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8)
for (method in c("pearson", "spearman", "kendall")) print(cor.test(x, y, method = method)$p.value)
print(t.test(extra ~ group, data = sleep)); print(t.test(extra ~ group, data = sleep, var.equal = TRUE)$p.value)
print(kruskal.test(list(c(2.9, 3.0, 2.5, 2.6, 3.2), c(3.8, 2.7, 4.0, 2.4), c(2.8, 3.4, 3.7, 2.2, 2.0))))
print(mcnemar.test(matrix(c(794, 86, 150, 570), 2)))
print(lowess(1:8, c(0, 0, 1, 0, 1, 1, 0, 1), f = 2 / 3, iter = 0, delta = 0)$y)
if (requireNamespace("Hmisc", quietly = TRUE)) {
  r <- Hmisc::improveProb(c(.2, .4, .6, .3, .5, .1), c(.3, .7, .55, .2, .4, .15), c(0, 1, 1, 0, 1, 0))
  print(c(r$nri, r$z.nri, r$idi, r$z.idi))
}
if (requireNamespace("psych", quietly = TRUE)) {
  k <- psych::cohen.kappa(cbind(c(0, 0, 1, 1, 2, 2, 2, 1, 0, 1, 2, 0), c(0, 1, 1, 1, 2, 1, 2, 1, 0, 2, 2, 0)))
  print(c(k$kappa, k$weighted.kappa)); print(k$confid)
}
# Twelve points of four coordinates, for hierarchical clustering.
i <- 0:11
points <- sapply(0:3, function(j) (i * i * 7 + j * 13 + i * j * 5) %% 31 + i * 0.01)
for (method in c("complete", "average")) print(hclust(dist(points), method)$height)
