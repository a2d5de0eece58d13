# SPDX-License-Identifier: ISC
bin_PROGRAMS += smppsim
smppsim_SOURCES = src/tools/smppsim.c src/tools/sim.h \
	src/tools/sim_binds.c src/tools/sim_binds.h \
	src/tools/sim_control.c src/tools/sim_control.h \
	src/tools/sim_counter.def \
	src/tools/sim_date.h \
	src/tools/sim_deliver.c src/tools/sim_deliver.h \
	src/tools/sim_events.c src/tools/sim_events.h \
	src/tools/sim_faults.c src/tools/sim_faults.h \
	src/tools/sim_http.c src/tools/sim_http.h src/tools/sim_http_mode.def \
	src/tools/sim_ids.c src/tools/sim_ids.h \
	src/tools/sim_log.c src/tools/sim_log.h \
	src/tools/sim_mo.c src/tools/sim_mo.h \
	src/tools/sim_node.c src/tools/sim_node.h \
	src/tools/sim_node_keys.c src/tools/sim_node_keys.h \
	src/tools/sim_options.c src/tools/sim_options.h \
	src/tools/sim_query.c src/tools/sim_query.h \
	src/tools/sim_receipts.c src/tools/sim_receipts.h \
	src/tools/sim_session.c src/tools/sim_session.h \
	src/tools/sim_stats.c src/tools/sim_stats.h \
	src/tools/sim_submit.c src/tools/sim_submit.h \
	src/tools/sim_transport.c src/tools/sim_transport.h
smppsim_LDADD = $(LDADD) -lm
bin_PROGRAMS += smppload
smppload_SOURCES = src/tools/smppload.c

libsmpplex_a_SOURCES += \
	src/tools/ctl_table.c src/tools/ctl_table.h \
	src/tools/load_clock.h \
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
	src/tools/load_tls.c src/tools/load_tls.h \
	src/tools/load_values.c src/tools/load_values.h \
	src/tools/load_window.c src/tools/load_window.h

bin_PROGRAMS += smpplexctl
smpplexctl_SOURCES = src/tools/smpplexctl.c src/tools/ctl.h src/tools/ctl_command.def \
	src/tools/ctl_act.c \
	src/tools/ctl_conn.c src/tools/ctl_conn.h \
	src/tools/ctl_http.c src/tools/ctl_http.h \
	src/tools/ctl_lists.c \
	src/tools/ctl_show.c src/tools/ctl_show.h \
	src/tools/ctl_status.c src/tools/ctl_status.h \
	src/tools/ctl_table.h \
	src/tools/ctl_stream.c src/tools/ctl_stream.h \
	src/tools/ctl_trace.c \
	src/tools/ctl_top.c
