#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shell part of the GitHub Action in a runner's environment; docker is a stand-in that answers from
# fixtures. What comes from outside must not become a command, an option or a line of an output.
set -eu
top=$(cd "${srcdir:-.}" && pwd)
program=$(cd "$(dirname "${CACHESTAT:-./cachestat}")" && pwd)/cachestat
command -v bash >/dev/null || exit 77
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/bin" "$tmp/runner" "$tmp/files"
cat >"$tmp/bin/docker" <<'EOF'
#!/bin/sh
printf '%s\n' "$*" >>"$DOCKER_LOG"
case "$1 $2 $3" in
"buildx history ls") printf '{"ref":"builder/node/good1"}\n{"ref":"builder/node/lost"}\n' ;;
"buildx history export")
	[ "$7" = good1 ] || exit 1
	cp "$FIXTURE" "$6" ;;
*) exit 9 ;;
esac
EOF
chmod +x "$tmp/bin/docker"
DOCKER_LOG=$tmp/docker.log FIXTURE=$top/tests/fixtures/build/pulled.dockerbuild
export DOCKER_LOG FIXTURE

fail() {
	echo "FAIL: $*" >&2
	cat "$tmp/log" >&2 || :
	exit 1
}

# action STATUS VAR=VALUE…: a step of its own, with a fresh output file.
action() {
	want=$1
	shift
	: >"$tmp/output"
	: >"$tmp/summary"
	: >"$DOCKER_LOG"
	status=0
	(cd "$tmp/files" && env -i PATH="$tmp/bin:$PATH" HOME="$tmp" LC_ALL=C \
		DOCKER_LOG="$DOCKER_LOG" FIXTURE="$FIXTURE" GITHUB_OUTPUT="$tmp/output" \
		RUNNER_TEMP="$tmp/runner" INPUT_CACHESTAT="$program" INPUT_SUMMARY=false \
		INPUT_DB="$tmp/state.db" INPUT_SINCE=2000-01-01 "$@" \
		bash "$top/scripts/action/run") >"$tmp/log" 2>&1 || status=$?
	[ "$status" = "$want" ] || fail "status $status, not $want: $*"
	[ -z "$(ls -A "$tmp/runner")" ] || fail "left behind: $(ls "$tmp/runner")"
	[ ! -e "$tmp/files/owned" ] || fail "a text became a command: $*"
}

has() {
	grep -qx "$1" "$tmp/output" || fail "no output $1 in: $(cat "$tmp/output")"
}

action 2
action 0 INPUT_REFS=auto
has 'builds=1'
has 'build-id=[0-9a-f]\{16\}'
has 'hit-rate=[0-9.]*'
has 'saved-seconds=[0-9.]*'
action 0 'INPUT_METADATA={"buildx.build.ref":"b/n/good1"}'
grep -q 'export .* good1' "$DOCKER_LOG" || fail "metadata's ref was not exported"

# Texts from outside are inert.
# shellcheck disable=SC2016 # nothing is to expand: that is the test
action 2 'INPUT_REFS=$(touch owned)
`touch owned`
-o
--help
a;touch owned'
[ ! -s "$DOCKER_LOG" ] || fail "docker was asked: $(cat "$DOCKER_LOG")"
cp "$FIXTURE" "$tmp/files/a name \$(touch owned).dockerbuild"
cp "$top/tests/fixtures/build/failed.dockerbuild" "$tmp/files/new
line.dockerbuild"
cp "$FIXTURE" "$tmp/files/--version"
action 0 'INPUT_FILES=a name*.dockerbuild
--version
new*.dockerbuild'
has 'builds=2'
# shellcheck disable=SC2016 # as above
action 2 INPUT_FILES='a*' 'INPUT_SCOPE=x"; touch owned; $(touch owned)'

# Gates.
action 0 INPUT_FILES='a*.dockerbuild' INPUT_MIN_HIT_RATE=production=0.1 INPUT_MIN_BUILDS=1
has 'gate=passed'
action 1 INPUT_FILES='a*.dockerbuild' INPUT_MIN_HIT_RATE=production=100% INPUT_MIN_BUILDS=1
has 'gate=failed'
action 0 INPUT_FILES='a*.dockerbuild' INPUT_MIN_HIT_RATE=0.1 INPUT_MIN_BUILDS=99
has 'gate=not-enough-data'

# A gate that fails annotates the step, one that holds does not; what is said is one line each.
action 1 GITHUB_ACTIONS=true INPUT_FILES='a*.dockerbuild' INPUT_MIN_HIT_RATE=production=100% INPUT_MIN_BUILDS=1
has 'gate=failed'
[ "$(grep -c '^::' "$tmp/log")" = 1 ] || fail "not one annotation"
grep -q '^::error title=.*min_hit_rate.*production' "$tmp/log" || fail "no annotation of the gate"
action 0 GITHUB_ACTIONS=true INPUT_FILES='a*.dockerbuild' INPUT_MIN_HIT_RATE=production=0.1 INPUT_MIN_BUILDS=1
! grep -q '^::error' "$tmp/log" || fail "an annotation of a gate that holds"

# The summary: Markdown, the figures first, within what GitHub takes; nothing of it where it is off.
[ ! -s "$tmp/summary" ] || fail "a summary although it is off"
on="INPUT_SUMMARY=true GITHUB_STEP_SUMMARY=$tmp/summary"
# shellcheck disable=SC2086 # two words
action 0 $on INPUT_FILES='a*.dockerbuild'
has 'builds=1'
has 'build-id=[0-9a-f]\{16\}'
head -1 "$tmp/summary" | grep -q '^## ' || fail "no title: $(head -1 "$tmp/summary")"
grep -q 'step hit rate' "$tmp/summary" || fail "no hit rate"
grep -q '^### .*scope' "$tmp/summary" || fail "no table of scopes"
[ "$(wc -c <"$tmp/summary")" -le 1048576 ] || fail "more than 1 MiB"
[ "$(grep -c '<details>' "$tmp/summary")" = "$(grep -c '</details>' "$tmp/summary")" ] || fail "folded parts that do not end"
# shellcheck disable=SC2086 # two words
action 1 $on INPUT_FILES='a*.dockerbuild' INPUT_MIN_HIT_RATE=production=100% INPUT_MIN_BUILDS=1
has 'gate=failed'
[ -s "$tmp/summary" ] || fail "a failed gate has no summary"
# What an earlier command of the step wrote stays; where there is no room, the gates are judged all the same.
echo before >"$tmp/early"
action 0 INPUT_SUMMARY=true "GITHUB_STEP_SUMMARY=$tmp/early" INPUT_FILES='a*.dockerbuild'
[ "$(head -1 "$tmp/early")" = before ] || fail "the summary was not appended"
head -c 1048000 /dev/zero >"$tmp/early"
action 3 INPUT_SUMMARY=true "GITHUB_STEP_SUMMARY=$tmp/early" INPUT_FILES='a*.dockerbuild' \
	INPUT_MIN_HIT_RATE=production=0.1 INPUT_MIN_BUILDS=1
has 'gate=passed'
[ "$(wc -c <"$tmp/early")" = 1048000 ] || fail "written past 1 MiB"

# Bad input among good: recorded, and the step fails.
head -c 100 "$FIXTURE" >"$tmp/files/bad.dockerbuild"
action 3 INPUT_FILES='*.dockerbuild'
has 'builds=2'
