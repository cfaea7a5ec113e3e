# SPDX-License-Identifier: Apache-2.0
# Against independent tools and the builder's own word. Slow under sanitizers, which find nothing
# here that the bad inputs do not.
compare_tests = \
	tests/compare/beforeafter \
	tests/compare/digests \
	tests/compare/hostile \
	tests/compare/joining \
	tests/compare/metrics \
	tests/compare/prices \
	tests/compare/replay \
	tests/compare/several \
	tests/compare/replays \
	tests/compare/strategy \
	tests/compare/verdicts \
	tests/compare/why
if !SANITIZERS
TESTS += $(compare_tests)
endif
EXTRA_DIST += \
	$(compare_tests) \
	tests/compare/reader.py \
	tests/compare/replay_maker.py \
	tests/compare/replay_truth.py \
	tests/compare/sample-truth.json
