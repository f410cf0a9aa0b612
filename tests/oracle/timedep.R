# SPDX-License-Identifier: GPL-3.0-or-later
# Time-dependent exposure by survival's tmerge: tests/oracle/timedep.csv. R 4.2.2, survival 3.5-3. Run
# from the root of the repository:
#   Rscript tests/oracle/timedep.R > tests/oracle/timedep.csv
#
# demo:   sample_data/cohort.csv: one row a patient, made into rows of time by tmerge.
# jasa:   Stanford heart transplants as they stand in survival (tests/oracle/data/jasa.csv): patient 38 died
#         on the day of the transplant, which tmerge counts as without it; patient 15 was followed for no
#         time and is left out.
# heart:  the times of survival's `heart`, one row a patient (columns time, wait): there a day is added to
#         most, and the two are mended by half a day.
#
# Cox: coef, se, robust se, log-likelihoods (null, at the estimate), hr and limits from the robust error.
# Mantel-Byar by the definition: at each time of death the risk set of that moment, hypergeometric; and by
# another route, the score test of the discrete model (ties = "exact"). Simon-Makuch: survfit on
# (start, stop] by state: at each asked time S, standard error, log-log limits.
#
# Not through progression: progression as a second tdc of tmerge (a progression with death is none before it).
# weighted: tests/oracle/data/ccw.csv (ccw.R writes it), progression-free survival by a marginal structural model:
# rows cut at each half-month by survSplit, weights from coxph's and Nelson-Aalen's cumulative hazards of the
# start of exposure, at risk until progression, linear between half-months.
suppressPackageStartupMessages(library(survival))

put <- function(name, ...) {
    x <- c(...)
    cat(paste(c(name, ifelse(is.na(x), "NaN", sprintf("%.17g", x))), collapse = ","), "\n", sep = "")
}
control <- coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 50)

rows_of <- function(d) { # id, t, e, start
    td <- tmerge(d, d, id = id, ev = event(t, e))
    tmerge(td, d, id = id, on = tdc(start))
}

cox <- function(name, td, adjust = "") {
    f <- coxph(as.formula(paste("Surv(tstart, tstop, ev) ~ on", adjust)), td, cluster = id,
               control = control)
    se <- sqrt(diag(f$naive.var))[1]; robust <- sqrt(diag(vcov(f)))[1]
    put(name, coef(f)[1], se, robust, f$loglik, exp(coef(f)[1]),
        exp(coef(f)[1] + c(-1, 1) * qnorm(.975) * robust), f$nevent)
}

mantel_byar <- function(name, td, stratum = rep(1, nrow(td))) {
    observed <- expected <- c(0, 0); variance <- 0
    for (s in unique(stratum)) {
        d <- td[stratum == s, ]
        for (t in sort(unique(d$tstop[d$ev == 1]))) {
            risk <- d$tstart < t & d$tstop >= t
            n <- sum(risk); n1 <- sum(risk & d$on == 1)
            k <- sum(risk & d$tstop == t & d$ev == 1); k1 <- sum(risk & d$tstop == t & d$ev == 1 & d$on == 1)
            observed <- observed + c(k - k1, k1)
            expected <- expected + k * c(n - n1, n1) / n
            if (n > 1) variance <- variance + k * (n - k) / (n - 1) * n1 / n * (1 - n1 / n)
        }
    }
    chi <- (observed[2] - expected[2])^2 / variance
    put(name, observed, expected, chi, pchisq(chi, 1, lower.tail = FALSE))
}

simon_makuch <- function(name, td, times, from = 0) {
    td <- td[td$tstop > from, ]
    td$tstart <- pmax(td$tstart, from)
    f <- survfit(Surv(tstart, tstop, ev) ~ on, td, conf.type = "log-log")
    for (state in 0:1) {
        s <- summary(f[state + 1], times = times, extend = TRUE)
        put(paste(name, state), rbind(s$surv, s$std.err, s$lower, s$upper))
        table <- summary(f[state + 1])$table
        put(paste(name, state, "median"), table[c("median", "0.95LCL", "0.95UCL")])
    }
}

person_time <- function(name, td)
    put(name, tapply(td$tstop - td$tstart, td$on, sum), tapply(td$ev, td$on, sum), table(td$on))

all_of <- function(name, td, adjust, times) {
    person_time(paste(name, "time"), td)
    cox(paste(name, "arm"), td)
    cox(paste(name, "adjusted"), td, adjust)
    mantel_byar(paste(name, "mantel-byar"), td)
    if (nrow(td) < 200) # takes for ever in larger ones
        put(paste(name, "score"),
            coxph(Surv(tstart, tstop, ev) ~ on, td, ties = "exact", control = control)$score)
    simon_makuch(paste(name, "curve"), td, times)
}

