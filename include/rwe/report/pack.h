/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * The pack: a folder with everything that a paper needs, from one document.
 *
 *     report.html report.md report.tex report.txt     the report in each format for readers
 *     results.json results.csv                        every fact, and the curves
 *     tables/01-….csv tables/01-….tex …               each table as it reads
 *     figures/….svg figures/….pdf figures/….png …     each figure
 *     manifest.json                                   each file with its size and SHA-256, and the inputs
 *
 * It is made whole in memory and then written whole or not at all (rwe/base/folder.h). The same document
 * gives the same bytes: there is no clock and no name of a machine in it.
 */
#ifndef RWE_REPORT_PACK_H
#define RWE_REPORT_PACK_H

#include "rwe/base/file.h"
#include "rwe/base/status.h"
#include "rwe/report/document.h"
#include "rwe/report/render.h"

/** The file that names the others, and the version of its layout; a folder whose manifest is of another one is not
 * ours. */
#define RWE_PACK_MANIFEST_NAME "manifest.json"
#define RWE_PACK_MANIFEST 1

/** Files in memory, to be written as one folder. */
struct rwe_pack;

/** An empty pack, or NULL when memory is out. */
struct rwe_pack *rwe_pack_new(void);
void rwe_pack_free(struct rwe_pack *pack);

/**
 * Adds a file of that name ("figures/01-os.svg"), which no file has yet. Its bytes pass to the pack, and
 * `bytes` is then empty, whatever the status. RWE_NO_MEMORY.
 */
enum rwe_status rwe_pack_add(struct rwe_pack *pack, const char *name, struct rwe_bytes *bytes,
                             struct rwe_error *error);

/** Adds all that is made of a document, its manifest last. `options` may be NULL: the defaults. */
enum rwe_status rwe_pack_fill(struct rwe_pack *pack, const struct rwe_document *document,
                              const struct rwe_render_options *options, struct rwe_error *error);

/** How many files it has, and the name and bytes of one. */
size_t rwe_pack_n_files(const struct rwe_pack *pack);
const char *rwe_pack_file(const struct rwe_pack *pack, size_t i, const struct rwe_bytes **bytes);

/**
 * Whether a pack may be written to the folder `path`. It may if the folder does not exist and the folder above it
 * exists and is writable; if the folder is empty; or if `overwrite` is set and the folder is a pack: it has a
 * manifest.json of this program and no file that the manifest does not name, so that only files are lost that
 * can be made again. RWE_IO says what is in the way.
 */
enum rwe_status rwe_pack_check(const char *path, bool overwrite, struct rwe_error *error);

/** Writes it there, after rwe_pack_check. */
enum rwe_status rwe_pack_write(const struct rwe_pack *pack, const char *path, bool overwrite,
                               struct rwe_error *error);

#endif
