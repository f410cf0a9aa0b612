/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "encoding_private.h"

#include "rwe/base/language.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <uchardet/uchardet.h>

size_t rwe_ascii_prefix(const unsigned char *bytes, size_t n)
{
    size_t i = 0;
    uint64_t word;
    for (; i + sizeof word <= n; i += sizeof word) {
        memcpy(&word, bytes + i, sizeof word);
        if (word & 0x8080808080808080u)
            break;
    }
    while (i < n && bytes[i] < 0x80)
        i++;
    return i;
}

enum { CUT = -1, INVALID = 0 };

/* Length of the UTF-8 character at `s`, CUT or INVALID: table 3-7 of the Unicode standard, which
 * leaves out overlong forms, surrogates and what lies behind U+10FFFF. */
static int utf8_character(const unsigned char *s, size_t n)
{
    unsigned char first = s[0];
    int length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (length == 0 || first > 0xf4)
        return INVALID;
    for (int i = 1; i < length; i++) {
        if ((size_t)i >= n)
            return CUT;
        if (s[i] < low || s[i] > high)
            return INVALID;
        low = 0x80;
        high = 0xbf;
    }
    return length;
}

size_t rwe_utf8_prefix(const unsigned char *bytes, size_t n, bool *cut)
{
    size_t i = 0;
    *cut = false;
    while (i < n) {
        i += rwe_ascii_prefix(bytes + i, n - i);
        while (i < n && bytes[i] >= 0x80) {
            int length = utf8_character(bytes + i, n - i);
            *cut = length == CUT;
            if (length <= 0)
                return i;
            i += (size_t)length;
        }
    }
    return i;
}

/* Bytes that no text holds. Tab, line ends, form feed, the escape of ISO-2022 and the end-of-file
 * mark of DOS are text. */
static bool is_control(unsigned char c)
{
    return c < 0x20 && c != '\t' && c != '\n' && c != '\v' && c != '\f' && c != '\r' && c != 0x1a &&
           c != 0x1b;
}

/* A kind of file by the bytes that stand at `offset`. */
struct kind {
    size_t offset;
    const char *magic;
    size_t length;
    const char *sentence;
};

#define MAGIC(text) (text), sizeof(text) - 1

static const struct kind kinds[] = {
    {30, MAGIC("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"),
     N_("is an OpenDocument workbook (.ods): open it and save it as .xlsx, or the sheet as \"CSV "
        "UTF-8\"")},
    {0, MAGIC("PK\003\004"),
     N_("is a zip archive and no workbook: unpack it, and name the table in it")},
    {0, MAGIC("\xD0\xCF\x11\xE0"),
     N_("is an old Excel workbook (.xls), or one with a password: open it and save it as .xlsx "
        "without a password, or the sheet as \"CSV UTF-8\"")},
    {0, MAGIC("ASCII SPSS PORT FILE"),
     N_("is a portable SPSS file (.por): save it as .sav in SPSS or PSPP")},
    {0, MAGIC("\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81"),
     N_("is a SAS file, but no data set (.sas7bdat): write the table with PROC EXPORT")},
    {0, MAGIC("**COMPRESSED**"),
     N_("is a SAS transport file of PROC CPORT: write it with the XPORT engine (.xpt), or as CSV "
        "with "
        "PROC EXPORT")},
    {0, MAGIC("HEADER RECORD*******"),
     N_("is a SAS transport file of a kind that is not known: write it as CSV with PROC EXPORT")},
    {0, MAGIC("RDX3\n"),
     N_("is an R data file: write the table with write.csv(…, row.names = FALSE)")},
    {0, MAGIC("PAR1\x15"), N_("is a Parquet file: write the table as CSV")},
    {0, MAGIC("\x1f\x8b"),
     N_("is compressed with gzip (as R's .rds files are too): decompress it first (gunzip)")},
    {4, MAGIC("1AY&SY"), N_("is compressed with bzip2: decompress it first (bunzip2)")},
    {0,
     MAGIC("\xfd"
           "7zXZ"),
     N_("is compressed with xz: decompress it first (unxz)")},
    {0, MAGIC("7z\xbc\xaf"), N_("is a 7z archive: unpack it first")},
    {0, MAGIC("Rar!\x1a"), N_("is a RAR archive: unpack it first")},
    {0, MAGIC("%PDF"), N_("is a PDF document: export the table as CSV")},
    {0, MAGIC("{\\rtf"), N_("is a text document (.rtf): save the table as \"CSV UTF-8\"")},
    {0, MAGIC("\x89PNG"), N_("is a picture: the table must be typed or exported as CSV")},
    {0, MAGIC("\xff\xd8\xff"), N_("is a picture: the table must be typed or exported as CSV")},
    {0, MAGIC("<html"),
     N_("is a web page, whatever its name: open it in a spreadsheet and save it as CSV")},
    {0, MAGIC("<!DOCTYPE"),
     N_("is a web page, whatever its name: open it in a spreadsheet and save it as CSV")},
    {0, MAGIC("<?xml"), N_("is an XML document: open it in a spreadsheet and save it as CSV")},
};

