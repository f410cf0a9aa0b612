# E-values and the bias of one binary confounder, written from the papers' formulas in plain R (4.2.2; the
# package EValue is not needed).  Rscript tests/oracle/evalue.R > tests/oracle/evalue.csv
# VanderWeele TJ, Ding P. Ann Intern Med 2017;167:268-74. Lin DY, Psaty BM, Kronmal RA. Biometrics 1998;54:948-63.
options(digits = 17)
rr_common <- function(hr) (1 - 0.5^sqrt(hr)) / (1 - 0.5^sqrt(1 / hr))
evalue <- function(rr) { r <- max(rr, 1 / rr); r + sqrt(r * (r - 1)) }
# The least common strength s of a confounder whose bounding factor s^2 / (2 s - 1) (Ding & VanderWeele,
# Epidemiology 2016;27:368) reaches the ratio: the definition, without the closed form.
by_definition <- function(rr) {
  r <- max(rr, 1 / rr)
  if (r == 1) return(1)
  uniroot(function(s) s^2 / (2 * s - 1) - r, c(1, 1e4), tol = 1e-14)$root
}
row <- function(...) cat(..., sep = ",", fill = FALSE)
row("hr", "rr.common", "evalue.common", "evalue.rare", "by.definition.rare\n")
for (hr in c(0.05, 0.3, 0.427, 0.56, 0.69, 0.70, 0.75, 0.93, 1, 1.2, 1.8, 2.5, 6, 20))
  row(format(hr), format(rr_common(hr)), format(evalue(rr_common(hr))), format(evalue(hr)),
      paste0(format(by_definition(hr)), "\n"))
