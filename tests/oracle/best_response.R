# SPDX-License-Identifier: GPL-3.0-or-later
# Best responses from assessments, written as admiralonco's definitions are (a condition on all that lies between, counts of
# it), not as the program walks the list; read by tests/unit/test_best_response.c and tests/property/test_best_response.c.
# R 4.2.2, base and survival alone.
#
#   Rscript tests/oracle/best_response.R random > tests/oracle/best_response_random.csv
#   Rscript tests/oracle/best_response.R sample > tests/oracle/best_response_sample.csv
suppressPackageStartupMessages(library(survival))

order_of <- c("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "iUPD", "NE")
worst_first <- c("PD", "iCPD", "iUPD", "NON-CR/NON-PD", "SD", "PR", "CR", "NE", "ND")

# The first of the later assessments that could confirm number i, and all up to it.
confirms <- function(day, resp, i, with, between, rules) {
    later <- which(seq_along(day) > i & resp %in% with & day >= day[i] + rules$confirm)
    if (length(later) == 0) return(FALSE)
    span <- (i + 1):min(later)
    r <- resp[span]
    n_ne <- sum(r %in% c("NE", "ND"))
    cr <- day[span][r == "CR"]; pr <- day[span][r == "PR"]
    all(r %in% between) && n_ne <= rules$most_ne && sum(r == "SD") <= rules$accept_sd &&
        (length(cr) == 0 || length(pr) == 0 || min(cr) > max(pr))
}

# progression: of the patient's row, NA where there is none
best <- function(day, resp, progression, rules, confirm) {
    keep <- day >= 0 & (is.na(progression) | day <= progression)
    day <- day[keep]; resp <- resp[keep]
    o <- order(day, match(resp, worst_first))
    day <- day[o]; resp <- resp[o]
    first <- !duplicated(day)
    day <- day[first]; resp <- resp[first]
    end <- which(resp %in% c("PD", "iCPD"))
    if (length(end) > 0) {
        day <- day[seq_len(end[1])]; resp <- resp[seq_len(end[1])]
    } else if (!is.na(progression)) {
        day <- c(day, progression); resp <- c(resp, "PD")
    }
    n <- length(day)
    pd <- if (n > 0 && resp[n] == "PD") day[n] else NA
    if (n > 0 && resp[n] == "iCPD") { # the first iUPD that is followed by iUPD, NE and ND alone, up to the iCPD
        start <- Filter(function(i) resp[i] == "iUPD" && all(resp[i:(n - 1)] %in% c("iUPD", "NE", "ND")),
                        seq_len(n - 1))
        pd <- if (length(start) > 0) day[start[1]] else day[n]
    }
    late <- day >= rules$sd_minimum
    ok <- rep(TRUE, n)
    if (confirm)
        for (i in seq_len(n))
            ok[i] <- switch(resp[i],
                CR = confirms(day, resp, i, "CR", c("CR", "NE", "ND"), rules),
                PR = confirms(day, resp, i, c("CR", "PR"), c("CR", "PR", "SD", "NE", "ND"), rules), FALSE)
    when <- list(
        CR = resp == "CR" & ok, PR = resp == "PR" & ok,
        SD = resp %in% c("CR", "PR", "SD") & late, `NON-CR/NON-PD` = resp == "NON-CR/NON-PD" & late,
        PD = resp %in% c("PD", "iCPD"), iUPD = resp == "iUPD",
        NE = resp == "NE" | (resp %in% c("CR", "PR", "SD", "NON-CR/NON-PD") & !late))
    hit <- Filter(any, when)
    responded <- resp %in% c("CR", "PR") & ok
    list(best = if (length(hit) == 0) "none" else names(hit)[1],
         day = if (length(hit) == 0) NA else if (names(hit)[1] == "PD") pd else day[which(hit[[1]])[1]],
         first = if (any(responded)) day[which(responded)[1]] else NA, progression = pd)
}

usual <- list(confirm = 28, sd_minimum = 42, most_ne = 1, accept_sd = FALSE)

if (identical(commandArgs(TRUE), "random")) {
    set.seed(20260711)
    # Rounds of about four weeks: mostly RECIST, every fourth patient with codes of iRECIST.
    cat("rule,list,unconfirmed,day,first,confirmed,confirmed.day,confirmed.first,progression\n")
    rules <- list(usual, list(confirm = 35, sd_minimum = 56, most_ne = 0, accept_sd = TRUE),
                  list(confirm = 0, sd_minimum = 0, most_ne = 2, accept_sd = TRUE))
    for (k in 1:400) {
        n <- sample(0:9, 1)
        day <- sort(sample(-20:260, n, replace = k %% 5 == 0))
        codes <- c("CR", "PR", "SD", "NON-CR/NON-PD", "PD", "NE", "ND")
        p <- c(0.22, 0.30, 0.15, 0.04, 0.06, 0.15, 0.08)
        if (k %% 4 == 0) { codes <- c(codes, "iUPD", "iCPD"); p <- c(p * 0.75, 0.18, 0.07) }
        resp <- sample(codes, n, replace = TRUE, prob = p)
        for (r in seq_along(rules)) {
            u <- best(day, resp, NA, rules[[r]], FALSE); c <- best(day, resp, NA, rules[[r]], TRUE)
            cat(r, paste(day, resp, collapse = ";"), u$best, u$day, u$first, c$best, c$day, c$first,
                u$progression, sep = ",")
            cat("\n")
        }
    }
} else {
    cutoff <- as.Date("2025-06-30")
    d <- read.csv("sample_data/cohort.csv", stringsAsFactors = FALSE)
    a <- read.csv("sample_data/assess.csv", stringsAsFactors = FALSE)
    a <- a[as.Date(a$assess_date) <= cutoff, ]
    days <- function(x) as.numeric(as.Date(ifelse(x == "", NA, x)))
    zero <- days(d$index_date); pd <- days(d$pd_date); death <- days(d$death_date)
    pd[pd > as.numeric(cutoff)] <- NA
    cat("what,value\n")
    for (confirm in c(FALSE, TRUE)) {
        b <- lapply(seq_len(nrow(d)), function(i) {
            rows <- a[a$usubjid == d$usubjid[i], ]
            best(days(rows$assess_date) - zero[i], rows$overall_resp, pd[i] - zero[i], usual, confirm)
        })
        response <- sapply(b, `[[`, "best"); first <- sapply(b, `[[`, "first")
        for (arm in sort(unique(d$arm))) {
            name <- paste0(if (confirm) "confirmed " else "unconfirmed ", arm, " ")
            at <- d$arm == arm
            out <- function(what, x) cat(sprintf("%s%s,%.17g\n", name, what, x))
            for (r in order_of) out(r, sum(response[at] == r))
            out("missing", sum(response[at] == "none"))
            out("ORR", sum(response[at] %in% c("CR", "PR")))
            out("DCR", sum(response[at] %in% order_of[1:4]))
            out("TTR median", median(first[at], na.rm = TRUE) / 30.4375)
            out("TTR max", max(first[at], na.rm = TRUE) / 30.4375)
            # progression or death by the cut-off, else the last assessment (of the patient's row)
            last <- pmin(days(d$last_assess_date), as.numeric(cutoff)) - zero
            event <- pmin(pd, ifelse(death <= as.numeric(cutoff), death, NA), na.rm = TRUE) - zero
            end <- ifelse(is.na(event), last, event)
            s <- survfit(Surv(end - first, !is.na(event)) ~ 1, subset = at & !is.na(first),
                         conf.type = "log-log")
            out("DOR n", s$n)
            out("DOR median", unname(summary(s)$table["median"]) / 30.4375)
        }
    }
}
