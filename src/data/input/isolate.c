/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "isolate_private.h"

#include "rwe/base/language.h"
#include "rwe/data/sheet.h"
#include "stream_private.h"
#include "table_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE ((size_t)64 * 1024)
#define MIB ((size_t)1024 * 1024)

enum { SECONDS = 20, SILENCE = 120, UNFOLDS = 50 };

/* ---- what comes in ---- */

/* A table that is filled from items. */
struct filling {
    const struct rwe_reading *reading;
    struct rwe_table_builder *builder;
    struct rwe_error *error;
    struct rwe_sheet *sheet; /* NULL when the columns came by themselves */
    size_t bytes, most;      /* that the table takes, and may take */
    size_t cells;            /* of the present row */
    size_t rows;
};

static enum rwe_status fail(const struct rwe_reading *reading, const char *what,
                            struct rwe_error *error)
{
    return rwe_fail(error, RWE_BAD_INPUT, RWE_NO_INDEX, "%s: %s", rwe_stream_name(reading->stream),
                    rwe_message(what));
}

/* Counts bytes of the table. */
static enum rwe_status spend(struct filling *filling, size_t bytes)
{
    filling->bytes += bytes;
    if (filling->bytes <= filling->most)
        return RWE_OK;
    return rwe_fail(
        filling->error, RWE_BAD_INPUT, RWE_NO_INDEX,
        "%s: unfolds to far more than a file of its size holds: it is damaged, or made to do "
        "harm; save the table as \"CSV UTF-8\"",
        rwe_stream_name(filling->reading->stream));
}

static enum rwe_status take_column(void *context, const struct rwe_column_info *info)
{
    struct filling *filling = context;
    size_t bytes = sizeof *info + info->n_value_labels * sizeof *info->value_label;
    for (size_t i = 0; i < info->n_value_labels; i++)
        bytes += strlen(info->value_label[i].label);
    filling->sheet = NULL;
    rwe_table_builder_column(filling->builder, info);
    enum rwe_status status = rwe_table_builder_status(filling->builder);
    return status == RWE_OK ? spend(filling, bytes) : status;
}

static enum rwe_status take_sheet_cell(struct filling *filling, const struct rwe_frame_cell *cell)
{
    if (cell->kind == RWE_KIND_TEXT)
        rwe_sheet_text(filling->sheet, cell->column, cell->text, cell->length);
    else if (cell->kind == RWE_KIND_DATE)
        rwe_sheet_date(filling->sheet, cell->column, cell->number);
    else
        rwe_sheet_number(filling->sheet, cell->column, cell->number);
    return rwe_table_builder_status(filling->builder);
}

static enum rwe_status take_cell(void *context, const struct rwe_frame_cell *cell)
{
    struct filling *filling = context;
    struct rwe_table_builder *builder = filling->builder;
    if (spend(filling, cell->kind == RWE_KIND_TEXT ? cell->length + 1 : sizeof(double)) != RWE_OK)
        return RWE_BAD_INPUT;
    filling->cells++;
    if (filling->sheet != NULL)
        return take_sheet_cell(filling, cell);
    if (cell->column >= builder->table->n_columns ||
        builder->table->column[cell->column].n != builder->table->n_rows)
        return fail(filling->reading, N_("is damaged: save it again, or as \"CSV UTF-8\""),
                    filling->error);
    if (cell->kind == RWE_KIND_TEXT)
        rwe_table_builder_text(builder, cell->column, cell->text, cell->length);
    else if (cell->kind == RWE_KIND_DATE)
        rwe_table_builder_date(builder, cell->column, cell->number);
    else
        rwe_table_builder_number(builder, cell->column, cell->number);
    return rwe_table_builder_status(builder);
}

