# SPDX-License-Identifier: GPL-3.0-or-later
# Expected numbers for the log-rank family, from R 4.2.2, survival 3.5-3, coin 1.4-2, survey 4.1-1,
# mvtnorm 1.1-3.
#
#   Rscript tests/oracle/logrank_family.R > tests/oracle/logrank_family.csv
#
# Each line is a name and its values. survdiff knows rho only and takes neither weights nor late
# entry; what it does not know is computed from the definition in weighted(), which is stopped
# here where it does not agree with survdiff, with coin's weights, or with a Cox score test.
invisible(Sys.setlocale("LC_COLLATE", "C")) # levels in order of bytes
suppressMessages({
    library(survival)
    library(coin)
    library(survey)
    library(mvtnorm)
})
options(digits = 17)
put <- function(name, x) cat(paste(c(name, sprintf("%.17g", unlist(x))), collapse = ","), "\n", sep = "")
agree <- function(a, b) stopifnot(all(abs(a - b) <= 1e-9 * pmax(abs(b), 1e-3)))

read <- function(name) read.csv(paste0("tests/oracle/data/", name, ".csv"))
lung <- read("lung")
lung$event <- as.integer(lung$status == 2)
veteran <- read("veteran")
rotterdam <- read("rotterdam")
gbsg <- read("gbsg")
rotterdam$etime <- pmin(rotterdam$rtime, rotterdam$dtime)
# By position in the file, so that the C test can make the same
sampling <- function(n) 0.5 + ((seq_len(n) - 1) %% 7) / 4
fifths <- function(n) (seq_len(n) - 1) %% 40

# From the definition ---------------------------------------------------------------------------
weight_of <- list(
    logrank = function(n, d, S, P) rep(1, length(n)),
    gehan = function(n, d, S, P) n,
    `tarone-ware` = function(n, d, S, P) sqrt(n),
    peto = function(n, d, S, P) P,
    fh10 = function(n, d, S, P) S,
    fh01 = function(n, d, S, P) 1 - S,
    fh11 = function(n, d, S, P) S * (1 - S),
    `fh.5.2` = function(n, d, S, P) S^0.5 * (1 - S)^2)

# Sums of one stratum for several weights at once: O, E by group and all covariances
weighted_one <- function(time, event, group, tests, entry = rep(-1, length(time))) {
    t <- sort(unique(time[event == 1]))
    K <- nlevels(group)
    n <- sapply(levels(group), function(g)
        sapply(t, function(s) sum(group == g & time >= s & entry < s)))
    d <- sapply(levels(group), function(g) sapply(t, function(s) sum(group == g & time == s & event == 1)))
    n <- matrix(n, ncol = K)
    d <- matrix(d, ncol = K)
    N <- rowSums(n)
    D <- rowSums(d)
    S <- c(1, cumprod(1 - D / N))[seq_along(t)]
    P <- cumprod(1 - D / (N + 1))
    spread <- ifelse(N > 1, D * (N - D) / pmax(N - 1, 1), 0)
    w <- sapply(tests, function(f) f(N, D, S, P))
    w <- matrix(w, ncol = length(tests))
    q <- length(tests)
    V <- array(0, c(q, q, K, K))
    for (a in 1:q) for (b in 1:q) for (g in 1:K) for (h in 1:K)
        V[a, b, g, h] <- sum(w[, a] * w[, b] * spread * n[, g] / N * ((g == h) - n[, h] / N))
    list(O = t(w) %*% d, E = t(w) %*% (D * n / N), V = V)
}
weighted <- function(time, event, group, strata = rep(1, length(time)), tests = weight_of, ...) {
    group <- factor(group)
    sums <- lapply(split(seq_along(time), strata, drop = TRUE), function(i) {
        extra <- lapply(list(...), `[`, i)
        do.call(weighted_one, c(list(time[i], event[i], group[i], tests), extra))
    })
    add <- function(part) Reduce(`+`, lapply(sums, `[[`, part))
    list(O = add("O"), E = add("E"), V = add("V"))
}
chisq <- function(sums, a) {
    U <- (sums$O - sums$E)[a, ][-1]
    V <- sums$V[a, a, -1, -1]
    drop(U %*% solve(V, U))
}

