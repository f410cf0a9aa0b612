# SPDX-License-Identifier: GPL-3.0-or-later
# Expected numbers of the tests of proportional hazards and of models in two periods:
# tests/oracle/cox_models.csv. R 4.2.2, survival 3.5-3. Run from the root of the repository:
#   Rscript tests/oracle/cox_models.R > tests/oracle/cox_models.csv
#
# One line a vector: its name, then its values.
invisible(Sys.setlocale("LC_COLLATE", "C")) # levels in order of bytes
suppressPackageStartupMessages(library(survival))
put <- function(name, value) cat(paste(c(name, sprintf("%.17g", value)), collapse = ","), "\n", sep = "")
cohort <- function(name) read.csv(file.path("tests/oracle/data", paste0(name, ".csv")))
control <- coxph.control(eps = 1e-14, iter.max = 60, toler.chol = 1e-15)

lung <- cohort("lung")
lung$event <- lung$status - 1
lung <- lung[!is.na(lung$ph.ecog) & !is.na(lung$inst), ]
veteran <- cohort("veteran")
veteran$w <- 0.25 + (seq_len(nrow(veteran)) %% 5) / 2
veteran$pair <- (seq_len(nrow(veteran)) - 1) %/% 2
rotterdam <- cohort("rotterdam")
rotterdam$pair <- (seq_len(nrow(rotterdam)) - 1) %/% 2
some <- rotterdam[rotterdam$pair %% 7 == 0, ]
some$w <- 0.5 + (some$pid %% 7) / 4

# cox.zph: statistic, df and p by term, then GLOBAL -------------------------------------------
zph <- function(name, formula, data, transforms = "km", ...) {
    fit <- do.call(coxph, c(list(formula, data, control = control), list(...)))
    for (transform in transforms)
        put(sprintf("zph.%s.%s", name, transform), t(cox.zph(fit, transform)$table))
}
all <- c("km", "rank", "identity", "log")
zph("lung", Surv(time, event) ~ sex + age + factor(ph.ecog), lung, all)
zph("lung.strata", Surv(time, event) ~ sex + age + strata(inst), lung)
zph("veteran", Surv(time, status) ~ trt + celltype + karno, veteran, all)
zph("veteran.breslow", Surv(time, status) ~ trt + celltype + karno, veteran, ties = "breslow")
zph("rotterdam", Surv(dtime, death) ~ hormon + age + size + nodes + grade, rotterdam, all)

# The robust test. Rows are split at every event time, so that g(t) x is a covariate, and coxph
# itself gives score residuals and information of the larger model at (beta, 0).
robust <- function(name, time, event, x, g, term, weights, cluster) {
    fit <- coxph(Surv(time, event) ~ x, weights = weights, control = control)
    p <- ncol(x)
    id <- seq_along(time)
    split <- survSplit(Surv(time, event) ~ id, data.frame(time, event, id),
                       cut = sort(unique(time[event == 1])), start = "start")
    xs <- x[split$id, , drop = FALSE]
    z <- cbind(xs, xs * g(split$time))
    w <- weights[split$id]
    larger <- suppressWarnings(coxph(Surv(start, time, event) ~ z, split, weights = w, iter = 0,
                    init = c(coef(fit), rep(0, p)), timefix = FALSE))
    I <- solve(if (is.null(larger$naive.var)) larger$var else larger$naive.var) # weights make var robust
    L <- residuals(larger, "score", collapse = cluster[split$id], weighted = TRUE)
    b <- 1:p
    e <- L[, -b, drop = FALSE] - L[, b, drop = FALSE] %*% solve(I[b, b], I[b, -b])
    u <- colSums(L)[-b]
    one <- function(j) {
        statistic <- drop(u[j] %*% solve(crossprod(e)[j, j, drop = FALSE], u[j]))
        c(statistic, length(j), pchisq(statistic, length(j), lower.tail = FALSE))
    }
    put(paste0("robust.", name), c(sapply(c(split(1:p, term), list(1:p)), one)))
}
matrix_of <- function(formula, data) model.matrix(formula, data)[, -1, drop = FALSE]
with(lung, robust("lung", time, event, cbind(sex, age, ph.ecog), identity, 1:3, rep(1, nrow(lung)), inst))
x <- matrix_of(~ trt + celltype + karno, veteran)
with(veteran, robust("veteran", time, status, x, log, c(1, 2, 2, 2, 3), w, pair))
x <- matrix_of(~ hormon + age + size + nodes, some)
with(some, robust("rotterdam", dtime, death, x, identity, c(1, 2, 3, 3, 4), w, pair))

