# SPDX-License-Identifier: ISC
UNIT_TESTS =
UNIT_LDADD = $(CHECK_LIBS) $(LDADD)
include t/unit/conf.mk

if HAVE_CHECK
check_PROGRAMS += $(UNIT_TESTS)
TESTS = $(UNIT_TESTS)
endif
AM_TESTS_ENVIRONMENT = TEST_SRCDIR='$(abs_top_srcdir)'; export TEST_SRCDIR;
