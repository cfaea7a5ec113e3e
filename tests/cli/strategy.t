# Builds per event against the policy: a pull request that builds both, a main push, a run without.

$ cachestat strategy -q
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
> Duplicates in sum
> builds  duplicates  rate  wasted  repeated steps  their time  of re-runs  scheduled
>      0           0     -     0 s               0         0 s           0          0
>
> Health of scopes
> (none)
>
> CI minutes
> (none)
$ cachestat analyze -q --no-ci --project acme/app -o /dev/null $DATA/sample/1-test.tar --event pull_request --run-id 1 --commit c1 --scope test --target test --started-at 2026-01-01T10:00:00Z --completed-at 2026-01-01T10:01:05Z
$ cachestat analyze -q --no-ci --project acme/app -o /dev/null $DATA/sample/2-production.tar --event pull_request --run-id 1 --commit c1 --scope production --target prod --started-at 2026-01-01T10:02:00Z --completed-at 2026-01-01T10:02:30Z
$ cachestat analyze -q --no-ci --project acme/app -o /dev/null $DATA/sample/1-test.tar --event push --ref refs/heads/main --run-id 2 --commit c1 --scope test --target test --started-at 2026-01-01T11:00:00Z --completed-at 2026-01-01T11:00:20Z --tests passed
$ cachestat strategy
> policy violated: pull_request, push_main
>
> Builds per event
> event         policy    runs  builds  per run  0  1  2  3+  expected  unexpected  missing  out of order
> pull_request  violated     1       2        2  0  0  1   0         1           1        0             0
> push_main     violated     1       1        1  0  1  0   0         2           0        1             0
>
> Unexpected builds
> build             started               event         run  role        target  because        wasted
> cbddb4ab6eaf35e9  2026-01-01 10:02:00Z  pull_request  1    production  prod    not_in_policy  30.0 s
>
> Missing builds
> event      run  workflow  role        builds
> push_main  2    -         production       1
>
> Out of order
> (none)
>
> By event and role
> event         role        runs  builds  per run  0  1  2  3+  expected  unexpected  missing
> pull_request  test           1       1        1  0  1  0   0         1           0        0
> pull_request  production     1       1        1  0  1  0   0         0           1        0
> push_main     test           1       1        1  0  1  0   0         1           0        0
> push_main     production     1       0        0  1  0  0   0         1           0        1
>
> By event and scope
> event         scope       runs  builds  per run  0  1  2  3+
> pull_request  production     1       1        1  0  1  0   0
> pull_request  test           1       1        1  0  1  0   0
> push_main     test           1       1        1  0  1  0   0
>
> Built or done twice
> kind   builds  wasted  events                   what                                first
> exact       2  20.0 s  pull_request, push_main  acme/app, target test, linux/amd64  aa33439a4116343e
>
> Duplicates in sum
> builds  duplicates    rate  wasted  repeated steps  their time  of re-runs  scheduled
>      3           1  33.3 %  20.0 s               0         0 s           0          0
>
> Health of scopes
> scope       builds  writing runs  collisions  writers  thrash      age     idle      new
> production       1             1           0        1       -  17h 02m  17h 02m  85.1 kB
> test             2             2           0        1       -  17h 04m  16h 04m  86.0 kB
>
> CI minutes
> event         jobs  CI minutes  saved  of jobs
> pull_request     2           3      -        0
> push_main        1           1      -        0
$ cachestat strategy --scope test
> policy cannot be judged: pull_request, push_main
>
> Builds per event
> event         policy       runs  builds  per run  0  1  2  3+  expected  unexpected  missing  out of order
> pull_request  cannot_tell     1       1        1  0  1  0   0         -           -        -             -
> push_main     cannot_tell     1       1        1  0  1  0   0         -           -        -             -
>
> By event and role
> event         role        runs  builds  per run  0  1  2  3+  expected  unexpected  missing
> pull_request  test           1       1        1  0  1  0   0         -           -        -
> pull_request  production     1       0        0  1  0  0   0         -           -        -
> push_main     test           1       1        1  0  1  0   0         -           -        -
> push_main     production     1       0        0  1  0  0   0         -           -        -
>
> By event and scope
> event         scope  runs  builds  per run  0  1  2  3+
> pull_request  test      1       1        1  0  1  0   0
> push_main     test      1       1        1  0  1  0   0
>
> Built or done twice
> kind   builds  wasted  events                   what                                first
> exact       2  20.0 s  pull_request, push_main  acme/app, target test, linux/amd64  aa33439a4116343e
>
> Duplicates in sum
> builds  duplicates    rate  wasted  repeated steps  their time  of re-runs  scheduled
>      2           1  50.0 %  20.0 s               0         0 s           0          0
>
> Health of scopes
> scope  builds  writing runs  collisions  writers  thrash      age     idle      new
> test        2             2           0        1       -  17h 04m  16h 04m  86.0 kB
>
> CI minutes
> event         jobs  CI minutes  saved  of jobs
> pull_request     1           2      -        0
> push_main        1           1      -        0
>
> with --scope, --target or --platform a run's other builds are not seen: the policy is not judged
$ cachestat strategy --rate 0.008 --currency USD --format csv --table ci_minutes
> event,jobs,ci_minutes,saved_minutes,saved_jobs,untimed_jobs,cost,saved_cost,currency
> pull_request,2,3,,0,0,0.024,,USD
> push_main,1,1,,0,0,0.008,,USD
$ cachestat strategy --limit 1 | grep more
? 1
$ cachestat strategy --format jsonl --table duplicates
> {"kind":"exact","builds":2,"wasted_seconds":20,"events":["pull_request","push_main"],"key":"acme/app, target test, linux/amd64","run_id":null,"first_build_id":"aa33439a4116343e","members":["aa33439a4116343e","916d8236945dcbe4"]}

# one's own policy
$ printf 'policy:\n  pull_request: {test: 1, production: at most 1}\n' >.cachestat.yml; cachestat strategy --format csv
> event,verdict,runs,builds,builds_per_run,zero,one,two,three_or_more,expected,unexpected,missing,order_violations,undecided_runs,builds_without_run,builds_other,prebuilt_runs,rerun_runs,rerun_builds
> pull_request,met,1,2,2,0,0,1,0,2,0,0,0,0,0,0,0,0,0
> push_main,violated,1,1,1,0,1,0,0,2,0,1,0,0,0,0,0,0,0
$ printf 'roles:\n  prod: [prod]\npolicy:\n  pull_request:\n    prdo: 1\n' >.cachestat.yml; cachestat strategy
2> cachestat: '.cachestat.yml':5:5: unknown key 'prdo' (did you mean 'prod'?)
? 2
$ printf 'policy:\n  pull_reqest: any\n' >.cachestat.yml; cachestat strategy
2> cachestat: '.cachestat.yml':2:3: unknown key 'pull_reqest' (did you mean 'pull_request'?)
? 2
$ printf 'polcy: {}\n' >.cachestat.yml; cachestat strategy; rm .cachestat.yml
2> cachestat: '.cachestat.yml':1:1: unknown key 'polcy' (did you mean 'policy'?)

# refused
$ cachestat strategy --rate cheap
2> cachestat: --rate: 'cheap' is no price of a minute: a number such as 0.008
? 2
$ cachestat strategy --currency EUR
2> cachestat: --currency: nothing without --rate
? 2
$ cachestat strategy --limit -1
2> cachestat: --limit: '-1' is not a whole number from 0 to 2147483647
? 2
