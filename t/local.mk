# SPDX-License-Identifier: ISC
#
# Two kinds of tests. Unit tests are Check programs, one a module, that
# speak TAP; automake's harness runs them and counts each test. All others
# are Perl and run under prove, by t/prove.

# --- unit tests: a fragment a layer. Each test stands there in two lines:
#     UNIT_TESTS += t/unit/check_pdu
#     t_unit_check_pdu_LDADD = $(UNIT_LDADD)
UNIT_TESTS =
UNIT_LDADD = $(CHECK_LIBS) $(LDADD)
include t/unit/base.mk
include t/unit/smpp.mk
include t/unit/tls.mk
include t/unit/conf.mk
include t/unit/http.mk
include t/unit/admin.mk
include t/unit/route.mk
include t/unit/proxy.mk
include t/unit/load.mk

if HAVE_CHECK
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
need-check:
else
need-check:
	@echo "the unit tests need Check (Debian: check): ./bootstrap installs it" >&2; exit 1
endif
LOG_DRIVER = $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = TEST_SRCDIR='$(abs_top_srcdir)'; export TEST_SRCDIR;

EXTRA_DIST += t/unit/unit.h t/unit/certificate.h t/unit/conf_text.h
include t/fuzz/local.mk
include t/e2e/local.mk

# --- Perl tests, after the unit tests.
PROVE_ENV = PROVE='$(PROVE)' NODE_MODULES='$(NODE_MODULES)' TEST_CC='$(CC)' \
	TEST_CPPFLAGS='$(DEFS) -I$(abs_top_builddir) $(abs_cppflags) $(CPPFLAGS)' \
	TEST_CFLAGS='$(WARN_CFLAGS) $(PTHREAD_CFLAGS) $(CONFUSE_CFLAGS) $(XXHASH_CFLAGS) $(JANSSON_CFLAGS) $(OPENSSL_CFLAGS)' \
	$(SHELL) $(top_srcdir)/t/prove '$(abs_top_srcdir)' '$(abs_top_builddir)'
abs_cppflags = -D_GNU_SOURCE -I$(abs_top_srcdir)/src -I$(abs_top_srcdir)/t -I$(abs_top_builddir)/src

check-local: need-check check-TESTS
	@$(PROVE_ENV) lint e2e interop

check-unit: need-check $(check_PROGRAMS)
	@$(MAKE) $(AM_MAKEFLAGS) check-TESTS

check-e2e check-interop: all
	@$(MAKE) $(AM_MAKEFLAGS) $(E2E_TOOLS)
	@$(PROVE_ENV) $(@:check-%=%)

check-lint: all
	@$(PROVE_ENV) lint

EXTRA_DIST += t/prove t/again t/tsan.supp
dist-hook:
	cd '$(srcdir)' && for d in t/bench t/lib t/lint t/e2e t/interop t/fuzz/corpus; do \
	    test ! -d $$d || find $$d -name node_modules -prune -o -type f -print; \
	done | tar -cf - -T - | (cd '$(abs_top_builddir)/$(distdir)' && tar -xf -)

# --- the same tests, built otherwise, each in a build folder of its own.
check-asan check-tsan check-valgrind coverage:
	@$(SHELL) $(top_srcdir)/t/again $@ '$(abs_top_srcdir)' '$(MAKE)'

# --- slower looks at the source, with tools of `./bootstrap --lint`.
lint: all
	@$(SHELL) $(top_srcdir)/t/lint/deep '$(abs_top_srcdir)' '$(CC)' \
		'$(DEFS) -I$(abs_top_builddir) $(abs_cppflags)' \
		'$(CONFUSE_CFLAGS) $(XXHASH_CFLAGS) $(JANSSON_CFLAGS) $(OPENSSL_CFLAGS)'
	@$(PROVE_ENV) lint

demo: all
	@SMPPLEX_BIN='$(abs_top_builddir)' $(SHELL) $(top_srcdir)/t/demo.sh

# --- what a message costs; BENCH_FLAGS='--check --csv FILE', COMPARE_FLAGS likewise.
BENCH = SMPPLEX_BIN='$(abs_top_builddir)' SMPPLEX_WORK='$(abs_top_builddir)/t/work-bench' TEST_CC='$(CC)' \
	perl -I '$(top_srcdir)/t/lib' '$(top_srcdir)'/t/bench
bench: bench-path bench-compare

bench-path: all
	@$(BENCH)/bench.pl $(BENCH_FLAGS)

bench-compare: all
	@$(BENCH)/compare.pl $(COMPARE_FLAGS)

bench-tls: all
	@$(BENCH)/tls.pl $(BENCH_FLAGS)

bench-checks: all
	@$(BENCH)/checks.pl

bench-tcp: all
	@$(BENCH)/tcp.pl $(BENCH_FLAGS)

bench-scrapes: all
	@$(BENCH)/scrapes.pl $(BENCH_FLAGS)

bench-sessions: all
	@$(BENCH)/sessions.pl $(BENCH_FLAGS)

bench-flood: all
	@$(BENCH)/flood.pl $(BENCH_FLAGS)

clean-local:
	rm -rf t/work t/work-bench
distclean-local:
	rm -rf build-asan build-tsan build-valgrind build-coverage build-fuzz coverage

AM_DISTCHECK_CONFIGURE_FLAGS = NODE_MODULES='$(abs_top_srcdir)/t/interop/node_modules'
.PHONY: need-check check-unit check-e2e check-interop check-lint check-asan check-tsan check-valgrind \
	coverage lint demo bench bench-path bench-compare bench-tls bench-tcp bench-checks bench-scrapes \
	bench-flood bench-sessions
