/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a test of rwe_folder_write calls by itself, since few file systems come to it. */
#ifndef RWE_BASE_FOLDER_PRIVATE_H
#define RWE_BASE_FOLDER_PRIVATE_H

/**
 * Puts the folder `fresh` in the place of `path`, whose old contents are then at `fresh`, in steps:
 * by way of the name `aside`, which must be free. Returns 0, or errno with both where they were.
 */
int rwe_folder_swap_by_steps(const char *fresh, const char *path, const char *aside);

#endif
