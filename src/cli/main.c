/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <gsl/gsl_errno.h>

int main(int argc, char *argv[])
{
    gsl_set_error_handler_off(); /* GSL's default handler aborts; every status is looked at */
    return rwe_cli_main(argc, argv, stdout, stderr);
}
