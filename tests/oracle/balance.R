# Expected numbers of tests/unit/test_balance.c (mean distance of the distribution functions, overlapping
# coefficient) and test_overlap.c. R 4.2.2, package stats. From the root of the repository:
# Rscript tests/oracle/balance.R, after tests/oracle/propensity.R.
#
# The coefficient is written from its definition in include/rwe/stats/balance.h, by a matrix of kernels instead of a
# walk along the grid; that it is near what density() and integrate() say is checked here.
data <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")), stringsAsFactors = FALSE)
save <- function(x, name) {
  for (j in which(vapply(x, is.double, TRUE))) x[[j]] <- sprintf("%.17g", x[[j]])
  write.csv(x, file.path("tests/oracle/expected", paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
}
lalonde <- data("lalonde"); z <- lalonde$treat
lp <- read.csv("tests/oracle/expected/lalonde_rows.csv")$linear; e <- plogis(lp)
weights <- list(none = rep(1, length(z)), overlap = ifelse(z == 1, 1 - e, e), att = ifelse(z == 1, 1, e / (1 - e)))

ecdf_mean <- function(x, w) {
  F <- function(s) vapply(sort(unique(x)), function(a) sum(w[s & x <= a]) / sum(w[s]), 0)
  mean(abs(F(z == 1) - F(z == 0)))
}
overlap <- function(x, w) {
  h <- bw.nrd0(x); g <- seq(min(x) - 4 * h, max(x) + 4 * h, length.out = 1024); d <- g[2] - g[1]
  k <- floor(4 * h / d); u <- exp(-((-k:k) * d / h)^2 / 2); u <- u / sum(u)
  kernel <- outer(1:1024, 1:1024, function(i, j) ifelse(abs(i - j) <= k, u[pmin(pmax(j - i, -k), k) + k + 1], 0))
  share <- function(s) {
    tent <- pmax(1 - abs(outer(g, x[s], "-")) / d, 0)
    (kernel %*% (tent %*% (w[s] / sum(w[s]))))[, 1]
  }
  1 - sum(abs(share(z == 1) - share(z == 0))) / 2
}
by_density <- function(x, w) {
  h <- bw.nrd0(x)
  f <- function(s) density(x[s], bw = h, weights = w[s] / sum(w[s]), n = 4096, from = min(x) - 4 * h, to = max(x) + 4 * h)
  a <- f(z == 1); b <- f(z == 0)
  1 - sum(abs(a$y - b$y)) * (a$x[2] - a$x[1]) / 2
}
rows <- list()
for (v in c("age", "educ", "married", "re74")) for (k in names(weights)) {
  x <- lalonde[[v]]; w <- weights[[k]]; binary <- all(x %in% 0:1)
  gap <- abs(weighted.mean(x[z == 1], w[z == 1]) - weighted.mean(x[z == 0], w[z == 0]))
  if (!binary) { cat(v, k, overlap(x, w), by_density(x, w), "\n"); stopifnot(abs(overlap(x, w) - by_density(x, w)) < 0.002) }
  rows[[length(rows) + 1]] <- data.frame(variable = v, weights = k, ecdf_mean = if (binary) gap else ecdf_mean(x, w),
                                         overlap = if (binary) 1 - gap else overlap(x, w))
}
save(do.call(rbind, rows), "balance_distances")

preference <- plogis(lp - qlogis(mean(z))); low <- max(tapply(lp, z, min)); high <- min(tapply(lp, z, max))
near <- preference >= 0.3 & preference <= 0.7; outside <- lp < low | lp > high
save(data.frame(all = mean(near), treated = mean(near[z == 1]), control = mean(near[z == 0]), low, high,
                outside_treated = sum(outside & z == 1), outside_control = sum(outside & z == 0)), "overlap")