static enum rwe_status take_end_row(void *context, size_t line)
{
    struct filling *filling = context;
    size_t columns = filling->builder->table->n_columns;
    size_t missing = filling->cells < columns ? columns - filling->cells : 0;
    filling->cells = 0;
    if (filling->rows++ % 1024 == 0)
        rwe_progress_tell(&filling->reading->options->progress,
                          rwe_stream_reading(filling->reading->stream), filling->rows, 0);
    if (spend(filling, missing * sizeof(double)) != RWE_OK)
        return RWE_BAD_INPUT;
    if (filling->sheet != NULL)
        rwe_sheet_end_row(filling->sheet, line);
    else
        rwe_table_builder_end_row(filling->builder, line);
    return rwe_table_builder_status(filling->builder);
}

static enum rwe_status take_source(void *context, const char *text)
{
    struct filling *filling = context;
    rwe_table_builder_source(filling->builder, "%s", text);
    return rwe_table_builder_status(filling->builder);
}

static enum rwe_status take_sheet(void *context, const char *name, const char *others)
{
    const struct filling *filling = context;
    return rwe_complaints_note(filling->reading->complaints,
                               "%s: reads sheet \"%s\"; --sheet names another of %s",
                               filling->builder->table->file, name, others);
}

static const struct rwe_frames_taker empty_taker = {NULL,         take_column, take_cell,
                                                    take_end_row, take_source, take_sheet};

/* ---- the child ---- */

struct child {
    pid_t process;
    int from; /* descriptor */
};

static void send_to_pipe(void *to, const unsigned char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(*(int *)to, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            _exit(1); /* nobody listens any more */
        bytes += written;
        n -= (size_t)written;
    }
}

/* Memory that this process has mapped; 0 where the system does not say. */
static size_t mapped_bytes(void)
{
    char text[64] = "";
    int descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return 0;
    ssize_t n = read(descriptor, text, sizeof text - 1);
    close(descriptor);
    return n <= 0 ? 0 : (size_t)strtoull(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

/* Never above what is allowed already. */
static void limit(int resource, size_t most, size_t hard)
{
    struct rlimit now;
    if (getrlimit(resource, &now) != 0)
        return;
    struct rlimit then = {most, hard};
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < then.rlim_max)
        then.rlim_max = now.rlim_max;
    if (now.rlim_cur != RLIM_INFINITY && now.rlim_cur < then.rlim_cur)
        then.rlim_cur = now.rlim_cur;
    if (then.rlim_cur > then.rlim_max)
        then.rlim_cur = then.rlim_max;
    setrlimit(resource, &then);
}

static void limit_all(size_t file_size)
{
    size_t mapped = mapped_bytes();
    size_t most = 400 * MIB + 8 * file_size;
    size_t seconds = SECONDS + file_size / MIB;
    if (mapped > 0)
        limit(RLIMIT_AS, mapped + most, mapped + most);
    limit(RLIMIT_CPU, seconds,
          seconds + 5); /* the first ends it by SIGXCPU, the second by SIGKILL */
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_FSIZE, 0, 0); /* it writes to a pipe alone */
}

/* Signals do what they do by themselves; of the descriptors only the pipe is left, and what is printed goes
 * nowhere. */
static int become_alone(pid_t parent, int pipe_end)
{
    static const int signals[] = {SIGINT,  SIGTERM, SIGHUP, SIGQUIT, SIGPIPE,
                                  SIGXCPU, SIGSEGV, SIGBUS, SIGABRT, SIGFPE};
    enum { KEPT = 3 };
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody is left to read for */
    if (getppid() != parent)
        _exit(1);
    int nothing = open("/dev/null", O_RDWR);
    for (int standard = 0; standard < KEPT; standard++)
        if (pipe_end != standard)
            dup2(nothing, standard);
    if (pipe_end > KEPT)
        dup2(pipe_end, KEPT);
    int kept = pipe_end > KEPT ? KEPT : pipe_end;
    closefrom(KEPT + 1);
    return kept;
}

