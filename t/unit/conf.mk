# SPDX-License-Identifier: ISC
UNIT_TESTS += t/unit/check_conf
t_unit_check_conf_LDADD = $(UNIT_LDADD)
UNIT_TESTS += t/unit/check_conf_follow
t_unit_check_conf_follow_LDADD = $(UNIT_LDADD)
UNIT_TESTS += t/unit/check_conf_check
t_unit_check_conf_check_LDADD = $(UNIT_LDADD)
