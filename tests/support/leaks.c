/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fontconfig keeps the fonts that it found until the program ends, in memory that LeakSanitizer cannot follow, and
 * cairo 1.16 loses 768 bytes for each PDF. */
extern const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libcairo\n";
}
