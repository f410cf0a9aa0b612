# Expected numbers of tests/unit/test_compat.c: lung by sex with the defaults of R and of SAS, Stata.
# R 4.2.2, survival 3.5-3. From the root of the repository: Rscript tests/oracle/compat.R
suppressMessages(library(survival))
lung <- read.csv("tests/oracle/data/lung.csv")
rows <- list()
add <- function(system, key, value) rows[[length(rows) + 1]] <<- data.frame(system, key, value)
study <- function(system, conf.type, ties) {
  fit <- survfit(Surv(time, status == 2) ~ sex, lung, conf.type = conf.type)
  at <- summary(fit, times = c(180, 540))
  for (i in seq_along(at$time)) for (stat in c("estimate", "conf.low", "conf.high"))
    add(system, sprintf("km endpoint=os population=all group=%s time=%g %s", sub("sex=", "", at$strata[i]), at$time[i], stat),
        list(estimate = at$surv, conf.low = at$lower, conf.high = at$upper)[[stat]][i])
  m <- summary(fit)$table
  for (g in 1:2) for (stat in c("median", "median.conf.low", "median.conf.high"))
    add(system, sprintf("km endpoint=os population=all group=%d %s", g, stat),
        unname(m[g, c(median = "median", median.conf.low = "0.95LCL", median.conf.high = "0.95UCL")[stat]]))
  # The horizon of restricted means: survRM2's and strmst2's, then RMSTREG's.
  largest <- tapply(lung$time, lung$sex, max)
  add(system, "rmst endpoint=os population=all group=1 tau", if (system == "sas") max(largest) else min(largest))
  # Breslow's and Efron's estimates differ, since lung has tied deaths.
  s <- summary(coxph(Surv(time, status == 2) ~ sex, lung, ties = ties))
  add(system, "cox endpoint=os population=all model=arm term=arm hr", s$conf.int[1, "exp(coef)"])
  add(system, "cox endpoint=os population=all model=arm term=arm conf.low", s$conf.int[1, "lower .95"])
  add(system, "cox endpoint=os population=all model=arm term=arm conf.high", s$conf.int[1, "upper .95"])
}
study("r", "log", "efron")
study("sas", "log-log", "breslow")
study("stata", "log-log", "breslow")
d <- do.call(rbind, rows); d$value <- sprintf("%.17g", d$value)
write.csv(d, "tests/oracle/expected/compat.csv", row.names = FALSE, quote = FALSE)
