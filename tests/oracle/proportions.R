# Expected numbers of tests/unit/test_proportion.c. R 4.2.2, package stats.
# From the root of the repository: Rscript tests/oracle/proportions.R
save <- function(x, name) {
  for (j in which(vapply(x, is.double, TRUE))) x[[j]] <- sprintf("%.17g", x[[j]])
  write.csv(x, file.path("tests/oracle/expected", paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
}
limits <- function(x, n, level) suppressWarnings(prop.test(x, n, conf.level = level, correct = FALSE))$conf.int

# Wilson
d <- expand.grid(level = c(0.9, 0.95, 0.99), i = 1:8)
x <- c(0, 1, 5, 12, 33, 81, 10, 999999)[d$i]; n <- c(10, 1, 10, 40, 100, 263, 10, 1e6)[d$i]
l <- mapply(limits, x, n, d$level)
save(data.frame(x, n, level = d$level, low = l[1, ], high = l[2, ]), "wilson")

# Fisher: fisher.test
x1 <- c(3, 1, 0, 10, 0, 7, 15, 250, 900, 12, 30000, 100, 50, 500, 490000)
n1 <- c(4, 9, 5, 10, 10, 20, 30, 500, 1000, 100, 500000, 100000, 300, 600, 500000)
x2 <- c(1, 8, 0, 0, 0, 3, 15, 200, 100, 11, 30500, 160, 50, 20, 490210)
n2 <- c(4, 10, 7, 10, 9, 25, 30, 500, 1000, 150, 500000, 100000, 300, 900, 500000)
p <- mapply(function(x1, n1, x2, n2) fisher.test(matrix(c(x1, n1 - x1, x2, n2 - x2), 2))$p.value, x1, n1, x2, n2)
save(data.frame(x1, n1, x2, n2, p), "fisher")

# McNemar: binom.test of the discordant pairs
b <- c(0, 1, 3, 5, 12, 40, 10, 100, 0, 1000); c <- c(0, 0, 3, 0, 25, 41, 1, 300, 1000, 1100)
p <- mapply(function(b, c) if (b + c == 0) 1 else binom.test(b, b + c)$p.value, b, c)
save(data.frame(first_only = b, second_only = c, p), "mcnemar")

# Newcombe's paired interval, written from the paper (Stat Med 17:2635, 1998, method 10).
paired <- function(a, b, c, d, level) {
  n <- a + b + c + d; p1 <- (a + b) / n; p2 <- (a + c) / n; s <- a * d - b * c
  s <- if (s > n / 2) s - n / 2 else if (s >= 0) 0 else s
  m <- (a + b) * (c + d) * (a + c) * (b + d); phi <- if (m == 0) 0 else s / sqrt(m)
  w1 <- limits(a + b, n, level); w2 <- limits(a + c, n, level)
  l1 <- p1 - w1[1]; u1 <- w1[2] - p1; l2 <- p2 - w2[1]; u2 <- w2[2] - p2
  c((b - c) / n, (b - c) / n - sqrt(l1^2 - 2 * phi * l1 * u2 + u2^2), (b - c) / n + sqrt(u1^2 - 2 * phi * u1 * l2 + l2^2))
}
t <- rbind(c(14, 5, 0, 22), c(1, 1, 7, 12), c(20, 12, 2, 16), c(5, 10, 12, 3), c(0, 9, 4, 0), c(30, 0, 0, 10), c(10, 0, 0, 0))
r <- t(apply(t, 1, function(v) paired(v[1], v[2], v[3], v[4], 0.95)))
save(data.frame(both = t[, 1], first_only = t[, 2], second_only = t[, 3], neither = t[, 4],
                estimate = r[, 1], low = r[, 2], high = r[, 3]), "newcombe_paired")
