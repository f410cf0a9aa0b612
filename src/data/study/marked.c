/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/data/marked.h"

#include "rwe/base/status.h"
#include <stdint.h>
#include <string.h>

static const char all_marks[] = ",:;+=";

static bool is_mark(char c, const char *marks)
{
    return c != '\0' && strchr(marks, c) != NULL;
}

/* The length of the quoted text that opens at `at`, with its quotes; 0: it does not close as one should. */
static size_t quoted_length(const char *at)
{
    const char *end = at + 1;
    while (*end != '\0') {
        if (*end == '"' && end[1] != '"') {
            const char *behind = end + 1 + strspn(end + 1, " ");
            return *behind == '\0' || is_mark(*behind, all_marks) ? (size_t)(end + 1 - at) : 0;
        }
        end += *end == '"' ? 2 : 1;
    }
    return 0;
}

struct rwe_marked rwe_marked_read(struct rwe_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1, n = 0;
    char *plain = rwe_arena_alloc(arena, size, 1);
    bool *is_quoted = RWE_NEW(arena, bool, size);
    bool may_open = true;
    if (rwe_arena_failed(arena))
        return (struct rwe_marked){0};
    for (const char *at = text; *at != '\0';) {
        size_t quoted = *at == '"' && may_open ? quoted_length(at) : 0;
        const char *end = quoted > 0 ? at + quoted - 1 : at + 1; /* its closing quote */
        for (at += quoted > 0; at < end; at++) {
            is_quoted[n] = quoted > 0;
            plain[n++] = *at;
            at += quoted > 0 && *at == '"'; /* "" */
        }
        at += quoted > 0;
        may_open = quoted == 0 && (is_mark(at[-1], all_marks) || (may_open && at[-1] == ' '));
    }
    return (struct rwe_marked){plain, is_quoted, n};
}

size_t rwe_marked_find(const struct rwe_marked *marked, size_t from, const char *marks)
{
    while (from < marked->length &&
           (marked->is_quoted[from] || !is_mark(marked->text[from], marks)))
        from++;
    return from;
}

static size_t pass_blanks(const struct rwe_marked *marked, size_t at)
{
    while (at < marked->length && marked->text[at] == ' ' && !marked->is_quoted[at])
        at++;
    return at;
}

size_t rwe_marked_match(const struct rwe_marked *marked, size_t at, const char *name,
                        const char *marks)
{
    size_t length = strlen(name);
    at = pass_blanks(marked, at);
    if (length == 0 || marked->length - at < length || memcmp(marked->text + at, name, length) != 0)
        return RWE_NO_INDEX;
    at = pass_blanks(marked, at + length);
    bool ends =
        at == marked->length || (!marked->is_quoted[at] && is_mark(marked->text[at], marks));
    return ends ? at : RWE_NO_INDEX;
}

/* ---- lists ---- */

struct splitting {
    const struct rwe_marked *marked;
    struct rwe_strings known;
    const char *marks;
    struct rwe_marked_list *list;
};

/* The longest of the known that is at `at`, but shorter than `below`; its end in *end. */
static const char *longest_at(const struct splitting *s, size_t at, size_t below, size_t *end)
{
    const char *longest = NULL;
    size_t length = 0;
    for (size_t i = 0; i < s->known.n; i++) {
        size_t size = strlen(s->known.item[i]);
        size_t behind = size > length && size < below
                            ? rwe_marked_match(s->marked, at, s->known.item[i], s->marks)
                            : RWE_NO_INDEX;
        if (behind == RWE_NO_INDEX)
            continue;
        longest = s->known.item[i];
        length = size;
        *end = behind;
    }
    return longest;
}

static void put(struct rwe_marked_list *list, size_t i, const char *item, char mark)
{
    list->item.item[i] = item;
    list->mark[i] = mark;
    list->item.n = i + 1;
}

/* Takes all from `at` on apart into known items, of which the first is number i. False, where that cannot be. */
static bool split_known(const struct splitting *s, size_t at, size_t i)
{
    size_t end = 0, below = SIZE_MAX;
    for (const char *item; (item = longest_at(s, at, below, &end)) != NULL; below = strlen(item)) {
        put(s->list, i, item, end < s->marked->length ? s->marked->text[end] : '\0');
        if (end == s->marked->length || split_known(s, end + 1, i + 1))
            return true;
    }
    return false;
}

static const char *piece(struct rwe_arena *arena, const struct rwe_marked *marked, size_t from,
                         size_t to)
{
    from = pass_blanks(marked, from);
    while (to > from && marked->text[to - 1] == ' ' && !marked->is_quoted[to - 1])
        to--;
    return rwe_arena_substring(arena, marked->text + from, to - from);
}

struct rwe_marked_list rwe_marked_split(struct rwe_arena *arena, const struct rwe_marked *marked,
                                        size_t from, struct rwe_strings known, const char *marks)
{
    size_t most = 1, end;
    for (size_t at = rwe_marked_find(marked, from, marks); at < marked->length;
         at = rwe_marked_find(marked, at + 1, marks))
        most++;
    struct rwe_marked_list list = {{RWE_NEW(arena, const char *, most), 0},
                                   rwe_arena_alloc(arena, most, 1)};
    const struct splitting splitting = {marked, known, marks, &list};
    if (rwe_arena_failed(arena))
        return (struct rwe_marked_list){0};
    if (known.n > 0 && split_known(&splitting, from, 0)) {
        size_t n = 0;
        while (list.mark[n] != '\0')
            n++;
        list.item.n = n + 1;
        return list;
    }
    list.item.n = 0;
    for (size_t i = 0; i < most; i++, from = end + 1) {
        const char *item = longest_at(&splitting, from, SIZE_MAX, &end);
        if (item == NULL) {
            end = rwe_marked_find(marked, from, marks);
            item = piece(arena, marked, from, end);
        }
        put(&list, i, item, end < marked->length ? marked->text[end] : '\0');
        if (end == marked->length)
            break;
    }
    return rwe_arena_failed(arena) ? (struct rwe_marked_list){0} : list;
}

struct rwe_strings rwe_marked_items(struct rwe_arena *arena, const char *text)
{
    struct rwe_marked marked = rwe_marked_read(arena, text);
    if (marked.text == NULL)
        return (struct rwe_strings){NULL, 0};
    return rwe_marked_split(arena, &marked, 0, (struct rwe_strings){NULL, 0}, ",").item;
}

const char *rwe_marked_quote(struct rwe_arena *arena, const char *text)
{
    if (strpbrk(text, all_marks) == NULL && text[0] != '"')
        return text;
    char *quoted = rwe_arena_alloc(arena, 2 * strlen(text) + 3, 1), *to = quoted;
    if (quoted == NULL)
        return NULL;
    *to++ = '"';
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"')
            *to++ = '"';
        *to++ = *at;
    }
    *to++ = '"';
    *to = '\0';
    return quoted;
}
