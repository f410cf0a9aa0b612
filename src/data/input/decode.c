/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode_private.h"

#include "encoding_private.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define NO_CONVERTER ((iconv_t)-1)

struct rwe_decoder {
    const char *name;
    int descriptor;
    struct rwe_sha256 *hash;
    char encoding[RWE_ENCODING_SIZE]; /* "" while undecided */
    bool guessed;
    iconv_t converter; /* NO_CONVERTER for UTF-8 and ASCII, which pass as they are */
    unsigned char *raw;
    size_t size;       /* of raw, and of text */
    size_t begin, end; /* the bytes in raw that are not decoded yet */
    size_t fresh;      /* where the bytes in raw begin that are not hashed yet */
    char *text;        /* what the converter wrote */
    bool at_end;       /* of the file */
    bool begun;        /* its beginning has been looked at */
    bool flushed;      /* the converter has given all it had */
    bool spoken;       /* some text has been handed out */
    bool after_cr;     /* the text handed out last ends with a carriage return */
    size_t line;       /* on which the next piece begins */
};

static enum rwe_status read_failed(const struct rwe_decoder *decoder, int reason,
                                   struct rwe_error *error)
{
    if (reason == ENOMEM)
        return rwe_fail_memory(error);
    if (reason == ENOENT)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                        "%s: no such file: check its name and its folder", decoder->name);
    if (reason == EISDIR)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX,
                        "%s: is a folder: name the CSV file that lies in it", decoder->name);
    return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: cannot be read: %s", decoder->name,
                    strerror(reason));
}

static bool is_utf8(const char *encoding)
{
    return strcasecmp(encoding, "UTF-8") == 0 || strcasecmp(encoding, "UTF8") == 0;
}

/* Settles the encoding, for good. */
static enum rwe_status set_encoding(struct rwe_decoder *decoder, const char *encoding,
                                    struct rwe_error *error)
{
    if (is_utf8(encoding))
        encoding = "UTF-8";
    if (strlen(encoding) < RWE_ENCODING_SIZE && encoding != decoder->encoding)
        strcpy(decoder->encoding, encoding);
    if (is_utf8(encoding))
        return RWE_OK;
    decoder->converter = iconv_open("UTF-8", encoding);
    if (decoder->converter != NO_CONVERTER)
        return RWE_OK;
    if (errno == ENOMEM)
        return rwe_fail_memory(error);
    return rwe_fail(error, RWE_USAGE, RWE_NO_INDEX,
                    "%s: \"%s\" is no encoding that can be converted: name it with --encoding "
                    "(UTF-8, GB18030, UTF-16LE, WINDOWS-1252, …; `iconv -l` lists them)",
                    decoder->name, encoding);
}

static enum rwe_status open_file(struct rwe_decoder *decoder, const char *path,
                                 struct rwe_error *error)
{
    bool standard_input = strcmp(path, "-") == 0;
    decoder->name = standard_input ? "standard input" : path;
    decoder->descriptor = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    return decoder->descriptor < 0 ? read_failed(decoder, errno, error) : RWE_OK;
}

enum rwe_status rwe_decoder_open(const char *path, const char *encoding, size_t chunk,
                                 struct rwe_arena *scratch, struct rwe_decoder **result,
                                 struct rwe_error *error)
{
    struct rwe_decoder *decoder = RWE_NEW(scratch, struct rwe_decoder, 1);
    unsigned char *raw = RWE_NEW(scratch, unsigned char, chunk);
    char *text = RWE_NEW(scratch, char, chunk);
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    *decoder = (struct rwe_decoder){
        .raw = raw, .text = text, .size = chunk, .converter = NO_CONVERTER, .line = 1};
    enum rwe_status status = open_file(decoder, path, error);
    if (status != RWE_OK)
        return status;
    decoder->hash = rwe_sha256_new();
    if (decoder->hash == NULL)
        status = rwe_fail_memory(error);
    else if (encoding != NULL)
        status = set_encoding(decoder, encoding, error);
    if (status != RWE_OK)
        rwe_decoder_close(decoder, NULL);
    else
        *result = decoder;
    return status;
}

void rwe_decoder_close(struct rwe_decoder *decoder, char hex[RWE_SHA256_SIZE])
{
    if (decoder->hash != NULL) {
        rwe_decoder_hash(decoder);
        rwe_sha256_finish(decoder->hash, hex);
    }
    if (decoder->converter != NO_CONVERTER)
        iconv_close(decoder->converter);
    if (decoder->descriptor != STDIN_FILENO)
        close(decoder->descriptor);
}

