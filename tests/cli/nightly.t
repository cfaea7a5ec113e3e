# The metrics job: what it says, and what is not done.

$ cachestat nightly
2> cachestat: nightly needs --inbox DIR and --out DIR
? 2
$ cachestat nightly --inbox in
2> cachestat: nightly needs --inbox DIR and --out DIR
? 2
$ cachestat nightly --inbox in --out out
2> cachestat: the inbox 'in': No such file or directory
? 2
$ mkdir in && : >file && cachestat nightly --inbox in --out file
2> cachestat: --out: 'file' is no folder
? 2
$ cachestat nightly --inbox file --out out
2> cachestat: the inbox 'file': Not a directory
? 2
$ cachestat nightly --inbox in --out /proc/out
2> cachestat: cannot create folder '/proc/out': No such file or directory
? 2
$ cachestat nightly --inbox in --out out --db /proc/s.db
2> cachestat: cannot create store '/proc/s.db': No such file or directory
? 2
$ cachestat nightly --inbox in --out out --db file/s.db
2> cachestat: store 'file/s.db': Not a directory
? 2
$ printf 'this is no database, but it is long enough for one' >text && cachestat nightly --inbox in --out out --db text
2> cachestat: 'text' is no store: it is no SQLite file
? 2
$ cachestat nightly --inbox in --out out --keep 7d
2> cachestat: --keep: shorter than the report's window, --since
? 2
$ cachestat nightly --inbox in --out out --keep soon
2> cachestat: --keep: 'soon' is no time (RFC 3339, a date, or an age such as 7d)
? 2
$ cachestat nightly --inbox in --out out --settle soon
2> cachestat: --settle: 'soon' is no time (RFC 3339, a date, or an age such as 7d)
? 2
$ cachestat nightly --inbox in --out out extra
2> cachestat: unexpected operand 'extra' (see 'cachestat nightly --help')
? 2

# Nothing came.
$ cachestat nightly --inbox in --out out
> 0 new builds, 0 joined, from 0 files; 0 bad files
> first run: nothing to compare with
$ ls -A out
> .lock
> metrics.json
> metrics.prom
> report.html
> report.md
$ cachestat nightly --inbox in --out out
> 0 new builds, 0 joined, from 0 files; 0 bad files
> no build that can be rated was recorded since the last run

# A record, its log beside it, a README, one that is still written and one that is cut.
$ cp "$FIXTURES/build/canceled.dockerbuild" in && cp "$FIXTURES/build/canceled.plain" in/build.log
$ echo hello >in/README.md && echo half >in/next.log.part && head -c 4000 in/canceled.dockerbuild >in/cut.dockerbuild
$ cachestat nightly --inbox in --out out 2>&1 | sed "s|$PWD|.|"
> cachestat: warning: ./in/cut.dockerbuild: gzip member 1: truncated
> 1 new builds, 0 joined, from 2 files; 1 bad files
> skipped, not a build's document: 1 files
> left for the next run, still being written: 1 files
> no build that can be rated was recorded since the last run
$ cachestat nightly --inbox in --out out 2>/dev/null
> 0 new builds, 0 joined, from 0 files; 1 bad files
> left for the next run, still being written: 1 files
> no build that can be rated was recorded since the last run
? 3
$ grep -c 'cut.dockerbuild' out/report.md
> 1
$ rm in/cut.dockerbuild
$ cachestat nightly --inbox in --out out --quiet
$ cachestat nightly --inbox in --out out --format csv
> last_run,new_files,bad_files,skipped_files,waiting_files,new_builds,joined_builds,old_builds,pruned_builds
> 2026-01-02T03:04:05Z,0,0,0,1,0,0,0,0

# Bad lines of a batch.
$ printf '%s\n' '{"run_id":1,"scope":"a"}' '{"run_id":2,"scope":5}' '{"run_id"' >in/b.jsonl
$ cachestat nightly --inbox in --out out 2>/dev/null
> 1 new builds, 0 joined, from 0 files; 2 bad files
> left for the next run, still being written: 1 files
> no build that can be rated was recorded since the last run
? 3
$ cachestat nightly --inbox in --out out 2>&1 >/dev/null | sed "s|$PWD|.|"
> cachestat: warning: ./in/b.jsonl:2: "scope" must be text
> cachestat: warning: ./in/b.jsonl:3: bad JSON at line 1, column 9: ':' expected near end of file
