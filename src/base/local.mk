# SPDX-License-Identifier: ISC
libsmpplex_a_SOURCES += \
	src/base/addr.c src/base/addr.h \
	src/base/buf.c src/base/buf.h \
	src/base/bytes.h \
	src/base/cidr.c src/base/cidr.h \
	src/base/ensure.c src/base/ensure.h \
	src/base/escape.c src/base/escape.h \
	src/base/hash.c src/base/hash.h \
	src/base/histogram.c src/base/histogram.h \
	src/base/handle.c src/base/handle.h \
	src/base/log.c src/base/log.h src/base/log_level.def \
	src/base/proxy_header.c src/base/proxy_header.h \
	src/base/slab.c src/base/slab.h \
	src/base/table.h