# P(max |Z| > m) of G(0,0), G(1,0), G(0,1), G(1,1). Since S + (1 - S) = 1, the first is a sum of the
# next two: two nested integrals over Cholesky's x1 and x2, and a normal probability for the fourth.
joint <- function(C, m) {
    ab <- solve(C[2:3, 2:3], C[2:3, 1])
    L <- t(chol(C[2:4, 2:4]))
    given <- function(x1) {
        slope <- ab[2] * L[2, 2]
        shift <- (ab[1] + ab[2] * L[2, 1]) * x1
        low <- max((-m - L[2, 1] * x1) / L[2, 2], (-m - shift) / slope, -9)
        high <- min((m - L[2, 1] * x1) / L[2, 2], (m - shift) / slope, 9)
        if (low >= high) return(0)
        f <- function(x2) {
            at <- L[3, 1] * x1 + L[3, 2] * x2
            dnorm(x2) * (pnorm((m - at) / L[3, 3]) - pnorm((-m - at) / L[3, 3]))
        }
        dnorm(x1) * integrate(f, low, high, rel.tol = 1e-10, subdivisions = 2000)$value
    }
    at <- seq(-m, m, length.out = 41)
    1 - sum(sapply(1:40, function(i) integrate(Vectorize(given), at[i], at[i + 1], rel.tol = 1e-9)$value))
}

family <- function(name, data, time, event, group, strata = NULL) {
    s <- if (is.null(strata)) rep(1, nrow(data)) else data[[strata]]
    sums <- weighted(data[[time]], data[[event]], data[[group]], s)
    for (a in seq_along(weight_of)) {
        key <- paste0("family.", name, ".", names(weight_of)[a], ".")
        put(paste0(key, "observed"), sums$O[a, ])
        put(paste0(key, "expected"), sums$E[a, ])
        x <- chisq(sums, a)
        df <- ncol(sums$O) - 1
        put(paste0(key, "statistic"), x)
        put(paste0(key, "df"), df)
        put(paste0(key, "p"), pchisq(x, df, lower.tail = FALSE))
    }
    right <- paste0(group, if (!is.null(strata)) paste0(" + strata(", strata, ")"))
    formula <- as.formula(paste0("Surv(", time, ", ", event, ") ~ ", right))
    for (rho in c(0, 1)) {
        fit <- survdiff(formula, data, rho = rho)
        a <- if (rho == 0) "logrank" else "fh10"
        agree(chisq(sums, match(a, names(weight_of))), fit$chisq)
    }
    K <- ncol(sums$O)
    a <- 0:(K - 1)
    for (test in c("logrank", "gehan")) {
        k <- match(test, names(weight_of))
        z <- sum(a * (sums$O - sums$E)[k, ]) / sqrt(drop(a %*% sums$V[k, k, , ] %*% a))
        put(paste0("trend.", name, ".", test), z)
    }
    if (K == 2) {
        k <- match(c("logrank", "fh10", "fh01", "fh11"), names(weight_of))
        U <- (sums$O - sums$E)[k, 2]
        V <- sums$V[k, k, 2, 2]
        z <- U / sqrt(diag(V))
        m <- max(abs(z))
        p <- joint(cov2cor(V), m)
        # mvtnorm draws points at random; on a singular matrix it is off by more than it says
        set.seed(1)
        stopifnot(abs(p - (1 - pmvnorm(rep(-m, 4), rep(m, 4), corr = cov2cor(V),
                                       algorithm = GenzBretz(maxpts = 5e5, abseps = 1e-6)))) < 1e-4)
        put(paste0("maxcombo.", name, ".z"), z)
        put(paste0("maxcombo.", name, ".correlation"), cov2cor(V))
        put(paste0("maxcombo.", name, ".p"), p)
    }
}
inst <- lung[!is.na(lung$inst), ]
ecog <- lung[!is.na(lung$ph.ecog), ]
family("lung.sex", lung, "time", "event", "sex")
family("lung.ecog", ecog, "time", "event", "ph.ecog")
family("lung.sex.inst", inst, "time", "event", "sex", "inst")
family("veteran.celltype", veteran, "time", "status", "celltype")
family("veteran.trt.celltype", veteran, "time", "status", "trt", "celltype")
family("gbsg.hormon", gbsg, "rfstime", "status", "hormon")
family("rotterdam.hormon", rotterdam, "dtime", "death", "hormon")
family("rotterdam.size.meno", rotterdam, "dtime", "death", "size", "meno")
family("rotterdam.chemo", rotterdam, "dtime", "death", "chemo")

