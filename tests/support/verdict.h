/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Verdicts of simulations: in each replicate a method's limits hold the truth or miss it, its test
 * rejects or does not; the share of YES over the replicates is judged by bounds.
 */
#ifndef TESTS_SUPPORT_VERDICT_H
#define TESTS_SUPPORT_VERDICT_H

#include <stddef.h>
#include <stdint.h>

enum verdict {
    NO,           /**< the limits miss the truth; the test does not reject */
    YES,          /**< they hold it; it rejects at 5% */
    NOT_ESTIMABLE /**< no limits, no test */
};

/** NOT_ESTIMABLE where both limits are NaN; one that is NaN bounds nothing. */
enum verdict verdict_holds(double low, double high, double truth);
enum verdict verdict_rejects(double p_value);

/** The share must lie in [low, high]. */
struct verdict_bounds {
    double low, high;
};

/** Of nominal 95% limits that hold the truth; of true null hypotheses rejected at 5%; and no bounds:
 * the figure is for the reader, and not judged. */
#define COVERAGE                                                                                   \
    {                                                                                              \
        0.93, 0.97                                                                                 \
    }
#define TYPE_ONE                                                                                   \
    {                                                                                              \
        0.04, 0.06                                                                                 \
    }
#define REPORTED                                                                                   \
    {                                                                                              \
        0, 1                                                                                       \
    }

/** One verdict a replicate: verdict[r * stride], r < n. */
struct verdict_list {
    const uint8_t *verdict;
    size_t n, stride;
};

struct verdict_count {
    size_t passed, failed;
};

/** Prints the share with its standard error, and counts it where it is judged: sound is a share in its
 * bounds of a method that can be used in all but one of 1,000 samples. */
void verdict_tell(const char *name, struct verdict_bounds bounds, const struct verdict_list *list,
                  struct verdict_count *count);

#endif
