/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the n-th thing that can fail fail: calls of the driver, or writes of SQLite to its files.
 */
#ifndef CS_TESTS_SUPPORT_FAULT_H
#define CS_TESTS_SUPPORT_FAULT_H

#include "store/driver.h"

enum fault_mode {
	FAULT_NONE,   /* only count */
	FAULT_BEFORE, /* the n-th call fails and does nothing */
	FAULT_AFTER,  /* it does its work, and is said to have failed */
};

struct fault {
	enum fault_mode mode;
	long at, passed;
	bool commit_done; /* FAULT_AFTER hit a commit: what was to be written is there */
};
extern struct fault fault;

/* SQLite's driver with faults; CS_IO "fault N". */
extern const struct cs_driver fault_driver;

enum disk_fault { DISK_GOOD, DISK_FULL, DISK_BROKEN };
struct disk {
	enum disk_fault mode;
	long at, passed; /* writes, syncs, truncations; all from the at-th on fail */
};
extern struct disk disk;
/* From now on every file that SQLite opens is on that disk. */
void disk_install(void);

#endif
