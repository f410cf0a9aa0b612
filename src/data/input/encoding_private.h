/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What the bytes of a file are: pure functions on a sample of them. */
#ifndef RWE_DATA_ENCODING_PRIVATE_H
#define RWE_DATA_ENCODING_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

/** Room for the name of an encoding. */
#define RWE_ENCODING_SIZE 32

/** Position of the first byte that is not ASCII, or n. */
size_t rwe_ascii_prefix(const unsigned char *bytes, size_t n);

/** Length of the longest beginning that is whole UTF-8 characters. `*cut` tells whether what
 * follows can still become a character: the bytes end within it. */
size_t rwe_utf8_prefix(const unsigned char *bytes, size_t n, bool *cut);

/** What kind of file begins so, that is no delimited text ("is an Excel workbook: …", to be looked up among the
 * messages), or NULL. */
const char *rwe_encoding_refuse(const unsigned char *bytes, size_t n);

/** Whether more bytes than a slip explains are control characters (for one-byte and UTF-8 text). */
bool rwe_encoding_is_binary(const unsigned char *bytes, size_t n);

/** "UTF-16LE" or "UTF-16BE" when the zero bytes of a beginning without BOM say so, else NULL. */
const char *rwe_encoding_utf16(const unsigned char *bytes, size_t n);

/**
 * The encoding of bytes that are not all ASCII; `whole` when the file ends with them. Valid UTF-8
 * is UTF-8; what reads as common Chinese in GB18030 is that; else libuchardet is asked, and last
 * GB18030 taken when the bytes are possible in it. False when nobody knows.
 */
bool rwe_encoding_guess(const unsigned char *bytes, size_t n, bool whole,
                        char name[RWE_ENCODING_SIZE]);

#endif
