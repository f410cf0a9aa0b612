# Clone, censor, weight on one fixed cohort, with survival's and stats' functions alone.
# R 4.2.2, survival 3.5-3. Run from the root of the repository:
#   Rscript tests/oracle/ccw.R
# Writes tests/oracle/data/ccw.csv (the cohort: 400 synthetic patients, half as many with delayed
# radiotherapy; made here, from no patients) and tests/oracle/ccw.csv (name, value).
#
# Exposure can begin until progression or death (open), for both endpoints: whoever progresses unexposed
# before G stays in both arms. Weights: arm A (exposure by G) 1 up to G, then 1 / P(exposed by G | open beyond
# G) by glm for those open at G, 1 for the others; arm B exp(H0(min(t, open)) exp(lp)) at the start of each
# half-month, from coxph of the start of exposure until `open`, H0 at `open` on the line between the ends of
# its half-month; some truncated at the 99th percentile of the pieces. Conventions: who is exposed by G has
# G's weight whenever it was.
suppressMessages(library(survival))
RNGversion("4.2.2")

expit <- function(x) 1 / (1 + exp(-x))
generate <- function(n, seed) {
  set.seed(seed)
  age <- round(rnorm(n, 49, 10)); kps <- sample(c(70, 80, 90), n, TRUE, c(.2, .4, .4))
  oligo <- rbinom(n, 1, .45); liver <- rbinom(n, 1, .2); site <- sample(c("A", "B", "C"), n, TRUE, c(.5, .3, .2))
  lp <- .1 * (age - 49) / 10 + .3 * (kps < 80) - .5 * oligo + .4 * liver
  resp <- rbinom(n, 1, expit(1.2 - .8 * lp))
  start <- round(pmin(pmax(rlnorm(n, log(4.5), .45), 1), 14), 2)
  intent <- rbinom(n, 1, expit(-.6 + .9 * oligo - .7 * liver + .4 * (kps >= 90) + .5 * resp + .3 * (site == "A")))
  E <- rexp(n); h <- .055 * exp(lp - .25 * resp); t0 <- E / h
  tp <- ifelse(t0 <= start | intent == 0, t0, start + (E - h * start) / (.7 * h))
  td <- tp + rexp(n, .04); cc <- runif(n, 6, 60)
  pfs <- pmax(round(pmin(tp, cc), 2), .05); os <- pmax(round(pmin(td, cc), 2), pfs)
  # equal times: events on the grid, at the end of grace, at the start of exposure
  pfs[1:4] <- c(9, 4.5, 9, .5); os[1:4] <- pmax(os[1:4], pfs[1:4])
  rt <- intent == 1 & start < pfs
  data.frame(id = 1:n, arm = ifelse(rt, "rt", "none"), age, kps, oligo, liver, site, resp = ifelse(resp == 1, "PR", "SD"),
             rt_start = ifelse(rt, start, NA), pfs, pfs_event = as.integer(tp <= cc), os, os_event = as.integer(td <= cc))
}

d <- generate(400, 20250731)
d$rt_start[which(!is.na(d$rt_start))[1:3]] <- c(4.5, 9, 9)   # on the grid, at the end of grace
d$pfs <- pmax(d$pfs, ifelse(is.na(d$rt_start), 0, d$rt_start + .01)); d$os <- pmax(d$os, d$pfs)
dir.create("tests/oracle/data", FALSE)
write.csv(d, "tests/oracle/data/ccw.csv", row.names = FALSE, na = "", quote = FALSE)
d <- read.csv("tests/oracle/data/ccw.csv")

out <- data.frame(name = character(), value = numeric())
put <- function(name, value) out[nrow(out) + 1, ] <<- list(name, value)

