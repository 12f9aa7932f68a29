# R's numbers on data sets that come with its own packages, for tests/conformance/datasets.rs.
# Usage: Rscript datasets.R FOLDER. Writes the tables (numbers only) and datasets.json.
suppressMessages({library(survival); library(glmnet); library(cmprsk); library(jsonlite); library(MASS)})
folder <- commandArgs(TRUE)[1]; dir.create(folder, showWarnings = FALSE, recursive = TRUE)
sharp <- coxph.control(eps = 1e-13, iter.max = 100, toler.chol = 1e-14)
out <- list(cox = list(), km = list(), logrank = list(), concordance = list(), incidence = list(), path = list(), logistic = list())
tables <- list()
dummies <- function(f) { m <- model.matrix(~ f)[, -1, drop = FALSE]; colnames(m) <- levels(f)[-1]; m }

tables$veteran <- with(veteran, data.frame(time, event = status, trt, karno, diagtime, age, prior, dummies(celltype),
  cell = as.integer(celltype), whole = 1 + (seq_along(time) %% 3), part = 0.4 + (seq_along(time) %% 5) / 4))
tables$ovarian <- with(ovarian, data.frame(time = futime, event = fustat, age, resid.ds, rx, ecog.ps))
l <- lung[complete.cases(lung[, c("time", "status", "age", "sex", "ph.ecog", "ph.karno", "pat.karno", "meal.cal", "wt.loss", "inst")]), ]
tables$lung <- with(l, data.frame(time, event = status - 1, age, sex, ph.ecog, ph.karno, pat.karno, meal.cal, wt.loss, inst))
tables$rotterdam <- with(rotterdam, data.frame(time = dtime, event = death, age, meno, size2 = as.integer(size == "20-50"),
  size3 = as.integer(size == ">50"), grade, nodes, pgr, er, hormon, chemo, rtime, recur, year))
tables$gbsg <- with(gbsg, data.frame(time = rfstime, event = status, age, meno, size, grade, nodes, pgr, er, hormon))
b <- bladder2
tables$bladder <- with(b, data.frame(start, time = stop, event, rx, number, size, enum, id))
tables$cgd <- with(cgd, data.frame(start = tstart, time = tstop, event = status, treat = as.integer(treat) - 1, age,
  steroids, inherit = as.integer(inherit) - 1, id, hos = as.integer(hos.cat)))
m <- mgus2; m$etime <- with(m, ifelse(pstat == 0, futime, ptime)); m$code <- with(m, ifelse(pstat == 0, 2 * death, 1))
m <- m[complete.cases(m[, c("age", "hgb", "creat", "mspike")]) & m$etime > 0, ]
tables$mgus2 <- with(m, data.frame(time = etime, event = code, age, sex = as.integer(sex) - 1, hgb, creat, mspike, group = as.integer(cut(age, 3))))
tables$nwtco <- with(nwtco, data.frame(time = edrel, event = rel, histol, stage, age, instit))
tables$birthwt <- with(birthwt, data.frame(low, age, lwt, race2 = as.integer(race == 2), race3 = as.integer(race == 3), smoke, ptl, ht, ui,
  whole = 1 + (seq_along(low) %% 3), part = 0.5 + (seq_along(low) %% 4) / 2))
tables$pima <- with(rbind(Pima.tr, Pima.te), data.frame(event = as.integer(type == "Yes"), npreg, glu, bp, skin, bmi, ped, age))

