# SPDX-License-Identifier: Apache-2.0
# Reports as other people's parsers and a browser see them. Slow under sanitizers, which look at the
# same renderers in the unit tests.
if !SANITIZERS
TESTS += tests/compare/html tests/compare/pages
endif
EXTRA_DIST += \
	tests/compare/html \
	tests/compare/pages \
	tests/support/browser.py \
	tests/support/page.py \
	tests/support/page_check.js
