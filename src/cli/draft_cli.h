/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What --init and --ask share. */
#ifndef RWE_CLI_DRAFT_CLI_H
#define RWE_CLI_DRAFT_CLI_H

#include "cli.h"
#include "rwe/analysis/drafting.h"

/* A table of all columns: number, name, what it holds, missing, values, what it is guessed to be. */
void rwe_cli_print_columns(const struct rwe_draft *draft, struct rwe_arena *arena, FILE *out);

/* What is missing, one sentence a line. */
void rwe_cli_tell_lacks(const struct rwe_draft *draft, const char *why_not, struct rwe_arena *arena,
                        FILE *out);

/* RWE_IO where the file is there and may not be replaced; writes it whole, or to `out`. */
enum rwe_status rwe_cli_check_new_study(const char *path, bool overwrite, struct rwe_error *error);
enum rwe_status rwe_cli_write_study(const char *path, const char *text, FILE *out,
                                    struct rwe_error *error);

#endif
