# SPDX-License-Identifier: Apache-2.0
# Against independent tools and the builder's own word. Slow under sanitizers, which find nothing
# here that the bad inputs do not.
if !SANITIZERS
TESTS += tests/compare/digests tests/compare/prices tests/compare/verdicts
TESTS += tests/compare/beforeafter tests/compare/digests tests/compare/verdicts
endif
EXTRA_DIST += \
	tests/compare/beforeafter \
	tests/compare/digests \
	tests/compare/prices \
	tests/compare/reader.py \
	tests/compare/sample-truth.json \
	tests/compare/verdicts
