/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/base/hash.h"
#include <string.h>

static void check_digest(const char *text, const char *expected)
{
    char hex[RWE_SHA256_SIZE];
    struct rwe_sha256 *hash = rwe_sha256_new();
    assert_non_null(hash);
    rwe_sha256_add(hash, text, strlen(text));
    rwe_sha256_finish(hash, hex);
    assert_string_equal(hex, expected);
}

/* FIPS 180-2 (2002), appendix B. */
static void digests_are_those_of_fips_180_2(void **state)
{
    (void)state;
    check_digest("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    check_digest("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* The third example of FIPS 180-2: a million letters a. */
static void pieces_add_up(void **state)
{
    (void)state;
    static const char expected[] =
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    char piece[1000], hex[RWE_SHA256_SIZE];
    memset(piece, 'a', sizeof piece);
    struct rwe_sha256 *hash = rwe_sha256_new();
    for (int i = 0; i < 1000; i++)
        rwe_sha256_add(hash, piece, sizeof piece);
    rwe_sha256_finish(hash, hex);
    assert_string_equal(hex, expected);
}

static void a_hash_can_be_thrown_away(void **state)
{
    (void)state;
    struct rwe_sha256 *hash = rwe_sha256_new();
    rwe_sha256_add(hash, "x", 1);
    rwe_sha256_finish(hash, NULL); /* leaks under AddressSanitizer otherwise */
}

static void a_file_is_digested_whole(void **state)
{
    (void)state;
    char hex[RWE_SHA256_SIZE];
    struct rwe_error error = {0};
    static char text[1000000];
    memset(text, 'a', sizeof text);
    char *path = check_write_file(text, sizeof text);
    assert_int_equal(rwe_sha256_file(path, hex, &error), RWE_OK);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    check_remove_file(path);
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    char hex[RWE_SHA256_SIZE];
    struct rwe_error error = {0};
    assert_int_equal(rwe_sha256_file("/nowhere/at all", hex, &error), RWE_IO);
    assert_non_null(strstr(error.message, "/nowhere/at all"));
    error = (struct rwe_error){0};
    assert_int_equal(rwe_sha256_file("tests", hex, &error), RWE_IO);
    assert_non_null(strstr(error.message, "tests"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_fips_180_2),
        cmocka_unit_test(pieces_add_up),
        cmocka_unit_test(a_hash_can_be_thrown_away),
        cmocka_unit_test(a_file_is_digested_whole),
        cmocka_unit_test(a_file_that_cannot_be_read_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