demo <- read.csv("sample_data/cohort.csv", na.strings = "")
demo$id <- demo$usubjid; demo$start <- demo$rt_start_mo
demo$male <- demo$sex == "M"
demo$responded <- demo$resp_m3 %in% c("CR", "PR")
for (e in c("pfs", "os")) {
    demo$t <- demo[[paste0(e, "_mo")]]; demo$e <- demo[[paste0(e, "_event")]]
    td <- rows_of(demo)
    all_of(paste("demo", e), td, "+ age + male + oligo + liver_met", c(6, 12, 24))
    cox(paste("demo", e, "response"), td, "+ age + male + oligo + liver_met + responded")
    simon_makuch(paste("demo", e, "from 6"), td, c(6, 12, 24), from = 6)
    f <- coxph(Surv(tstart, tstop, ev) ~ on + strata(siteid), td, cluster = id, control = control)
    put(paste("demo", e, "strata"), coef(f), sqrt(f$naive.var), sqrt(f$var))
    mantel_byar(paste("demo", e, "strata mantel-byar"), td, td$siteid)
}

demo$t <- demo$os_mo; demo$e <- demo$os_event
demo$progression <- ifelse(demo$pfs_event == 1 & demo$pfs_mo < demo$os_mo, demo$pfs_mo, NA)
td <- tmerge(rows_of(demo), demo, id = id, progressed = tdc(progression))
cox("demo os not-through", td, "+ age + male + oligo + liver_met + progressed")

d <- read.csv("tests/oracle/data/ccw.csv")
weighted <- function(d, step, rhs) {
    start <- ifelse(is.na(d$rt_start) | d$rt_start >= d$pfs, Inf, d$rt_start)
    d$end <- pmin(start, d$pfs); d$begun <- is.finite(start)
    m <- coxph(as.formula(paste("Surv(end, begun) ~", rhs)), d,
               control = coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 50))
    b <- basehaz(m, centered = FALSE); risk <- exp(predict(m, d, type = "lp", reference = "zero"))
    b0 <- basehaz(coxph(Surv(end, begun) ~ 1, d)) # Fleming-Harrington, as Efron's ties
    grid <- seq(0, ceiling(max(start[is.finite(start)]) / step) * step, step)
    H <- stepfun(b$time, c(0, b$hazard))(grid); H0 <- stepfun(b0$time, c(0, b0$hazard))(grid)
    line <- function(h, t) approx(grid, h, pmin(t, max(grid)))$y
    d$i <- seq_len(nrow(d)); d$start <- start
    r <- survSplit(Surv(pfs, pfs_event) ~ ., d, cut = c(grid[-1], max(grid)), start = "from", end = "until",
                   event = "ev")
    cut <- which(r$start > r$from & r$start < r$until) # and at the start
    after <- r[cut, ]; after$from <- after$start
    r$until[cut] <- r$start[cut]; r$ev[cut] <- 0
    r <- rbind(r, after)
    r$on <- as.integer(r$from >= r$start)
    u <- pmin(r$from, r$start)
    r$w <- exp(line(H, u) * risk[r$i] - line(H0, u))
    j <- pmax(1, findInterval(r$start, grid, left.open = TRUE)) # (grid j, grid j + 1]
    ratio <- (H0[j + 1] - H0[j]) / ((H[j + 1] - H[j]) * risk[r$i])
    r$w <- ifelse(r$on == 1, r$w * ratio, r$w)
    r
}
r <- weighted(d, 0.5, "age + kps + oligo + liver + site + resp")
f <- coxph(Surv(from, until, ev) ~ on, r, weights = w, cluster = i, control = control)
time <- r$until - r$from
put("weighted pfs", coef(f), sqrt(f$naive.var), sqrt(f$var), sum(r$ev), sum(r$w * time) / sum(time), range(r$w))

jasa <- read.csv("tests/oracle/data/jasa.csv")
jasa$e <- jasa$fustat
raw <- transform(jasa, t = futime, start = wait.time)
all_of("jasa", rows_of(raw[raw$futime > 0, ]), "+ age + surgery", c(30, 100, 365))
mended <- transform(jasa, t = time, start = wait)
td <- rows_of(mended)
all_of("heart", td, "+ age + surgery", c(30, 100, 365))
stopifnot(nrow(td) == nrow(heart), sum(td$tstop) == sum(heart$stop), # the rows of survival's own `heart`
          all.equal(coef(coxph(Surv(tstart, tstop, ev) ~ on, td)),
                    coef(coxph(Surv(start, stop, event) ~ (transplant == 1), heart)),
                    check.attributes = FALSE))
