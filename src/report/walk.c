/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "walk_private.h"

#include "rwe/base/language.h"
#include "utf8_private.h"
#include <inttypes.h>
#include <string.h>

enum { SHOWN_HASH_DIGITS = 12 }; /* as git shows them: enough to compare by eye */

/* ---- provenance ---- */

static bool is_plain_argument(const char *argument)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./=,:+@%";
    return argument[0] != '\0' && argument[strspn(argument, plain)] == '\0';
}

/* The argument as a shell would need it: 'it'\''s'. */
static const char *quote(struct rwe_arena *scratch, const char *argument)
{
    if (is_plain_argument(argument))
        return argument;
    char *quoted = rwe_arena_alloc(scratch, 4 * strlen(argument) + 3, 1);
    char *end = quoted;
    if (quoted == NULL)
        return NULL;
    *end++ = '\'';
    for (const char *c = argument; *c != '\0'; c++) {
        if (*c == '\'')
            end = stpcpy(end, "'\\''");
        else
            *end++ = *c;
    }
    *end = '\'';
    return quoted;
}

static const char *command_line(struct rwe_arena *scratch, struct rwe_strings command)
{
    struct rwe_strings quoted = {RWE_NEW(scratch, const char *, command.n), command.n};
    for (size_t i = 0; quoted.item != NULL && i < command.n; i++)
        quoted.item[i] = quote(scratch, command.item[i]);
    return rwe_arena_failed(scratch) ? NULL : rwe_text_join(scratch, quoted, " ");
}

/* Text that came from outside the document, made fit for a line. */
static struct rwe_origin origin(struct rwe_arena *scratch, const char *label, const char *text)
{
    const char *clean = text == NULL ? NULL : rwe_utf8_clean(scratch, text, RWE_UTF8_LINE);
    return (struct rwe_origin){rwe_text(label), clean};
}

static void collect_origins(struct rwe_walk *walk, struct rwe_arena *scratch)
{
    const struct rwe_provenance *from = walk->document->provenance;
    struct rwe_origin *origins = RWE_NEW(scratch, struct rwe_origin, from->n_inputs + 3);
    size_t n = 0;
    if (origins == NULL)
        return;
    origins[n++] =
        origin(scratch, N_("Program"), rwe_arena_format(scratch, "rwe-analyze %s", from->version));
    origins[n++] = origin(scratch, N_("Command"), command_line(scratch, from->command));
    for (size_t i = 0; i < from->n_inputs; i++) {
        const struct rwe_input *input = &from->inputs[i];
        const char *hash =
            rwe_arena_format(scratch, "SHA-256 %.*s", SHOWN_HASH_DIGITS, input->sha256);
        origins[n++] =
            origin(scratch, N_("Input"),
                   input->rows == 0 /* a study file has none */
                       ? rwe_arena_format(scratch, rwe_text("%s (%s)"), input->file, hash)
                       : rwe_arena_format(scratch, rwe_text("%s (%zu rows, %s)"), input->file,
                                          input->rows, hash));
    }
    origins[n++] = origin(scratch, N_("Seed"), rwe_arena_format(scratch, "%" PRIu64, from->seed));
    walk->origins = origins;
    walk->n_origins = n;
}

/* ---- the walk ---- */

static void write_block(struct rwe_walk *walk, const struct rwe_walk_format *format,
                        const struct rwe_block *block, struct rwe_arena *scratch)
{
    walk->block = block;
    switch (block->kind) {
    case RWE_BLOCK_SECTION:
        walk->n_sections++;
        format->section(walk, block->level, block->text);
        break;
    case RWE_BLOCK_PARAGRAPH:
        format->paragraph(walk, block->text);
        break;
    case RWE_BLOCK_WARNING:
        walk->n_warnings++;
        format->warning(walk, block->text);
        break;
    case RWE_BLOCK_TABLE: {
        const struct rwe_layout *layout = rwe_layout_new(block->grid, walk->style, scratch);
        if (layout == NULL || layout->n_columns == 0)
            return;
        walk->n_tables++;
        format->table(walk, block->grid->title, layout, scratch);
        break;
    }
    case RWE_BLOCK_FIGURE:
        if (format->figure == NULL)
            return;
        walk->n_figures++;
        format->figure(walk, block->figure);
        break;
    }
    walk->n_blocks++;
}

enum rwe_status rwe_walk_write(const struct rwe_document *document,
                               const struct rwe_render_options *options, FILE *out,
                               struct rwe_error *error, const struct rwe_walk_format *format)
{
    struct rwe_walk walk = {.document = document,
                            .out = out,
                            .style = options->style,
                            .figures = options->figures,
                            .error = error};
    const struct rwe_block *blocks = document->blocks.items;
    struct rwe_arena *scratch = rwe_arena_new();
    if (scratch == NULL)
        return rwe_fail_memory(error);
    if (options->provenance && document->provenance != NULL)
        collect_origins(&walk, scratch);
    format->begin(&walk);
    for (size_t i = 0; i < document->blocks.n && !rwe_arena_failed(scratch); i++) {
        struct rwe_mark mark = rwe_arena_mark(scratch);
        write_block(&walk, format, &blocks[i], scratch);
        rwe_arena_release(scratch, mark);
    }
    bool failed = rwe_arena_failed(scratch);
    if (!failed)
        format->end(&walk);
    rwe_arena_free(scratch);
    return failed ? rwe_fail_memory(error) : walk.status;
}
