/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Kept files: what was written when somebody last looked at it. `make goldens` writes them anew, by RWE_GOLDEN_UPDATE in
 * the environment of the tests; look at the difference before you commit it.
 */
#ifndef TESTS_SUPPORT_KEPT_H
#define TESTS_SUPPORT_KEPT_H

#include <stddef.h>

/** The content of the file, freed by the caller, after it was renewed where that is asked for. Fails the test where
 * there is no such file. */
char *kept_text(const char *path, const char *written, size_t size);

/** Fails the test where the file holds other bytes, and names the first line that differs. */
void kept_is_the_same(const char *path, const char *written, size_t size);

#endif
