#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the program writes about itself is read by those it is for: troff and the shells, as far as
# they are here.
set -eu

: "${CACHESTAT:?is not set: the program to test}"
work=$(mktemp -d "${TMPDIR:-/tmp}/cachestat-docs-XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

fail()
{
	echo "$1"
	failed=1
}

"$CACHESTAT" help --man >"$work/cachestat.1"
for section in NAME SYNOPSIS DESCRIPTION COMMANDS OPTIONS ENVIRONMENT FILES LIMITS 'EXIT STATUS' \
	EXAMPLES 'SEE ALSO'; do
	grep -qx ".SH $section" "$work/cachestat.1" || fail "the manual has no $section"
done
if command -v groff >/dev/null; then
	for device in utf8 ascii; do
		groff -man -ww -T$device -P-c "$work/cachestat.1" >"$work/out" 2>"$work/err" ||
			fail "groff fails"
		[ ! -s "$work/err" ] || fail "groff warns: $(cat "$work/err")"
	done
	# bold in ascii is each letter twice, a backspace between
	sed 's/.\x08//g' "$work/out" >"$work/text"
	grep -q -e '--max-layer-bytes SIZE' "$work/text" || fail "the manual does not show the limits"
	if grep -q '[\\]' "$work/text"; then fail "an escape is left in the manual"; fi
else
	echo "no groff: the manual's markup is not checked"
fi
if command -v mandoc >/dev/null; then
	# "style" would want a date, which would make the page differ from build to build
	mandoc -T lint -W error "$work/cachestat.1" || fail "mandoc finds errors"
fi

for shell in bash zsh fish; do
	"$CACHESTAT" completion $shell >"$work/$shell"
	[ -s "$work/$shell" ] || fail "no completion for $shell"
	if ! command -v $shell >/dev/null; then
		echo "no $shell: its completion is not checked"
		continue
	fi
	$shell -n "$work/$shell" || fail "$shell does not read its completion"
done

# What bash offers after some words; the last one is being typed.
offered()
{
	bash -c '
		. "$0"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_cachestat
		printf "%s\n" "${COMPREPLY[@]}" | sort | tr "\n" " "
	' "$work/bash" "$@"
}
if command -v bash >/dev/null; then
	cd "$work"
	[ "$(offered cachestat compl)" = 'completion ' ] || fail "bash: no command offered"
	[ "$(offered cachestat completion '')" = 'bash fish zsh ' ] || fail "bash: no shell offered"
	[ "$(offered cachestat completion --h)" = '--help ' ] || fail "bash: no option offered"
	offered cachestat help complet | grep -q "^completion \$" || fail "bash: help offers no command"
fi
exit $failed
