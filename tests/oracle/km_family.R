# SPDX-License-Identifier: GPL-3.0-or-later
# Expected numbers of robust Kaplan–Meier errors, restricted means, Nelson–Aalen and late entry:
# tests/oracle/km_family.csv. R 4.2.2, survival 3.5-3. Run from the root of the repository:
#   Rscript tests/oracle/km_family.R > tests/oracle/km_family.csv
#
# One line a vector: its name, then its values. NA is written as nan.
invisible(Sys.setlocale("LC_COLLATE", "C"))
suppressPackageStartupMessages(library(survival))

put <- function(name, value)
    cat(paste(c(name, ifelse(is.na(value), "nan", sprintf("%.17g", value))), collapse = ","), "\n",
        sep = "")
cohort <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")))

# The same columns for all: time, event, arm (0/1), cluster, weight, late entry.
make <- function(data, time, event, arm) {
    n <- nrow(data)
    k <- seq_len(n) - 1
    time <- data[[time]]
    data.frame(time = time, event = event, arm = as.integer(arm), cluster = k %/% 3,
               weight = 0.25 + (k %% 5) / 2, entry = time * (k %% 4) / 8)
}
lung <- cohort("lung")
veteran <- cohort("veteran")
gbsg <- cohort("gbsg")
rotterdam <- cohort("rotterdam")
all <- list(lung = make(lung, "time", lung$status == 2, lung$sex == 2),
            veteran = make(veteran, "time", veteran$status == 1, veteran$trt == 2),
            gbsg = make(gbsg, "rfstime", gbsg$status == 1, gbsg$hormon == 1),
            rotterdam = make(rotterdam, "dtime", rotterdam$death == 1, rotterdam$hormon == 1))
tau <- c(lung = 700, veteran = 300, gbsg = 1800, rotterdam = 3000)

curve <- function(name, key, formula, data, ...) {
    fit <- do.call(survfit, list(formula, data, conf.type = "log-log", ...))
    error <- if (isTRUE(fit$logse)) fit$surv * fit$std.err else fit$std.err
    some <- unique(c(seq(1, length(fit$time), ceiling(length(fit$time) / 50)), length(fit$time)))
    keep <- fit$surv > 0
    put(sprintf("%s.%s.time", name, key), fit$time[some])
    put(sprintf("%s.%s.survival", name, key), fit$surv[some])
    put(sprintf("%s.%s.std_error", name, key), (ifelse(keep, error, NA))[some])
    put(sprintf("%s.%s.low", name, key), (ifelse(keep, fit$lower, NA))[some])
    put(sprintf("%s.%s.high", name, key), (ifelse(keep, fit$upper, NA))[some])
    put(sprintf("%s.%s.hazard", name, key), fit$cumhaz[some])
    put(sprintf("%s.%s.hazard.std_error", name, key), fit$std.chaz[some])
}

