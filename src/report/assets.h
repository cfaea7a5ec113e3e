/* SPDX-License-Identifier: Apache-2.0 */
/* The files of data/html, put into the program by scripts/embed-text. */
#ifndef CS_REPORT_ASSETS_H
#define CS_REPORT_ASSETS_H

extern const char cs_asset_report_css[];
extern const char cs_asset_report_js[];

#endif
