# SPDX-License-Identifier: ISC
libsmpplex_a_SOURCES += \
	src/http/reply.c src/http/reply.h src/http/reply_status.def \
	src/http/request.c src/http/request.h
