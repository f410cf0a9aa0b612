# SPDX-License-Identifier: GPL-3.0-or-later
# Tables as programs and hospitals lay them out, and the hazard ratio of each; read by tests/property/test_layouts.c.
# R 4.2.2, survival 3.5-3.
#
#   Rscript tests/oracle/layouts.R
#
# writes tests/layouts/* and tests/oracle/layouts.csv. All patients are drawn here, but those of r_write.csv, which are
# survival's veteran, and those of gbsg.csv, lung.csv and rotterdam.csv in tests/oracle/data.
suppressPackageStartupMessages(library(survival))
options(scipen = 100)
RNGversion("4.0.0")

results <- data.frame()
note <- function(layout, endpoint, time, event, treated) {
    fit <- coxph(Surv(time, event) ~ treated, ties = "efron")
    results <<- rbind(results, data.frame(layout, endpoint, n = fit$n, events = fit$nevent,
                                          hr = sprintf("%.15g", exp(coef(fit))[[1]])))
}

# n patients: treated 0/1, age, male, stage, os in days with death, pfs with progression or death, start of therapy.
draw <- function(seed, n = 60) {
    set.seed(seed)
    d <- data.frame(id = seq_len(n), treated = rep(0:1, length.out = n)[sample(n)],
                    age = round(pmin(85, pmax(25, rnorm(n, 60, 11)))), male = rbinom(n, 1, 0.6),
                    stage = sample(c("I", "II", "III"), n, TRUE))
    death <- rexp(n, exp(-6.6 - 0.6 * d$treated + 0.25 * (d$stage == "III")))
    progression <- rexp(n, exp(-5.9 - 0.5 * d$treated))
    end <- runif(n, 300, 1500)
    d$os <- ceiling(pmin(death, end)) + 1
    d$dead <- as.integer(death <= end)
    d$pfs <- ceiling(pmin(progression, death, end)) + 1
    d$pd <- as.integer(pmin(progression, death) <= end)
    d$start <- as.Date("2018-03-05") + sample(0:900, n)
    d$last <- d$start + d$os
    d$lost <- rbinom(n, 1, 0.2)
    d
}
months <- function(days) round(days / 30.4375, 1)
path <- function(name) file.path("tests/layouts", name)
write_lines <- function(lines, name, encoding = "UTF-8", bom = raw(0)) {
    bytes <- iconv(paste0(paste(lines, collapse = "\n"), "\n"), "UTF-8", encoding, toRaw = TRUE)[[1]]
    writeBin(c(bom, bytes), path(name))
}
rows <- function(d, sep = ",") c(paste(names(d), collapse = sep), do.call(paste, c(unname(as.list(d)), sep = sep)))

# ---- cBioPortal's clinical file ----
d <- draw(1)
lines <- rows(data.frame(PATIENT_ID = sprintf("TCGA-%03d", d$id), AGE = d$age, SEX = ifelse(d$male == 1, "Male", "Female"),
    RADIATION_THERAPY = ifelse(d$treated == 1, "Yes", "No"), OS_STATUS = ifelse(d$dead == 1, "1:DECEASED", "0:LIVING"),
    OS_MONTHS = months(d$os), DFS_STATUS = ifelse(d$pd == 1, "1:Recurred/Progressed", "0:DiseaseFree"),
    DFS_MONTHS = months(d$pfs)), "\t")
write_lines(c(
    "#Patient Identifier\tDiagnosis Age\tSex\tRadiation Therapy\tOverall Survival Status\tOverall Survival (Months)\tDisease Free Status\tDisease Free (Months)",
    "#Identifier\tAge\tSex\tRadiation\tStatus\tMonths\tStatus\tMonths",
    "#STRING\tNUMBER\tSTRING\tSTRING\tSTRING\tNUMBER\tSTRING\tNUMBER", "#1\t1\t1\t1\t1\t1\t1\t1", lines), "cbioportal.txt")
note("cbioportal", "os", months(d$os), d$dead, d$treated)
note("cbioportal", "dfs", months(d$pfs), d$pd, d$treated)

# ---- R's write.csv, with the names of rows in a column without a name: a public table ----
write.csv(veteran, path("r_write.csv"))
note("r_write", "event", veteran$time, veteran$status, veteran$trt == 2)

