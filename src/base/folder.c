/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/folder.h"

#include "folder_private.h"
#include "hold_private.h"
#include "rwe/base/language.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One folder being made. */
struct making {
    char path[PATH_MAX];  /* where it shall be; a link is followed */
    char fresh[PATH_MAX]; /* where it is filled */
    int folder;           /* that one, open */
    const struct rwe_folder_file *files;
    size_t n;
    struct rwe_hold hold;
    const char *at; /* name of the file that failed; NULL: the folder itself */
};

/* ---- filling: each returns 0 or the reason ---- */

/* The folder that the name begins with; "" where it begins with none. */
static void folder_of(const char *name, char folder[RWE_FOLDER_NAME])
{
    const char *slash = strchr(name, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - name);
    assert(strlen(name) < RWE_FOLDER_NAME);
    memcpy(folder, name, length);
    folder[length] = '\0';
}

static int write_all(int descriptor, const char *byte, size_t n)
{
    while (n > 0) {
        ssize_t written = write(descriptor, byte, n);
        if (written < 0 && errno != EINTR)
            return errno;
        byte += written < 0 ? 0 : written;
        n -= written < 0 ? 0 : (size_t)written;
    }
    return 0;
}

static int write_one(const struct making *making, const struct rwe_folder_file *file)
{
    char folder[RWE_FOLDER_NAME];
    folder_of(file->name, folder);
    if (folder[0] != '\0' && mkdirat(making->folder, folder, 0777) != 0 && errno != EEXIST)
        return errno;
    int descriptor =
        openat(making->folder, file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return errno;
    int reason = write_all(descriptor, file->byte, file->n);
    if (close(descriptor) != 0 && reason == 0)
        reason = errno;
    return reason;
}

static int sync_one(int folder, const char *name)
{
    int descriptor = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return errno;
    int reason = fsync(descriptor) == 0 || errno == EINVAL ? 0 : errno;
    close(descriptor);
    return reason;
}

/* Whether no later file stands in the same folder. */
static bool is_last_of_folder(const struct making *making, size_t i, const char *folder)
{
    char next[RWE_FOLDER_NAME] = "";
    if (i + 1 < making->n)
        folder_of(making->files[i + 1].name, next);
    return strcmp(folder, next) != 0;
}

/* All are written before the first is waited for, so that the disk gets them in one go. */
static int fill(struct making *making)
{
    int reason = 0;
    char folder[RWE_FOLDER_NAME];
    for (size_t i = 0; i < making->n && reason == 0; i++) {
        making->at = making->files[i].name;
        reason = rwe_hold_waits(&making->hold) ? EINTR : write_one(making, &making->files[i]);
    }
    for (size_t i = 0; i < making->n && reason == 0; i++) {
        making->at = making->files[i].name;
        reason = rwe_hold_waits(&making->hold) ? EINTR : sync_one(making->folder, making->at);
        folder_of(making->at, folder);
        if (reason == 0 && folder[0] != '\0' && is_last_of_folder(making, i, folder))
            reason = sync_one(making->folder, folder);
    }
    if (reason == 0) {
        making->at = NULL;
        reason = sync_one(making->folder, ".");
    }
    return reason;
}

/* By name and without memory, so that it is done even where memory is what was missing. */
static void take_back(const struct making *making)
{
    char folder[RWE_FOLDER_NAME];
    for (size_t i = 0; i < making->n; i++)
        unlinkat(making->folder, making->files[i].name, 0);
    for (size_t i = 0; i < making->n; i++) {
        folder_of(making->files[i].name, folder);
        if (folder[0] != '\0')
            unlinkat(making->folder, folder, AT_REMOVEDIR);
    }
    rmdir(making->fresh);
}

/* ---- placing ---- */

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

int rwe_folder_swap_by_steps(const char *fresh, const char *path, const char *aside)
{
    if (rename(path, aside) != 0)
        return errno;
    if (rename(fresh, path) != 0) {
        int reason = errno;
        rename(aside, path);
        return reason;
    }
    rename(aside, fresh);
    return 0;
}

/* The old folder is now at making->fresh. */
static int exchange(const struct making *making)
{
    char aside[PATH_MAX];
    if (renameat2(AT_FDCWD, making->fresh, AT_FDCWD, making->path, RENAME_EXCHANGE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    int length = snprintf(aside, sizeof aside, "%s.old", making->fresh);
    if (length < 0 || (size_t)length >= sizeof aside)
        return ENAMETOOLONG;
    return rwe_folder_swap_by_steps(making->fresh, making->path, aside);
}

static int sync_parent(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    return sync_one(AT_FDCWD, dirname(copy));
}

static enum rwe_status fail_io(const struct making *making, int reason, struct rwe_error *error)
{
    const char *why = reason == EINTR ? rwe_message("interrupted") : strerror(reason);
    if (making->at == NULL)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: %s", making->path, why);
    return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s/%s: %s", making->path, making->at, why);
}

/* rename() itself tells an empty folder from one that is not. */
static enum rwe_status place(struct making *making, bool replace, struct rwe_error *error)
{
    making->at = NULL;
    int reason = rename(making->fresh, making->path) == 0 ? 0 : errno;
    bool full = reason == ENOTEMPTY || reason == EEXIST;
    if (full && replace)
        reason = exchange(making);
    if (reason != 0) {
        take_back(making);
        return full && !replace ? rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                                           "%s is a folder that is not empty", making->path)
                                : fail_io(making, reason, error);
    }
    sync_parent(making->path); /* it stands already: nothing could be taken back */
    if (full && nftw(making->fresh, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                        "%s is written, but what it was before is left in %s: %s", making->path,
                        making->fresh, strerror(errno));
    return RWE_OK;
}

/* ---- the whole ---- */

static int name_places(struct making *making, const char *path)
{
    char *real = realpath(path, NULL);
    if (real == NULL && errno == ENOMEM)
        return ENOMEM;
    int length = snprintf(making->path, sizeof making->path, "%s", real == NULL ? path : real);
    free(real);
    for (; length > 1 && making->path[length - 1] == '/'; length--)
        making->path[length - 1] = '\0';
    if (length < 0 || (size_t)length >= sizeof making->path)
        return ENAMETOOLONG;
    length = snprintf(making->fresh, sizeof making->fresh, "%s.XXXXXX", making->path);
    return length < 0 || (size_t)length >= sizeof making->fresh ? ENAMETOOLONG : 0;
}

/* mkdtemp gives less than a new folder has here; one that is replaced keeps its permissions. */
static int open_fresh(struct making *making)
{
    mode_t mask = umask(0);
    umask(mask);
    struct stat old;
    bool replaces = stat(making->path, &old) == 0 && S_ISDIR(old.st_mode);
    mode_t mode = replaces ? old.st_mode & 0777 : 0777 & ~mask;
    if (mkdtemp(making->fresh) == NULL)
        return errno;
    making->folder = open(making->fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int reason = making->folder < 0 || fchmod(making->folder, mode) != 0 ? errno : 0;
    if (making->folder < 0)
        rmdir(making->fresh);
    return reason;
}

static enum rwe_status make(struct making *making, bool replace, struct rwe_error *error)
{
    int reason = open_fresh(making);
    if (making->folder < 0)
        return fail_io(making, reason, error);
    if (reason == 0)
        reason = fill(making);
    if (reason == 0 && rwe_hold_waits(&making->hold))
        reason = EINTR;
    enum rwe_status status = RWE_OK;
    if (reason == 0)
        status = place(making, replace, error);
    else
        take_back(making);
    close(making->folder);
    return reason == 0 ? status : fail_io(making, reason, error);
}

enum rwe_status rwe_folder_write(const char *path, const struct rwe_folder_file files[], size_t n,
                                 bool replace, struct rwe_error *error)
{
    struct making making = {.files = files, .n = n, .folder = -1};
    int reason = name_places(&making, path);
    if (reason == ENOMEM)
        return rwe_fail_memory(error);
    if (reason != 0)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: %s", path, strerror(reason));
    rwe_hold_signals(&making.hold);
    enum rwe_status status = make(&making, replace, error);
    rwe_hold_release(&making.hold);
    return status;
}