for (name in names(all)) {
    data <- all[[name]]
    for (g in 0:1) {
        one <- data[data$arm == g, ]
        id <- paste0(name, ".", g)
        curve(id, "plain", Surv(time, event) ~ 1, one)
        curve(id, "weighted", Surv(time, event) ~ 1, one, weights = one$weight, robust = TRUE)
        curve(id, "clustered", Surv(time, event) ~ 1, one, weights = one$weight,
              cluster = one$cluster)
        curve(id, "entry", Surv(entry, time, event) ~ 1, one)
        mean <- survival:::survmean(survfit(Surv(time, event) ~ 1, one), rmean = tau[name])
        put(paste0(id, ".rmst"), mean$matrix[c("rmean", "se(rmean)")])
    }
    # Means and their difference under weights and clusters, from the definition: survfit has no
    # robust error of a mean, so each row's influence is a numerical derivative (good to 1e-7).
    area <- function(w) sapply(0:1, function(g) {
        one <- data[data$arm == g, ]
        fit <- do.call(survfit, list(Surv(time, event) ~ 1, one, weights = w[data$arm == g]))
        t <- c(0, fit$time[fit$time < tau[name]], tau[name])
        s <- c(1, fit$surv)[findInterval(tau[name] / 2, c(0, fit$time))]
        c(sum(diff(t) * c(1, fit$surv[fit$time < tau[name]])), s)
    })
    if (name != "rotterdam") { # thousands of fits
        h <- 1e-5
        d <- t(sapply(seq_len(nrow(data)), function(i) {
            up <- down <- data$weight
            up[i] <- up[i] + h
            down[i] <- down[i] - h
            c(area(up) - area(down)) / (2 * h) * data$weight[i]
        }))
        # By arm and of the difference: columns of d are mean, survival at tau / 2, by arm.
        d <- cbind(d, d[, 3] - d[, 1], d[, 4] - d[, 2])
        error <- list(weighted = sqrt(colSums(d^2)),
                      clustered = sqrt(colSums(rowsum(d, data$cluster)^2)))
        estimate <- c(area(data$weight))
        for (kind in names(error)) {
            put(paste0(name, ".rmst.", kind), c(estimate[c(1, 3)], error[[kind]][c(1, 3, 5)]))
            put(paste0(name, ".survival.", kind), c(estimate[c(2, 4)], error[[kind]][c(2, 4, 6)]))
        }
    }
}

# Critical values of simultaneous bands, by other routes than the program's ------------------------
# Hall–Wellner: the killed Brownian motion by images, integrated on a grid.
inside.bridge <- function(low, high, k, n = 601) {
    x <- seq(-k, k, length.out = n)
    h <- x[2] - x[1]
    s <- sqrt(high - low)
    q <- outer(x, x, function(a, b) {
        sum <- 0
        for (j in -8:8)
            sum <- sum + dnorm(b - a - 4 * j * k, 0, s) - dnorm(b + a - 2 * k - 4 * j * k, 0, s)
        sum
    })
    sqrt(2 * pi) * sum(dnorm(x, 0, sqrt(low)) * (q %*% dnorm(x, 0, sqrt(1 - high)))) * h^2
}
# Equal precision: the generator of the Ornstein–Uhlenbeck process by finite differences.
inside.ou <- function(length, c) {
    at <- function(n) {
        h <- 2 * c / n
        x <- -c + h * seq_len(n - 1)
        a <- diag(2 / h^2 + x^2 / 4 - 1 / 2)
        a[cbind(1:(n - 2), 2:(n - 1))] <- a[cbind(2:(n - 1), 1:(n - 2))] <- -1 / h^2
        e <- eigen(a, symmetric = TRUE)
        sum(crossprod(e$vectors, sqrt(dnorm(x)))^2 * exp(-e$values * length)) * h
    }
    (4 * at(240) - at(120)) / 3
}
ends <- list(c(0.1, 0.6), c(0.1, 0.9), c(0.02, 0.6), c(0.3, 0.5), c(0.05, 0.4))
for (level in c(0.9, 0.95, 0.99)) {
    root <- function(f, from, to) uniroot(function(k) f(k) - level, c(from, to), tol = 1e-10)$root
    put(sprintf("hall-wellner.%g", level),
        sapply(ends, function(e) root(function(k) inside.bridge(e[1], e[2], k), 0.5, 3)))
    put(sprintf("equal-precision.%g", level), sapply(ends, function(e)
        root(function(c) inside.ou(log(e[2] * (1 - e[1]) / (e[1] * (1 - e[2]))) / 2, c), 1.5, 5)))
}
put("ends", unlist(ends))

# What --cluster shows: veteran's arms at 100 days, histologies as clusters; quantiles of the first.
fit <- do.call(survfit, list(Surv(time, status) ~ trt, veteran, cluster = veteran$celltype,
                             conf.type = "log-log"))
at <- summary(fit, times = 100)
put("veteran.celltype", c(at$surv, at$std.err, at$lower, at$upper))
q <- quantile(survfit(Surv(time, status) ~ trt, veteran, conf.type = "log-log")[1], c(0.25, 0.75))
put("veteran.quantile", c(q$quantile, q$lower, q$upper))
