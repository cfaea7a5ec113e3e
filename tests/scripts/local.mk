# SPDX-License-Identifier: Apache-2.0
if !SANITIZERS
TESTS += tests/scripts/check_layers
endif
EXTRA_DIST += \
	.ci/run \
	data/sample/1-test.tar \
	data/sample/2-production.tar \
	data/sample/README.md \
	scripts/bench \
	scripts/build \
	scripts/check-layers \
	scripts/deps \
	scripts/run \
	scripts/test \
	tests/scripts/check_layers