static void tell(rwe_isolated_work work, const struct rwe_reading *reading, struct rwe_bytes file,
                 struct rwe_frames *out)
{
    struct rwe_error error = {0};
    if (work(reading, file, out, &error) == RWE_OK)
        rwe_frames_end(out);
    else
        rwe_frames_fail(out, &error);
}

static void be_child(rwe_isolated_work work, const struct rwe_reading *reading,
                     struct rwe_bytes file, pid_t parent, int pipe_end)
{
    static unsigned char buffer[PIECE];
    limit_all(file.n);
    int kept = become_alone(parent, pipe_end);
    struct rwe_frames out = {buffer, 0, sizeof buffer, send_to_pipe, &kept};
    tell(work, reading, file, &out);
    _exit(0);
}

static enum rwe_status start(rwe_isolated_work work, const struct rwe_reading *reading,
                             struct rwe_bytes file, struct child *child, struct rwe_error *error)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: cannot be read: %s",
                        rwe_stream_name(reading->stream), strerror(errno));
    pid_t parent = getpid();
    child->process = fork();
    if (child->process == 0)
        be_child(work, reading, file, parent, ends[1]);
    int reason = errno;
    close(ends[1]);
    child->from = ends[0];
    if (child->process > 0)
        return RWE_OK;
    close(ends[0]);
    return rwe_fail(error, RWE_IO, RWE_NO_INDEX, "%s: cannot be read: %s",
                    rwe_stream_name(reading->stream), strerror(reason));
}

/* ---- listening ---- */