# Adjusted models, as the program is asked for in tests/unit/test_cox_models.c ------------------
facts <- function(name, formula, data, terms, ...) {
    fit <- do.call(coxph, c(list(formula, data, control = control), list(...)))
    table <- summary(fit)$coefficients
    error <- if (is.null(fit$naive.var)) "se(coef)" else "robust se"
    for (j in seq_along(terms))
        put(sprintf("%s.%s", name, terms[j]), table[j, c("coef", "se(coef)", error, "Pr(>|z|)")])
    put(paste0(name, ".fit"), c(fit$n, fit$nevent, fit$loglik, 2 * diff(fit$loglik), fit$score,
                                fit$wald.test, fit$concordance["concordance"]))
}
l <- cohort("lung")
l$event <- l$status - 1
l$sex <- l$sex - 1
facts("lung.adjusted", Surv(time, event) ~ sex + age + factor(ph.ecog) + wt.loss, l,
      c("arm", "age", "ph.ecog=1", "ph.ecog=2", "ph.ecog=3", "wt.loss"))
facts("lung.age", Surv(time, event) ~ age, l, "age")
facts("lung.ecog", Surv(time, event) ~ factor(ph.ecog), l, c("ph.ecog=1", "ph.ecog=2", "ph.ecog=3"))
v <- cohort("veteran")
v$trt <- v$trt - 1
terms <- c("arm", "celltype=large", "celltype=smallcell", "celltype=squamous", "karno", "prior")
facts("veteran.adjusted", Surv(time, status) ~ trt + celltype + karno + prior, v, terms)
facts("veteran.breslow", Surv(time, status) ~ trt + celltype + karno + prior, v, terms, ties = "breslow")
facts("veteran.cluster", Surv(time, status) ~ trt + celltype + karno + prior, v, terms,
      cluster = v$diagtime)
facts("veteran.strata", Surv(time, status) ~ trt + karno + prior + strata(celltype), v,
      c("arm", "karno", "prior"))
g <- cohort("gbsg")
facts("gbsg.adjusted", Surv(rfstime, status) ~ hormon + age + meno + size + grade + nodes + pgr + er, g,
      c("arm", "age", "meno", "size", "grade", "nodes", "pgr", "er"))
zph("gbsg", Surv(rfstime, status) ~ hormon + age + meno + size + grade + nodes + pgr + er, g)

# Two periods: an indicator of the arm for each, on rows split at the time ------------------------
periods <- function(name, data, cut, ...) {
    split <- survSplit(Surv(time, event) ~ ., data, cut = cut, episode = "period")
    fit <- do.call(coxph, c(list(Surv(tstart, time, event) ~ I(arm * (period == 1)) + I(arm * (period == 2)),
                                 split, control = control), list(...)))
    put(paste0("periods.", name), rbind(coef(fit), sqrt(diag(vcov(fit)))))
}
periods("lung", with(l, data.frame(time, event, arm = sex)), 365)
periods("veteran", with(v, data.frame(time, event = status, arm = trt)), 100)
periods("gbsg", with(g, data.frame(time = rfstime, event = status, arm = hormon)), 730)

# Natural cubic splines: knots, then the basis by column ---------------------------------------
library(splines)
spline <- function(name, x, df) {
    basis <- ns(x, df)
    put(paste0("spline.", name, ".knots"), c(min(x), attr(basis, "knots"), max(x)))
    put(paste0("spline.", name), basis)
}
spline("lung.age", l$age, 3)
spline("veteran.karno", v$karno, 2)
spline("gbsg.pgr", g$pgr, 5)
spline("gbsg.age", g$age, 1)