ccw <- function(name, time, event, G, step, share, rhs) {
  n <- nrow(d); d$t <- d[[time]]; d$e <- d[[event]]
  d$open <- pmin(d$t, ifelse(d$pfs_event == 1, d$pfs, Inf))
  trt <- ifelse(is.na(d$rt_start) | d$rt_start >= d$open, NA, d$rt_start)
  by <- !is.na(trt) & trt <= G
  A <- d; A$strategy <- 1; A$left <- !by & d$open > G; A$end <- ifelse(A$left, G, d$t)
  B <- d; B$strategy <- 0; B$left <- by; B$end <- ifelse(by, trt, d$t)
  A$ev <- ifelse(A$left, 0, d$e); B$ev <- ifelse(B$left, 0, d$e)
  g <- d[d$open > G, ]; g$by <- as.integer(by[d$open > G])
  m <- glm(as.formula(paste("by ~", rhs)), binomial, g, control = glm.control(epsilon = 1e-14, maxit = 50))
  pA <- predict(m, d, type = "response")
  cB <- coxph(as.formula(paste("Surv(pmin(end, open), left) ~", rhs)), B, control = coxph.control(eps = 1e-10, iter.max = 50))
  bh <- basehaz(cB, centered = FALSE); lpB <- predict(cB, B, type = "lp", reference = "zero")
  H0 <- stepfun(bh$time, c(0, bh$hazard))
  cuts <- unique(c(seq(step, G, step), G))
  line <- approxfun(c(0, cuts), H0(c(0, cuts)), rule = 2)
  C <- survSplit(Surv(end, ev) ~ ., rbind(A, B), cut = cuts, start = "t0", end = "t1")
  k <- match(C$id, d$id)
  C$w <- ifelse(C$strategy == 1, ifelse(C$t0 >= G - 1e-9 & d$open[k] > G, 1 / pA[k], 1),
                exp(line(pmin(C$t0, G, d$open[k])) * exp(lpB[k])))
  q <- if (share < 1) quantile(C$w, share) else Inf
  put(paste0(name, ".limit"), q); put(paste0(name, ".pieces"), nrow(C))
  C$w <- pmin(C$w, q)
  for (s in 0:1) {
    put(paste0(name, ".left.", s), sum(list(B, A)[[s + 1]]$left)); put(paste0(name, ".event.", s), sum(C$ev[C$strategy == s]))
    l <- C$w[C$strategy == s & C$t0 >= G - 1e-9]
    put(paste0(name, ".n.", s), length(l)); put(paste0(name, ".sum.", s), sum(l)); put(paste0(name, ".ess.", s), sum(l)^2 / sum(l^2))
    put(paste0(name, ".max.", s), max(l)); put(paste0(name, ".min.", s), min(l)); put(paste0(name, ".cv.", s), sd(l) / mean(l))
  }
  for (v in names(coef(cB))) put(paste0(name, ".hazard.", v), coef(cB)[[v]])
  for (v in names(coef(m))[-1]) put(paste0(name, ".probability.", v), coef(m)[[v]])
  # weights of some clones, piece by piece, and of all together
  for (i in c(1, 3, 7, 50, 200, 399)) for (s in 0:1) {
    w <- C[C$id == i & C$strategy == s, ]
    for (r in seq_len(nrow(w))) put(sprintf("%s.weight.%d.%d.%g", name, i, s, w$t0[r]), w$w[r])
  }
  put(paste0(name, ".persontime.0"), sum((C$w * (C$t1 - C$t0))[C$strategy == 0]))
  put(paste0(name, ".persontime.1"), sum((C$w * (C$t1 - C$t0))[C$strategy == 1]))
  f <- coxph(Surv(t0, t1, ev) ~ strategy, C, weights = w, robust = TRUE, cluster = id, control = coxph.control(eps = 1e-10, iter.max = 50))
  put(paste0(name, ".loghr"), coef(f)[[1]]); put(paste0(name, ".se"), sqrt(f$var[1, 1]))
  sf <- survfit(Surv(t0, t1, ev) ~ strategy, C, weights = w, robust = TRUE, cluster = id, id = seq_len(nrow(C)))
  for (at in c(6, 12, 24)) {
    z <- summary(sf, at)
    for (s in 0:1) put(sprintf("%s.surv.%d.%g", name, s, at), z$surv[s + 1])
  }
  for (s in 0:1) {
    one <- survfit(Surv(t0, t1, ev) ~ 1, C[C$strategy == s, ], weights = w)
    tt <- c(0, one$time[one$time < 24], 24); ss <- c(1, one$surv[one$time < 24])
    put(sprintf("%s.rmst.%d", name, s), sum(diff(tt) * ss))
  }
}
base <- "age + kps + oligo + liver + site"
ccw("pfs9", "pfs", "pfs_event", 9, .5, .99, base)
ccw("os9", "os", "os_event", 9, .5, 1, base)
ccw("pfs6", "pfs", "pfs_event", 6.25, 1, 1, base)
ccw("resp", "pfs", "pfs_event", 9, .5, .99, paste(base, "+ I(resp == \"PR\")"))
out$value <- trimws(formatC(as.numeric(out$value), digits = 17, format = "g"))
write.csv(out, "tests/oracle/ccw.csv", row.names = FALSE, quote = FALSE)
