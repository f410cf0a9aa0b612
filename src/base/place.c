/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/place.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path without links, in the arena. */
static const char *real_path(const char *path, struct rwe_arena *arena)
{
    char *real = realpath(path, NULL);
    const char *copy = real == NULL ? NULL : rwe_arena_string(arena, real);
    free(real);
    return copy;
}

static struct rwe_place place_of_new(const char *path, struct rwe_arena *arena)
{
    struct stat info;
    char *folder = rwe_arena_string(arena, path), *name = rwe_arena_string(arena, path);
    if (folder == NULL || name == NULL)
        return (struct rwe_place){0};
    folder = dirname(folder);
    if (stat(folder, &info) != 0)
        return (struct rwe_place){0};
    return (struct rwe_place){
        .is_known = true,
        .device = info.st_dev,
        .inode = info.st_ino,
        .name = basename(name),
        .path = real_path(folder, arena),
    };
}

struct rwe_place rwe_place_of(const char *path, struct rwe_arena *arena)
{
    struct stat info;
    bool is_input = strcmp(path, "-") == 0;
    if ((is_input ? fstat(STDIN_FILENO, &info) : stat(path, &info)) != 0)
        return is_input ? (struct rwe_place){0} : place_of_new(path, arena);
    return (struct rwe_place){
        .is_known = S_ISREG(info.st_mode) || S_ISDIR(info.st_mode),
        .is_folder = S_ISDIR(info.st_mode),
        .device = info.st_dev,
        .inode = info.st_ino,
        .path = is_input ? NULL : real_path(path, arena),
    };
}

bool rwe_place_same(const struct rwe_place *a, const struct rwe_place *b)
{
    if (!a->is_known || !b->is_known || a->device != b->device || a->inode != b->inode)
        return false;
    if (a->name == NULL || b->name == NULL)
        return a->name == b->name;
    return strcmp(a->name, b->name) == 0;
}

bool rwe_place_within(const struct rwe_place *file, const struct rwe_place *folder)
{
    struct stat info;
    if (!file->is_known || !folder->is_folder || file->path == NULL)
        return false;
    char *above = strdup(file->path);
    bool within =
        file->name != NULL && file->device == folder->device && file->inode == folder->inode;
    while (above != NULL && !within) {
        char *slash = strrchr(above, '/');
        if (slash == NULL || above[1] == '\0')
            break;
        slash[slash == above] = '\0';
        within = stat(above, &info) == 0 && info.st_dev == folder->device &&
                 info.st_ino == folder->inode;
    }
    free(above);
    return within;
}
