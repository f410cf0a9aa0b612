/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/file.h"

#include "hold_private.h"
#include "rwe/base/language.h"
#include "rwe/base/number.h"
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Calls `write`; returns 0, or the reason why `out` did not take all. */
static int write_in_c_locale(void (*write)(FILE *out, const void *context), FILE *out,
                             const void *context)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(c); /* with c = 0 this only asks */
    errno = 0;
    write(out, context);
    int reason = !ferror(out) ? 0 : errno == 0 ? EIO : errno;
    uselocale(before);
    if (c != (locale_t)0)
        freelocale(c);
    return reason;
}

static enum rwe_status fail_io(struct rwe_error *error, const char *path, int reason)
{
    return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: %s", path, strerror(reason));
}

/* Everything flushed, or the reason why not. */
static int finish(FILE *out, bool sync)
{
    int reason = fflush(out) == 0 ? 0 : errno;
    if (reason == 0 && sync && fsync(fileno(out)) != 0 && errno != EINVAL)
        reason = errno;
    return reason;
}

static enum rwe_status write_directly(const char *path, FILE *out,
                                      void (*write)(FILE *out, const void *context),
                                      const void *context, struct rwe_error *error)
{
    if (out == NULL)
        return fail_io(error, path, errno);
    int reason = write_in_c_locale(write, out, context);
    if (reason == 0)
        reason = finish(out, false);
    if (out != stdout && fclose(out) != 0 && reason == 0)
        reason = errno;
    return reason == 0 ? RWE_OK : fail_io(error, path, reason);
}

/*
 * Opens a new file in place of the XXXXXX that `path` ends in, with the permissions that files get here. mkstemp
 * gives less, and who asks for the umask sets it, for all threads. −1 with errno on failure.
 */
static int open_new(char *path)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    enum { ATTEMPTS = 100 };
    unsigned char random[6];
    char *end = path + strlen(path) - sizeof random;
    int descriptor = -1;
    for (int attempt = 0; attempt < ATTEMPTS && descriptor < 0; attempt++) {
        if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
            return -1;
        for (size_t i = 0; i < sizeof random; i++)
            end[i] = letters[random[i] % (sizeof letters - 1)];
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor < 0 && errno != EEXIST)
            return -1;
    }
    return descriptor;
}

/* `old` is the file that is replaced, whose permissions the new one gets; NULL: there is none. A signal that comes
 * while the temporary file lies there waits until it is renamed or removed. */
static enum rwe_status write_beside(const char *path, const struct stat *old, char *temporary,
                                    void (*write)(FILE *out, const void *context),
                                    const void *context, struct rwe_error *error)
{
    struct rwe_hold hold;
    rwe_hold_signals(&hold);
    int descriptor = open_new(temporary);
    int reason = descriptor < 0 ? errno : 0;
    if (reason == 0 && old != NULL && fchmod(descriptor, old->st_mode & 0777) != 0)
        reason = errno;
    FILE *out = reason != 0 ? NULL : fdopen(descriptor, "wb");
    if (reason == 0)
        reason = out == NULL ? errno : write_in_c_locale(write, out, context);
    if (reason == 0)
        reason = finish(out, true);
    if (out != NULL && fclose(out) != 0 && reason == 0)
        reason = errno;
    if (out == NULL && descriptor >= 0)
        close(descriptor);
    if (reason == 0 && rwe_hold_waits(&hold))
        reason = EINTR;
    if (reason == 0 && rename(temporary, path) != 0)
        reason = errno;
    if (reason != 0 && descriptor >= 0)
        unlink(temporary);
    rwe_hold_release(&hold);
    return reason == 0 ? RWE_OK : fail_io(error, path, reason);
}

enum rwe_status rwe_file_write(const char *path, void (*write)(FILE *out, const void *context),
                               const void *context, struct rwe_error *error)
{
    struct stat info;
    char *temporary = NULL;
    if (strcmp(path, "-") == 0)
        return write_directly(rwe_message("standard output"), stdout, write, context, error);
    bool is_there = stat(path, &info) == 0;
    if (is_there && S_ISDIR(info.st_mode))
        return fail_io(error, path, EISDIR);
    if (is_there && !S_ISREG(info.st_mode))
        return write_directly(path, fopen(path, "wb"), write, context, error);
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return rwe_fail_memory(error);
    enum rwe_status status =
        write_beside(path, is_there ? &info : NULL, temporary, write, context, error);
    free(temporary);
    return status;
}

static ssize_t append(void *cookie, const char *from, size_t size)
{
    struct rwe_bytes *bytes = cookie;
    size_t need = bytes->n + size + 1;
    if (need > bytes->capacity) {
        size_t capacity = 2 * bytes->capacity < need ? need + BUFSIZ : 2 * bytes->capacity;
        char *longer = realloc(bytes->byte, capacity);
        if (longer == NULL) {
            bytes->lost = true;
            return 0;
        }
        bytes->byte = longer;
        bytes->capacity = capacity;
    }
    memcpy(bytes->byte + bytes->n, from, size);
    bytes->n += size;
    bytes->byte[bytes->n] = '\0';
    return (ssize_t)size;
}

FILE *rwe_bytes_open(struct rwe_bytes *bytes)
{
    return fopencookie(bytes, "w", (cookie_io_functions_t){.write = append});
}

enum rwe_status rwe_bytes_close(struct rwe_bytes *bytes, FILE *stream, struct rwe_error *error)
{
    bytes->lost = ferror(stream) != 0 || bytes->lost;
    bytes->lost = fclose(stream) != 0 || bytes->lost;
    return bytes->lost ? rwe_fail_memory(error) : RWE_OK;
}

void rwe_bytes_clear(struct rwe_bytes *bytes)
{
    free(bytes->byte);
    *bytes = (struct rwe_bytes){0};
}

bool rwe_csv_is_formula(const char *text)
{
    double number;
    return text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL && text[1] != '\0' &&
           !rwe_number_parse(text, strlen(text), &number);
}

void rwe_csv_write_text(FILE *out, const char *text)
{
    bool is_formula = rwe_csv_is_formula(text);
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        if (is_formula)
            putc('\'', out);
        fputs(text, out);
        return;
    }
    putc('"', out);
    if (is_formula)
        putc('\'', out);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}
