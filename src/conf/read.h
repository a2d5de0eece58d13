/* SPDX-License-Identifier: ISC */
#ifndef CONF_READ_H
#define CONF_READ_H

#include <confuse.h>

#include "base/ensure.h"
#include "conf/conf.h"
#include "conf/key.h"

/*
 * What the files share that read a configuration file's tree (conf/read.c, and
 * one a section where it is large): the first error, and the lines.
 */

/* Reports "FILE:LINE: …" unless there is an error already; returns false. */
bool
read_fail(cfg_t *cfg, long line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same at a keyword that is set, "KEYWORD = VALUE: why". */
bool
read_fail_at(cfg_t *section, const char *keyword, const char *value, const char *why);

/* The line in which a section begins. */
long
read_opened_at(cfg_t *section);

/* The line of the file that sets a keyword; 0: none does. */
long
read_set_at(cfg_t *section, const char *keyword);

/* Reads all keywords of a section into its struct. */
MUST_USE bool
read_keys(cfg_t *section, enum key_section kind, void *object);

/* conf/read_line.c: the first line of a file without its end, cut to size - 1 octets; one
 * with a NUL in it is "". It does not wait for a pipe. False: *why is the system's, valid
 * as strerror's. */
MUST_USE bool
read_first_line(const char *path, char *line, size_t size, const char **why);

/* conf/read_check.c: all `check` sections of a farm's or a node's section. */
MUST_USE bool
read_checks(cfg_t *section, struct conf_check **checks, size_t *count);

/* What farm's checks mean for the nodes that they are for, once all are read. */
MUST_USE bool
read_checks_fit(cfg_t *section, const struct conf_farm *farm);

/* conf/read_mode.c: whether what a farm's section and those in it say fits its mode. */
MUST_USE bool
read_farm_mode(cfg_t *section, const struct conf_farm *farm);

/* The same of a listener, which takes its farm's mode. */
MUST_USE bool
read_listener_mode(cfg_t *section, struct conf_listener *listener);

/* conf/read_door.c: what nodes have from their farm, once all are read. */
void
read_inherited(cfg_t *section, struct conf_farm *farm);

/* What a listener's limits mean to each other. */
MUST_USE bool
read_listener_door(cfg_t *section, const struct conf_listener *listener);

/* conf/read_route.c: the `route` sections of a listener, whose farm and mode are known. */
MUST_USE bool
read_routes(cfg_t *section, const struct conf *conf, struct conf_listener *listener);

/* conf/read_admin.c: the `status` section, if there is one. */
MUST_USE bool
read_admin(cfg_t *top, struct conf *conf);

/* conf/read_tls.c: the `tls` sections of a farm and of its nodes, which are read. */
MUST_USE bool
read_farm_tls(cfg_t *section, struct conf_farm *farm);

/* The `tls` sections of a listener. */
MUST_USE bool
read_listener_tls(cfg_t *section, struct conf_listener *listener);

/* Those of the status endpoint. */
MUST_USE bool
read_admin_tls(cfg_t *section, struct conf_admin *admin);

#endif
