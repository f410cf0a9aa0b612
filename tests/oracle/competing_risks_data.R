# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/oracle/data/{mgus2,pbc}.csv from survival 3.5-3 (R 4.2.2). From the root of the repository:
#   Rscript tests/oracle/competing_risks_data.R
library(survival)
m <- mgus2
m <- data.frame(id = m$id, age = m$age, sex = m$sex, hgb = m$hgb, creat = m$creat, mspike = m$mspike,
                etime = ifelse(m$pstat == 1, m$ptime, m$futime),
                etype = ifelse(m$pstat == 1, 1, 2 * m$death))
write.csv(m, "tests/oracle/data/mgus2.csv", row.names = FALSE, na = "")
p <- pbc[, c("id", "time", "status", "trt", "age", "sex", "ascites", "hepato", "edema", "bili", "albumin",
             "protime", "stage")]
write.csv(p, "tests/oracle/data/pbc.csv", row.names = FALSE, na = "")