cox <- function(name, table, covariates, ties = "efron", entry = NULL, strata = NULL, cluster = NULL, weights = NULL, robust = FALSE) {
  d <- tables[[table]]
  left <- if (is.null(entry)) "Surv(time, event)" else sprintf("Surv(%s, time, event)", entry)
  right <- paste(c(covariates, if (!is.null(strata)) sprintf("strata(%s)", strata)), collapse = " + ")
  arguments <- list(as.formula(paste(left, "~", right)), data = d, ties = ties, control = sharp, x = TRUE, y = TRUE, robust = robust)
  if (!is.null(cluster)) { arguments$cluster <- d[[cluster]]; arguments$robust <- TRUE }
  if (!is.null(weights)) arguments$weights <- d[[weights]]
  f <- do.call(coxph, arguments); s <- summary(f)
  one <- list(name = name, table = table, covariates = I(covariates), ties = ties, entry = entry, strata = strata, cluster = cluster,
    weights = weights, robust = robust || !is.null(cluster), coef = I(unname(coef(f))), se = I(unname(sqrt(diag(vcov(f))))), loglik = f$loglik,
    naive = I(unname(sqrt(diag(if (is.null(f$naive.var)) f$var else f$naive.var)))), lr = unname(s$logtest[1]), score = unname(f$score),
    wald = unname(f$wald.test))
  if (ties != "exact") {
    one$martingale <- unname(residuals(f, "martingale")[1:20]); one$deviance <- unname(residuals(f, "deviance")[1:20])
    one$schoenfeld <- unname(as.matrix(residuals(f, "schoenfeld"))[1:10, 1])
    z <- cox.zph(f, transform = "km"); one$zph <- unname(z$table[, "chisq"])
    if (is.null(strata)) {
      curve <- survfit(f, newdata = as.data.frame(as.list(colMeans(d[, covariates, drop = FALSE]))), conf.type = "log", se.fit = TRUE)
      at <- unique(round(seq(1, length(curve$time), length.out = 15)))
      one$curve <- list(time = curve$time[at], surv = curve$surv[at], se = curve$std.err[at], lower = curve$lower[at], upper = curve$upper[at])
    }
  }
  if (is.null(entry) && is.null(strata) && is.null(weights)) {
    k <- concordance(Surv(time, event) ~ f$linear.predictors, data = d, reverse = TRUE)
    out$concordance[[length(out$concordance) + 1]] <<- list(name = name, c = k$concordance, var = k$var)
  }
  out$cox[[length(out$cox) + 1]] <<- one
}
v <- c("trt", "karno", "diagtime", "age", "prior", "smallcell", "adeno", "large")
for (ties in c("efron", "breslow", "exact")) cox(paste("veteran", ties), "veteran", v, ties)
cox("veteran strata", "veteran", c("trt", "karno", "age"), strata = "cell")
cox("veteran whole weights", "veteran", c("trt", "karno", "age"), weights = "whole")
cox("veteran part weights", "veteran", c("trt", "karno", "age"), weights = "part", robust = TRUE)
cox("veteran part weights, breslow", "veteran", c("trt", "karno", "age"), "breslow", weights = "part", robust = TRUE)
cox("ovarian", "ovarian", c("age", "resid.ds", "rx", "ecog.ps"))
cox("lung", "lung", c("age", "sex", "ph.ecog", "ph.karno", "pat.karno", "meal.cal", "wt.loss"))
cox("lung, clustered by institution", "lung", c("age", "sex", "ph.ecog"), cluster = "inst")
cox("lung exact", "lung", c("age", "sex", "ph.ecog"), "exact")
r <- c("age", "meno", "size2", "size3", "grade", "nodes", "pgr", "er", "hormon", "chemo")
cox("rotterdam", "rotterdam", r); cox("rotterdam robust", "rotterdam", r, robust = TRUE); cox("rotterdam breslow", "rotterdam", r, "breslow")
g <- c("age", "meno", "size", "grade", "nodes", "pgr", "er", "hormon")
cox("gbsg", "gbsg", g); cox("gbsg strata", "gbsg", setdiff(g, "grade"), strata = "grade")
cox("bladder (start, stop], strata, clusters", "bladder", c("rx", "number", "size"), entry = "start", strata = "enum", cluster = "id")
cox("bladder Andersen-Gill", "bladder", c("rx", "number", "size"), entry = "start", cluster = "id")
cox("cgd (start, stop], clusters", "cgd", c("treat", "age", "steroids", "inherit"), entry = "start", cluster = "id")
cox("nwtco", "nwtco", c("histol", "stage", "age", "instit"))

km <- function(table, weights = NULL, entry = NULL) for (type in c("log", "log-log", "plain")) {
  d <- tables[[table]]; w <- if (is.null(weights)) NULL else d[[weights]]
  y <- if (is.null(entry)) Surv(d$time, d$event) else Surv(d[[entry]], d$time, d$event)
  f <- if (is.null(w)) survfit(y ~ 1, conf.type = type) else survfit(y ~ 1, weights = w, conf.type = type, robust = FALSE)
  one <- list(table = table, type = type, weights = weights, entry = entry, time = f$time, surv = f$surv, se = f$std.err, lower = f$lower,
    upper = f$upper, hazard = f$cumhaz, hazard_se = f$std.chaz)
  q <- quantile(f, c(0.25, 0.5)); one$quantile <- lapply(q, unname)
  out$km[[length(out$km) + 1]] <<- one
}
for (table in c("veteran", "ovarian", "rotterdam", "gbsg", "nwtco")) km(table)
km("veteran", weights = "whole"); km("cgd", entry = "start")

