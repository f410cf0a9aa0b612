/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/complaints.h"

#include "input/intern_private.h"
#include "rwe/base/sort.h"
#include "rwe/base/text.h"

#include <stdarg.h>
#include <string.h>

enum { LONGEST_VALUE = 60 };

/* A copy of `value`, cut at the border of a character. */
static const char *copy_value(struct rwe_arena *arena, const char *value)
{
    size_t length = strnlen(value, LONGEST_VALUE + 1);
    if (length <= LONGEST_VALUE)
        return rwe_arena_string(arena, value);
    length = LONGEST_VALUE;
    while (length > 0 && ((unsigned char)value[length] & 0xc0) == 0x80)
        length--;
    return rwe_arena_format(arena, "%.*s…", (int)length, value);
}

/* Whether the cell is complained of for the first time. */
static enum rwe_status is_first(struct rwe_complaints *complaints,
                                const struct rwe_complaint *complaint, bool *first)
{
    *first = true;
    if (complaint->column == NULL)
        return RWE_OK;
    if (complaints->cells == NULL) {
        complaints->cells = RWE_NEW(complaints->arena, struct rwe_intern, 1);
        if (complaints->cells == NULL)
            return RWE_NO_MEMORY;
        complaints->cells->arena = complaints->arena;
    }
    const char *cell = rwe_arena_format(complaints->arena, "%s\n%zu\n%s", complaint->file,
                                        complaint->line, complaint->column);
    size_t known = complaints->cells->n;
    uint32_t number =
        cell == NULL ? RWE_INTERN_FAILED : rwe_intern_number(complaints->cells, cell, strlen(cell));
    *first = number == known;
    return number == RWE_INTERN_FAILED ? RWE_NO_MEMORY : RWE_OK;
}

enum rwe_status rwe_complaints_add(struct rwe_complaints *complaints,
                                   const struct rwe_complaint *complaint)
{
    bool first;
    if (is_first(complaints, complaint, &first) != RWE_OK)
        return RWE_NO_MEMORY;
    if (!first)
        return RWE_OK;
    struct rwe_complaint *item =
        rwe_arena_grow(complaints->arena, complaints->item, &complaints->capacity,
                       complaints->n + 1, sizeof *item);
    if (item == NULL)
        return RWE_NO_MEMORY;
    complaints->item = item;
    item += complaints->n;
    *item = *complaint;
    if (complaint->value != NULL) {
        item->value = copy_value(complaints->arena, complaint->value);
        if (item->value == NULL)
            return RWE_NO_MEMORY;
    }
    complaints->n++;
    return RWE_OK;
}

