/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode_private.h"

#include "encoding_private.h"
#include "rwe/base/language.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NO_CONVERTER ((iconv_t)-1)

struct rwe_decoder {
    struct rwe_stream *stream;
    char encoding[RWE_ENCODING_SIZE]; /* "" while undecided */
    bool guessed;
    iconv_t converter; /* NO_CONVERTER for UTF-8 and ASCII, which pass as they are */
    char *text;        /* what the converter wrote */
    size_t room;       /* of text */
    bool begun;        /* the file's beginning has been looked at */
    bool flushed;      /* the converter has given all it had */
    bool spoken;       /* some text has been handed out */
    bool after_cr;     /* the text handed out last ends with a carriage return */
    size_t line;       /* on which the next piece begins */
};

static const char *name_of(const struct rwe_decoder *decoder)
{
    return rwe_stream_name(decoder->stream);
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
                    name_of(decoder), encoding);
}

enum rwe_status rwe_decoder_open(struct rwe_stream *stream, const char *encoding, size_t room,
                                 struct rwe_arena *scratch, struct rwe_decoder **result,
                                 struct rwe_error *error)
{
    struct rwe_decoder *decoder = RWE_NEW(scratch, struct rwe_decoder, 1);
    char *text = RWE_NEW(scratch, char, room);
    if (rwe_arena_failed(scratch))
        return rwe_fail_memory(error);
    *decoder = (struct rwe_decoder){
        .stream = stream, .text = text, .room = room, .converter = NO_CONVERTER, .line = 1};
    enum rwe_status status = RWE_OK;
    if (encoding != NULL)
        status = set_encoding(decoder, encoding, error);
    if (status == RWE_OK)
        *result = decoder;
    return status;
}

void rwe_decoder_close(struct rwe_decoder *decoder)
{
    if (decoder->converter != NO_CONVERTER)
        iconv_close(decoder->converter);
}

const char *rwe_decoder_encoding(const struct rwe_decoder *decoder)
{
    return decoder->encoding[0] == '\0' ? "UTF-8" : decoder->encoding;
}

/* Looks for what a text says of its encoding in its first bytes. */
static enum rwe_status look_at_beginning(struct rwe_decoder *decoder, struct rwe_error *error)
{
    size_t n;
    const unsigned char *s = rwe_stream_bytes(decoder->stream, &n);
    const char *utf16 = NULL;
    decoder->begun = true;
    if (n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0 &&
        (decoder->encoding[0] == '\0' || is_utf8(decoder->encoding))) {
        rwe_stream_take(decoder->stream, 3);
        return set_encoding(decoder, "UTF-8", error);
    }
    if (n >= 2 && memcmp(s, "\xff\xfe", 2) == 0)
        utf16 = "UTF-16LE";
    else if (n >= 2 && memcmp(s, "\xfe\xff", 2) == 0)
        utf16 = "UTF-16BE";
    if (decoder->encoding[0] != '\0')
        return RWE_OK;
    if (utf16 == NULL)
        utf16 = rwe_encoding_utf16(s, n);
    return utf16 == NULL ? RWE_OK : set_encoding(decoder, utf16, error);
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

/* The stream's next bytes are not of the encoding; `text` was decoded before them in this piece. */
static enum rwe_status bad_bytes(const struct rwe_decoder *decoder, const char *text, size_t n,
                                 bool cut, struct rwe_error *error)
{
    char shown[16] = "";
    size_t line = decoder->line + count_lines(text, n, decoder->after_cr);
    char encoding[64];
    snprintf(encoding, sizeof encoding, decoder->guessed ? rwe_message("%s (as detected)") : "%s",
             rwe_decoder_encoding(decoder));
    if (cut)
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s:%zu: the file ends within a character of %s: it is cut off, or its "
                        "encoding must be named with --encoding",
                        name_of(decoder), line, encoding);
    size_t left;
    const unsigned char *bytes = rwe_stream_bytes(decoder->stream, &left);
    for (size_t i = 0; i < left && i < 2; i++)
        sprintf(shown + strlen(shown), i == 0 ? "%02X" : " %02X", bytes[i]);
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                    "%s:%zu: the bytes %s are not %s: name the encoding of the file with "
                    "--encoding (UTF-8, GB18030, WINDOWS-1252, …)",
                    name_of(decoder), line, shown, encoding);
}

