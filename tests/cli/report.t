# Everything of a window: an empty store, two builds of a pull request, what is not taken.

$ cachestat report --since 2026-01-01 --until 2026-01-08
> Build cache
> window: 2026-01-01 to 2026-01-08
>
> warning: no builds in the window
>
> step hit rate: - (n = 0 builds)
> time hit rate: - (n = 0 builds)
> net time saved: - (n = 0 builds, cannot_tell)
> unexpected builds: - (n = 0 builds)
> duplicate builds: - (n = 0 builds)
> spent on duplicates: - (n = 0 builds)
>
> What the cache brought, by scope
> (none)
>
> Trend
> (none)
>
> Where the time goes
> (none)
>
> The costliest misses
> (none)
>
> Builds per event
> (none)
>
> Unexpected builds
> (none)
>
> Missing builds
> (none)
>
> Out of order
> (none)
>
> By event and role
> (none)
>
> By event and scope
> (none)
>
> Built or done twice
> (none)
>
> Duplicates in sum: 1 row (-v shows them)
>
> Health of scopes
> (none)
>
> CI minutes
> (none)
>
> The store: 1 row (-v shows them)
$ cachestat analyze -q --no-ci --project acme/app -o /dev/null $DATA/sample/1-test.tar --event pull_request --run-id 1 --commit c1 --scope test --target test --started-at 2026-01-01T10:00:00Z --completed-at 2026-01-01T10:01:05Z
$ cachestat analyze -q --no-ci --project acme/app -o /dev/null $DATA/sample/2-production.tar --event pull_request --run-id 1 --commit c1 --scope production --target prod --started-at 2026-01-01T10:02:00Z --completed-at 2026-01-01T10:02:30Z
$ cachestat report --since 2026-01-01 --until 2026-01-08
> Build cache of acme/app
> window: 2026-01-01 to 2026-01-08
>
> warning: 0 of 2 builds can be rated: too few to judge by
> warning: 2 builds have steps whose outcome is not known: they are kept out of the step hit rate
>
> step hit rate: - (n = 0 builds)
> time hit rate: - (n = 0 builds)
> net time saved: - (n = 0 builds, cannot_tell)
> builds per pull request: 2 (n = 1 runs)
> unexpected builds: 1 (n = 2 builds)
> duplicate builds: 0 (n = 2 builds)
> spent on duplicates: 0 s (n = 2 builds)
>
> policy violated: pull_request
>
> What the cache brought, by scope
> scope       builds  n  step hit rate  median  byte hit rate  time hit rate  priced  net saved  verdict      build time
> production       1  0              -       -              -              -       -          -  cannot_tell      30.0 s
> test             1  0              -       -              -              -       -          -  cannot_tell      1m 05s
>
> Trend
> day         scope       builds  step hit rate  time hit rate  build time  net saved
> 2026-01-01  production       1              -              -      30.0 s          -
> 2026-01-01  test             1              -              -      1m 05s          -
>
> Where the time goes
> (none)
>
> The costliest misses
> (none)
>
> Builds per event
> event         policy    runs  builds  per run  0  1  2  3+  expected  unexpected  missing  out of order
> pull_request  violated     1       2        2  0  0  1   0         1           1        0             0
>
> Unexpected builds
> build             started               event         run  role        target  because        wasted
> cbddb4ab6eaf35e9  2026-01-01 10:02:00Z  pull_request  1    production  prod    not_in_policy  30.0 s
>
> Missing builds
> (none)
>
> Out of order
> (none)
>
> By event and role: 2 rows (-v shows them)
>
> By event and scope: 2 rows (-v shows them)
>
> Built or done twice
> (none)
>
> Duplicates in sum: 1 row (-v shows them)
>
> Health of scopes: 2 rows (-v shows them)
>
> CI minutes: 1 row (-v shows them)
>
> The store: 1 row (-v shows them)
>
> acme/app, production: cannot tell, no completed build has the times of its steps
> acme/app, test: cannot tell, no completed build has the times of its steps
$ cachestat report --since 2026-01-01 --until 2026-01-08 --format csv --table event
> project,event,runs,builds,builds_per_run,expected,unexpected_builds,missing_builds
> acme/app,pull_request,1,2,2,1,1,0
$ cachestat report --since 2026-01-01 --until 2026-01-08 --format csv --table duplicate
> project,kind,builds,wasted_seconds
> acme/app,exact,0,0
> acme/app,same_input,0,0
> acme/app,work,0,0
$ cachestat report --since 2026-01-08 --until 2026-01-15 --format csv --table headlines
> key,label,value,unit,n,change,verdict
> step_hit_ratio,step hit rate,,ratio,0,,
> time_hit_ratio,time hit rate,,ratio,0,,
> net_saved_seconds,net time saved,,seconds,0,,cannot_tell
> unexpected_builds,unexpected builds,,count,0,,
> duplicate_builds,duplicate builds,,count,0,,
> duplicate_wasted_seconds,spent on duplicates,,seconds,0,,
$ cachestat report --compact
2> cachestat: --compact: only with --format markdown
? 2
$ cachestat report --summary
2> cachestat: --summary: only with --format markdown, and without -o
? 2
$ cachestat report --summary --format markdown -o x.md
2> cachestat: --summary: only with --format markdown, and without -o
? 2
$ cachestat report --max-rows -1
2> cachestat: --max-rows: '-1' is not a whole number from 0 to 2147483647
? 2
$ cachestat report --since 2026-01-08 --until 2026-01-01
2> cachestat: --since: not before --until
? 2