/* Whether the bytes are these, letters in either case. */
static bool are(const unsigned char *bytes, const char *magic, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != (unsigned char)magic[i] &&
            !(isascii(bytes[i]) && tolower(bytes[i]) == tolower((unsigned char)magic[i])))
            return false;
    return true;
}

const char *rwe_encoding_refuse(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct kind *kind = &kinds[i];
        if (n >= kind->offset + kind->length &&
            are(bytes + kind->offset, kind->magic, kind->length))
            return kind->sentence;
    }
    return NULL;
}

bool rwe_encoding_is_binary(const unsigned char *bytes, size_t n)
{
    size_t controls = 0;
    for (size_t i = 0; i < n; i++)
        controls += is_control(bytes[i]) && bytes[i] != '\0'; /* zeros are told with their line */
    return controls > n / 64;
}

/* Digits, separators and line ends have a zero upper byte, so that even a Chinese table is full of
 * zeros at odd (little endian) or even offsets. A few on the other side are characters such as
 * U+4E00. */
const char *rwe_encoding_utf16(const unsigned char *bytes, size_t n)
{
    size_t zeros[2] = {0, 0};
    for (size_t i = 0; i < n; i++)
        zeros[i % 2] += bytes[i] == '\0';
    if (zeros[0] + zeros[1] < n / 32 + 1)
        return NULL;
    if (zeros[1] > 8 * zeros[0])
        return "UTF-16LE";
    if (zeros[0] > 8 * zeros[1])
        return "UTF-16BE";
    return NULL;
}

struct gb_scan {
    bool valid;
    size_t characters; /* of more than one byte */
    size_t common;     /* of these, the 3,755 hanzi of GB 2312 level 1, and punctuation */
};

static bool in(unsigned char c, unsigned char low, unsigned char high)
{
    return c >= low && c <= high;
}

/* GB 18030-2005: two bytes 81-FE 40-7E|80-FE, or four bytes 81-FE 30-39 81-FE 30-39. */
static struct gb_scan scan_gb18030(const unsigned char *s, size_t n, bool whole)
{
    struct gb_scan scan = {true, 0, 0};
    size_t i = 0;
    while (i < n) {
        if (s[i] < 0x80) {
            i++;
            continue;
        }
        size_t length = i + 1 < n && in(s[i + 1], 0x30, 0x39) ? 4 : 2;
        bool lead = in(s[i], 0x81, 0xfe);
        if (!lead || i + length > n) {
            scan.valid = lead && !whole;
            return scan;
        }
        bool two = length == 2 && in(s[i + 1], 0x40, 0xfe) && s[i + 1] != 0x7f;
        bool four = length == 4 && in(s[i + 2], 0x81, 0xfe) && in(s[i + 3], 0x30, 0x39);
        if (!two && !four) {
            scan.valid = false;
            return scan;
        }
        scan.characters++;
        if (two && (in(s[i], 0xb0, 0xd7) || in(s[i], 0xa1, 0xa3)) && s[i + 1] >= 0xa1)
            scan.common++;
        i += length;
    }
    return scan;
}

static bool is_other_east_asian(const char *name)
{
    static const char *const names[] = {"EUC-KR", "UHC",    "EUC-JP",   "SHIFT_JIS",
                                        "BIG5",   "EUC-TW", "ISO-2022-"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncasecmp(name, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* libuchardet's opinion; "" when it has none. It is C++ and ends the program when memory is out,
 * which nobody can catch from C; so it is asked only when the bytes do not speak for themselves. */
static void ask_uchardet(const unsigned char *bytes, size_t n, char name[RWE_ENCODING_SIZE])
{
    enum { SAMPLE = 65536 };
    name[0] = '\0';
    uchardet_t detector = uchardet_new();
    if (detector == NULL)
        return;
    if (uchardet_handle_data(detector, (const char *)bytes, n < SAMPLE ? n : SAMPLE) == 0) {
        uchardet_data_end(detector);
        const char *charset = uchardet_get_charset(detector);
        bool by_mark = strncasecmp(charset, "UTF-", 4) == 0; /* no BOM stands within a file */
        if (!by_mark && strlen(charset) < RWE_ENCODING_SIZE)
            strcpy(name, charset);
    }
    uchardet_delete(detector);
}

bool rwe_encoding_guess(const unsigned char *bytes, size_t n, bool whole,
                        char name[RWE_ENCODING_SIZE])
{
    /* libuchardet needs this many characters before it tells one East Asian encoding from another;
     * below, it calls a few Chinese names Korean, Cyrillic or Thai. */
    enum { ENOUGH = 256 };
    bool cut;
    size_t valid = rwe_utf8_prefix(bytes, n, &cut);
    if (valid == n || (cut && (!whole || valid > 0))) { /* cut off, but UTF-8 before */
        strcpy(name, "UTF-8");
        return true;
    }
    struct gb_scan gb = scan_gb18030(bytes, n, whole);
    bool chinese = gb.valid && 10 * gb.common >= 7 * gb.characters;
    if (!chinese || gb.characters >= ENOUGH)
        ask_uchardet(bytes, n, name);
    if (chinese && (gb.characters < ENOUGH || !is_other_east_asian(name)))
        strcpy(name, "GB18030");
    if (name[0] == '\0' && gb.valid)
        strcpy(name, "GB18030");
    return name[0] != '\0';
}
