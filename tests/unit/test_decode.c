/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The decoder alone: every encoding, cut at every place. The bytes were made with iconv(1). */
#include "../../src/data/input/decode_private.h"
#include "../../src/data/input/encoding_private.h"
#include "../../src/data/input/stream_private.h"
#include "check.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A cohort in Chinese: a character of four bytes in UTF-8, U+4E00, whose UTF-16 has a zero byte on
 * the other side, and 𠮷, which GB18030 writes in four bytes. */
static const char cohort[] = "编号,组别,姓名\r\n1,放疗,张一\r\n2,免疫,𠮷田\r\n3,\"化\n疗\",É\r\n";

struct bytes {
    char data[4096];
    size_t size;
};

static struct bytes convert(const char *text, const char *encoding, const char *bom)
{
    struct bytes bytes = {.size = strlen(bom)};
    memcpy(bytes.data, bom, bytes.size);
    iconv_t converter = iconv_open(encoding, "UTF-8");
    assert_true(converter != (iconv_t)-1);
    char *in = (char *)(uintptr_t)text;
    char *out = bytes.data + bytes.size;
    size_t in_left = strlen(text);
    size_t out_left = sizeof bytes.data - bytes.size;
    assert_int_equal(iconv(converter, &in, &in_left, &out, &out_left), 0);
    iconv_close(converter);
    bytes.size = sizeof bytes.data - out_left;
    return bytes;
}

struct decoded {
    char text[8192];
    size_t length;
    char encoding[RWE_ENCODING_SIZE];
    enum rwe_status status;
    struct rwe_error error;
    char hex[RWE_SHA256_SIZE];
};

static struct decoded decode(const void *data, size_t size, const char *encoding, size_t chunk)
{
    struct decoded decoded = {0};
    struct rwe_arena *arena = rwe_arena_new();
    struct rwe_stream *stream = NULL;
    struct rwe_decoder *decoder = NULL;
    char *path = check_write_file(data, size);
    const char *piece;
    size_t length;
    assert_int_equal(rwe_stream_open(path, chunk, arena, &stream, &decoded.error), RWE_OK);
    decoded.status = rwe_decoder_open(stream, encoding, chunk, arena, &decoder, &decoded.error);
    while (decoded.status == RWE_OK) {
        decoded.status = rwe_decoder_read(decoder, &piece, &length, &decoded.error);
        if (decoded.status != RWE_OK || length == 0)
            break;
        assert_true(decoded.length + length < sizeof decoded.text);
        memcpy(decoded.text + decoded.length, piece, length);
        decoded.length += length;
    }
    if (decoder != NULL) {
        strcpy(decoded.encoding, rwe_decoder_encoding(decoder));
        rwe_decoder_close(decoder);
    }
    rwe_stream_close(stream, decoded.hex);
    check_remove_file(path);
    rwe_arena_free(arena);
    return decoded;
}

static void check_decoded(const struct bytes *bytes, const char *encoding, size_t chunk,
                          const char *expected_encoding)
{
    struct decoded decoded = decode(bytes->data, bytes->size, encoding, chunk);
    if (decoded.status != RWE_OK)
        fail_msg("chunk %zu: %s", chunk, decoded.error.message);
    assert_string_equal(decoded.text, cohort);
    assert_int_equal(decoded.length, strlen(cohort));
    assert_string_equal(decoded.encoding, expected_encoding);
}

static void every_encoding_is_detected(void **state)
{
    (void)state;
    static const struct {
        const char *encoding, *bom, *expected;
    } cases[] = {
        {"UTF-8", "", "UTF-8"},       {"UTF-8", "\xef\xbb\xbf", "UTF-8"},
        {"UTF-16LE", "", "UTF-16LE"}, {"UTF-16LE", "\xff\xfe", "UTF-16LE"},
        {"UTF-16BE", "", "UTF-16BE"}, {"UTF-16BE", "\xfe\xff", "UTF-16BE"},
        {"GB18030", "", "GB18030"},   {"GB18030", "\x84\x31\x95\x33", "GB18030"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes bytes = convert(cohort, cases[i].encoding, cases[i].bom);
        check_decoded(&bytes, NULL, RWE_STREAM_CHUNK, cases[i].expected);
    }
}

static void characters_may_be_cut_at_any_place(void **state)
{
    (void)state;
    static const char *const encodings[] = {"UTF-8", "UTF-16LE", "UTF-16BE", "GB18030"};
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        struct bytes bytes = convert(cohort, encodings[i], "");
        for (size_t chunk = 16; chunk < bytes.size + 2; chunk++)
            check_decoded(&bytes, encodings[i], chunk, encodings[i]);
    }
}