# ---- pandas' to_csv: an index without a name, floats, True and False ----
d <- draw(3)
write_lines(c(",patient_id,treatment,age,sex,os_months,death", sprintf("%d,P%03d,%s,%.1f,%s,%s,%s", d$id - 1, d$id,
    ifelse(d$treated == 1, "combination", "standard"), d$age, ifelse(d$male == 1, "M", "F"), months(d$os),
    ifelse(d$dead == 1, "True", "False"))), "pandas.csv")
note("pandas", "os", months(d$os), d$dead, d$treated)

# ---- REDCap, raw: codes, check boxes, forms' states ----
d <- draw(4)
set.seed(104)
write_lines(rows(data.frame(record_id = d$id, redcap_event_name = "baseline_arm_1", trt = d$treated + 1, age = d$age,
    sex = d$male + 1, comorb___1 = rbinom(60, 1, 0.2), comorb___2 = rbinom(60, 1, 0.3), os_mo = months(d$os),
    vital_status = d$dead, demographics_complete = 2)), "redcap_raw.csv")
note("redcap_raw", "os", months(d$os), d$dead, d$treated)

# ---- REDCap, with labels: dates of the United States ----
d <- draw(5)
us <- function(date) sprintf("%d/%d/%s", as.integer(format(date, "%m")), as.integer(format(date, "%d")), format(date, "%Y"))
set.seed(105)
labels <- data.frame(d$id, "Baseline", ifelse(d$treated == 1, "Chemo + IO", "Chemo"), d$age, ifelse(d$male == 1, "Male", "Female"),
    ifelse(rbinom(60, 1, 0.2) == 1, "Checked", "Unchecked"), us(d$start), us(d$last), ifelse(d$dead == 1, "Dead", "Alive"), "Complete")
names(labels) <- c("Record ID", "Event Name", "Treatment arm", "Age at diagnosis", "Sex", "Comorbidities (choice=Diabetes)",
    "Date of first treatment", "Date of last contact", "Vital status", "Complete?")
write.csv(labels, path("redcap_labels.csv"), row.names = FALSE)
note("redcap_labels", "os", as.numeric(d$last - d$start), d$dead, d$treated)

# ---- CDISC: ADSL, ADTTE with two parameters, ADAE ----
d <- draw(6)
subject <- sprintf("ABC-01-%03d", d$id)
arm <- ifelse(d$treated == 1, "Xanomeline", "Placebo")
write_lines(rows(data.frame(STUDYID = "ABC", USUBJID = subject, ARM = arm, TRT01P = arm, TRT01A = arm, TRT01AN = d$treated, AGE = d$age,
    AGEU = "YEARS", SEX = ifelse(d$male == 1, "M", "F"), SAFFL = "Y", TRTSDT = format(d$start))), "adsl.csv")
adtte <- function(code, name, days, event) data.frame(STUDYID = "ABC", USUBJID = subject, TRTA = arm, PARAM = name, PARAMCD = code,
    AVAL = days, AVALU = "DAYS", CNSR = 1 - event, ADT = format(d$start + days), STARTDT = format(d$start))
both <- rbind(adtte("OS", "Overall survival", d$os, d$dead), adtte("PFS", "Progression-free survival", d$pfs, d$pd))
write_lines(rows(both[order(both$USUBJID, both$PARAMCD), ]), "adtte.csv")
set.seed(106)
who <- sort(sample(60, 90, TRUE))
write_lines(rows(data.frame(STUDYID = "ABC", USUBJID = subject[who], AEDECOD = sample(c("NAUSEA", "RASH", "FATIGUE"), 90, TRUE),
    AESEV = sample(c("MILD", "MODERATE", "SEVERE"), 90, TRUE), AESTDTC = format(d$start[who] + 30), TRTEMFL = "Y")), "adae.csv")
for (a in unique(arm)) # patients with an adverse event
    results <- rbind(results, data.frame(layout = "adae", endpoint = a, n = sum(arm == a), events = sum(arm[unique(who)] == a), hr = ""))
note("cdisc", "os", d$os, d$dead, d$treated)
note("cdisc", "pfs", d$pfs, d$pd, d$treated)

# ---- codes with labels, for SPSS and Stata: the test makes the files ----
d <- draw(7)
write_lines(rows(data.frame(caseno = d$id, group = d$treated, age = d$age, sex = d$male, futime = d$os, fustat = d$dead)), "coded.csv")
note("coded", "os", d$os, d$dead, d$treated)

