/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/status.h"

#include "rwe/base/language.h"

#include <stdarg.h>
#include <stdio.h>

void rwe_error_set(struct rwe_error *error, enum rwe_status status, size_t index,
                   const char *format, ...)
{
    if (error == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, rwe_message(format), arguments);
    va_end(arguments);
    error->status = status;
    error->index = index;
}
