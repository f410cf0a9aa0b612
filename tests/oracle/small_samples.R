# Expected numbers of tests/unit/test_proportion.c, test_proportion_strata.c and test_rate.c.
# R 4.2.2, package stats; what it has not, or has to four digits only, is written from the papers.
# From the root of the repository: Rscript tests/oracle/small_samples.R
save <- function(x, name) {
  for (j in which(vapply(x, is.double, TRUE))) x[[j]] <- sprintf("%.17g", x[[j]])
  write.csv(x, file.path("tests/oracle/expected", paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
}
root <- function(f, low, high) uniroot(f, c(low, high), tol = 1e-15, maxiter = 10000)$root

# ---- one proportion: binom.test (Clopper-Pearson), qbeta (Jeffreys), the formulas of the others
x <- c(0, 1, 5, 12, 33, 81, 10, 3, 999, 500000, 1, 999999); n <- c(10, 1, 10, 40, 100, 263, 10, 2000, 1000, 1e6, 1e6, 1e6)
d <- do.call(rbind, lapply(c(0.9, 0.95, 0.99), function(level) data.frame(x, n, level)))
cp <- t(mapply(function(x, n, l) binom.test(x, n, conf.level = l)$conf.int, d$x, d$n, d$level))
a <- (1 - d$level) / 2; z <- qnorm(1 - a)
ac <- with(d, { p <- (x + z^2 / 2) / (n + z^2); h <- z * sqrt(p * (1 - p) / (n + z^2)); cbind(pmax(p - h, 0), pmin(p + h, 1)) })
je <- with(d, cbind(ifelse(x == 0, 0, qbeta(a, x + 0.5, n - x + 0.5)), ifelse(x == n, 1, qbeta(1 - a, x + 0.5, n - x + 0.5))))
wa <- with(d, { p <- x / n; h <- z * sqrt(p * (1 - p) / n); cbind(pmax(p - h, 0), pmin(p + h, 1)) })
save(data.frame(d, cp.low = cp[, 1], cp.high = cp[, 2], ac.low = ac[, 1], ac.high = ac[, 2], jeffreys.low = je[, 1],
                jeffreys.high = je[, 2], wald.low = wa[, 1], wald.high = wa[, 2]), "one_proportion")

# ---- two proportions. prop.test: Wald limits with correction. Miettinen & Nurminen by the closed form of
# their paper (Stat Med 4:213, 1985, appendix). fisher.test: the conditional estimate; its limits to 4 digits.
two <- data.frame(x1 = c(56, 9, 6, 5, 0, 10, 3, 250, 12, 40, 1, 7), n1 = c(70, 10, 7, 56, 10, 10, 4, 500, 100, 400, 30, 34),
                  x2 = c(48, 3, 2, 0, 3, 4, 1, 200, 11, 20, 0, 1), n2 = c(80, 10, 7, 29, 20, 20, 4, 500, 150, 200, 30, 34))
mn_p <- function(x1, n1, x2, n2, d) { # p1 - p2 = d
  th <- n2 / n1; p1 <- x1 / n1; p2 <- x2 / n2 # Farrington & Manning's form of the same cubic (Stat Med 9:1447, 1990)
  A <- 1 + th; B <- -(1 + th + p1 + th * p2 + d * (th + 2)); C <- d^2 + d * (2 * p1 + th + 1) + p1 + th * p2; D <- -p1 * d * (1 + d)
  v <- B^3 / (3 * A)^3 - B * C / (6 * A^2) + D / (2 * A); u <- (if (v < 0) -1 else 1) * sqrt(B^2 / (3 * A)^2 - C / (3 * A))
  w <- (pi + acos(max(-1, min(1, v / u^3)))) / 3; q <- 2 * u * cos(w) - B / (3 * A); c(q, q - d)
}
mn_z <- function(x1, n1, x2, n2, d) { q <- mn_p(x1, n1, x2, n2, d); N <- n1 + n2
  (x1 / n1 - x2 / n2 - d) / sqrt((q[1] * (1 - q[1]) / n1 + q[2] * (1 - q[2]) / n2) * N / (N - 1)) }
mn <- function(x1, n1, x2, n2, level) { d <- x1 / n1 - x2 / n2; z <- qnorm((1 + level) / 2); e <- 1e-9
  c(root(function(t) mn_z(x1, n1, x2, n2, t) - z, -1 + e, d - e), root(function(t) mn_z(x1, n1, x2, n2, t) + z, d + e, 1 - e)) }
rr_z <- function(x1, n1, x2, n2, r) { N <- n1 + n2; A <- N * r; B <- -(n1 * r + x1 + n2 + x2 * r); C <- x1 + x2
  p2 <- (-B - sqrt(B^2 - 4 * A * C)) / (2 * A); p1 <- r * p2
  (x1 / n1 - r * x2 / n2) / sqrt((p1 * (1 - p1) / n1 + r^2 * p2 * (1 - p2) / n2) * N / (N - 1)) }
rr <- function(x1, n1, x2, n2, level) { z <- qnorm((1 + level) / 2); r <- (x1 / n1) / (x2 / n2); m <- if (r > 0 && is.finite(r)) log(r) else 0
  c(if (x1 == 0) 0 else exp(root(function(t) rr_z(x1, n1, x2, n2, exp(t)) - z, -12, if (x2 == 0) 12 else m)),
    if (x2 == 0) Inf else exp(root(function(t) rr_z(x1, n1, x2, n2, exp(t)) + z, if (x1 == 0) -12 else m, 12))) }
# Noncentral hypergeometric distribution: as inside fisher.test, solved to the last digit.
or <- function(x1, n1, x2, n2, level) {
  m <- x1 + x2; s <- max(0, m - n2):min(n1, m); l <- dhyper(s, n1, n2, m, log = TRUE); a <- (1 - level) / 2
  p <- function(w) { q <- l + log(w) * s; q <- exp(q - max(q)); q / sum(q) }
  f <- function(g) exp(root(function(t) g(p(exp(t))), -40, 40))
  c(if (x1 == min(s)) 0 else if (x1 == max(s)) Inf else f(function(p) sum(s * p) - x1),
    if (x1 == min(s)) 0 else f(function(p) sum(p[s >= x1]) - a), if (x1 == max(s)) Inf else f(function(p) sum(p[s <= x1]) - a)) }
worst <- 0
rows <- lapply(seq_len(nrow(two)), function(i) with(two[i, ], {
  t <- matrix(c(x1, n1 - x1, x2, n2 - x2), 2); f <- fisher.test(t); o <- or(x1, n1, x2, n2, 0.95)
  g <- c(unname(f$estimate), f$conf.int); k <- is.finite(o) & o > 0; stopifnot(all(g[!k] == o[!k]))
  worst <<- max(worst, abs(g[k] / o[k] - 1))
  w <- suppressWarnings(prop.test(c(x1, x2), c(n1, n2), correct = FALSE))$conf.int
  wc <- suppressWarnings(prop.test(c(x1, x2), c(n1, n2), correct = TRUE))$conf.int
  m <- mn(x1, n1, x2, n2, 0.95); r <- rr(x1, n1, x2, n2, 0.95)
  data.frame(x1, n1, x2, n2, mn.low = m[1], mn.high = m[2], wald.low = w[1], wald.high = w[2], waldcc.low = wc[1], waldcc.high = wc[2],
             rr.low = r[1], rr.high = r[2], or = o[1], or.low = o[2], or.high = o[3]) }))
cat("fisher.test against the last digit, odds ratio and limits: up to", worst, "\n"); stopifnot(worst < 0.01)
save(do.call(rbind, rows), "two_proportions")

# ---- strata: mantelhaen.test; common risk difference and ratio by the papers' formulas
lung <- read.csv("tests/oracle/data/lung.csv"); veteran <- read.csv("tests/oracle/data/veteran.csv"); gbsg <- read.csv("tests/oracle/data/gbsg.csv")
cases <- list( # event by group within strata
  lung = with(subset(lung, !is.na(ph.ecog)), table(sex, event = time <= 180 & status == 2, ph.ecog)),
  veteran = with(veteran, table(trt, event = time <= 90 & status == 1, celltype)),
  gbsg = with(gbsg, table(hormon, event = rfstime <= 730 & status == 1, grade)),
  pairs = with(data.frame(i = 1:60), table(g = rep(1:2, 30), event = rep(c(TRUE, FALSE, TRUE), 20) == (i %% 7 < 4), pair = rep(1:30, each = 2))))
tables <- NULL; results <- NULL
for (name in names(cases)) {
  t <- cases[[name]]; x1 <- t[1, "TRUE", ]; n1 <- x1 + t[1, "FALSE", ]; x2 <- t[2, "TRUE", ]; n2 <- x2 + t[2, "FALSE", ]
  tables <- rbind(tables, data.frame(case = name, x1 = as.double(x1), n1 = as.double(n1), x2 = as.double(x2), n2 = as.double(n2)))
  keep <- n1 > 0 & n2 > 0; x1 <- x1[keep]; x2 <- x2[keep]; n1 <- n1[keep]; n2 <- n2[keep]; N <- n1 + n2; z <- qnorm(0.975)
  a <- array(rbind(x1, x2, n1 - x1, n2 - x2), c(2, 2, length(x1)))
  plain <- mantelhaen.test(a, correct = FALSE); corrected <- mantelhaen.test(a)
  w <- n1 * n2 / N; rd <- sum(w * (x1 / n1 - x2 / n2)) / sum(w)
  P <- (n1^2 * x2 - n2^2 * x1 + n1 * n2 * (n2 - n1) / 2) / N^2; Q <- (x1 * (n2 - x2) + x2 * (n1 - x1)) / (2 * N)
  se <- sqrt(rd * sum(P) + sum(Q)) / sum(w)
  R <- sum(x1 * n2 / N); S <- sum(x2 * n1 / N); v <- sum((n1 * n2 * (x1 + x2) - x1 * x2 * N) / N^2) / (R * S)
  results <- rbind(results, data.frame(case = name, statistic = unname(plain$statistic), p = plain$p.value, corrected = unname(corrected$statistic),
    or = unname(plain$estimate), or.low = plain$conf.int[1], or.high = plain$conf.int[2], rd, rd.low = rd - z * se, rd.high = rd + z * se,
    rr = R / S, rr.low = R / S * exp(-z * sqrt(v)), rr.high = R / S * exp(z * sqrt(v))))
}
save(tables, "strata"); save(results, "strata_results")

# ---- rates: poisson.test
e <- c(0, 1, 4, 10, 111, 1000, 54321, 1e6); t <- c(2, 3, 8.5, 100, 1000, 1, 12, 1e5)
l <- t(mapply(function(e, t) poisson.test(e, t)$conf.int, e, t))
save(data.frame(events = e, time = t, low = l[, 1], high = l[, 2]), "rate")
r <- data.frame(e1 = c(11, 0, 5, 3, 400, 30, 7, 2000), t1 = c(800, 10, 100, 50, 1e4, 12, 1, 1000),
                e2 = c(21, 4, 0, 17, 350, 10, 7, 2100), t2 = c(3011, 12, 80, 61, 1.1e4, 48, 1, 1000))
p <- lapply(seq_len(nrow(r)), function(i) with(r[i, ], poisson.test(c(e1, e2), c(t1, t2))))
save(data.frame(r, ratio = sapply(p, function(p) unname(p$estimate)), low = sapply(p, function(p) p$conf.int[1]),
                high = sapply(p, function(p) p$conf.int[2]), p = sapply(p, function(p) p$p.value)), "rate_ratio")
