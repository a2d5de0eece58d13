# SPDX-License-Identifier: ISC
sbin_PROGRAMS += smpplex
smpplex_LDFLAGS = $(HARDEN_LDFLAGS)
smpplex_SOURCES = src/daemon/main.c \
	src/daemon/activation.c src/daemon/activation.h \
	src/daemon/notify.c src/daemon/notify.h \
	src/daemon/privileges.c src/daemon/privileges.h \
	src/daemon/seccomp.c src/daemon/seccomp.h src/daemon/seccomp_allow.def \
	src/daemon/expiry.c src/daemon/expiry.h \
	src/daemon/master.c src/daemon/master.h \
	src/daemon/node.c src/daemon/node.h src/daemon/node_check.c src/daemon/node_inner.h \
	src/daemon/node_mail.c src/daemon/node_mail.h \
	src/daemon/nodes.c src/daemon/nodes.h \
	src/daemon/options.c src/daemon/options.h \
	src/daemon/status.c src/daemon/status.h \
	src/daemon/status_bans.c src/daemon/status_bans.h \
	src/daemon/trace.c src/daemon/trace.h src/daemon/trace_line.c src/daemon/trace_line.h \
	src/daemon/visit.c src/daemon/visit.h \
	src/daemon/worker.c src/daemon/worker.h \
	src/daemon/workers.c src/daemon/workers.h
