/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --init: a draft of a study from a file, with a table of its columns. */
#include "draft_cli.h"

#include "rwe/base/file.h"
#include "rwe/base/language.h"
#include <string.h>
#include <unistd.h>

/* ---- the table of columns ---- */

enum { N_CELLS = 6, WIDEST = 40 };

struct row {
    const char *cell[N_CELLS];
};

static struct row row_of(const struct rwe_draft *draft, size_t j, struct rwe_arena *arena)
{
    const struct rwe_draft_column *column = &draft->column[j];
    return (struct row){{
        rwe_arena_format(arena, "%zu", j + 1),
        column->name,
        rwe_content_word(column->content),
        rwe_arena_format(arena, "%zu", column->n_missing),
        rwe_draft_values(column, 4, arena),
        rwe_guess_word(column->guess),
    }};
}

/* What of a cell is shown: whole, or cut before the column of the terminal where it gets too wide. */
static size_t shown_length(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        size_t next = length + 1;
        while (((unsigned char)text[next] & 0xc0) == 0x80)
            next++;
        if (rwe_text_width_of(text, next) > WIDEST)
            break;
        length = next;
    }
    return length;
}

static void print_row(FILE *out, const struct row *row, const size_t width[])
{
    for (size_t c = 0; c < N_CELLS; c++) {
        size_t length = shown_length(row->cell[c]);
        bool is_cut = row->cell[c][length] != '\0';
        size_t blanks = width[c] - rwe_text_width_of(row->cell[c], length) - is_cut;
        fprintf(out, "%.*s%s", (int)length, row->cell[c], is_cut ? "…" : "");
        if (c + 1 < N_CELLS)
            fprintf(out, "%*s", (int)blanks + 2, "");
    }
    fputc('\n', out);
}

void rwe_cli_print_columns(const struct rwe_draft *draft, struct rwe_arena *arena, FILE *out)
{
    size_t width[N_CELLS] = {0}, n = draft->n_columns + 1;
    struct row *row = RWE_NEW(arena, struct row, n);
    if (row == NULL)
        return;
    row[0] = (struct row){{"", rwe_message("column"), rwe_message("holds"), rwe_message("missing"),
                           rwe_message("values"), rwe_message("guessed to be")}};
    for (size_t j = 0; j < draft->n_columns; j++)
        row[j + 1] = row_of(draft, j, arena);
    if (rwe_arena_failed(arena))
        return;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < N_CELLS; c++) {
            size_t length = shown_length(row[i].cell[c]);
            size_t own =
                rwe_text_width_of(row[i].cell[c], length) + (row[i].cell[c][length] != '\0');
            width[c] = own > width[c] ? own : width[c];
        }
    for (size_t i = 0; i < n; i++)
        print_row(out, &row[i], width);
}

/* ---- the file ---- */

static void write_text(FILE *out, const void *context)
{
    fputs(context, out);
}

/* A study file may have been worked on for days: it is never replaced unasked. */
enum rwe_status rwe_cli_check_new_study(const char *path, bool overwrite, struct rwe_error *error)
{
    if (path == NULL || strcmp(path, "-") == 0 || overwrite || access(path, F_OK) != 0)
        return RWE_OK;
    return rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                    "%s exists, and may have been worked on: name another file, or say --overwrite",
                    path);
}

enum rwe_status rwe_cli_write_study(const char *path, const char *text, FILE *out,
                                    struct rwe_error *error)
{
    if (path != NULL && strcmp(path, "-") != 0)
        return rwe_file_write(path, write_text, text, error);
    fputs(text, out);
    return RWE_OK;
}

void rwe_cli_tell_lacks(const struct rwe_draft *draft, const char *why_not, struct rwe_arena *arena,
                        FILE *out)
{
    struct rwe_strings lacks = rwe_draft_lacks(draft, arena);
    for (size_t l = 0; l < lacks.n; l++)
        fprintf(out, "%s\n", lacks.item[l]);
    const char *told =
        why_not == NULL || lacks.n > 0
            ? NULL
            : rwe_arena_format(arena, rwe_message("It does not run yet: %s"), why_not);
    if (told != NULL)
        fprintf(out, "%s\n", told);
}

/* Without --output the draft alone goes to standard output, so that it can be sent to a file. */
static enum rwe_status tell(struct rwe_cli *cli, const struct rwe_draft *draft,
                            struct rwe_error *error)
{
    const char *path = rwe_cli_settings_of(cli)->output, *why_not;
    bool to_file = path != NULL && strcmp(path, "-") != 0;
    const char *study = to_file ? path : "study.yaml";
    FILE *told = to_file ? cli->out : cli->err;
    const char *text = rwe_job_draft_text(&cli->job, draft, study, &why_not);
    const char *command = rwe_job_study_command(&cli->job, study);
    if (text == NULL || command == NULL)
        return rwe_fail_memory(error);
    rwe_cli_print_columns(draft, cli->job.arena, told);
    fputc('\n', told);
    rwe_cli_tell_lacks(draft, why_not, cli->job.arena, told);
    enum rwe_status status = rwe_cli_write_study(path, text, cli->out, error);
    if (status != RWE_OK)
        return status;
    if (to_file)
        fprintf(told, rwe_message("%s is a draft: read it, correct it, then say\n"), path);
    else
        fputs(rwe_message("Keep the draft in a file, read it, correct it, then say\n"), told);
    fprintf(told, "  %s\n", command);
    return RWE_OK;
}

int rwe_cli_init(struct rwe_cli *cli)
{
    struct rwe_error error = {0};
    struct rwe_drafting drafting;
    const struct rwe_cli_settings *settings = rwe_cli_settings_of(cli);
    enum rwe_status status = rwe_cli_take_file(cli, &error);
    if (status == RWE_OK)
        status = rwe_cli_check_new_study(settings->output, settings->overwrite, &error);
    if (status != RWE_OK)
        return rwe_cli_fail(cli->err, &error);
    status = rwe_job_draft(&cli->job, &drafting, &error);
    if (status != RWE_OK || !settings->quiet)
        rwe_complaints_print(&cli->job.complaints, RWE_COMPLAINT_EXAMPLES, cli->err);
    if (status == RWE_OK)
        status = tell(cli, &drafting.draft, &error);
    rwe_table_close(drafting.table);
    return status == RWE_OK ? RWE_EXIT_DONE : rwe_cli_fail(cli->err, &error);
}
