/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "conf/conf.h"
#include "config.h"
#include "daemon/master.h"
#include "daemon/options.h"

#define EXIT_CONFIG 2

static struct conf *
read_configuration(const struct options *options)
{
    const struct conf_options short_form = {options->listen, options->node, options->status};
    char error[CONF_ERROR_SIZE];
    struct conf *conf;

    conf = options->config != NULL ? conf_read(options->config, error)
                                   : conf_from_options(&short_form, error);
    if (conf == NULL)
        fprintf(stderr, "smpplex: %s\n", error);
    return conf;
}

static bool
open_log(const struct options *options, const struct conf *conf)
{
    const char *target = options->log != NULL ? options->log : conf->log_target;
    enum log_level level = conf->log_level;

    if (options->log_level != NULL && !log_level_parse(options->log_level, &level)) {
        fprintf(stderr, "smpplex: --log-level %s: one of error, warning, notice, info, debug, "
                        "trace is needed\n", options->log_level);
        return false;
    }
    log_set_level(level);
    if (!log_open(PACKAGE_NAME, target)) {
        fprintf(stderr, "smpplex: cannot open the log %s: %s\n", target, strerror(errno));
        return false;
    }
    return true;
}

int
main(int argc, char **argv)
{
    struct options options;
    struct conf *conf;
    int status = EXIT_SUCCESS;

    options_parse(&options, argc, argv);
    conf = read_configuration(&options);
    if (conf == NULL) {
        status = EXIT_CONFIG;
    } else if (options.print) {
        conf_print(conf, stdout);
    } else if (options.check) {
        printf("%s: no mistakes\n", options.config != NULL ? options.config : "options");
    } else if (!open_log(&options, conf)) {
        status = EXIT_CONFIG;
    } else {
        log_notice(NULL, "starting version=%s", PACKAGE_VERSION);
        status = master_run(conf, options.config, options.ready_file);
    }
    conf_unref(conf);
    log_close();
    options_fini(&options);
    return status;
}
