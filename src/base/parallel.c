/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rwe/base/parallel.h"

#include "rwe/base/language.h"
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { MOST_THREADS = 256 };

struct job {
    size_t pieces;
    atomic_size_t next;
    void (*body)(size_t piece, void *context);
    void *context;
    struct rwe_languages languages; /* of the caller's thread */
    locale_t locale;                /* too: numbers are written with its decimal point */
};

static void *work(void *argument)
{
    struct job *job = argument;
    rwe_languages_use(job->languages);
    uselocale(job->locale);
    for (;;) {
        size_t piece = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed);
        if (piece >= job->pieces)
            return NULL;
        job->body(piece, job->context);
    }
}

void rwe_parallel_for(size_t pieces, unsigned threads, void (*body)(size_t piece, void *context),
                      void *context)
{
    struct job job = {.pieces = pieces,
                      .body = body,
                      .context = context,
                      .languages = rwe_languages_now(),
                      .locale = uselocale((locale_t)0)};
    pthread_t helper[MOST_THREADS];
    unsigned started = 0;
    atomic_init(&job.next, 0);
    while (started + 1 < threads && started + 1 < pieces && started < MOST_THREADS &&
           pthread_create(&helper[started], NULL, work, &job) == 0)
        started++;
    work(&job);
    for (unsigned i = 0; i < started; i++)
        pthread_join(helper[i], NULL);
}

unsigned rwe_parallel_available(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < 1 ? 1 : (unsigned)count;
}
