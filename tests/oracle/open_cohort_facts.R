# SPDX-License-Identifier: GPL-3.0-or-later
# Facts on open cohorts that another program finds too: R 4.2.2, survival 3.5-3, jsonlite 1.8.4.
# From the root of the repository: Rscript tests/oracle/open_cohort_facts.R
# writes tests/oracle/open_cohort_facts.json: cases with the arguments of the program, and facts with
# the keys of its results and the relative tolerance that each must meet. null: not reached.
suppressMessages({library(survival); library(jsonlite)})

fact <- function(analysis, stat, value, tol, ...)
  c(list(analysis = analysis), list(...),
    list(stat = stat, value = if (is.na(value)) NULL else unname(value), tol = tol))

km_facts <- function(d, time, event, arm, endpoint, times, conf.type = "log-log") {
  d$.t <- d[[time]]; d$.e <- d[[event]]; facts <- list()
  for (g in sort(unique(d[[arm]]))) {
    part <- d[d[[arm]] == g, ]
    curve <- survfit(Surv(.t, .e) ~ 1, part, conf.type = conf.type)
    reverse <- survfit(Surv(.t, 1 - .e) ~ 1, part)
    s <- summary(curve)$table
    f <- function(stat, value, tol = 1e-8, ...)
      fact("km", stat, value, tol, endpoint = endpoint, population = "all",
           group = as.character(g), ...)
    facts <- c(facts, list(f("n", s["records"]), f("n.event", s["events"]), f("median", s["median"]),
      f("median.conf.low", s["0.95LCL"]), f("median.conf.high", s["0.95UCL"]),
      f("followup.median", summary(reverse)$table["median"])))
    for (t in times) {
      z <- summary(curve, t)
      facts <- c(facts, list(f("estimate", z$surv, 1e-10, time = t), f("std.error", z$std.err, time = t),
        f("conf.low", z$lower, time = t), f("conf.high", z$upper, time = t),
        f("n.risk", z$n.risk, time = t)))
    }
  }
  facts
}

logrank_facts <- function(d, time, event, arm, endpoint) {
  d$.t <- d[[time]]; d$.e <- d[[event]]; d$.a <- d[[arm]]
  s <- survdiff(Surv(.t, .e) ~ .a, d); arms <- sort(unique(d$.a))
  f <- function(stat, value, tol, ...)
    fact("logrank", stat, value, tol, endpoint = endpoint, population = "all", term = "logrank", ...)
  c(list(f("statistic", s$chisq, 1e-9),
         f("p.value", pchisq(s$chisq, length(arms) - 1, lower.tail = FALSE), 1e-6)),
    lapply(seq_along(arms), function(i) f("observed", s$obs[i], 1e-9, group = as.character(arms[i]))),
    lapply(seq_along(arms), function(i) f("expected", s$exp[i], 1e-9, group = as.character(arms[i]))))
}

cox_facts <- function(fit, endpoint) {
  s <- summary(fit)
  f <- function(stat, value, tol, ...)
    fact("cox", stat, value, tol, endpoint = endpoint, population = "all", model = "arm", ...)
  list(f("estimate", s$coefficients[1, "coef"], 1e-6, term = "arm"),
       f("std.error", s$coefficients[1, "se(coef)"], 1e-5, term = "arm"),
       f("loglik", fit$loglik[length(fit$loglik)], 1e-9),
       f("concordance", s$concordance[1], 1e-7))
}

# Greedy 1:1 nearest neighbour without replacement, treated from the largest score down, by brute
# force: MatchIt before 4.5.4 does not keep the caliper (its issue 163). Ties go to the earlier row.
nearest <- function(score, treated, caliper) {
  pair <- rep(NA_integer_, length(score)); free <- !treated; pairs <- 0L
  for (i in which(treated)[order(-score[treated])]) {
    distance <- abs(score - score[i]); distance[!free] <- Inf; j <- which.min(distance)
    if (distance[j] <= caliper) { pairs <- pairs + 1L; pair[c(i, j)] <- pairs; free[j] <- FALSE }
  }
  pair
}
smd <- function(x, z) (mean(x[z == 1]) - mean(x[z == 0])) / sqrt((var(x[z == 1]) + var(x[z == 0])) / 2)
read <- function(name)
  read.csv(file.path("tests/oracle/data", name), stringsAsFactors = FALSE, na.strings = c("", "NA"))
cases <- list()