# ---- a Chinese hospital's workbook: two rows of names, dates, a note below; the test makes the file ----
d <- draw(8)
hospital <- data.frame(d$id, ifelse(d$treated == 1, "GP+替雷利珠单抗+放疗", "GP+替雷利珠单抗"), ifelse(d$male == 1, "男", "女"), d$age,
    c(I = "T1", II = "T2", III = "T3")[d$stage], format(d$start), format(d$last), ifelse(d$dead == 1, "死亡", ifelse(d$lost == 1, "失访", "存活")))
body <- rows(hospital)[-1]
write_lines(c("基本信息,基本信息,基本信息,基本信息,肿瘤,随访,随访,随访", "编号,治疗方案,性别,年龄,T分期,首次用药日期,末次随访日期,生存状态", body,
    "注：随访截至2022年12月,,,,,,,"), "hospital.csv")
note("hospital", "os", as.numeric(d$last - d$start), d$dead, d$treated)

# ---- Excel in China: GB18030 ----
d <- draw(9)
write_lines(c("编号,分组,年龄,性别,临床分期,总生存期(月),生存状态,无进展生存期(月),是否进展", do.call(paste, c(list(sep = ","), list(d$id,
    ifelse(d$treated == 1, "试验组", "对照组"), d$age, ifelse(d$male == 1, "男", "女"), paste0(d$stage, "期"), months(d$os),
    ifelse(d$dead == 1, "死亡", "存活"), months(d$pfs), ifelse(d$pd == 1, "是", "否"))))), "gb18030.csv", "GB18030")
note("gb18030", "os", months(d$os), d$dead, d$treated)
note("gb18030", "pfs", months(d$pfs), d$pd, d$treated)

# ---- Excel in Europe: semicolons, decimal commas ----
d <- draw(10)
write_lines(rows(data.frame(patient = d$id, group = ifelse(d$treated == 1, "Chemo+RT", "Chemo"), age = d$age,
    months = sub(".", ",", format(months(d$os), nsmall = 1, trim = TRUE), fixed = TRUE), status = ifelse(d$dead == 1, "verstorben", "lebt")), ";"), "european.csv")
note("european", "os", months(d$os), d$dead, d$treated)

# ---- text in UTF-16 with tabs, as Excel's "Unicode text" ----
d <- draw(11)
u <- data.frame(d$id, ifelse(d$treated == 1, "B", "A"), d$age, d$os, ifelse(d$dead == 1, "Dead", "Alive"))
names(u) <- c("ID", "Arm", "Age", "Survival time (days)", "Status")
write_lines(rows(u, "\t"), "utf16.txt", "UTF-16LE", as.raw(c(0xff, 0xfe)))
note("utf16", "os", d$os, d$dead, d$treated)

# ---- dates of start and last contact, and a word; European order ----
d <- draw(12)
write_lines(rows(data.frame(id = d$id, regimen = ifelse(d$treated == 1, "GP+RT", "GP"), sex = ifelse(d$male == 1, "m", "f"),
    start_date = format(d$start, "%d.%m.%Y"), last_contact = format(d$last, "%d.%m.%Y"),
    status = ifelse(d$dead == 1, "died", ifelse(d$lost == 1, "lost to follow-up", "alive")))), "dates.csv")
note("dates", "os", as.numeric(d$last - d$start), d$dead, d$treated)

# ---- several visits a patient ----
d <- draw(13)
set.seed(113)
v <- d[rep(seq_len(60), times = sample(1:4, 60, TRUE)), ]
v$visit <- ave(v$id, v$id, FUN = seq_along)
write_lines(rows(data.frame(id = v$id, visit = v$visit, group = ifelse(v$treated == 1, "B", "A"), age = v$age,
    ldh = round(runif(nrow(v), 120, 400)), os_months = months(v$os), death = v$dead)), "visits.csv")
note("visits", "os", months(d$os), d$dead, d$treated)

# ---- a file an arm ----
d <- draw(14)
for (t in 0:1)
    write_lines(rows(with(d[d$treated == t, ], data.frame(id, age, stage, months = months(os), event = dead))),
                c("arm_control.csv", "arm_treated.csv")[t + 1])
note("two_files", "event", months(d$os), d$dead, d$treated)

# ---- a public table as it is ----
g <- read.csv("tests/oracle/data/gbsg.csv")
note("gbsg", "rfs", g$rfstime, g$status, g$hormon)

write.csv(results, "tests/oracle/layouts.csv", row.names = FALSE, quote = FALSE)
