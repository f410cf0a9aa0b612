# Expected numbers of tests/unit/test_logistic.c under Firth's penalty and under case weights. R 4.2.2, package stats.
# From the root of the repository: Rscript tests/oracle/logistic_firth.R
#
# The penalised log-likelihood is written out and maximised by optim (BFGS), then by Newton steps on its score with
# a numerical Jacobian, to the last digits; the score must vanish at the end.
data <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")), stringsAsFactors = FALSE)
save <- function(x, name) {
  for (j in which(vapply(x, is.double, TRUE))) x[[j]] <- sprintf("%.17g", x[[j]])
  write.csv(x, file.path("tests/oracle/expected", paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
}

information <- function(b, x, w) { p <- plogis(x %*% b)[, 1]; crossprod(x * (w * p * (1 - p)), x) }
loglik <- function(b, x, y, w) {
  eta <- (x %*% b)[, 1]
  sum(w * ifelse(y == 1, plogis(eta, log.p = TRUE), plogis(-eta, log.p = TRUE))) +
    determinant(information(b, x, w))$modulus[1] / 2
}
score <- function(b, x, y, w) {
  p <- plogis(x %*% b)[, 1]; h <- p * (1 - p) * rowSums((x %*% solve(information(b, x, w))) * x)
  crossprod(x, w * (y - p + h * (1 / 2 - p)))[, 1]
}
jacobian <- function(f, b) sapply(seq_along(b), function(j) {
  h <- 1e-5 * max(1, abs(b[j])); e <- replace(0 * b, j, h)
  (8 * (f(b + e) - f(b - e)) - (f(b + 2 * e) - f(b - 2 * e))) / (12 * h) })
firth <- function(x, y, w = rep(1, length(y))) {
  centre <- c(0, colMeans(x)[-1]); scale <- c(1, apply(x, 2, sd)[-1]) # for optim's sake only
  z <- sweep(sweep(x, 2, centre), 2, scale, "/")
  o <- optim(0 * z[1, ], function(b) -loglik(b, z, y, w), function(b) -score(b, z, y, w), method = "BFGS",
             control = list(reltol = 1e-14, maxit = 1000))
  b <- o$par
  for (i in 1:20) b <- b - solve(jacobian(function(b) score(b, z, y, w), b), score(b, z, y, w))
  stopifnot(max(abs(score(b, z, y, w))) < 1e-11, abs(loglik(b, z, y, w) + o$value) < 1e-8)
  b <- b / scale; b[1] <- b[1] - sum(centre * b)
  list(estimate = b, se = sqrt(diag(solve(information(b, x, w)))), loglik = loglik(b, x, y, w))
}

rows <- list()
add <- function(name, x, y, w = rep(1, length(y))) {
  f <- firth(x, y, w)
  rows[[length(rows) + 1]] <<- data.frame(fit = name, term = colnames(x), estimate = f$estimate, se = f$se, loglik = f$loglik)
}
lalonde <- data("lalonde")
x <- cbind(`(Intercept)` = 1, age = lalonde$age, educ = lalonde$educ, married = lalonde$married, re74 = lalonde$re74)
add("lalonde", x, lalonde$treat)
add("lalonde_weighted", x, lalonde$treat, lalonde$age %% 4)
# Everyone above 45 is treated and nobody else: complete separation.
add("lalonde_complete", x, as.integer(lalonde$age > 45))
# All married are treated, whatever they were: quasi-complete separation.
add("lalonde_quasi", x, ifelse(lalonde$married == 1, 1L, lalonde$treat))
# Penalised likelihood ratio of marriage there.
without <- firth(x[, -4], ifelse(lalonde$married == 1, 1L, lalonde$treat))
rows[[length(rows) + 1]] <- data.frame(fit = "lalonde_quasi_without", term = "all", estimate = NaN, se = NaN, loglik = without$loglik)
save(do.call(rbind, rows), "logistic_firth")

w <- lalonde$age %% 4 + 0.5 * (lalonde$educ > 11)
g <- suppressWarnings(glm(lalonde$treat ~ x - 1, quasibinomial, weights = w, control = glm.control(epsilon = 1e-14, maxit = 100)))
i <- information(coef(g), x, w)
save(data.frame(term = colnames(x), estimate = unname(coef(g)), se = sqrt(diag(solve(i))), deviance = deviance(g)), "logistic_weighted")
