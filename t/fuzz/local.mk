# SPDX-License-Identifier: ISC
#
# Fuzz targets: programs that feed themselves their corpus, one TAP test a
# file; `make fuzz` builds them with libFuzzer instead (FUZZ_SECONDS=60 each).
FUZZ_TARGETS = fuzz_bind fuzz_describe fuzz_http fuzz_pdu fuzz_proxy_header fuzz_request
FUZZ_SECONDS = 60
FUZZ_TESTS = t/fuzz/fuzz_bind t/fuzz/fuzz_describe t/fuzz/fuzz_http t/fuzz/fuzz_pdu \
	t/fuzz/fuzz_proxy_header t/fuzz/fuzz_request
t_fuzz_fuzz_bind_SOURCES = t/fuzz/fuzz_bind.c t/fuzz/replay.c t/fuzz/fuzz.h
t_fuzz_fuzz_describe_SOURCES = t/fuzz/fuzz_describe.c t/fuzz/replay.c t/fuzz/fuzz.h
t_fuzz_fuzz_http_SOURCES = t/fuzz/fuzz_http.c t/fuzz/replay.c t/fuzz/fuzz.h
t_fuzz_fuzz_pdu_SOURCES = t/fuzz/fuzz_pdu.c t/fuzz/replay.c t/fuzz/fuzz.h
t_fuzz_fuzz_proxy_header_SOURCES = t/fuzz/fuzz_proxy_header.c t/fuzz/replay.c t/fuzz/fuzz.h
t_fuzz_fuzz_request_SOURCES = t/fuzz/fuzz_request.c t/fuzz/replay.c t/fuzz/fuzz.h
check_PROGRAMS += $(FUZZ_TESTS)
TESTS += $(FUZZ_TESTS)

fuzz:
	@$(SHELL) $(top_srcdir)/t/fuzz/run '$(abs_top_srcdir)' \
		'$(DEFS) -I$(abs_top_builddir) $(abs_cppflags)' '$(FUZZ_SECONDS)' $(FUZZ_TARGETS)

EXTRA_DIST += t/fuzz/run t/fuzz/seed.pl
.PHONY: fuzz
