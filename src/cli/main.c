/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <gsl/gsl_errno.h>
#include <signal.h>

int main(int argc, char *argv[])
{
    gsl_set_error_handler_off(); /* GSL's default handler aborts; every status is looked at */
    /* A closed pipe and a file beyond its limit are told like a full disk, by what write() returns. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    return rwe_cli_main(argc, argv, stdout, stderr);
}