# Two endpoints, the whole main job. The caliper is given as a number, so that a pair at its very
# edge does not hang on the last bit of a standard deviation.
d <- read("rotterdam.csv"); d <- d[order(d$pid), ]
covariates <- c("age", "meno", "size", "grade", "nodes", "pgr", "er", "chemo", "year")
d$size <- factor(d$size, levels = sort(unique(d$size), method = "radix"))
g <- glm(reformulate(covariates, "hormon"), binomial, d, control = list(epsilon = 1e-14, maxit = 50))
score <- g$linear.predictors
caliper <- 0.2 * sqrt((var(score[d$hormon == 1]) + var(score[d$hormon == 0])) / 2)
d$pair <- nearest(score, d$hormon == 1, caliper); matched <- d[!is.na(d$pair), ]
cm <- coxph(Surv(dtime, death) ~ hormon, matched, cluster = pair, robust = TRUE)
in_pairs <- list(endpoint = "os", population = "matched", model = "arm", term = "arm")
cases$rotterdam <- list(
  file = "rotterdam.csv",
  args = c("--id", "pid", "--arm", "hormon", "--endpoint", "os=dtime,death", "--endpoint",
    "rfs=rtime,recur", "--covariates", paste(covariates, collapse = ","), "--km", "--logrank", "--cox",
    "--psm", "--balance", "--times", "1826,3652", "--match-order", "largest", "--caliper-abs",
    format(caliper, digits = 17)),
  facts = c(
    km_facts(d, "dtime", "death", "hormon", "os", c(1826, 3652)),
    km_facts(d, "rtime", "recur", "hormon", "rfs", c(1826, 3652)),
    logrank_facts(d, "dtime", "death", "hormon", "os"),
    logrank_facts(d, "rtime", "recur", "hormon", "rfs"),
    cox_facts(coxph(Surv(dtime, death) ~ hormon, d), "os"),
    cox_facts(coxph(Surv(rtime, recur) ~ hormon, d), "rfs"),
    list(fact("ps", "estimate", coef(g)["nodes"], 1e-6, term = "nodes"),
      fact("ps", "std.error", summary(g)$coefficients["nodes", 2], 1e-5, term = "nodes"),
      fact("psm", "caliper", caliper, 1e-6),
      fact("psm", "n.matched.treated", sum(matched$hormon == 1), 0),
      fact("psm", "n.matched.control", sum(matched$hormon == 0), 0),
      do.call(fact, c(list("cox", "estimate", coef(cm), 1e-6), in_pairs)),
      do.call(fact, c(list("cox", "robust.se", summary(cm)$coefficients[1, "robust se"], 1e-4), in_pairs))),
    lapply(c("age", "nodes", "pgr", "er", "year"), function(v)
      fact("balance", "smd", smd(d[[v]], d$hormon), 1e-8, population = "all", term = v))))

# Events coded 1 and 2, limits on R's own scale.
l <- read("lung.csv"); l$event <- as.integer(l$status == 2)
cases$lung <- list(
  file = "lung.csv",
  args = c("--arm", "sex", "--endpoint", "os=time,status:2", "--km", "--logrank", "--cox",
    "--conf-type", "log", "--times", "180,365"),
  facts = c(km_facts(l, "time", "event", "sex", "os", c(180, 365), "log"),
    logrank_facts(l, "time", "event", "sex", "os"),
    cox_facts(coxph(Surv(time, event) ~ sex, l), "os")))

# Four groups.
v <- read("veteran.csv")
cases$veteran <- list(
  file = "veteran.csv",
  args = c("--arm", "celltype", "--endpoint", "os=time,status", "--km", "--logrank", "--times", "100"),
  facts = c(km_facts(v, "time", "status", "celltype", "os", 100),
    logrank_facts(v, "time", "status", "celltype", "os")))

# Many tied times; SAS's ties in the Cox model.
b <- read("gbsg.csv")
cases$gbsg <- list(
  file = "gbsg.csv",
  args = c("--id", "pid", "--arm", "hormon", "--endpoint", "rfs=rfstime,status", "--km", "--logrank",
    "--cox", "--ties", "breslow", "--times", "365,1826"),
  facts = c(km_facts(b, "rfstime", "status", "hormon", "rfs", c(365, 1826)),
    logrank_facts(b, "rfstime", "status", "hormon", "rfs"),
    cox_facts(coxph(Surv(rfstime, status) ~ hormon, b, ties = "breslow"), "rfs")))

versions <- paste0("R ", getRversion(), ", survival ", packageVersion("survival"))
writeLines(toJSON(list(made_by = unbox("tests/oracle/open_cohort_facts.R"), versions = unbox(versions),
  cases = cases), auto_unbox = TRUE, digits = NA, null = "null", pretty = 1),
  "tests/oracle/open_cohort_facts.json")
