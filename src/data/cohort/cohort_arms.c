/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arms: which levels of their column are compared, in which order, and which are joined. */
#include "cohort_private.h"

#include "rwe/data/levels.h"

/* Fewer rows an arm than this, and the column is no treatment but a name or a number. */
enum { FEWEST_ROWS = 2 };

static enum rwe_status fail_level(const struct raw *raw, const char *option, const char *level,
                                  struct rwe_error *error)
{
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--%s %s: %s has no such level; its levels are %s", option, level,
                    rwe_raw_arm_name(raw), rwe_raw_tell_levels(raw, &raw->arm));
}

static const struct rwe_column_info *column_of(const struct raw *raw)
{
    size_t column =
        raw->study->arm == NULL ? RWE_NO_INDEX : rwe_table_find(raw->table, raw->study->arm);
    return column == RWE_NO_INDEX ? NULL : rwe_table_column(raw->table, column);
}

/* Puts the levels that an option names, joined by + or not, at a position; NULL names none. */
static enum rwe_status place(struct raw *raw, const char *option, const char *text,
                             int32_t position, struct rwe_error *error)
{
    if (text == NULL)
        return RWE_OK;
    struct rwe_marked marked = rwe_marked_read(raw->scratch, text);
    if (marked.text == NULL)
        return rwe_fail_memory(error);
    struct rwe_strings known = {raw->arm.level, raw->arm.n_levels};
    struct rwe_strings names = rwe_marked_split(raw->scratch, &marked, 0, known, "+").item;
    if (names.item == NULL)
        return rwe_fail_memory(error);
    for (size_t i = 0; i < names.n; i++) {
        size_t level = rwe_level_find(column_of(raw), &raw->arm, names.item[i]);
        if (level == RWE_NO_INDEX)
            return fail_level(raw, option, names.item[i], error);
        if (raw->arm_position[level] == 0 && position > 0)
            return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                            "--control and --treated name the same level, %s",
                            raw->arm.level[level]);
        raw->arm_position[level] = position;
    }
    if (names.n > 1)
        raw->arm_name[position > 0] = rwe_text_join(raw->arena, names, "+");
    return rwe_arena_failed(raw->arena) ? rwe_fail_memory(error) : RWE_OK;
}

/* Control first, then the rest in sorted order, the treated last; with both named, only those two. */
static enum rwe_status order_arms(struct raw *raw, struct rwe_error *error)
{
    enum { NOT_PLACED = -1, LAST = INT32_MAX };
    const char *control = raw->study->control, *treated = raw->study->treated;
    for (size_t l = 0; l < raw->arm.n_levels; l++)
        raw->arm_position[l] = NOT_PLACED;
    enum rwe_status status = place(raw, "control", control, 0, error);
    if (status == RWE_OK)
        status = place(raw, "treated", treated, LAST, error);
    if (status != RWE_OK)
        return status;
    int32_t next = control == NULL ? 0 : 1;
    for (size_t l = 0; l < raw->arm.n_levels && (control == NULL || treated == NULL); l++)
        if (raw->arm_position[l] == NOT_PLACED)
            raw->arm_position[l] = next++;
    for (size_t l = 0; l < raw->arm.n_levels; l++)
        if (raw->arm_position[l] == LAST)
            raw->arm_position[l] = next;
    raw->n_arms = (size_t)next + (treated != NULL);
    return RWE_OK;
}

enum rwe_status rwe_raw_read_arm(struct raw *raw, struct rwe_error *error)
{
    size_t column;
    const char *name = raw->study->arm;
    enum rwe_status made = rwe_raw_exposure_arm(raw, error);
    if (made != RWE_OK || raw->arm_is_exposure)
        return made;
    if (name == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "which column holds the treatment arm? Say --arm COL");
    enum rwe_status status = rwe_cohort_column(raw->table, "--arm", name, &column, error);
    if (status == RWE_OK)
        status = rwe_raw_required_factor(raw, column, NULL, &raw->arm, error);
    if (status != RWE_OK)
        return status;
    raw->arm_position = RWE_NEW(raw->scratch, int32_t, raw->arm.n_levels);
    if (raw->arm_position == NULL)
        return rwe_fail_memory(error);
    status = order_arms(raw, error);
    if (status == RWE_OK && raw->n_arms > 20 && raw->n_arms * FEWEST_ROWS > raw->n_rows)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: column \"%s\" has %zu different values (%s): is it the arm? Say "
                        "--arm COL, or name two of them with --control and --treated",
                        rwe_table_file(raw->table), name, raw->n_arms,
                        rwe_raw_tell_levels(raw, &raw->arm));
    return status;
}
