# SPDX-License-Identifier: ISC
libsmpplex_a_SOURCES += \
	src/tls/verify.def src/tls/version.def \
	src/tls/client.c src/tls/client.h \
	src/tls/context.c src/tls/context.h \
	src/tls/digest.c src/tls/digest.h \
	src/tls/expiry.c src/tls/expiry.h \
	src/tls/names.c src/tls/names.h \
	src/tls/reason.c src/tls/reason.h \
	src/tls/server.c src/tls/server.h \
	src/tls/settings.h
