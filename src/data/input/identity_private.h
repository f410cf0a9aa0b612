/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Numbers and addresses of people in text. */
#ifndef RWE_DATA_IDENTITY_PRIVATE_H
#define RWE_DATA_IDENTITY_PRIVATE_H

#include <stddef.h>

/**
 * What in a text names a person, in words (N_), or NULL: a resident identity number of 18 or 15 digits (also with a
 * wrong check digit, and in groups), a mobile number, a telephone number with its area, an e-mail address;
 * anywhere in the text. Digits may be full-width.
 */
const char *rwe_identity_in(const char *text, size_t length);

#endif