# Splines in the adjusted model: of each, log HR of Q3 against Q1, its errors, joint Wald, p ------
bent <- function(name, formula, data, variables, cluster = NULL) {
    fit <- do.call(coxph, list(formula, data, control = control, cluster = cluster))
    naive <- if (is.null(fit$naive.var)) fit$var else fit$naive.var
    for (v in variables) {
        q <- quantile(data[[v]], c(0.25, 0.75))
        j <- grep(sprintf("ns(%s,", v), names(coef(fit)), fixed = TRUE)
        a <- drop(diff(predict(ns(data[[v]], 3), q)))
        b <- coef(fit)[j]
        wald <- drop(b %*% solve(fit$var[j, j], b))
        error <- function(V) sqrt(drop(a %*% V[j, j] %*% a))
        put(sprintf("%s.%s", name, v),
            c(sum(a * b), error(naive), error(fit$var), wald, pchisq(wald, 3, lower.tail = FALSE)))
    }
    put(paste0(name, ".fit"), fit$loglik[2])
}
l <- l[complete.cases(l[, c("age", "wt.loss", "ph.karno")]), ]
bent("bent.lung", Surv(time, event) ~ sex + ns(age, 3) + ns(wt.loss, 3) + ph.karno, l, c("age", "wt.loss"))
bent("bent.veteran", Surv(time, status) ~ trt + ns(age, 3) + karno, v, "age", v$diagtime)
bent("bent.gbsg", Surv(rfstime, status) ~ hormon + ns(age, 3) + ns(pgr, 3) + ns(er, 3), g, c("age", "pgr", "er"))