/* UTF-8 passes as it is, once it is known to be. */
static enum rwe_status pass_utf8(struct rwe_decoder *decoder, const char **text, size_t *length,
                                 struct rwe_error *error)
{
    bool cut;
    size_t n;
    const unsigned char *from = rwe_stream_bytes(decoder->stream, &n);
    *text = (const char *)from;
    *length = rwe_utf8_prefix(from, n, &cut);
    rwe_stream_take(decoder->stream, *length);
    if (*length < n && (!cut || rwe_stream_at_end(decoder->stream)))
        return bad_bytes(decoder, *text, *length, cut, error);
    return RWE_OK;
}

static enum rwe_status convert(struct rwe_decoder *decoder, const char **text, size_t *length,
                               struct rwe_error *error)
{
    size_t n;
    char *in = (char *)(uintptr_t)rwe_stream_bytes(decoder->stream, &n); /* iconv changes none */
    size_t in_left = n;
    char *out = decoder->text;
    size_t out_left = decoder->room;
    bool flush = in_left == 0; /* some converters hold their last character back */
    decoder->flushed = flush;
    size_t result =
        iconv(decoder->converter, flush ? NULL : &in, flush ? NULL : &in_left, &out, &out_left);
    int reason = result == (size_t)-1 ? errno : 0;
    rwe_stream_take(decoder->stream, n - in_left);
    *text = decoder->text;
    *length = decoder->room - out_left;
    if (reason == EILSEQ || (reason == EINVAL && rwe_stream_at_end(decoder->stream)))
        return bad_bytes(decoder, *text, *length, reason == EINVAL, error);
    return RWE_OK;
}

/* All ASCII so far. Decides at the first other byte, but not on a few bytes at a chunk's end. */
static enum rwe_status pass_ascii(struct rwe_decoder *decoder, const char **text, size_t *length,
                                  struct rwe_error *error)
{
    size_t n;
    const unsigned char *from = rwe_stream_bytes(decoder->stream, &n);
    bool at_end = rwe_stream_at_end(decoder->stream);
    size_t ascii = rwe_ascii_prefix(from, n);
    if (ascii == n || (ascii > n / 2 && !at_end)) {
        *text = (const char *)from;
        *length = ascii;
        rwe_stream_take(decoder->stream, ascii);
        return RWE_OK;
    }
    char guess[RWE_ENCODING_SIZE] = "";
    if (!rwe_encoding_guess(from + ascii, n - ascii, at_end, guess))
        return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s:%zu: the text is in no encoding that can be detected: name it with "
                        "--encoding (GB18030, WINDOWS-1252, …), or save the file as \"CSV UTF-8\"",
                        name_of(decoder),
                        decoder->line + count_lines((const char *)from, ascii, decoder->after_cr));
    decoder->guessed = true;
    enum rwe_status status = set_encoding(decoder, guess, error);
    *length = 0; /* the next turn decodes */
    return status;
}

static bool is_finished(const struct rwe_decoder *decoder)
{
    size_t left;
    rwe_stream_bytes(decoder->stream, &left);
    return rwe_stream_at_end(decoder->stream) && left == 0 &&
           (decoder->converter == NO_CONVERTER || decoder->flushed);
}

static enum rwe_status decode_some(struct rwe_decoder *decoder, const char **text, size_t *length,
                                   struct rwe_error *error)
{
    enum rwe_status status = rwe_stream_fill(decoder->stream, error);
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
                        name_of(decoder), decoder->line);
    return RWE_OK;
}
