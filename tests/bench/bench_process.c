/* SPDX-License-Identifier: GPL-3.0-or-later */
/**
 * Times two commands as whole processes, turn by turn, so that a drift of the machine meets both.
 *
 *   bench_process RUNS 'COMMAND A' 'COMMAND B'
 *
 * Each command is split at blanks and run without a shell, its output thrown away; one warm-up run
 * each is not counted. Prints the medians of wall-clock seconds and of the ratio B / A, pair by pair.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_RUNS = 1000, MOST_WORDS = 128 };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void become(char *command)
{
    char *words[MOST_WORDS + 1];
    int n = 0;
    for (char *word = strtok(command, " "); word != NULL && n < MOST_WORDS;
         word = strtok(NULL, " "))
        words[n++] = word;
    words[n] = NULL;
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    execvp(words[0], words);
    _exit(127);
}

/* Wall-clock seconds of one run; negative when it failed. */
static double run(const char *command)
{
    char *copy = strdup(command);
    double start = seconds();
    pid_t child = fork();
    if (child == 0)
        become(copy);
    int status = 0;
    waitpid(child, &status, 0);
    double taken = seconds() - start;
    free(copy);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? taken : -1;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double values[], int n)
{
    qsort(values, (size_t)n, sizeof *values, ascending);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

int main(int argc, char *argv[])
{
    int runs = argc == 4 ? atoi(argv[1]) : 0;
    double a[MOST_RUNS], b[MOST_RUNS], ratio[MOST_RUNS];
    if (runs < 1 || runs > MOST_RUNS) {
        fprintf(stderr, "usage: bench_process RUNS 'COMMAND A' 'COMMAND B'\n");
        return 2;
    }
    for (int i = -1; i < runs; i++) {
        double time_a = run(argv[2]);
        double time_b = run(argv[3]);
        if (time_a < 0 || time_b < 0) {
            fprintf(stderr, "failed: %s\n", time_a < 0 ? argv[2] : argv[3]);
            return 1;
        }
        if (i < 0)
            continue;
        a[i] = time_a;
        b[i] = time_b;
        ratio[i] = time_b / time_a;
    }
    printf("  %.4f s  %s\n", median(a, runs), argv[2]);
    printf("  %.4f s  %s\n", median(b, runs), argv[3]);
    printf("  median ratio of %d pairs: %.2f\n", runs, median(ratio, runs));
    return 0;
}
