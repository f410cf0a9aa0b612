/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"

#include "rwe/base/place.h"
#include <string.h>

/* A file and what names it: an option, or the cohort. */
struct named {
    const char *option; /* NULL: the cohort */
    const char *path;
    struct rwe_place place;
};

struct files {
    struct named *item;
    size_t n;
};

static void add(struct files *files, const char *option, const char *path, struct rwe_arena *arena)
{
    files->item[files->n++] = (struct named){option, path, rwe_place_of(path, arena)};
}

/* Of the options of a kind; standard output is no place. */
static void add_options(const struct rwe_job *job, enum rwe_option_kind kind, struct files *files)
{
    struct rwe_options options = rwe_settings_options(job->settings);
    for (size_t i = 0; i < options.n; i++) {
        const char *path = options.item[i].kind != kind
                               ? NULL
                               : rwe_settings_text(job->settings, options.item[i].name);
        if (path != NULL && (kind == RWE_OPTION_PATH || strcmp(path, "-") != 0))
            add(files, options.item[i].name, path, job->arena);
    }
}

static enum rwe_status fail_read(const struct named *output, const struct named *input,
                                 struct rwe_error *error)
{
    if (input->option == NULL)
        return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                        "--%s %s would be written over the cohort, %s: write to another file",
                        output->option, output->path, input->path);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "--%s %s would be written over what --%s reads, %s: write to another file",
                    output->option, output->path, input->option, input->path);
}

static bool collide(const struct named *a, const struct named *b)
{
    return rwe_place_same(&a->place, &b->place) || rwe_place_within(&a->place, &b->place) ||
           rwe_place_within(&b->place, &a->place);
}

enum rwe_status rwe_files_check(const struct rwe_job *job, struct rwe_cohort_files cohort,
                                struct rwe_error *error)
{
    size_t most = rwe_settings_options(job->settings).n;
    struct files outputs = {RWE_NEW(job->arena, struct named, most), 0},
                 inputs = {RWE_NEW(job->arena, struct named, most + cohort.n), 0};
    if (rwe_arena_failed(job->arena))
        return rwe_fail_memory(error);
    add_options(job, RWE_OPTION_OUTPUT, &outputs);
    add_options(job, RWE_OPTION_PATH, &inputs);
    for (size_t i = 0; i < cohort.n; i++)
        add(&inputs, NULL, cohort.item[i].path, job->arena);
    if (rwe_arena_failed(job->arena))
        return rwe_fail_memory(error);
    for (size_t o = 0; o < outputs.n; o++)
        for (size_t i = 0; i < inputs.n; i++)
            if (!inputs.item[i].place.is_folder && collide(&outputs.item[o], &inputs.item[i]))
                return fail_read(&outputs.item[o], &inputs.item[i], error);
    for (size_t a = 0; a < outputs.n; a++)
        for (size_t b = a + 1; b < outputs.n; b++)
            if (collide(&outputs.item[a], &outputs.item[b]))
                return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                                "--%s %s and --%s %s are one place, and one of them would be "
                                "lost: name another file",
                                outputs.item[a].option, outputs.item[a].path,
                                outputs.item[b].option, outputs.item[b].path);
    return RWE_OK;
}
