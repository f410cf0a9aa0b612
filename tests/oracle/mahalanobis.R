# Mahalanobis distances, ordinary and robust, of lalonde (R 4.2.2, MASS 7.3-58.2).
# Rscript tests/oracle/mahalanobis.R > tests/oracle/mahalanobis.csv
d <- read.csv("tests/oracle/data/lalonde.csv")
treated <- d$treat == 1
x <- as.matrix(d[, c("age", "educ", "married", "nodegree", "re74", "re75")])
within <- function(x) {
  squares <- function(x) crossprod(scale(x, scale = FALSE))
  (squares(x[treated, ]) + squares(x[!treated, ])) / (nrow(x) - 2)
}
# Rosenbaum's smahal, Design of Observational Studies, ch. 8.
ranks <- function(x) {
  v <- cov(x)
  scale <- sqrt(var(seq_len(nrow(x))) / diag(v))
  diag(scale) %*% v %*% diag(scale)
}
distance <- function(x, inverse, a, b) sqrt(drop(mahalanobis(x[a, ], x[b, ], inverse, inverted = TRUE)))
r <- apply(x, 2, rank)
twice <- cbind(x, 2 * x[, "age"] - 3)
r2 <- apply(twice, 2, rank)
a <- which(treated)[c(1, 2, 3, 50, 100, 185)]
b <- which(!treated)[c(1, 200, 3, 429, 77, 10)]
out <- data.frame(a = a - 1, b = b - 1, within = NA, controls = NA, ranks = NA, ranks_collinear = NA)
for (i in seq_along(a)) {
  out$within[i] <- distance(x, solve(within(x)), a[i], b[i])
  out$controls[i] <- distance(x, solve(cov(x[!treated, ])), a[i], b[i])
  out$ranks[i] <- distance(r, MASS::ginv(ranks(r)), a[i], b[i])
  out$ranks_collinear[i] <- distance(r2, MASS::ginv(ranks(r2)), a[i], b[i])
}
write.csv(format(out, digits = 17, trim = TRUE, justify = "none"), row.names = FALSE, quote = FALSE)