# coin's own weights. Names differ: its Prentice-Marek is S~, Peto-Peto with SAS and in Klein &
# Moeschberger; its Peto-Peto is G(1,0).
with(veteran, {
    t <- sort(unique(time))
    n <- sapply(t, function(s) sum(time >= s))
    d <- sapply(t, function(s) sum(time == s & status == 1))
    S <- c(1, cumprod(1 - d / n))[seq_along(t)]
    P <- cumprod(1 - d / (n + 1))
    agree(logrank_weight(t, n, d, "Gehan-Breslow"), weight_of$gehan(n, d, S, P))
    agree(logrank_weight(t, n, d, "Tarone-Ware"), weight_of$`tarone-ware`(n, d, S, P))
    agree(logrank_weight(t, n, d, "Prentice-Marek"), P)
    agree(logrank_weight(t, n, d, "Peto-Peto"), S)
    agree(logrank_weight(t, n, d, "Fleming-Harrington", rho = 0.5, gamma = 2),
          weight_of$fh.5.2(n, d, S, P))
})

# Late entry: the definition, which must be the Cox score test of exact ties --------------------
late <- function(name, data, time, event, group) {
    n <- nrow(data)
    entry <- floor(data[[time]] * ((seq_len(n) - 1) %% 4) / 5)
    sums <- weighted(data[[time]], data[[event]], data[[group]], entry = entry)
    y <- Surv(entry, data[[time]], data[[event]])
    g <- factor(data[[group]])
    one <- !duplicated(data[[time]]) # without ties the score test is the same for any method
    again <- weighted(data[[time]][one], data[[event]][one], g[one], entry = entry[one])
    agree(chisq(again, 1), coxph(y[one] ~ g[one])$score)
    for (a in c("logrank", "gehan", "fh11")) {
        put(paste0("late.", name, ".", a), chisq(sums, match(a, names(weight_of))))
    }
}
late("lung", lung, "time", "event", "sex")
late("veteran", veteran, "time", "status", "celltype")
late("gbsg", gbsg, "rfstime", "status", "hormon")