static void the_name_of_utf8_may_be_written_in_any_case(void **state)
{
    (void)state;
    struct bytes bytes = convert(cohort, "UTF-8", "\xef\xbb\xbf");
    check_decoded(&bytes, "utf8", 16, "UTF-8");
    check_decoded(&bytes, "utf-8", 16, "UTF-8");
}

static void a_forced_encoding_outranks_what_would_be_detected(void **state)
{
    (void)state;
    struct decoded decoded = decode("a\xd6\xd0", 3, "WINDOWS-1252", 64);
    assert_int_equal(decoded.status, RWE_OK);
    assert_string_equal(decoded.text, "aÖÐ");
}

static void a_short_chinese_name_is_not_taken_for_korean(void **state)
{
    (void)state;
    static const char *const names[] = {"张伟",      "放疗", "男",    "鼻咽癌",
                                        "王芳,李娜", "是",   "化疗组"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[64];
        snprintf(text, sizeof text, "id,name\n1,%s\n", names[i]);
        struct bytes bytes = convert(text, "GB18030", "");
        struct decoded decoded = decode(bytes.data, bytes.size, NULL, RWE_STREAM_CHUNK);
        assert_string_equal(decoded.encoding, "GB18030");
        assert_string_equal(decoded.text, text);
    }
}

static void western_names_are_not_taken_for_chinese(void **state)
{
    (void)state;
    static const char text[] = "id,name,city\n1,André,Orléans\n2,José Núñez,Málaga\n3,Jürgen "
                               "Müller,Köln\n4,Françoise Lefèvre,Nîmes\n5,René,Besançon\n";
    struct bytes bytes = convert(text, "WINDOWS-1252", "");
    struct decoded decoded = decode(bytes.data, bytes.size, NULL, RWE_STREAM_CHUNK);
    assert_int_equal(decoded.status, RWE_OK);
    assert_string_equal(decoded.text, text);
}

static void the_first_other_byte_may_come_late(void **state)
{
    (void)state;
    char text[3000] = "id,name\n";
    while (strlen(text) < 2900)
        strcat(text, "1,Smith\n");
    strcat(text, "2,张伟\n");
    struct bytes bytes = convert(text, "GB18030", "");
    for (size_t chunk = 16; chunk < 3100; chunk += 13) {
        struct decoded decoded = decode(bytes.data, bytes.size, NULL, chunk);
        assert_int_equal(decoded.status, RWE_OK);
        assert_string_equal(decoded.text, text);
        assert_string_equal(decoded.encoding, "GB18030");
    }
}

static void check_refused(const void *data, size_t size, const char *encoding, size_t chunk,
                          const char *expected)
{
    struct decoded decoded = decode(data, size, encoding, chunk);
    assert_int_equal(decoded.status, RWE_BAD_INPUT);
    if (strstr(decoded.error.message, expected) == NULL)
        fail_msg("\"%s\" does not hold \"%s\"", decoded.error.message, expected);
}

static void bytes_that_are_not_of_the_encoding_are_named_with_their_line(void **state)
{
    (void)state;
    static const char bad[] = "编\n1\r\n2\r3\xe9,\n"; /* line 4, after all three line ends */
    check_refused(bad, sizeof bad - 1, "UTF-8", 64, ":4: the bytes E9 2C are not UTF-8: name the");
    check_refused(bad, sizeof bad - 1, "UTF-8", 16, "--encoding");
    static const char gb[] = "1\n\xb1\xe0\n3\n\xff,\n";
    check_refused(gb, sizeof gb - 1, "GB18030", 64, ":4: the bytes FF 2C are not GB18030");
    check_refused("编\xe7\xbc", 5, NULL, 64, "within a character of UTF-8 (as detected)");
    check_refused("abc\xff", 4, "UTF-8", 64, ":1: the bytes FF are not UTF-8");
}

static void lines_are_counted_across_chunks(void **state)
{
    (void)state;
    char text[400] = "编\r\n";
    for (int i = 0; i < 60; i++)
        strcat(text, i % 3 == 0 ? "12\r\n" : i % 3 == 1 ? "34\r" : "56\n");
    strcat(text, "\xff");
    for (size_t chunk = 16; chunk < 300; chunk++)
        check_refused(text, strlen(text), "UTF-8", chunk, ":62: ");
}

