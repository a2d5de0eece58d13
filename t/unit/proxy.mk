# SPDX-License-Identifier: ISC
UNIT_TESTS += t/unit/check_registry
t_unit_check_registry_LDADD = $(UNIT_LDADD)
