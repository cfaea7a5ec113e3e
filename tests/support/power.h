/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that keeps what it was told to keep and nothing else: when the power goes, every write
 * since a file's last sync is lost, or some of them, whole sectors at a time.
 */
#ifndef CS_TESTS_SUPPORT_POWER_H
#define CS_TESTS_SUPPORT_POWER_H

#include <stdint.h>

enum power_loss {
	POWER_LOSES_ALL,  /* all that was not synced */
	POWER_LOSES_SOME, /* each sector that was not synced by the toss of a coin */
};

/*
 * From now on every file that SQLite opens in this process is on that disk. At the at-th write,
 * sync or truncation the power goes: the files are left as they would be found, and the process
 * ends.
 */
void power_install(enum power_loss loss, long at, uint32_t seed);

#define POWER_GONE 77 /* the exit status then */

#endif
