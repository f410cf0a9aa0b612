/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be in the way of a pack. */
#include "rwe/report/pack.h"

#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum rwe_status fail_io(struct rwe_error *error, const char *path, int reason)
{
    return reason == ENOMEM
               ? rwe_fail_memory(error)
               : rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: %s", path, strerror(reason));
}

/* The folder that a new one would be made in. */
static enum rwe_status check_parent(const char *path, struct rwe_error *error)
{
    char copy[PATH_MAX];
    struct stat info;
    int length = snprintf(copy, sizeof copy, "%s", path);
    if (length < 0 || (size_t)length >= sizeof copy)
        return fail_io(error, path, ENAMETOOLONG);
    const char *parent = dirname(copy);
    if (stat(parent, &info) != 0)
        return fail_io(error, parent, errno);
    if (!S_ISDIR(info.st_mode))
        return fail_io(error, parent, ENOTDIR);
    return access(parent, W_OK | X_OK) == 0 ? RWE_OK : fail_io(error, parent, errno);
}

/* The "files" of our manifest in that folder, to be freed; NULL when there is none. */
static json_t *read_manifest(const char *folder, json_t **manifest)
{
    char *path = NULL;
    int kind = 0;
    json_t *files = NULL;
    *manifest = NULL;
    if (asprintf(&path, "%s/%s", folder, RWE_PACK_MANIFEST_NAME) < 0)
        return NULL;
    *manifest = json_load_file(path, 0, NULL);
    free(path);
    if (*manifest == NULL ||
        json_unpack(*manifest, "{s:{s:i}, s:o}", "rwe", "manifest", &kind, "files", &files) != 0)
        return NULL;
    return kind == RWE_PACK_MANIFEST && json_is_array(files) ? files : NULL;
}

static bool is_named(const json_t *files, const char *name)
{
    if (strcmp(name, RWE_PACK_MANIFEST_NAME) == 0)
        return true;
    for (size_t i = 0; i < json_array_size(files); i++) {
        const char *file = json_string_value(json_object_get(json_array_get(files, i), "file"));
        if (file != NULL && strcmp(file, name) == 0)
            return true;
    }
    return false;
}

/* One file or folder below `path`. */
static enum rwe_status check_entry(const char *path, const FTSENT *entry, const json_t *files,
                                   struct rwe_error *error)
{
    const char *name = entry->fts_path + strlen(path);
    name += strspn(name, "/");
    if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS)
        return fail_io(error, entry->fts_path, entry->fts_errno);
    if (entry->fts_info == FTS_D || entry->fts_info == FTS_DP || is_named(files, name))
        return RWE_OK;
    return rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                    "%s is not replaced: %s is none of the files that its manifest names. Move it "
                    "elsewhere, or name another folder",
                    path, name);
}

/* Every file below the folder, against the manifest. */
static enum rwe_status walk(const char *path, const json_t *files, struct rwe_error *error)
{
    char *root = strdup(path);
    char *const roots[] = {root, NULL};
    FTS *tree = root == NULL ? NULL : fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    enum rwe_status status = tree == NULL ? fail_io(error, path, errno) : RWE_OK;
    while (status == RWE_OK) {
        errno = 0;
        const FTSENT *entry = fts_read(tree);
        if (entry == NULL && errno != 0)
            status = fail_io(error, path, errno);
        if (entry == NULL)
            break;
        status = check_entry(path, entry, files, error);
    }
    if (tree != NULL)
        fts_close(tree);
    free(root);
    return status;
}

static enum rwe_status check_old(const char *path, bool overwrite, struct rwe_error *error)
{
    json_t *manifest;
    const json_t *files = read_manifest(path, &manifest);
    enum rwe_status status = RWE_OK;
    if (files == NULL)
        status = rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                          "%s is a folder that holds other things: name another one, or a new one",
                          path);
    else if (!overwrite)
        status = rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                          "%s holds a report already: add --overwrite to replace it, or name "
                          "another folder",
                          path);
    else
        status = walk(path, files, error);
    json_decref(manifest);
    return status;
}

/* "" and "..": the folder that a name ends in must have a name of its own to be renamed to. */
static bool has_name(const char *path)
{
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/')
        length--;
    size_t dots = 0;
    while (dots < length && path[length - dots - 1] == '.')
        dots++;
    bool only_dots = dots == length || path[length - dots - 1] == '/';
    return length > 0 && !(only_dots && (dots == 1 || dots == 2));
}

enum rwe_status rwe_pack_check(const char *path, bool overwrite, struct rwe_error *error)
{
    struct stat info;
    if (!has_name(path))
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                        "\"%s\": name the folder that shall be made, as results/", path);
    if (stat(path, &info) != 0)
        return errno == ENOENT ? check_parent(path, error) : fail_io(error, path, errno);
    if (!S_ISDIR(info.st_mode))
        return fail_io(error, path, ENOTDIR);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return fail_io(error, path, errno);
    bool empty = true;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        empty = empty && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
    closedir(folder);
    enum rwe_status status = empty ? RWE_OK : check_old(path, overwrite, error);
    return status == RWE_OK ? check_parent(path, error) : status;
}
