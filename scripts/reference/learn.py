"""The numbers in the unit tests of src/learn: R's glm, profile roots, Firth by scoring, glmnet, and scikit-learn's boosting on a cohort of twelve. Needs Rscript with glmnet, and
scikit-learn. Prints Rust arrays to paste."""

import subprocess

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

AGE = [45, 50, 61, 38, 72, 66, 55, 49, 58, 63, 41, 70]
SEX = [0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1]
DEAD = [0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1]

R = """
age <- c(%s); sex <- c(%s); dead <- c(%s)
show <- function(name, x) cat(name, paste(format(as.numeric(x), digits = 16), collapse = ", "), "\\n")
fit <- glm(dead ~ age + sex, family = binomial, epsilon = 1e-14)
show("glm coef", coef(fit)); show("glm se", sqrt(diag(vcov(fit)))); show("glm deviance", deviance(fit))
for (name in c("age", "sex")) {
  x <- cbind(1, age, sex); j <- match(name, c("", "age", "sex"))
  fall <- function(b) deviance(glm.fit(x[, -j], dead, offset = x[, j] * b, family = binomial(),
                               control = list(epsilon = 1e-14, maxit = 100))) - deviance(fit) - qchisq(0.95, 1)
  b <- coef(fit)[j]; s <- sqrt(diag(vcov(fit)))[j]
  show(paste("profile", name), c(uniroot(fall, c(b - 8 * s, b), tol = 1e-13)$root,
                                 uniroot(fall, c(b, b + 8 * s), tol = 1e-13)$root))
}
suppressMessages(library(glmnet))
glmnet.control(fdev = 0)
net <- glmnet(cbind(age, sex), dead, family = "binomial", alpha = 0.5, lambda = c(0.2, 0.1, 0.05), thresh = 1e-20)
show("glmnet a0", net$a0); show("glmnet age", net$beta[1, ]); show("glmnet sex", net$beta[2, ])
gauss <- glmnet(cbind(age, dead), sex, alpha = 0.5, lambda = c(0.2, 0.1, 0.05), thresh = 1e-20)
show("gaussian a0", gauss$a0); show("gaussian age", gauss$beta[1, ]); show("gaussian dead", gauss$beta[2, ])
show("lm", summary(lm(dist ~ speed, cars[1:10, ]))$coefficients)
""" % tuple(", ".join(map(str, values)) for values in (AGE, SEX, DEAD))

print(subprocess.run(["Rscript", "-e", R], check=True, capture_output=True, text=True).stdout)

x = np.column_stack([AGE, SEX]).astype(float)
y = np.array(DEAD)


def show(name, values):
    print(name, ", ".join(repr(float(value)) for value in np.ravel(values)))


show("tree depth 2", DecisionTreeClassifier(max_depth=2, random_state=0).fit(x, y).predict_proba(x)[:, 1])
# Of age alone: with two features equal splits are drawn at random.
age = x[:, :1]
boosted = GradientBoostingClassifier(n_estimators=5, max_depth=2).fit(age, y)
show("gradient boosting 5", boosted.predict_proba(age)[:, 1])
show("naive bayes", GaussianNB().fit(x, y).predict_proba(x)[:, 1])

design = np.column_stack([np.ones(12), x[:, 0] - x[:, 0].mean(), x[:, 1]])
b = np.zeros(3)
for _ in range(5000):
    p = 1 / (1 + np.exp(-design @ b))
    w = p * (1 - p)
    covariance = np.linalg.inv(design.T @ (design * w[:, None]))
    leverage = w * np.einsum("ij,jk,ik->i", design, covariance, design)
    b = b + 0.5 * covariance @ (design.T @ (y - p + leverage * (0.5 - p)))
show("firth slopes", b[1:])
