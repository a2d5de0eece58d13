# SPDX-License-Identifier: ISC
libsmpplex_a_SOURCES += \
	src/conf/balance.def src/conf/check_tls.def src/conf/check_type.def \
	src/conf/concat_loss.def src/conf/concat_place.def \
	src/conf/fail_back.def src/conf/links.def src/conf/message_id.def src/conf/mode.def src/conf/on_down.def src/conf/rate_excess.def src/conf/redispatch.def src/conf/key.def \
	src/conf/build.h \
	src/conf/choice.c src/conf/choice.h \
	src/conf/conf.c src/conf/conf.h \
	src/conf/follow.c \
	src/conf/key.c src/conf/key.h \
	src/conf/mode.c \
	src/conf/options.c \
	src/conf/read.c src/conf/read.h \
	src/conf/read_check.c \
	src/conf/proxy_mode.def \
	src/conf/read_door.c \
	src/conf/read_admin.c \
	src/conf/read_line.c \
	src/conf/group.c \
	src/conf/read_mode.c \
	src/conf/read_route.c \
	src/conf/read_tls.c \
	src/conf/tags.c \
	src/conf/suggest.c src/conf/suggest.h \
	src/conf/text.c src/conf/text.h
