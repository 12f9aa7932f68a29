# Values of src/survival/reference_tests.rs and of the (start, stop] conformance test.
suppressMessages({library(survival); library(cmprsk); library(Hmisc)})
o <- function(n, x) cat(n, format(x, digits = 15), "\n")
n <- 24; i <- 0:(n - 1)
time <- 1 + (i * 7) %% 19; ev <- (i * 5) %% 3
g2 <- i %% 2; g3 <- i %% 3; x1 <- (i * 11) %% 13; x2 <- (i * 3) %% 7
print(cuminc(time, ev, g3, cencode = 0)$Tests, digits = 15)
print(cuminc(time, ev, g2, cencode = 0)$Tests, digits = 15)
tp <- timepoints(cuminc(time, ev, cencode = 0), c(5, 10, 15)); print(tp$est, digits = 15); print(tp$var, digits = 15)
d <- data.frame(time, ev = factor(ev, 0:2), x1, x2, id = 1:n)
fg <- finegray(Surv(time, ev) ~ ., data = d, etype = "1")
m <- coxph(Surv(fgstart, fgstop, fgstatus) ~ x1 + x2, weights = fgwt, data = fg, ties = "breslow",
           id = id, robust = TRUE, control = coxph.control(eps = 1e-12))
o("finegray", coef(m)); o("robust", sqrt(diag(vcov(m))))
x <- (i * 11) %% 13 + i / 10
o("rcs", rcspline.eval(x, nk = 4, inclx = FALSE)[1:3, ]); o("knots", attr(rcspline.eval(x, nk = 4), "knots"))
m <- coxph(Surv(start, stop, event) ~ age + year + surgery, data = heart, cluster = id,
           control = coxph.control(eps = 1e-12))
o("heart", coef(m)); o("robust", sqrt(diag(vcov(m)))); o("naive", sqrt(diag(m$naive.var)))
for (type in c("dfbeta", "score", "schoenfeld")) o(type, residuals(m, type)[1:3, ])
o("deviance", residuals(m, "deviance")[1:3])
s <- survfit(m, newdata = data.frame(age = 0, year = 2, surgery = 0), conf.type = "log")
at <- c(5, 20, 50); o("time", s$time[at]); o("surv", s$surv[at]); o("se", s$std.err[at]); o("lower", s$lower[at])
