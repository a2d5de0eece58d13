# SPDX-License-Identifier: ISC
UNIT_TESTS += t/unit/check_registry
t_unit_check_registry_LDADD = $(UNIT_LDADD)
UNIT_TESTS += t/unit/check_gate
t_unit_check_gate_LDADD = $(UNIT_LDADD)
UNIT_TESTS += t/unit/check_tap
t_unit_check_tap_LDADD = $(UNIT_LDADD)
