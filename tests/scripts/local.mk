# SPDX-License-Identifier: Apache-2.0
if !SANITIZERS
TESTS += tests/scripts/check_layers tests/scripts/manual tests/scripts/promises tests/scripts/readme \
	tests/scripts/rights
if !COVERAGE
TESTS += tests/scripts/hardening
endif
endif
EXTRA_DIST += \
	.ci/run \
	data/sample/1-test.tar \
	data/sample/2-production.tar \
	data/sample/README.md \
	data/shop \
	scripts/bench \
	tests/support/coverage.py \
	tests/bench/common.py \
	tests/bench/images.py \
	tests/bench/instructions.json \
	tests/bench/instructions.py \
	tests/bench/records.py \
	tests/bench/series.py \
	tests/bench/start.py \
	tests/bench/store.py \
	scripts/build \
	scripts/check-hardening \
	scripts/check-layers \
	scripts/coverage \
	scripts/deps \
	scripts/formula \
	scripts/fuzz \
	scripts/run \
	scripts/tarball \
	scripts/test \
	tests/PROMISES.md \
	tests/scripts/check_layers \
	tests/scripts/formula.rb \
	tests/scripts/hardening \
	tests/scripts/manual \
	tests/scripts/promises \
	tests/scripts/readme \
	tests/scripts/rights