static void a_file_cut_within_a_character_is_refused(void **state)
{
    (void)state;
    check_refused("a\n\xe7\xbc", 4, "UTF-8", 64, ":2: the file ends within a character of UTF-8:");
    check_refused("a\n\xb1\xe0\xb1", 5, "GB18030", 64, ":2: the file ends within a character");
    check_refused("\xff\xfe"
                  "a\0\n\0b",
                  7, NULL, 64, ":2: the file ends within a character");
}

static void a_zero_byte_is_refused_with_its_line(void **state)
{
    (void)state;
    check_refused("a,b\n1,2\n\0\0", 10, NULL, 64, ":3: holds a zero byte");
}

static void an_unknown_encoding_is_a_wrong_request(void **state)
{
    (void)state;
    struct decoded decoded = decode("a\n", 2, "KLINGON", 64);
    assert_int_equal(decoded.status, RWE_USAGE);
    assert_non_null(strstr(decoded.error.message, "\"KLINGON\" is no encoding"));
}

static void the_digest_is_of_the_files_bytes(void **state)
{
    (void)state;
    struct bytes bytes = convert("abc", "UTF-16LE", "\xff\xfe");
    struct decoded ascii = decode("abc", 3, NULL, 16);
    struct decoded wide = decode(bytes.data, bytes.size, NULL, 16);
    /* FIPS 180-2, appendix B.1; and `printf '\377\376a\0b\0c\0' | sha256sum` */
    assert_string_equal(ascii.hex,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(wide.text, "abc");
    assert_string_equal(wide.hex,
                        "aec4cd5ed4c05ed5cf9dea5a8b30f5e655ad87b937b36e3c059840ce3cf3642f");
}

static void an_empty_file_is_empty_text(void **state)
{
    (void)state;
    assert_int_equal(decode("", 0, NULL, 16).status, RWE_OK);
    assert_int_equal(decode("", 0, NULL, 16).length, 0);
    assert_int_equal(decode("\xef\xbb\xbf", 3, NULL, 16).length, 0);
    assert_int_equal(decode("\xff\xfe", 2, NULL, 16).length, 0);
    assert_int_equal(decode("\xef\xbb\xbf", 3, NULL, 16).status, RWE_OK);
}

/* Table 3-7 of the Unicode standard, at its borders. */
static void utf8_is_what_unicode_says_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool valid;
    } cases[] = {
        {"\xc2\x80", true},
        {"\xc1\xbf", false},
        {"\xdf\xbf", true},
        {"\xe0\xa0\x80", true},
        {"\xe0\x9f\xbf", false},
        {"\xed\x9f\xbf", true},
        {"\xed\xa0\x80", false},
        {"\xee\x80\x80", true},
        {"\xef\xbf\xbf", true},
        {"\xf0\x90\x80\x80", true},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\x80", false},
        {"\xff", false},
        {"\xc3,", false},
        {"\xe4\xb8,", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const unsigned char *bytes = (const unsigned char *)cases[i].bytes;
        size_t n = strlen(cases[i].bytes);
        bool cut = true;
        assert_int_equal(rwe_utf8_prefix(bytes, n, &cut), cases[i].valid ? n : 0);
        assert_false(cut);
        for (size_t less = 1; cases[i].valid && less < n; less++) {
            assert_int_equal(rwe_utf8_prefix(bytes, less, &cut), 0);
            assert_true(cut);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_encoding_is_detected),
        cmocka_unit_test(characters_may_be_cut_at_any_place),
        cmocka_unit_test(the_name_of_utf8_may_be_written_in_any_case),
        cmocka_unit_test(a_forced_encoding_outranks_what_would_be_detected),
        cmocka_unit_test(a_short_chinese_name_is_not_taken_for_korean),
        cmocka_unit_test(western_names_are_not_taken_for_chinese),
        cmocka_unit_test(the_first_other_byte_may_come_late),
        cmocka_unit_test(bytes_that_are_not_of_the_encoding_are_named_with_their_line),
        cmocka_unit_test(lines_are_counted_across_chunks),
        cmocka_unit_test(a_file_cut_within_a_character_is_refused),
        cmocka_unit_test(a_zero_byte_is_refused_with_its_line),
        cmocka_unit_test(an_unknown_encoding_is_a_wrong_request),
        cmocka_unit_test(the_digest_is_of_the_files_bytes),
        cmocka_unit_test(an_empty_file_is_empty_text),
        cmocka_unit_test(utf8_is_what_unicode_says_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
