# Reference values of src/fuse/steps/univariate.rs, from R's own data set mtcars.
library(survival)
options(digits = 17)
lr <- function(f) { m <- glm(f, binomial, mtcars, epsilon = 1e-14); pchisq(m$null.deviance - m$deviance, m$df.null - m$df.residual, lower.tail = FALSE) }
wald <- function(f) summary(glm(f, binomial, mtcars, epsilon = 1e-14))$coefficients[2, 4]
cat("LR", lr(am ~ mpg), lr(am ~ hp), lr(am ~ factor(cyl)), "\n")
cat("WALD", wald(am ~ mpg), wald(am ~ hp), "\n")
cat("T", t.test(mpg ~ am, mtcars)$p.value, t.test(hp ~ am, mtcars)$p.value, "\n")
cat("MW", wilcox.test(mpg ~ am, mtcars)$p.value, wilcox.test(hp ~ am, mtcars)$p.value, "\n")
cat("CHI", chisq.test(table(mtcars$cyl, mtcars$am), correct = FALSE)$p.value, "\n")
s <- summary(coxph(Surv(hp, am) ~ mpg, mtcars, control = coxph.control(eps = 1e-14, iter.max = 50)))
cat("COX", s$logtest[3], s$waldtest[3], s$sctest[3], "\n")