# Robust: the score test of a Cox model with Breslow's ties --------------------------------------
robust <- function(name, data, time, event, group, weights, cluster, strata = NULL) {
    y <- Surv(data[[time]], data[[event]])
    g <- factor(data[[group]])
    data$.w <- weights
    data$.c <- cluster
    data$.g <- g
    data$.y <- y
    f <- if (is.null(strata)) .y ~ .g else as.formula(paste0(".y ~ .g + strata(", strata, ")"))
    fit <- coxph(f, data, weights = .w, cluster = .c, ties = "breslow")
    put(paste0("robust.", name, ".statistic"), fit$rscore)
    # the same by hand
    fit0 <- coxph(f, data, weights = .w, ties = "breslow", init = rep(0, nlevels(g) - 1), iter.max = 0)
    r <- rowsum(as.matrix(residuals(fit0, "score", weighted = TRUE)), cluster)
    u <- colSums(r)
    agree(drop(u %*% solve(crossprod(r), u)), fit$rscore)
}
robust("lung", lung, "time", "event", "sex", sampling(nrow(lung)), seq_len(nrow(lung)))
robust("lung.inst", inst, "time", "event", "sex", sampling(nrow(inst)), inst$inst)
robust("veteran", veteran, "time", "status", "celltype", sampling(137), seq_len(137))
robust("veteran.strata", veteran, "time", "status", "trt", rep(1, 137), seq_len(137), "celltype")
n <- nrow(rotterdam)
robust("rotterdam", rotterdam, "dtime", "death", "hormon", sampling(n), seq_len(n))
robust("rotterdam.pair", rotterdam, "dtime", "death", "hormon", rep(1, n), (seq_len(n) - 1) %/% 2)
# survey's tests take the variance about the mean of the scores, with n / (n - 1)
unique_times <- function(data, time) { # svylogrank's Cox model takes Efron's ties: without ties
    data$.t <- rank(data[[time]], ties.method = "first")
    data
}
design <- function(data) svydesign(~1, weights = ~w, data = data)
lung$w <- sampling(nrow(lung))
gbsg$w <- sampling(nrow(gbsg))
rotterdam$w <- sampling(n)
few <- unique_times(rotterdam[seq_len(600), ], "dtime")
put("survey.lung", svylogrank(Surv(.t, event) ~ sex, design(unique_times(lung, "time")))[[2]][1])
put("survey.gbsg", svylogrank(Surv(.t, status) ~ hormon, design(unique_times(gbsg, "rfstime")))[[2]][1])
put("survey.rotterdam", svylogrank(Surv(.t, death) ~ hormon, design(few))[[2]][1])

# Adjustment of p-values --------------------------------------------------------------------------
pairs <- combn(sort(unique(veteran$celltype)), 2)
p <- apply(pairs, 2, function(two)
    survdiff(Surv(time, status) ~ celltype, veteran[veteran$celltype %in% two, ])$pvalue)
put("pairwise.p", p)
put("pairwise.holm", p.adjust(p, "holm"))
put("pairwise.bh", p.adjust(p, "BH"))

# Maximum of correlated normals, by mvtnorm ---------------------------------------------------------
maximum <- function(name, corr, m) {
    k <- nrow(corr)
    p <- 1 - pmvnorm(rep(-m, k), rep(m, k), corr = corr, algorithm = if (k < 4) Miwa(steps = 4096)
                     else GenzBretz(maxpts = 2e6, abseps = 1e-9))
    put(paste0("maximum.", name, ".correlation"), corr)
    put(paste0("maximum.", name, ".m"), m)
    put(paste0("maximum.", name, ".p"), p)
}
set.seed(2)
equal <- function(k, r) matrix(r, k, k) + diag(1 - r, k)
maximum("two", equal(2, 0.6), 2.2)
maximum("three", equal(3, 0.9), 2.5)
maximum("three.negative", matrix(c(1, -0.3, 0.5, -0.3, 1, 0.4, 0.5, 0.4, 1), 3), 1.5)
maximum("four", equal(4, 0.7), 2)
maximum("four.autoregressive", 0.8^abs(outer(1:4, 1:4, "-")), 1)

# Permutation: coin's exact distribution, and its statistic ------------------------------------------
small <- veteran[c(1:9, 70:77), ]
small$g <- factor(small$trt)
exact <- logrank_test(Surv(time, status) ~ g, small, distribution = "exact", ties.method = "mid-ranks")
put("permutation.small.statistic", statistic(exact)^2)
put("permutation.small.p", pvalue(exact))
for (type in c("logrank", "Gehan-Breslow")) {
    fit <- logrank_test(Surv(time, status) ~ factor(celltype), veteran, type = type)
    put(paste0("permutation.veteran.", type), statistic(fit))
}
blocked <- logrank_test(Surv(time, event) ~ factor(sex) | factor(inst), inst, type = "logrank")
put("permutation.lung.inst", statistic(blocked)^2)