const char *rwe_decoder_name(const struct rwe_decoder *decoder)
{
    return decoder->name;
}

const char *rwe_decoder_encoding(const struct rwe_decoder *decoder)
{
    return decoder->encoding[0] == '\0' ? "UTF-8" : decoder->encoding;
}

void rwe_decoder_hash(struct rwe_decoder *decoder)
{
    rwe_sha256_add(decoder->hash, decoder->raw + decoder->fresh, decoder->end - decoder->fresh);
    decoder->fresh = decoder->end;
}

/* Reads until the buffer is full or the file at its end. */
static enum rwe_status fill(struct rwe_decoder *decoder, struct rwe_error *error)
{
    rwe_decoder_hash(decoder);
    decoder->end -= decoder->begin;
    memmove(decoder->raw, decoder->raw + decoder->begin, decoder->end);
    decoder->begin = 0;
    decoder->fresh = decoder->end;
    while (!decoder->at_end && decoder->end < decoder->size) {
        ssize_t n =
            read(decoder->descriptor, decoder->raw + decoder->end, decoder->size - decoder->end);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return read_failed(decoder, errno, error);
        decoder->at_end = n == 0;
        decoder->end += (size_t)n;
    }
    return RWE_OK;
}

/* Looks for what a file says of itself in its first bytes: that it is no text, or a BOM. */
static enum rwe_status look_at_beginning(struct rwe_decoder *decoder, struct rwe_error *error)
{
    const unsigned char *s = decoder->raw;
    size_t n = decoder->end;
    const char *utf16 = NULL;
    decoder->begun = true;
    if (n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0 &&
        (decoder->encoding[0] == '\0' || is_utf8(decoder->encoding))) {
        decoder->begin = 3;
        return set_encoding(decoder, "UTF-8", error);
    }
    if (n >= 2 && memcmp(s, "\xff\xfe", 2) == 0)
        utf16 = "UTF-16LE";
    else if (n >= 2 && memcmp(s, "\xfe\xff", 2) == 0)
        utf16 = "UTF-16BE";
    const char *why = rwe_encoding_refuse(s, n);
    if (why != NULL)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "%s: %s", decoder->name, why);
    if (decoder->encoding[0] != '\0')
        return RWE_OK;
    if (utf16 == NULL)
        utf16 = rwe_encoding_utf16(s, n);
    if (utf16 != NULL)
        return set_encoding(decoder, utf16, error);
    if (rwe_encoding_is_binary(s, n))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: is not a text file: save the table as \"CSV UTF-8\"", decoder->name);
    return RWE_OK;
}

/* Line ends in the text: LF, CR, or both together. Counting 255 bytes at a time in one byte lets
 * compilers vectorise. */
static size_t count_lines(const char *text, size_t n, bool after_cr)
{
    size_t lines = 0;
    for (size_t i = 0; i < n;) {
        size_t end = n - i < UINT8_MAX ? n : i + UINT8_MAX;
        uint8_t count = 0;
        for (; i < end; i++)
            count = (uint8_t)(count + (text[i] == '\n' || text[i] == '\r'));
        lines += count;
    }
    const char *last = text + n - 1;
    for (const char *cr = n < 2 ? NULL : memchr(text, '\r', n - 1); cr != NULL;
         cr = memchr(cr + 1, '\r', (size_t)(last - cr - 1)))
        lines -= cr[1] == '\n';
    return lines - (n > 0 && after_cr && text[0] == '\n');
}

/* The bytes at raw + begin are not of the encoding; `text` was decoded before them in this piece.
 */
static enum rwe_status bad_bytes(const struct rwe_decoder *decoder, const char *text, size_t n,
                                 bool cut, struct rwe_error *error)
{
    char shown[16] = "";
    size_t line = decoder->line + count_lines(text, n, decoder->after_cr);
    const char *encoding = rwe_decoder_encoding(decoder);
    const char *detected = decoder->guessed ? " (as detected)" : "";
    if (cut)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s:%zu: the file ends within a character of %s%s: it is cut off, or its "
                        "encoding must be named with --encoding",
                        decoder->name, line, encoding, detected);
    for (size_t i = decoder->begin; i < decoder->end && i < decoder->begin + 2; i++)
        sprintf(shown + 3 * (i - decoder->begin), " %02X", decoder->raw[i]);
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "%s:%zu: the bytes%s are not %s%s: name the encoding of the file with "
                    "--encoding (UTF-8, GB18030, WINDOWS-1252, …)",
                    decoder->name, line, shown, encoding, detected);
}