static const char *fill(struct rwe_arena *arena, const char *format, va_list arguments)
{
    va_list counted;
    va_copy(counted, arguments);
    int length = vsnprintf(NULL, 0, format, counted);
    va_end(counted);
    char *text = length < 0 ? NULL : rwe_arena_alloc(arena, (size_t)length + 1, 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

static bool has_note(const struct rwe_complaints *complaints, const char *message)
{
    for (size_t i = 0; i < complaints->n_notes; i++)
        if (strcmp(complaints->note[i].message, message) == 0)
            return true;
    return false;
}

/* Texts that may be NULL, where there was no memory for them. */
static enum rwe_status add_note(struct rwe_complaints *complaints, const char *told,
                                const char *message)
{
    if (told == NULL || message == NULL)
        return RWE_NO_MEMORY;
    if (has_note(complaints, message))
        return RWE_OK;
    struct rwe_note *note =
        rwe_arena_grow(complaints->arena, complaints->note, &complaints->note_capacity,
                       complaints->n_notes + 1, sizeof *note);
    if (note == NULL)
        return RWE_NO_MEMORY;
    complaints->note = note;
    note[complaints->n_notes++] = (struct rwe_note){told, message};
    return RWE_OK;
}

enum rwe_status rwe_complaints_note(struct rwe_complaints *complaints, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *told = fill(complaints->arena, rwe_text(format), arguments);
    va_end(arguments);
    va_start(arguments, format);
    const char *message = fill(complaints->arena, rwe_message(format), arguments);
    va_end(arguments);
    return add_note(complaints, told, message);
}

enum rwe_status rwe_complaints_take_notes(struct rwe_complaints *complaints,
                                          const struct rwe_complaints *from)
{
    enum rwe_status status = RWE_OK;
    for (size_t i = 0; i < from->n_notes && status == RWE_OK; i++)
        status = add_note(complaints, rwe_arena_string(complaints->arena, from->note[i].told),
                          rwe_arena_string(complaints->arena, from->note[i].message));
    return status;
}

bool rwe_complaints_doubt_column(const struct rwe_complaints *complaints)
{
    for (size_t i = 0; i < complaints->n; i++)
        if (complaints->item[i].is_of_column)
            return true;
    return false;
}

enum rwe_status rwe_complaints_fail_of_column(const char *file, struct rwe_error *error)
{
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "%s: how a whole column is to be read is not known, so --on-error drop leaves "
                    "out no row for it: say it",
                    file);
}

const char *rwe_complaint_reason(const struct rwe_complaint *complaint,
                                 const struct rwe_language *language, struct rwe_arena *arena)
{
    const char *reason = rwe_language_text(language, complaint->reason);
    if (complaint->about[0] != NULL)
        reason = rwe_arena_format(arena, reason, complaint->about[0], complaint->about[1]);
    if (reason == NULL || complaint->rule == NULL)
        return reason;
    return rwe_arena_format(arena, rwe_language_text(language, "%s (%s)"), reason, complaint->rule);
}

/* What the complaints are counted by: file, column, reason and advice. */
struct kinds {
    uint32_t *of;    /* by complaint: its kind */
    size_t *total;   /* by kind */
    uint32_t *first; /* by kind: a complaint of it */
    size_t n;
    uint32_t *order; /* of the complaints: by file as first met, then line, then as added */
};

/* What complaints of one kind have in common. */
static const char *kind_name(const struct rwe_complaint *item, struct rwe_arena *arena)
{
    static const char *const none = "";
    return rwe_arena_format(arena, "%s\n%s\n%s\n%s\n%s\n%s\n%s", item->file,
                            item->column == NULL ? none : item->column, item->reason,
                            item->rule == NULL ? none : item->rule,
                            item->about[0] == NULL ? none : item->about[0],
                            item->about[1] == NULL ? none : item->about[1],
                            item->advice == NULL || item->advises_cell ? none : item->advice);
}

static enum rwe_status sort_by_line(const struct rwe_complaints *complaints,
                                    struct rwe_arena *scratch, uint32_t order[])
{
    enum { LINE_BITS = 44 };
    struct rwe_intern files = {.arena = scratch};
    uint64_t *key = RWE_NEW(scratch, uint64_t, complaints->n);
    if (key == NULL)
        return RWE_NO_MEMORY;
    for (size_t i = 0; i < complaints->n; i++) {
        const struct rwe_complaint *item = &complaints->item[i];
        uint32_t file = rwe_intern_number(&files, item->file, strlen(item->file));
        if (file == RWE_INTERN_FAILED)
            return RWE_NO_MEMORY;
        key[i] = (uint64_t)file << LINE_BITS | (item->line & (((uint64_t)1 << LINE_BITS) - 1));
    }
    return rwe_sort_integers(key, complaints->n, scratch, order);
}

static enum rwe_status find_kinds(const struct rwe_complaints *complaints,
                                  struct rwe_arena *scratch, struct kinds *kinds)
{
    struct rwe_intern names = {.arena = scratch};
    size_t n = complaints->n;
    *kinds = (struct kinds){.of = RWE_NEW(scratch, uint32_t, n),
                            .total = RWE_NEW(scratch, size_t, n),
                            .first = RWE_NEW(scratch, uint32_t, n),
                            .order = RWE_NEW(scratch, uint32_t, n)};
    if (rwe_arena_failed(scratch) || sort_by_line(complaints, scratch, kinds->order) != RWE_OK)
        return RWE_NO_MEMORY;
    for (size_t k = 0; k < n; k++) {
        size_t i = kinds->order[k];
        const struct rwe_complaint *item = &complaints->item[i];
        struct rwe_mark mark = rwe_arena_mark(scratch);
        const char *name = kind_name(item, scratch);
        size_t known = names.n;
        uint32_t kind =
            name == NULL ? RWE_INTERN_FAILED : rwe_intern_number(&names, name, strlen(name));
        if (kind == RWE_INTERN_FAILED)
            return RWE_NO_MEMORY;
        if (kind == known)
            kinds->first[kind] = (uint32_t)i;
        else
            rwe_arena_release(scratch, mark); /* the name was known: nothing else was allocated */
        kinds->of[i] = kind;
        kinds->total[kind]++;
    }
    kinds->n = names.n;
    return RWE_OK;
}

/* Where memory is out, the reason is told without what fills it. */
static const char *told_reason(const struct rwe_complaint *item, struct rwe_arena *scratch)
{
    const char *reason =
        scratch == NULL ? NULL : rwe_complaint_reason(item, rwe_languages_now().messages, scratch);
    return reason == NULL ? rwe_message(item->reason) : reason;
}

static void print_one(const struct rwe_complaint *item, struct rwe_arena *scratch, FILE *out)
{
    const char *file = item->file, *column = item->column, *value = item->value;
    const char *reason = told_reason(item, scratch);
    const char *advice = rwe_message(item->advice);
    if (column == NULL && advice == NULL)
        fprintf(out, rwe_message("%s:%zu: %s"), file, item->line, reason);
    else if (column == NULL)
        fprintf(out, rwe_message("%s:%zu: %s: %s"), file, item->line, reason, advice);
    else if (value == NULL && advice == NULL)
        fprintf(out, rwe_message("%s:%zu: column \"%s\": %s"), file, item->line, column, reason);
    else if (value == NULL)
        fprintf(out, rwe_message("%s:%zu: column \"%s\": %s: %s"), file, item->line, column, reason,
                advice);
    else if (advice == NULL)
        fprintf(out, rwe_message("%s:%zu: column \"%s\": \"%s\" is %s"), file, item->line, column,
                value, reason);
    else
        fprintf(out, rwe_message("%s:%zu: column \"%s\": \"%s\" is %s: %s"), file, item->line,
                column, value, reason, advice);
    fputc('\n', out);
}

/* "line 3: "4o", line 7: "x", …": the first of a kind, of which none stands before place `k` of the order. NULL when
 * memory is out. */
static const char *examples_from(size_t k, const struct kinds *kinds,
                                 const struct rwe_complaints *complaints, size_t most,
                                 struct rwe_arena *scratch)
{
    uint32_t kind = kinds->of[kinds->order[k]];
    struct rwe_strings shown = {RWE_NEW(scratch, const char *, most + 1), 0};
    for (; shown.item != NULL && k < complaints->n && shown.n < most; k++) {
        const struct rwe_complaint *item = &complaints->item[kinds->order[k]];
        if (kinds->of[kinds->order[k]] == kind)
            shown.item[shown.n++] =
                item->value == NULL ? rwe_arena_format(scratch, rwe_message("line %zu"), item->line)
                                    : rwe_arena_format(scratch, rwe_message("line %zu: \"%s\""),
                                                       item->line, item->value);
    }
    if (shown.item != NULL && kinds->total[kind] > most)
        shown.item[shown.n++] = "…";
    return rwe_arena_failed(scratch) ? NULL : rwe_text_join(scratch, shown, ", ");
}

/* All of a kind in one line. */
static void print_kind(const struct rwe_complaint *first, size_t n, const char *examples,
                       struct rwe_arena *scratch, FILE *out)
{
    const char *column = first->column, *reason = told_reason(first, scratch);
    if (column == NULL)
        fprintf(out, rwe_message("%s: %zu rows: %s (%s)"), first->file, n, reason, examples);
    else
        fprintf(out, rwe_message("%s: column \"%s\": %zu rows: %s (%s)"), first->file, column, n,
                reason, examples);
    if (first->advice != NULL)
        fprintf(out, rwe_message(": %s"), rwe_message(first->advice));
    fputc('\n', out);
}

void rwe_complaints_print(const struct rwe_complaints *complaints, size_t examples, FILE *out)
{
    struct kinds kinds = {0};
    struct rwe_arena *scratch = rwe_arena_new();
    for (size_t i = 0; i < complaints->n_notes; i++)
        fprintf(out, "%s\n", complaints->note[i].message);
    bool is_sorted = scratch != NULL && find_kinds(complaints, scratch, &kinds) == RWE_OK;
    for (size_t k = 0; k < complaints->n; k++) {
        /* Without memory for the order, each as it was added. */
        size_t i = is_sorted ? kinds.order[k] : k;
        uint32_t kind = is_sorted ? kinds.of[i] : 0;
        const char *shown = NULL;
        if (is_sorted && kinds.first[kind] != i)
            continue;
        if (is_sorted && kinds.total[kind] > 1)
            shown = examples_from(k, &kinds, complaints, examples, scratch);
        if (shown == NULL)
            print_one(&complaints->item[i], scratch, out);
        else
            print_kind(&complaints->item[i], kinds.total[kind], shown, scratch, out);
    }
    rwe_arena_free(scratch);
}
