/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* rwe_sha256 is OpenSSL's digest context under a name of ours, so that no header shows OpenSSL. */
static EVP_MD_CTX *context_of(struct rwe_sha256 *hash)
{
    return (EVP_MD_CTX *)hash;
}

struct rwe_sha256 *rwe_sha256_new(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(context);
        context = NULL;
    }
    return (struct rwe_sha256 *)context;
}

void rwe_sha256_add(struct rwe_sha256 *hash, const void *bytes, size_t size)
{
    EVP_DigestUpdate(context_of(hash), bytes, size);
}

void rwe_sha256_finish(struct rwe_sha256 *hash, char hex[RWE_SHA256_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_of(hash), digest, &size);
    for (unsigned int i = 0; hex != NULL && i < size; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    EVP_MD_CTX_free(context_of(hash));
}

enum rwe_status rwe_sha256_file(const char *path, char hex[RWE_SHA256_SIZE],
                                struct rwe_error *error)
{
    char buffer[65536];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: %s", path, strerror(errno));
    struct rwe_sha256 *hash = rwe_sha256_new();
    if (hash == NULL) {
        fclose(file);
        return rwe_fail_memory(error);
    }
    size_t size;
    while ((size = fread(buffer, 1, sizeof buffer, file)) > 0)
        rwe_sha256_add(hash, buffer, size);
    int failed = ferror(file) ? errno : 0;
    fclose(file);
    rwe_sha256_finish(hash, hex);
    if (failed)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: %s", path, strerror(failed));
    return RWE_OK;
}
