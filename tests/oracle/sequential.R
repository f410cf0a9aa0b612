# Sequential trials on one fixed cohort, expanded by hand with survival's functions alone.
# R 4.2.2, survival 3.5-3. Run from the root of the repository:
#   Rscript tests/oracle/sequential.R
# Reads tests/oracle/data/ccw.csv (see ccw.R), writes tests/oracle/sequential.csv (name, value).
#
# A trial begins at each time at which one could and somebody is exposed before the next. Eligible: followed,
# free of progression, not exposed before. Unexposed follow-up of all of them from the trial's start
# until exposure; follow-up of the initiators from their exposure. Weights of the unexposed:
# (lengths are rounded to 9 digits, so that no cut leaves a piece of rounding alone)
# exp((H0(t) - H0(trial-)) exp(lp)), H0 of coxph of the start of exposure since time zero, up to the
# subject's progression; truncated; times the probability of exposure in the trial.
suppressMessages(library(survival))
d <- read.csv("tests/oracle/data/ccw.csv")
out <- data.frame(name = character(), value = numeric())
put <- function(name, value) out[nrow(out) + 1, ] <<- list(name, value)
tight <- coxph.control(eps = 1e-10, iter.max = 50)

sequential <- function(name, time, event, interval, step, share, initiators, rhs) {
  d$t <- d[[time]]; d$e <- d[[event]]; d$open <- pmin(d$t, ifelse(d$pfs_event == 1, d$pfs, Inf))
  d$s <- ifelse(is.na(d$rt_start) | d$rt_start >= d$open, NA, d$rt_start)
  # the start of exposure
  d$time <- ifelse(is.na(d$s), d$open, d$s); d$begins <- !is.na(d$s)
  m <- coxph(as.formula(paste("Surv(time, begins) ~", rhs)), d, control = tight)
  bh <- basehaz(m, centered = FALSE); r <- exp(predict(m, d, type = "lp", reference = "zero"))
  H <- stepfun(bh$time, c(0, bh$hazard)); before <- stepfun(bh$time, c(0, bh$hazard), right = TRUE)
  for (v in names(coef(m))) put(paste0(name, ".hazard.", v), coef(m)[[v]])
  # trials
  joins <- if (interval > 0) floor(d$s / interval) * interval else d$s
  last <- max(d$s, na.rm = TRUE); rows <- list(); counts <- NULL
  for (at in sort(unique(joins))) {
    el <- which(d$open > at & (is.na(d$s) | d$s >= at)); ini <- which(joins == at)
    un <- el[is.na(d$s[el]) | d$s[el] > at]; stop <- round(ifelse(is.na(d$s[un]), d$t[un], d$s[un]) - at, 9)
    u <- data.frame(id = un, len = stop, ev = ifelse(is.na(d$s[un]), d$e[un], 0))
    cuts <- seq(step, by = step, length.out = ceiling((last - at) / step)); cuts <- cuts[cuts < max(u$len)]
    p <- survSplit(Surv(len, ev) ~ ., u, cut = cuts, start = "t0", end = "t1")
    p$w <- exp((pmin(H(at + p$t0), before(d$open[p$id])) - before(at)) * r[p$id])
    end <- if (interval > 0) before(at + interval) else H(at)
    p$p <- 1 - exp(-(end - before(at)) * r[p$id])
    p$arm <- 0; p$trial <- at
    a <- data.frame(id = ini, ev = d$e[ini], t0 = 0, t1 = round(d$t[ini] - d$s[ini], 9), w = 1, p = 1, arm = 1, trial = at)
    rows[[length(rows) + 1]] <- rbind(p[, names(a)], a)
    counts <- rbind(counts, c(at, length(el), length(un), sum(!is.na(d$s[un])), sum(u$ev), length(ini), sum(a$ev)))
  }
  x <- do.call(rbind, rows)
  put(paste0(name, ".trials"), nrow(counts)); put(paste0(name, ".pieces"), sum(x$arm == 0))
  for (j in 2:7) put(paste0(name, ".", c("", "n", "n0", "left", "event0", "n1", "event1")[j]), sum(counts[, j]))
  for (k in seq_len(nrow(counts))) if (k %% 5 == 1) for (j in 2:7)
    put(sprintf("%s.%s.%.17g", name, c("", "n", "n0", "left", "event0", "n1", "event1")[j], counts[k, 1]), counts[k, j])
  q <- if (share < 1) quantile(x$w[x$arm == 0], share) else Inf
  put(paste0(name, ".limit"), q); x$w[x$arm == 0] <- pmin(x$w[x$arm == 0], q)
  if (initiators) x$w <- x$w * x$p
  for (i in c(1, 2, 3, 7, 50, 200, 399)) {
    w <- x[x$id == i, ]
    for (k in seq_len(nrow(w))) if (k %% 3 == 1) put(sprintf("%s.weight.%d.%.17g.%d.%.17g", name, i, w$trial[k], w$arm[k], w$t0[k]), w$w[k])
  }
  # outcomes
  x <- cbind(x, d[x$id, c("age", "kps", "oligo", "liver", "site")])
  for (model in c("arm", "adjusted")) {
    f <- coxph(as.formula(paste("Surv(t0, t1, ev) ~ arm", if (model == "adjusted") "+ age + kps + oligo + liver + site", "+ strata(trial)")),
               x, weights = w, cluster = id, robust = TRUE, control = tight)
    put(paste0(name, ".", model, ".loghr"), coef(f)[[1]]); put(paste0(name, ".", model, ".se"), sqrt(f$var[1, 1]))
  }
  for (a in 0:1) {
    one <- survfit(Surv(t0, t1, ev) ~ 1, x[x$arm == a, ], weights = w)
    for (at in c(6, 12, 24)) put(sprintf("%s.surv.%d.%g", name, a, at), summary(one, at)$surv)
    tt <- c(0, one$time[one$time < 18], 18); ss <- c(1, one$surv[one$time < 18])
    put(sprintf("%s.rmst.%d", name, a), sum(diff(tt) * ss))
  }
}
base <- "age + kps + oligo + liver + site"
sequential("pfs", "pfs", "pfs_event", 1, 1, .99, TRUE, base)
sequential("os", "os", "os_event", .25, 1, 1, TRUE, base)
sequential("censoring", "pfs", "pfs_event", 1.5, .5, 1, FALSE, base)
sequential("starts", "pfs", "pfs_event", 0, 2, .95, TRUE, base)
sequential("resp", "os", "os_event", 2, 1, .99, TRUE, paste(base, "+ I(resp == \"PR\")"))
out$value <- trimws(formatC(as.numeric(out$value), digits = 17, format = "g"))
write.csv(out, "tests/oracle/sequential.csv", row.names = FALSE, quote = FALSE)
