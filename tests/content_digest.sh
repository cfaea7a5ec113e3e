#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a scan says of a layer, against a second implementation in Python: over layers of every odd
# kind, and over all layers of the shared corpus (CACHESTAT_SHARED, or ../shared) where there is one.
set -eu

py=${srcdir:-.}/tests/support/content_digest.py
list=tests/support/layer_list
python3 -c 'import tarfile' 2>/dev/null || { echo "skipped: no python3"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

compare() { # arguments of both
	"$list" "$@" >"$dir/c"
	python3 "$py" "$@" >"$dir/python"
	if ! test -s "$dir/python"; then
		echo "no layer in $*"
		exit 1
	fi
	diff -u "$dir/python" "$dir/c"
}

mkdir "$dir/made"
python3 "$py" --make "$dir/made"
compare --layer "$dir"/made/*
if tar --version 2>/dev/null | grep -q GNU; then
	mkdir "$dir/tree" "$dir/sparse"
	printf data | dd of="$dir/tree/holes" bs=4 seek=100000 2>/dev/null
	dd if=/dev/null of="$dir/tree/empty-holes" bs=1 seek=1000000 2>/dev/null
	i=0
	while test $i -lt 30; do
		printf x | dd of="$dir/tree/many" bs=1 seek=${i}00000 conv=notrunc 2>/dev/null
		i=$((i + 1))
	done
	for form in "gnu 1.0" "posix 0.0" "posix 0.1" "posix 1.0"; do
		# shellcheck disable=SC2086 # two words
		set -- $form
		tar -C "$dir/tree" --format="$1" --sparse --sparse-version="$2" \
			-cf "$dir/sparse/$1-$2.tar" .
	done
	compare --layer "$dir"/sparse/*
fi

shared=${CACHESTAT_SHARED:-${srcdir:-.}/../shared}
if ! test -d "$shared/corpus"; then
	echo "corpus skipped: neither CACHESTAT_SHARED nor ../shared holds one"
	exit 0
fi
have_zstd=true
command -v zstd >/dev/null || have_zstd=false
compare --layer "$shared"/corpus/base?.tar.gz
find "$shared/corpus" -name '*.tar' -o -name '*image.tar.gz' | sort >"$dir/archives"
$have_zstd && find "$shared/corpus" -name '*.tar.zst' >>"$dir/archives"
$have_zstd || { grep -v zstd "$dir/archives" >"$dir/a"; mv "$dir/a" "$dir/archives"; }
# shellcheck disable=SC2046 # no path of the corpus has white space
compare $(cat "$dir/archives")
echo "$(wc -l <"$dir/c") layers of $(wc -l <"$dir/archives") archives agree"
