# SPDX-License-Identifier: ISC
#
# Programs that the end-to-end tests run beside those that are installed.
E2E_TOOLS = t/e2e/check_run t/e2e/resolve_run
check_PROGRAMS += $(E2E_TOOLS)
t_e2e_check_run_SOURCES = t/e2e/check_run.c
t_e2e_resolve_run_SOURCES = t/e2e/resolve_run.c
