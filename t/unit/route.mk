# SPDX-License-Identifier: ISC
UNIT_TESTS += t/unit/check_balance
t_unit_check_balance_LDADD = $(UNIT_LDADD)
UNIT_TESTS += t/unit/check_window
t_unit_check_window_LDADD = $(UNIT_LDADD)
UNIT_TESTS += t/unit/check_rate
t_unit_check_rate_LDADD = $(UNIT_LDADD)
