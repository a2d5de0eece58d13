# SPDX-License-Identifier: ISC
bin_PROGRAMS += smppload
smppload_SOURCES = src/tools/smppload.c

libsmpplex_a_SOURCES += \
	src/tools/load_counts.c src/tools/load_counts.h \
	src/tools/load_events.c \
	src/tools/load_follow.c src/tools/load_follow.h \
	src/tools/load_histogram.c src/tools/load_histogram.h \
	src/tools/load_ids.c src/tools/load_ids.h \
	src/tools/load_json.c \
	src/tools/load_options.c src/tools/load_options.h src/tools/load_option.def \
	src/tools/load_pace.c \
	src/tools/load_plan.c src/tools/load_plan.h \
	src/tools/load_progress.c \
	src/tools/load_queue.c src/tools/load_queue.h \
	src/tools/load_receipts.c src/tools/load_receipts.h \
	src/tools/load_report.c src/tools/load_report.h \
	src/tools/load_run.c src/tools/load_run.h \
	src/tools/load_send.c \
	src/tools/load_session.c src/tools/load_session.h \
	src/tools/load_template.c src/tools/load_template.h \
	src/tools/load_values.c src/tools/load_values.h \
	src/tools/load_window.c src/tools/load_window.h
