#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Exact-output tests of the command line: run.sh [--update] FILE.t …
#
# A case is a command and what it must give; all cases of a file share one empty folder:
#
#   # a comment
#   $ cachestat ls --bogus          run by sh -c; $CACHESTAT is the program, called cachestat here
#   > a line on stdout
#   2> a line on stderr
#   ? 2                             the exit status where it is not 0
#
# --update writes what the commands gave into the file: read the difference before you keep it.
# Commands see LC_ALL=C, TZ=UTC, no terminal, no CI, an empty HOME, and CACHESTAT_NOW
# 2026-01-02T03:04:05Z; fixtures are below $FIXTURES, samples below $DATA, the shared input, if there is any, is $SHARED.
set -eu

update=no
if [ "${1-}" = --update ]; then
	update=yes
	shift
fi
: "${CACHESTAT:?is not set: the program to test}"

tests=$(cd "$(dirname "$0")/.." && pwd)
top=$(mktemp -d "${TMPDIR:-/tmp}/cachestat-cli-XXXXXX")
trap 'rm -rf "$top"' EXIT
trap 'exit 2' HUP INT TERM
mkdir "$top/bin"
ln -s "$(cd "$(dirname "$CACHESTAT")" && pwd)/$(basename "$CACHESTAT")" "$top/bin/cachestat"
failed=0

# The case that has been read: runs it and shows, or writes, what differs.
finish()
{
	[ -n "$command" ] || return 0
	status=0
	(cd "$top/work" && env -i PATH="$top/bin:$PATH" HOME="$top/home" LC_ALL=C TZ=UTC \
		CACHESTAT_NOW=2026-01-02T03:04:05Z FIXTURES="$tests/fixtures" DATA="$tests/../data" \
		SHARED="${CACHESTAT_SHARED-}" ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} \
		sh -c "$command" >"$top/out" 2>"$top/err" </dev/null) || status=$?
	{
		sed 's/^/> /' "$top/out"
		sed 's/^/2> /' "$top/err"
		[ "$status" = 0 ] || echo "? $status"
	} | sed 's/ $//' >"$top/got"
	if [ "$update" = yes ]; then
		cat "$top/got" >>"$top/new"
	elif ! cmp -s "$top/want" "$top/got"; then
		failed=$((failed + 1))
		echo "$file:$line: $command"
		diff -u "$top/want" "$top/got" | sed 1,2d || :
	fi
	command=
	: >"$top/want"
}

run_file()
{
	file=$1
	number=0
	command=
	rm -rf "$top/work" "${top:?}/home"
	mkdir "$top/work" "$top/home"
	: >"$top/want"
	: >"$top/new"
	while IFS= read -r text || [ -n "$text" ]; do
		number=$((number + 1))
		case $text in
		'> '* | '>' | '2> '* | '2>' | '? '*)
			printf '%s\n' "$text" | sed 's/ $//' >>"$top/want"
			continue
			;;
		esac
		finish
		printf '%s\n' "$text" >>"$top/new"
		case $text in
		'$ '*)
			command=${text#??}
			line=$number
			;;
		'' | '#'*) ;;
		*)
			echo "$file:$number: neither a comment, a command nor output: $text"
			failed=$((failed + 1))
			;;
		esac
	done <"$file"
	finish
	[ "$update" = no ] || cat "$top/new" >"$file"
}

for name; do
	run_file "$name"
done
[ "$failed" = 0 ] || {
	echo "$failed of the cases failed"
	exit 1
}
