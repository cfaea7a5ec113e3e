# SPDX-License-Identifier: Apache-2.0
TESTS += tests/bad/run tests/bad/flip
EXTRA_DIST += \
	tests/bad/case.py \
	tests/bad/cases_cache.py \
	tests/bad/cases_documents.py \
	tests/bad/cases_layer.py \
	tests/bad/cases_outer.py \
	tests/bad/cases_places.py \
	tests/bad/flip \
	tests/bad/make.py \
	tests/bad/run \
	tests/support/program.py
