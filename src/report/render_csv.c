/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The facts as one long table. Quoting as in RFC 4180; lines end in '\n', as Unix tools want them.
 */
#include "document_private.h"
#include "number_format_private.h"
#include "render_private.h"
#include "rwe/base/file.h"

#include <math.h>

/* Nothing for NULL, but "" in quotes for an empty text, so that a reader can tell them apart. */
static void put_text(FILE *out, const char *text)
{
    if (text == NULL)
        return;
    if (text[0] == '\0')
        fputs("\"\"", out);
    else
        rwe_csv_write_text(out, text);
}

static void put_number(FILE *out, double x)
{
    char text[RWE_NUMBER_SIZE];
    if (isnan(x))
        return;
    rwe_number_exact(x, text);
    fputs(text, out);
}

enum rwe_status rwe_render_csv(const struct rwe_document *document,
                               const struct rwe_render_options *options, FILE *out,
                               struct rwe_error *error)
{
    (void)options; /* a table has no place for provenance */
    (void)error;
    for (size_t i = 0; i < RWE_KEY_TEXTS; i++)
        fprintf(out, "%s,", rwe_key_names[i]);
    fputs("time,stat,value\n", out);
    for (size_t i = 0; i < rwe_document_n_facts(document); i++) {
        const struct rwe_fact_value *fact = rwe_document_fact(document, (rwe_fact)i);
        for (size_t j = 0; j < RWE_KEY_TEXTS; j++) {
            put_text(out, rwe_key_text(&fact->key, j));
            fputc(',', out);
        }
        put_number(out, fact->key.time);
        fputc(',', out);
        put_text(out, fact->stat);
        fputc(',', out);
        put_text(out, fact->text);
        put_number(out, fact->number);
        fputc('\n', out);
    }
    return RWE_OK;
}