# A term that foretells the event: Firth's fit of the small cohort of the tests, by the penalised
# likelihood written out (no ties, no strata). By term: estimate, its error, profile limits, LR, p.
small <- read.csv(text = "arm,time,event,dead
0,1,1,1\n1,2,1,1\n0,3,0,0\n1,4,1,1\n0,5,0,0\n1,6,1,1\n0,7,1,1
1,8,0,0\n0,9,1,1\n1,10,1,1\n0,11,1,1\n1,12,0,0\n0,13,1,1\n1,14,1,1")
penalised <- function(time, event, x) {
    at <- function(beta) {
        eta <- drop(x %*% beta)
        value <- 0
        I <- 0
        for (i in which(event == 1)) {
            R <- which(time >= time[i])
            w <- exp(eta[R])
            z <- x[R, , drop = FALSE]
            m <- colSums(w * z) / sum(w)
            value <- value + eta[i] - log(sum(w))
            I <- I + crossprod(sqrt(w) * sweep(z, 2, m)) / sum(w)
        }
        list(value = value + determinant(I)$modulus[1] / 2, I = I)
    }
    slope <- function(beta, j) { # Richardson's extrapolation of central differences
        central <- function(h) { e <- h * (seq_along(beta) == j); (at(beta + e)$value - at(beta - e)$value) / (2 * h) }
        (4 * central(5e-4) - central(1e-3)) / 3
    }
    top <- function(free, beta) {
        for (k in if (length(free)) 1:300) {
            here <- at(beta)
            step <- solve(here$I[free, free], sapply(free, function(j) slope(beta, j)))
            h <- 1
            repeat {
                to <- beta
                to[free] <- beta[free] + h * step
                there <- at(to)$value
                if (h < 1e-3 || (is.finite(there) && there >= here$value - 1e-13)) break
                h <- h / 2
            }
            beta <- to
            if (max(abs(step)) < 1e-11) break
        }
        list(beta = beta, value = at(beta)$value)
    }
    list(at = at, top = top)
}
firth <- function(name, time, event, x, terms) {
    l <- penalised(time, event, x)
    p <- ncol(x)
    best <- l$top(1:p, rep(0, p))
    se <- sqrt(diag(solve(l$at(best$beta)$I)))
    for (j in 1:p) {
        fall <- function(b) {
            beta <- best$beta
            beta[j] <- b
            2 * (best$value - l$top(setdiff(1:p, j), beta)$value)
        }
        root <- function(d) uniroot(function(b) fall(b) - qchisq(0.95, 1),
                                    best$beta[j] + sort(d * se[j] * c(0.5, 2)), extendInt = "yes", tol = 1e-10)$root
        put(sprintf("%s.%s", name, terms[j]),
            c(best$beta[j], se[j], root(-1), root(1), fall(0), pchisq(fall(0), 1, lower.tail = FALSE)))
    }
    put(paste0(name, ".loglik"), c(l$at(rep(0, p))$value, best$value))
}
with(small, firth("firth.small", time, event, cbind(arm, dead), c("arm", "dead")))

# Exact ties, and limits of the profile likelihood: by term low, high, LR ---------------------------
facts("veteran.exact", Surv(time, status) ~ trt + karno + prior, v, c("arm", "karno", "prior"),
      ties = "exact")
l <- cohort("lung")
l$event <- l$status - 1
l$sex <- l$sex - 1
facts("lung.exact", Surv(time, event) ~ sex + age, l, c("arm", "age"), ties = "exact")
facts("gbsg.exact", Surv(rfstime, status) ~ hormon + age + nodes, g, c("arm", "age", "nodes"), ties = "exact")
profiled <- function(name, y, x, terms, ties = "efron") {
    fit <- coxph(y ~ x, ties = ties, control = control)
    for (j in seq_along(terms)) {
        fall <- function(b) {
            z <- b * x[, j]
            other <- if (ncol(x) == 1) coxph(y ~ offset(z), ties = ties)
                     else coxph(y ~ x[, -j] + offset(z), ties = ties, control = control)
            2 * (fit$loglik[2] - other$loglik[length(other$loglik)])
        }
        se <- sqrt(fit$var[j, j])
        root <- function(d) uniroot(function(b) fall(b) - qchisq(0.95, 1),
                                    coef(fit)[j] + sort(d * se * c(1, 3)), extendInt = "yes", tol = 1e-11)$root
        put(sprintf("%s.%s", name, terms[j]), c(root(-1), root(1), fall(0)))
    }
}
profiled("profile.lung", Surv(l$time, l$event), as.matrix(l[c("sex", "age")]), c("arm", "age"))
profiled("profile.lung.exact", Surv(l$time, l$event), as.matrix(l[c("sex", "age")]), c("arm", "age"), "exact")
profiled("profile.veteran", Surv(v$time, v$status), as.matrix(v[c("trt", "karno", "prior")]),
         c("arm", "karno", "prior"))
profiled("profile.gbsg", Surv(g$rfstime, g$status), as.matrix(g[c("hormon", "age", "nodes")]),
         c("arm", "age", "nodes"))
put("veteran.cluster.rscore", coxph(Surv(time, status) ~ trt + celltype + karno + prior, v,
                                    cluster = v$diagtime, control = control)$rscore)

# Interactions: terms, then Wald's test of those of a factor: statistic, df, p -----------------------
joint <- function(name, fit, pattern) {
    j <- grep(pattern, names(coef(fit)))
    wald <- drop(coef(fit)[j] %*% solve(fit$var[j, j], coef(fit)[j]))
    put(name, c(wald, length(j), pchisq(wald, length(j), lower.tail = FALSE)))
}
facts("product.veteran", Surv(time, status) ~ trt + celltype + karno + trt:celltype + trt:karno, v,
      c("arm", "celltype=large", "celltype=smallcell", "celltype=squamous", "karno",
        "arm:celltype=large", "arm:celltype=smallcell", "arm:celltype=squamous", "arm:karno"))
joint("product.veteran.joint", coxph(Surv(time, status) ~ trt + celltype + karno + trt:celltype + trt:karno, v,
                                     control = control), "trt:celltype")
facts("product.cluster", Surv(time, status) ~ trt + celltype + trt:celltype, v,
      c("arm", "celltype=large", "celltype=smallcell", "celltype=squamous",
        "arm:celltype=large", "arm:celltype=smallcell", "arm:celltype=squamous"), cluster = v$diagtime)
joint("product.cluster.joint", coxph(Surv(time, status) ~ trt + celltype + trt:celltype, v, cluster = v$diagtime,
                                     control = control), "trt:celltype")
facts("product.lung", Surv(time, event) ~ sex + age + sex:age, l, c("arm", "age", "arm:age"))
facts("product.gbsg", Surv(rfstime, status) ~ hormon + age + nodes + hormon:age + hormon:nodes, g,
      c("arm", "age", "nodes", "arm:age", "arm:nodes"))
