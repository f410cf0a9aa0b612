/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kept.h"

#include "program.h"
#include <stdlib.h>
#include <string.h>

static char *read_kept(const char *path, const char *written, size_t size, size_t *kept_size)
{
    if (getenv("RWE_GOLDEN_UPDATE") != NULL) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(written, 1, size, file), size);
        assert_int_equal(fclose(file), 0);
    }
    char *text = program_read_file(path, kept_size);
    if (text == NULL)
        fail_msg("%s does not exist: make goldens writes it", path);
    return text;
}

char *kept_text(const char *path, const char *written, size_t size)
{
    return read_kept(path, written, size, NULL);
}

static int line_length(const char *text, size_t size)
{
    const char *end = memchr(text, '\n', size);
    return (int)(end != NULL ? (size_t)(end - text) : size);
}

void kept_is_the_same(const char *path, const char *written, size_t size)
{
    size_t kept_size, line = 1, start = 0, i = 0;
    char *kept = read_kept(path, written, size, &kept_size);
    for (; i < size && i < kept_size && written[i] == kept[i]; i++)
        if (written[i] == '\n') {
            line++;
            start = i + 1;
        }
    if (i < size || i < kept_size)
        fail_msg("%s:%zu: written is \"%.*s\", kept is \"%.*s\"", path, line,
                 line_length(written + start, size - start), written + start,
                 line_length(kept + start, kept_size - start), kept + start);
    free(kept);
}
