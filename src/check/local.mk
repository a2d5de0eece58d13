# SPDX-License-Identifier: ISC
libsmpplex_a_SOURCES += \
	src/check/check.c src/check/check.h \
	src/check/outcome.def \
	src/check/probe.h \
	src/check/probe_http.c \
	src/check/probe_smpp.c \
	src/check/probe_tcp.c
