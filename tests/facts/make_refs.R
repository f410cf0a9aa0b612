# SPDX-License-Identifier: GPL-3.0-or-later
# Facts that R gives on open cohorts, with the keys of the program's results and the relative tolerance that
# each must meet: R 4.2.2, survival 3.5-3, cmprsk 2.2, jsonlite 1.8.4. From the root of the repository:
#   Rscript tests/facts/make_refs.R > tests/facts/refs.json
suppressMessages({library(survival); library(cmprsk); library(jsonlite)})

# ---- facts of a fit --------------------------------------------------------------------------------

fact <- function(analysis, stat, value, tol = 1e-8, ...)
  c(list(analysis = analysis), list(...), list(stat = stat, value = value, tol = tol))

km_facts <- function(d, time, event, arm, endpoint, times = NULL, conf.type = "log-log") {
  d$.t <- d[[time]]; d$.e <- d[[event]]; facts <- list()
  for (g in sort(unique(d[[arm]]))) {
    part <- d[d[[arm]] == g, ]
    curve <- survfit(Surv(.t, .e) ~ 1, part, conf.type = conf.type)
    reverse <- survfit(Surv(.t, 1 - .e) ~ 1, part)
    s <- summary(curve)$table
    f <- function(stat, value, tol = 1e-8, ...)
      fact("km", stat, if (is.na(value)) NULL else unname(value), tol, endpoint = endpoint,
           population = "all", group = as.character(g), ...)
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
  s <- survdiff(Surv(.t, .e) ~ .a, d)
  f <- function(stat, value, tol, ...)
    fact("logrank", stat, value, tol, endpoint = endpoint, population = "all", term = "logrank", ...)
  facts <- list(f("statistic", s$chisq, 1e-9),
                f("p.value", pchisq(s$chisq, length(s$n) - 1, lower.tail = FALSE), 1e-6))
  groups <- sort(unique(d$.a))
  for (i in seq_along(groups))
    facts <- c(facts, list(f("expected", s$exp[i], 1e-9, group = as.character(groups[i]))))
  facts
}

# `terms` names the terms of the program by the coefficients of R.
cox_facts <- function(fit, endpoint, model, terms) {
  s <- summary(fit)
  f <- function(stat, value, tol, ...)
    fact("cox", stat, value, tol, endpoint = endpoint, population = "all", model = model, ...)
  facts <- list()
  for (name in rownames(s$coefficients)) {
    term <- if (name %in% names(terms)) terms[[name]] else name
    facts <- c(facts, list(f("estimate", s$coefficients[name, "coef"], 1e-6, term = term),
                           f("std.error", s$coefficients[name, "se(coef)"], 1e-5, term = term)))
  }
  c(facts, list(f("loglik", fit$loglik[length(fit$loglik)], 1e-9),
                f("concordance", unname(s$concordance[1]), 1e-7)))
}

# Greedy 1:1 nearest neighbour without replacement on distance lp, treated taken from the largest lp down, caliper
# absolute: by brute force, since MatchIt before 4.5.4 (Debian 12 has 4.5.1) ignores the caliper and misses the nearest
# control (its issue 163). Gives the pair number of each row, NA where unmatched. Ties go to the earlier row: sort by
# subject identifier first.
nearest <- function(lp, z, caliper) {
  pair <- rep(NA_integer_, length(z)); k <- 0L; free <- z == 0
  for (i in which(z == 1)[order(-lp[z == 1])]) {
    distance <- abs(lp - lp[i]); distance[!free] <- Inf; j <- which.min(distance)
    if (distance[j] <= caliper) { k <- k + 1L; pair[c(i, j)] <- k; free[j] <- FALSE }
  }
  pair
}

# ---- cases -----------------------------------------------------------------------------------------

data_folder <- "tests/oracle/data"
cohort <- function(file)
  read.csv(file.path(data_folder, file), stringsAsFactors = FALSE, na.strings = c("", "NA"))

# Two endpoints, the main job.
rotterdam <- function() {
  d <- cohort("rotterdam.csv"); d <- d[order(d$pid), ]
  covariates <- c("age", "meno", "size", "grade", "nodes", "pgr", "er", "chemo", "year")
  d$size <- factor(d$size, levels = sort(unique(d$size), method = "radix"))
  score <- glm(reformulate(covariates, "hormon"), binomial, d, control = list(epsilon = 1e-14, maxit = 50))
  lp <- score$linear.predictors
  caliper <- 0.2 * sqrt((var(lp[d$hormon == 1]) + var(lp[d$hormon == 0])) / 2)
  d$pair <- nearest(lp, d$hormon, caliper)
  matched <- d[!is.na(d$pair), ]
  pairs <- coxph(Surv(dtime, death) ~ hormon, matched, cluster = pair, robust = TRUE)
  fit <- coxph(reformulate(c("hormon", covariates), "Surv(dtime,death)"), d)
  ph <- cox.zph(fit)
  sizes <- levels(d$size)[-1]
  terms <- c(hormon = "arm", setNames(paste0("size=", sizes), paste0("size", sizes)))
  smd <- function(x) {
    of <- d$hormon == 1
    (mean(x[of]) - mean(x[!of])) / sqrt((var(x[of]) + var(x[!of])) / 2)
  }
  facts <- c(
    km_facts(d, "dtime", "death", "hormon", "os", c(1826, 3652)),
    km_facts(d, "rtime", "recur", "hormon", "rfs", c(1826, 3652)),
    logrank_facts(d, "dtime", "death", "hormon", "os"),
    logrank_facts(d, "rtime", "recur", "hormon", "rfs"),
    cox_facts(coxph(Surv(dtime, death) ~ hormon, d), "os", "arm", c(hormon = "arm")),
    cox_facts(fit, "os", "adjusted", terms),
    list(
      fact("ph", "statistic", unname(ph$table["GLOBAL", "chisq"]), 1e-5,
           endpoint = "os", population = "all", model = "adjusted", term = "GLOBAL"),
      fact("ph", "p.value", unname(ph$table["grade", "p"]), 1e-4,
           endpoint = "os", population = "all", model = "adjusted", term = "grade"),
      fact("ps", "estimate", unname(coef(score)["nodes"]), 1e-6, term = "nodes"),
      fact("ps", "std.error", summary(score)$coefficients["nodes", 2], 1e-5, term = "nodes"),
      fact("psm", "caliper", caliper, 1e-6),
      fact("psm", "n.matched.treated", sum(matched$hormon == 1)),
      fact("psm", "n.matched.control", sum(matched$hormon == 0)),
      fact("cox", "estimate", unname(coef(pairs)), 1e-6,
           endpoint = "os", population = "matched", model = "arm", term = "arm"),
      fact("cox", "robust.se", summary(pairs)$coefficients[1, "robust se"], 1e-4,
           endpoint = "os", population = "matched", model = "arm", term = "arm"),
      fact("balance", "smd", smd(d$age), 1e-8, population = "all", term = "age"),
      fact("balance", "smd", smd(d$nodes), 1e-8, population = "all", term = "nodes")))
  list(file = "rotterdam.csv",
       args = c("--id", "pid", "--arm", "hormon", "--endpoint", "os=dtime,death", "--endpoint", "rfs=rtime,recur",
                "--covariates", paste(covariates, collapse = ","), "--km", "--logrank", "--cox", "--ph", "--psm",
                "--balance", "--times", "1826,3652", "--match-order", "largest",
                "--caliper-abs", format(caliper, digits = 17)),
       facts = facts)
}

# Events coded 1 and 2; limits by R's own transform.
lung <- function() {
  d <- cohort("lung.csv"); d$event <- as.integer(d$status == 2)
  list(file = "lung.csv",
       args = c("--arm", "sex", "--endpoint", "os=time,status:2", "--km", "--logrank", "--cox", "--conf-type", "log",
                "--times", "180,365"),
       facts = c(km_facts(d, "time", "event", "sex", "os", c(180, 365), "log"),
                 logrank_facts(d, "time", "event", "sex", "os"),
                 cox_facts(coxph(Surv(time, event) ~ sex, d), "os", "arm", c(sex = "arm"))))
}

# Four arms.
veteran <- function() {
  d <- cohort("veteran.csv")
  list(file = "veteran.csv",
       args = c("--arm", "celltype", "--endpoint", "os=time,status", "--km", "--logrank", "--times", "100"),
       facts = c(km_facts(d, "time", "status", "celltype", "os", 100),
                 logrank_facts(d, "time", "status", "celltype", "os")))
}

# Restricted means.
gbsg <- function() {
  d <- cohort("gbsg.csv")
  s <- summary(survfit(Surv(rfstime, status) ~ hormon, d), rmean = 1800)$table
  facts <- list()
  for (i in 1:2) {
    f <- function(stat, column, tol)
      fact("rmst", stat, unname(s[i, grep(column, colnames(s))[1]]), tol, endpoint = "rfs", population = "all",
           group = as.character(i - 1))
    facts <- c(facts, list(f("estimate", "^\\*?rmean|^rmean", 1e-7), f("std.error", "se\\(rmean", 1e-5)))
  }
  list(file = "gbsg.csv",
       args = c("--id", "pid", "--arm", "hormon", "--endpoint", "rfs=rfstime,status", "--rmst", "--tau", "1800"),
       facts = facts)
}

# Relapse against death before relapse. Writes the file of it too.
rotterdam_cr <- function() {
  d <- cohort("rotterdam.csv")
  d$etype <- with(d, ifelse(recur == 1, 1, ifelse(death == 1, 2, 0)))
  d$etime <- with(d, ifelse(recur == 1, rtime, dtime))
  write.csv(d[, c("pid", "hormon", "etime", "etype")], file.path(data_folder, "rotterdam_cr.csv"), row.names = FALSE)
  incidence <- cuminc(d$etime, d$etype, d$hormon)
  at <- timepoints(incidence, c(1826, 3652))
  fine_gray <- crr(d$etime, d$etype, d$hormon)
  facts <- list()
  for (group in c("0", "1")) for (cause in 1:2) for (t in c(1826, 3652))
    facts <- c(facts, list(fact("cuminc", "estimate", unname(at$est[paste(group, cause), as.character(t)]), 1e-8,
                                endpoint = "relapse", population = "all", group = group, level = as.character(cause),
                                time = t)))
  facts <- c(facts, list(
    fact("gray", "statistic", unname(incidence$Tests["1", "stat"]), 1e-6, endpoint = "relapse", population = "all",
         level = "1"),
    fact("finegray", "estimate", unname(fine_gray$coef), 1e-5, endpoint = "relapse", population = "all", term = "arm",
         level = "1")))
  list(file = "rotterdam_cr.csv",
       args = c("--id", "pid", "--arm", "hormon", "--endpoint", "relapse=etime,etype:1;2", "--cuminc",
                "--times", "1826,3652"),
       facts = facts)
}

# ---- writing them, a fact a line -------------------------------------------------------------------

json <- function(x) toJSON(x, auto_unbox = TRUE, digits = NA, null = "null")
case_lines <- function(name, case)
  paste0(' "', name, '": {\n  "file": ', json(case$file), ',\n  "args": ', json(case$args), ',\n  "facts": [\n',
         paste0("   ", vapply(case$facts, json, ""), collapse = ",\n"), "\n  ]}")
cases <- list(rotterdam = rotterdam(), lung = lung(), veteran = veteran(), gbsg = gbsg(),
              rotterdam_cr = rotterdam_cr())
cat("{\n", paste(mapply(case_lines, names(cases), cases), collapse = ",\n"), "\n}\n", sep = "")
