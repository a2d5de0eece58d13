# SPDX-License-Identifier: ISC
libsmpplex_a_SOURCES += \
	src/http/response.c src/http/response.h \
	src/http/search.c src/http/search.h