/* Takes in what the child tells until it ends, tells nonsense, or is silent for too long. */
static bool listen_to(const struct child *child, struct rwe_frames_in *in)
{
    unsigned char *piece = RWE_NEW(in->scratch, unsigned char, PIECE);
    if (piece == NULL) {
        in->status = RWE_NO_MEMORY;
        return true;
    }
    while (in->status == RWE_OK && !in->ended && !in->broken) {
        struct pollfd wait = {child->from, POLLIN, 0};
        int ready = poll(&wait, 1, SILENCE * 1000);
        if (ready == 0)
            return false;
        if (ready < 0 && errno == EINTR)
            continue;
        ssize_t n = read(child->from, piece, PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        rwe_frames_take(in, piece, (size_t)n);
    }
    return true;
}

/* How the child ended, once it has told its last; 0 where nobody knows. A child that may still run is ended. */
static int end_child(const struct child *child, bool has_ended)
{
    int how = 0;
    close(child->from);
    if (!has_ended)
        kill(child->process, SIGKILL);
    pid_t ended;
    do
        ended = waitpid(child->process, &how, 0);
    while (ended < 0 && errno == EINTR);
    return ended < 0 ? 0 : how;
}

/* The child ended without its last item. */
static enum rwe_status fail_child(const struct rwe_reading *reading, int how, bool was_silent,
                                  struct rwe_error *error)
{
    bool too_long = was_silent || (WIFSIGNALED(how) && (WTERMSIG(how) == SIGXCPU));
    return fail(
        reading,
        too_long ? N_("takes too long to read for a file of its size: it is damaged, or made to do "
                      "harm; save the table as \"CSV UTF-8\"")
                 : N_("is damaged: reading it had to stop; save it again, or as \"CSV UTF-8\""),
        error);
}

/* ---- both sides ---- */

static enum rwe_status finish_table(struct filling *filling)
{
    const struct rwe_table *table = filling->builder->table;
    enum rwe_status status = filling->sheet == NULL ? RWE_OK : rwe_sheet_end(filling->sheet);
    if (status != RWE_OK)
        return status;
    const char *name = rwe_stream_name(filling->reading->stream);
    if (table->n_columns == 0)
        return rwe_fail(filling->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: is empty: it must hold a header and one row for each patient", name);
    if (table->n_rows == 0)
        return rwe_fail(filling->error, RWE_BAD_INPUT, RWE_NO_INDEX,
                        "%s: holds a header and no rows: add one row for each patient", name);
    return RWE_OK;
}

static enum rwe_status finish(struct filling *filling, const struct rwe_frames_in *in)
{
    const struct rwe_reading *reading = filling->reading;
    enum rwe_status of_builder = rwe_table_builder_status(filling->builder);
    if (of_builder != RWE_OK)
        return of_builder; /* which has the sentence */
    if (in->status == RWE_NO_MEMORY && in->ended)
        return rwe_fail(
            filling->error, RWE_NO_MEMORY, RWE_NO_INDEX,
            "%s: needs more memory to read than a file of its size may: it is damaged, or "
            "made to do harm; save the table as \"CSV UTF-8\"",
            rwe_stream_name(reading->stream));
    if (in->status == RWE_NO_MEMORY)
        return rwe_fail_memory(filling->error);
    if (in->broken)
        return fail_child(reading, 0, false, filling->error);
    return in->status == RWE_OK ? finish_table(filling) : in->status;
}

static enum rwe_status begin(struct filling *filling, struct rwe_bytes *file,
                             struct rwe_frames_in *in, struct rwe_frames_taker *taker)
{
    const struct rwe_reading *reading = filling->reading;
    enum rwe_status status =
        rwe_stream_rest(reading->stream, reading->scratch, &file->at, &file->n, filling->error);
    if (status != RWE_OK)
        return status;
    filling->most = 256 * MIB > UNFOLDS * file->n ? 256 * MIB : UNFOLDS * file->n;
    filling->sheet = rwe_sheet_new(reading, filling->builder, false);
    if (filling->sheet == NULL)
        return rwe_fail_memory(filling->error);
    *taker = empty_taker;
    taker->context = filling;
    *in = (struct rwe_frames_in){
        .taker = taker, .scratch = reading->scratch, .error = filling->error};
    return RWE_OK;
}

enum rwe_status rwe_isolate(const struct rwe_reading *reading, rwe_isolated_work work,
                            struct rwe_table_builder *builder, struct rwe_error *error)
{
    struct filling filling = {.reading = reading, .builder = builder, .error = error};
    struct rwe_bytes file;
    struct rwe_frames_in in;
    struct rwe_frames_taker taker;
    struct child child;
    enum rwe_status status = begin(&filling, &file, &in, &taker);
    if (status == RWE_OK)
        status = start(work, reading, file, &child, error);
    if (status != RWE_OK)
        return status;
    bool heard = listen_to(&child, &in);
    bool closed = heard && in.status == RWE_OK && !in.broken && !in.ended; /* by the child */
    int how = end_child(&child, closed);
    rwe_progress_tell(&reading->options->progress, rwe_stream_reading(reading->stream),
                      filling.rows, filling.rows);
    if (in.status == RWE_OK && !in.ended)
        return fail_child(reading, how, !heard, error);
    return finish(&filling, &in);
}

static void take_at_once(void *to, const unsigned char *bytes, size_t n)
{
    rwe_frames_take(to, bytes, n);
}

enum rwe_status rwe_isolate_not(const struct rwe_reading *reading, rwe_isolated_work work,
                                struct rwe_table_builder *builder, struct rwe_error *error)
{
    struct filling filling = {.reading = reading, .builder = builder, .error = error};
    struct rwe_reading of_work =
        *reading; /* whose memory either side takes and gives back by itself */
    struct rwe_bytes file;
    struct rwe_frames_in in;
    struct rwe_frames_taker taker;
    unsigned char buffer[4096];
    enum rwe_status status = begin(&filling, &file, &in, &taker);
    of_work.scratch = rwe_arena_new();
    if (status == RWE_OK && of_work.scratch == NULL)
        status = rwe_fail_memory(error);
    if (status == RWE_OK) {
        struct rwe_frames out = {buffer, 0, sizeof buffer, take_at_once, &in};
        tell(work, &of_work, file, &out);
        status = finish(&filling, &in);
    }
    rwe_arena_free(of_work.scratch);
    return status;
}
