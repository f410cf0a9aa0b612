/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include "rwe/base/parallel.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { MOST = 2000 };

struct slots {
    int calls[MOST];
    atomic_int threads;
    pthread_t caller;
    int by_others;
};

static void count_call(size_t piece, void *context)
{
    struct slots *slots = context;
    slots->calls[piece]++;
}

static void every_piece_is_done_once(void **state)
{
    (void)state;
    static struct slots slots;
    static const unsigned threads[] = {0, 1, 2, 5, 256, 1000};
    static const size_t pieces[] = {0, 1, 2, 7, MOST};
    for (size_t t = 0; t < 6; t++)
        for (size_t p = 0; p < 5; p++) {
            memset(&slots, 0, sizeof slots);
            rwe_parallel_for(pieces[p], threads[t], count_call, &slots);
            for (size_t i = 0; i < MOST; i++)
                assert_int_equal(slots.calls[i], i < pieces[p]);
        }
}

static void note_thread(size_t piece, void *context)
{
    struct slots *slots = context;
    (void)piece;
    slots->by_others += !pthread_equal(pthread_self(), slots->caller);
}

static void one_thread_is_the_callers(void **state)
{
    (void)state;
    struct slots slots = {.caller = pthread_self()};
    rwe_parallel_for(100, 1, note_thread, &slots);
    rwe_parallel_for(100, 0, note_thread, &slots);
    assert_int_equal(slots.by_others, 0);
}

static void wait_for_another(size_t piece, void *context)
{
    struct slots *slots = context;
    (void)piece;
    atomic_fetch_add(&slots->threads, 1);
    while (atomic_load(&slots->threads) < 3) /* ends only when three work at the same time */
        sched_yield();
}

static void pieces_run_at_the_same_time(void **state)
{
    (void)state;
    static struct slots slots;
    rwe_parallel_for(3, 3, wait_for_another, &slots);
    assert_int_equal(atomic_load(&slots.threads), 3);
}

static void at_least_one_thread_is_available(void **state)
{
    (void)state;
    assert_true(rwe_parallel_available() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_is_done_once),
        cmocka_unit_test(one_thread_is_the_callers),
        cmocka_unit_test(pieces_run_at_the_same_time),
        cmocka_unit_test(at_least_one_thread_is_available),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
