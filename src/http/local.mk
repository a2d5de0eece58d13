# SPDX-License-Identifier: ISC
libsmpplex_a_SOURCES += \
	src/http/basic.c src/http/basic.h \
	src/http/reply.c src/http/reply.h src/http/reply_status.def \
	src/http/request.c src/http/request.h \
	src/http/response.c src/http/response.h \
	src/http/search.c src/http/search.h
