/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/status.h"

#include <stdarg.h>
#include <stdio.h>

enum rwe_status rwe_fail(struct rwe_error *error, enum rwe_status status, size_t index,
                         const char *format, ...)
{
    if (error == NULL)
        return status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    error->status = status;
    error->index = index;
    return status;
}

enum rwe_status rwe_fail_memory(struct rwe_error *error)
{
    return rwe_fail(error, RWE_NO_MEMORY, RWE_NO_INDEX, "out of memory");
}