trend <- function(s) { z <- seq_along(s$obs); u <- sum(z * (s$obs - s$exp)); u^2 / c(z %*% s$var %*% z) }
lr <- function(table, group, strata = NULL, rho = 0) {
  d <- tables[[table]]; right <- paste(c(group, if (!is.null(strata)) sprintf("strata(%s)", strata)), collapse = " + ")
  s <- survdiff(as.formula(paste("Surv(time, event) ~", right)), data = d, rho = rho)
  if (!is.null(strata)) { s$obs <- rowSums(s$obs); s$exp <- rowSums(s$exp) }
  out$logrank[[length(out$logrank) + 1]] <<- list(table = table, group = group, strata = strata, rho = rho, chisq = s$chisq, obs = s$obs, exp = s$exp,
    trend = trend(s))
}
for (rho in c(0, 1)) { lr("veteran", "cell", rho = rho); lr("rotterdam", "grade", rho = rho); lr("gbsg", "grade", rho = rho); lr("veteran", "trt", "cell", rho) }
lr("rotterdam", "grade", "meno"); lr("ovarian", "rx")

d <- tables$mgus2
for (code in 1:2) {
  f <- finegray(Surv(time, factor(event, 0:2)) ~ ., data = d, etype = as.character(code))
  fit <- coxph(Surv(fgstart, fgstop, fgstatus) ~ age + sex + hgb + creat + mspike, weights = fgwt, data = f, ties = "breslow", control = sharp)
  ci <- cuminc(d$time, d$event, d$group, cencode = 0); st <- cuminc(d$time, d$event, d$group, strata = d$sex, cencode = 0)
  all <- timepoints(cuminc(d$time, d$event, cencode = 0), c(60, 120, 240))
  out$incidence[[code]] <- list(code = code, coef = I(unname(coef(fit))), gray = ci$Tests[code, "stat"], stratified = st$Tests[code, "stat"],
    times = c(60, 120, 240), incidence = unname(all$est[code, ]), variance = unname(all$var[code, ]))
}

path <- function(name, table, covariates, family, alpha, factors = NULL) {
  d <- tables[[table]]; x <- as.matrix(d[, covariates]); k <- length(covariates)
  y <- if (family == "cox") Surv(d$time, d$event) else if (family == "gaussian") d$time else d$event
  f <- glmnet(x, y, family = family, alpha = alpha, nlambda = 40, thresh = 1e-15, maxit = 1e7, penalty.factor = if (is.null(factors)) rep(1, k) else factors)
  out$path[[length(out$path) + 1]] <<- list(name = name, table = table, covariates = I(covariates), family = family, alpha = alpha,
    factors = factors, lambda = f$lambda, beta = unname(t(as.matrix(f$beta))), intercept = if (family == "cox") NULL else unname(f$a0),
    dev = f$dev.ratio)
}
for (alpha in c(1, 0.5)) { path("rotterdam cox", "rotterdam", r, "cox", alpha); path("veteran cox", "veteran", v, "cox", alpha)
  path("pima binomial", "pima", c("npreg", "glu", "bp", "skin", "bmi", "ped", "age"), "binomial", alpha)
  path("gbsg cox", "gbsg", g, "cox", alpha) }
path("gbsg cox, factors", "gbsg", g, "cox", 1, c(0, 1, 1, 2, 0.5, 1, 1, 0)); path("pima factors", "pima", c("npreg", "glu", "bp", "skin", "bmi", "ped", "age"), "binomial", 0.7, c(1, 0, 1, 1, 3, 1, 1))
path("veteran times gaussian", "veteran", v, "gaussian", 0.5)

logistic <- function(name, table, response, covariates, weights = NULL) {
  d <- tables[[table]]; w <- if (is.null(weights)) rep(1, nrow(d)) else d[[weights]]
  f <- suppressWarnings(glm(reformulate(covariates, response), binomial, d, weights = w, control = list(epsilon = 1e-14, maxit = 50)))
  n <- suppressWarnings(glm(reformulate("1", response), binomial, d, weights = w, control = list(epsilon = 1e-14)))
  out$logistic[[length(out$logistic) + 1]] <<- list(name = name, table = table, response = response, covariates = I(covariates), weights = weights,
    coef = unname(coef(f)), se = unname(sqrt(diag(vcov(f)))), deviance = f$deviance, null = n$deviance)
}
w <- c("age", "lwt", "race2", "race3", "smoke", "ptl", "ht", "ui")
logistic("birthwt", "birthwt", "low", w); logistic("birthwt whole weights", "birthwt", "low", w, "whole"); logistic("birthwt part weights", "birthwt", "low", w, "part")
logistic("pima", "pima", "event", c("npreg", "glu", "bp", "skin", "bmi", "ped", "age"))

for (name in names(tables)) write.csv(format(tables[[name]], digits = 17, trim = TRUE, scientific = FALSE), file.path(folder, paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
write_json(out, file.path(folder, "datasets.json"), digits = NA, auto_unbox = TRUE, null = "null", na = "null")
