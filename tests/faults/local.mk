# SPDX-License-Identifier: Apache-2.0
# Faults of the machine around the program as it is shipped: kills, lost power, full disks, refused
# memory. Sanitizers bring their own allocator, so their builds run what needs no shim.
if !SANITIZERS
check_SCRIPTS += tests/faults/shim.so
TESTS += tests/faults/kills tests/faults/limits tests/faults/secrets tests/faults/torture tests/faults/trace
endif
CLEANFILES += tests/faults/shim.so
tests/faults/shim.so: tests/faults/shim.c
	$(AM_V_GEN)$(MKDIR_P) tests/faults && $(CC) -std=c17 -D_GNU_SOURCE -D_LARGEFILE64_SOURCE -U_FORTIFY_SOURCE $(CPPFLAGS) \
		$(CFLAGS) -fPIC -shared -o $@ $(srcdir)/tests/faults/shim.c -ldl
EXTRA_DIST += \
	scripts/keep-store \
	scripts/kills \
	tests/faults/common.py \
	tests/faults/kills \
	tests/faults/limits \
	tests/faults/secrets \
	tests/faults/shim.c \
	tests/faults/torture \
	tests/faults/trace