/* UTF-8 passes as it is, once it is known to be. */
static enum rwe_status pass_utf8(struct rwe_decoder *decoder, const char **text, size_t *length,
                                 struct rwe_error *error)
{
    bool cut;
    const unsigned char *from = decoder->raw + decoder->begin;
    size_t n = decoder->end - decoder->begin;
    *text = (const char *)from;
    *length = rwe_utf8_prefix(from, n, &cut);
    decoder->begin += *length;
    if (*length < n && (!cut || decoder->at_end))
        return bad_bytes(decoder, *text, *length, cut, error);
    return RWE_OK;
}

static enum rwe_status convert(struct rwe_decoder *decoder, const char **text, size_t *length,
                               struct rwe_error *error)
{
    char *in = (char *)decoder->raw + decoder->begin;
    size_t in_left = decoder->end - decoder->begin;
    char *out = decoder->text;
    size_t out_left = decoder->size;
    bool flush = in_left == 0; /* some converters hold their last character back */
    decoder->flushed = flush;
    size_t result =
        iconv(decoder->converter, flush ? NULL : &in, flush ? NULL : &in_left, &out, &out_left);
    int reason = result == (size_t)-1 ? errno : 0;
    decoder->begin = decoder->end - in_left;
    *text = decoder->text;
    *length = decoder->size - out_left;
    if (reason == EILSEQ || (reason == EINVAL && decoder->at_end))
        return bad_bytes(decoder, *text, *length, reason == EINVAL, error);
    return RWE_OK;
}

/* All ASCII so far. Decides at the first other byte, but not on a few bytes at a chunk's end. */
static enum rwe_status pass_ascii(struct rwe_decoder *decoder, const char **text, size_t *length,
                                  struct rwe_error *error)
{
    const unsigned char *from = decoder->raw + decoder->begin;
    size_t n = decoder->end - decoder->begin;
    size_t ascii = rwe_ascii_prefix(from, n);
    if (ascii == n || (ascii > n / 2 && !decoder->at_end)) {
        *text = (const char *)from;
        *length = ascii;
        decoder->begin += ascii;
        return RWE_OK;
    }
    char guess[RWE_ENCODING_SIZE] = "";
    if (!rwe_encoding_guess(from + ascii, n - ascii, decoder->at_end, guess))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s:%zu: the text is in no encoding that can be detected: name it with "
                        "--encoding (GB18030, WINDOWS-1252, …), or save the file as \"CSV UTF-8\"",
                        decoder->name,
                        decoder->line + count_lines((const char *)from, ascii, decoder->after_cr));
    decoder->guessed = true;
    enum rwe_status status = set_encoding(decoder, guess, error);
    *length = 0; /* the next turn decodes */
    return status;
}

static bool is_finished(const struct rwe_decoder *decoder)
{
    return decoder->at_end && decoder->begin == decoder->end &&
           (decoder->converter == NO_CONVERTER || decoder->flushed);
}

static enum rwe_status decode_some(struct rwe_decoder *decoder, const char **text, size_t *length,
                                   struct rwe_error *error)
{
    enum rwe_status status = fill(decoder, error);
    if (status == RWE_OK && !decoder->begun)
        status = look_at_beginning(decoder, error);
    if (status != RWE_OK)
        return status;
    if (decoder->converter != NO_CONVERTER)
        return convert(decoder, text, length, error);
    if (decoder->encoding[0] == '\0')
        return pass_ascii(decoder, text, length, error);
    return pass_utf8(decoder, text, length, error);
}

enum rwe_status rwe_decoder_read(struct rwe_decoder *decoder, const char **text, size_t *length,
                                 struct rwe_error *error)
{
    *length = 0;
    while (*length == 0 && !is_finished(decoder)) {
        enum rwe_status status = decode_some(decoder, text, length, error);
        if (status != RWE_OK)
            return status;
        if (!decoder->spoken && *length >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0) {
            *text += 3;
            *length -= 3;
            decoder->spoken = true;
        }
    }
    if (*length == 0)
        return RWE_OK;
    decoder->spoken = true;
    const char *zero = memchr(*text, '\0', *length);
    size_t n = zero == NULL ? *length : (size_t)(zero - *text);
    decoder->line += count_lines(*text, n, decoder->after_cr);
    decoder->after_cr = (*text)[*length - 1] == '\r';
    if (zero != NULL)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s:%zu: holds a zero byte, which no text does: save the table as \"CSV "
                        "UTF-8\"",
                        decoder->name, decoder->line);
    return RWE_OK;
}
