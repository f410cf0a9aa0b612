# What --ph draws: log(-log S), scaled Schoenfeld residuals of the arms, and their smooth, on lung.csv with
# arm sex. R 4.2.2, survival 3.5-3. Writes ph_figure.csv: name,value.
library(survival)
library(splines)
d <- read.csv("tests/oracle/data/lung.csv")
d$event <- as.integer(d$status == 2)
fit <- coxph(Surv(time, event) ~ I(sex == 2), d, ties = "efron")
scaled <- residuals(fit, "scaledsch")
time <- as.numeric(names(scaled)); if (anyNA(time)) time <- sort(d$time[d$event == 1])
r <- rank(time)  - 1
smooth <- lm(scaled ~ ns(r, df = 3))
n <- length(time)
out <- list()
put <- function(name, value) out[[length(out) + 1]] <<- data.frame(name, value)
put("n.residuals", n)
put("residual.first", scaled[1])
put("residual.last", scaled[n])
for (k in c(0, 20, 39)) {
  at <- data.frame(r = (n - 1) * k / 39)
  p <- predict(smooth, at, se.fit = TRUE)
  put(paste0("smooth.", k, ".estimate"), p$fit)
  put(paste0("smooth.", k, ".conf.low"), p$fit - qnorm(0.975) * p$se.fit)
  put(paste0("smooth.", k, ".conf.high"), p$fit + qnorm(0.975) * p$se.fit)
}
km <- summary(survfit(Surv(time, event) ~ sex, d))
one <- km$strata == "sex=1"
put("loglog.1.first", log(-log(km$surv[one][1])))
put("loglog.1.100", log(-log(km$surv[one][max(which(km$time[one] <= 100))])))
write.table(do.call(rbind, out), "tests/oracle/ph_figure.csv", sep = ",", row.names = FALSE,
            col.names = FALSE, quote = FALSE)
