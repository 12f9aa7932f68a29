# Values of tests/conformance/language.rs: what the words of inference say of a small made-up table.
suppressMessages({library(survival); library(cmprsk)})
o <- function(n, x) cat(n, format(unname(x), digits = 12), "\n")
n <- 60; i <- 0:(n - 1)
d <- data.frame(months = 1 + (i * 7) %% 23 + (i %% 4) / 4, died = as.integer((i * 5) %% 3 > 0), arm = i %% 3, sex = (i %/% 2) %% 2,
  x = (i * 11) %% 13, z = ((i * 3) %% 7) / 2, whole = 1 + i %% 3, part = 0.5 + (i %% 5) / 4, start = (i %% 6) / 8,
  code = (i * 5) %% 3, y = as.integer((i * 11) %% 13 + 5 * sin(i) > 6))
k <- coxph.control(eps = 1e-13)
s <- Surv(d$months, d$died)
for (w in c("whole", "part")) { m <- coxph(s ~ x + z, d, weights = d[[w]], control = k); o(paste("cox", w), c(exp(coef(m)), sqrt(diag(vcov(m))))) }
m <- coxph(s ~ x + strata(sex), d, control = k, cluster = arm); o("cox strata cluster", c(exp(coef(m)), sqrt(diag(vcov(m)))))
m <- coxph(s ~ x + z, d, ties = "exact", control = k); o("cox exact", exp(coef(m)))
m <- coxph(Surv(start, months, died) ~ x + z, d, control = k); o("cox late entry", exp(coef(m)))
m <- coxph(s ~ x + z, d, control = k); f <- survfit(m, newdata = data.frame(x = mean(d$x), z = mean(d$z))); f <- summary(f, times = c(6, 12))
o("cox at", c(f$surv, f$lower, f$upper)); o("martingale", residuals(m, "martingale")[1:3]); o("deviance", residuals(m, "deviance")[1:3])
for (rho in 0:1) o(paste("survdiff", rho), survdiff(s ~ arm, d, rho = rho)$chisq)
o("survdiff strata", survdiff(s ~ arm + strata(sex), d)$chisq)
t <- survdiff(s ~ arm, d); z <- 1:3; u <- sum(z * (t$obs - t$exp)); o("trend", u^2 / c(z %*% t$var %*% z))
p <- c(); for (ab in list(c(0, 1), c(0, 2), c(1, 2))) { r <- d$arm %in% ab; p <- c(p, survdiff(s[r] ~ d$arm[r])$pvalue) }
o("pairs", p); o("pairs, holm", p.adjust(p, "holm"))
f <- summary(survfit(s ~ 1), times = c(6, 12)); o("km at", c(f$surv, f$lower, f$upper, f$cumhaz))
f <- summary(survfit(s ~ 1, weights = d$whole, robust = FALSE), times = c(6, 12)); o("km weights", f$surv)
o("gray", cuminc(d$months, d$code, d$arm, cencode = 0)$Tests[, 1]); o("gray strata", cuminc(d$months, d$code, d$arm, strata = d$sex, cencode = 0)$Tests[, 1])
for (w in c("none", "whole")) { v <- if (w == "none") rep(1, n) else d[[w]]
  g <- suppressWarnings(glm(y ~ x + z, binomial, d, weights = v, control = list(epsilon = 1e-14))); o(paste("logistic", w), c(exp(coef(g)[-1]), exp(confint.default(g)[-1, ]))) }
l <- lm(x ~ z + sex, d, weights = whole); o("linear weights", c(coef(l)[-1], confint(l)[-1, ]))
