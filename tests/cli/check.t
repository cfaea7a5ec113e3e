# Gates over the two images that ship with the project: test 5 of 7 hits, production 2 of 2.

$ cachestat -q -o /dev/null --event push --run-id 1 $DATA/sample/1-test.tar
$ cachestat -q -o /dev/null --event push --run-id 1 $DATA/sample/2-production.tar
$ cachestat stats --format csv | cut -d, -f1-8
> scope,builds,failed_builds,cold_builds,undecided_builds,rated_builds,step_hits,step_runs
> production,1,0,1,0,1,2,0
> test,1,0,1,0,1,5,2

# inclusive
$ cachestat check --min-hit-rate test=71.4% --max-builds 2
> result  gate          of    limit            value         n  why
> PASS    min_hit_rate  test  at least 71.4 %  71.4285714 %  1  -
> PASS    max_builds    push  at most 2        2             1  -
>
> 2 passed, 0 failed, 0 not judged
$ cachestat check --min-hit-rate test=0.715 --max-builds push=1,release=0
> result           gate          of       limit            value   n  why
> FAIL             min_hit_rate  test     at least 71.5 %  71.4 %  1  -
> FAIL             max_builds    push     at most 1        2       1  -
> not enough data  max_builds    release  at most 0        -       0  no such run
>
> 0 passed, 2 failed, 1 not judged
? 1

# so near that rounding would hide it
$ cachestat check --min-hit-rate test=0.71428572
> result  gate          of    limit                 value         n  why
> FAIL    min_hit_rate  test  at least 71.428572 %  71.4285714 %  1  -
>
> 0 passed, 1 failed, 0 not judged
? 1

# each scope, or those that no other limit names; not enough data is neither
$ cachestat check --min-hit-rate 0 --min-hit-rate test=1 --min-time-hit-rate 0 --max-growth 10MB --min-net-savings 0
> result           gate               of          limit            value   n  why
> PASS             min_hit_rate       production  at least 0 %     100 %   1  -
> FAIL             min_hit_rate       test        at least 100 %   71.4 %  1  -
> not enough data  min_time_hit_rate  production  at least 0 %     -       0  nothing to rate
> not enough data  min_time_hit_rate  test        at least 0 %     -       0  nothing to rate
> not enough data  min_net_savings    -           at least 0 s     -       0  no build with times of its steps
> not enough data  max_growth         production  at most 10.0 MB  -       0  no two images of one target
> not enough data  max_growth         test        at most 10.0 MB  -       0  no two images of one target
>
> 1 passed, 1 failed, 5 not judged
? 1
$ cachestat check --min-hit-rate 0 --min-builds 2
> result           gate          of          limit         value   n  why
> not enough data  min_hit_rate  production  at least 0 %  100 %   1  too few builds
> not enough data  min_hit_rate  test        at least 0 %  71.4 %  1  too few builds
>
> 0 passed, 0 failed, 2 not judged
? 4
$ cachestat check --min-hit-rate nightly=0
> result           gate          of       limit         value  n  why
> not enough data  min_hit_rate  nightly  at least 0 %  -      0  no such build
>
> 0 passed, 0 failed, 1 not judged
? 4

# for machines
$ cachestat check --min-hit-rate test=80% --format json
> {
>   "schema_version": 1,
>   "report": "check",
>   "generated_at": "2026-01-02T03:04:05Z",
>   "gates": [
>     {
>       "gate": "min_hit_rate",
>       "scope": "test",
>       "event": null,
>       "unit": "ratio",
>       "limit": 0.8,
>       "value": 0.7142857142857143,
>       "n": 1,
>       "passed": false,
>       "why": null
>     }
>   ]
> }
? 1

# the file; an option replaces its gate of that name
$ printf 'check:\n  min_hit_rate: { test: 80%% }\n  max_builds: 2\n  no_duplicates: false\n  min_builds: 1\n' >.cachestat.yml; cachestat check
> result  gate          of    limit          value   n  why
> FAIL    min_hit_rate  test  at least 80 %  71.4 %  1  -
> PASS    max_builds    push  at most 2      2       1  -
>
> 1 passed, 1 failed, 0 not judged
? 1
$ cachestat check --min-hit-rate test=70%
> result  gate          of    limit          value   n  why
> PASS    min_hit_rate  test  at least 70 %  71.4 %  1  -
> PASS    max_builds    push  at most 2      2       1  -
>
> 2 passed, 0 failed, 0 not judged
$ printf 'check:\n  min_hitrate: 1\n' >bad.yml; cachestat check --config bad.yml
2> cachestat: 'bad.yml':2:3: unknown key 'min_hitrate' (did you mean 'min_hit_rate'?)
? 2
$ printf 'check:\n  min_hit_rate: { test: 80 }\n' >bad.yml; cachestat check --config bad.yml
2> cachestat: 'bad.yml':2:25: min_hit_rate: test: '80' is more than all: write 0.8 or 80%, not a bare 80
? 2
$ printf 'check:\n  no_duplicates: { test: 80 }\n' >bad.yml; cachestat check --config bad.yml
2> cachestat: 'bad.yml':2:26: no_duplicates: '80' is neither true nor false
? 2
$ printf 'check:\n  min_builds: few\n' >bad.yml; cachestat check --config bad.yml --max-builds 1
2> cachestat: 'bad.yml':2:15: min_builds: 'few' is not a whole number
? 2
$ rm .cachestat.yml

# slips
$ cachestat check
2> cachestat: no gate: give one, such as --min-hit-rate test=0.8, or the key check in the configuration
? 2
$ cachestat check --min-hit-rate 80
2> cachestat: --min-hit-rate: '80' is more than all: write 0.8 or 80%, not a bare 80
? 2
$ cachestat check --min-hit-rate test=0.8,test=0.9
2> cachestat: --min-hit-rate: two limits for test
? 2
$ cachestat check --max-builds pul_request=1
2> cachestat: --max-builds: no class 'pul_request' (did you mean 'pull_request'?)
? 2
$ cachestat check --max-growth ten
2> cachestat: --max-growth: 'ten' is not a number of bytes such as 10MB, 5MiB or 4096
? 2

# GitHub: annotations behind the table, on stderr where stdout is for a program; outputs
$ GITHUB_ACTIONS=true GITHUB_OUTPUT=out.txt cachestat check --min-hit-rate test=0.8,nightly=0
> result           gate          of       limit          value   n  why
> FAIL             min_hit_rate  test     at least 80 %  71.4 %  1  -
> not enough data  min_hit_rate  nightly  at least 0 %   -       0  no such build
>
> 0 passed, 1 failed, 1 not judged
> ::error title=cachestat check::min_hit_rate of test: 71.4 %25 (n = 1), must be at least 80 %25
> ::warning title=cachestat check::min_hit_rate of nightly: cannot be judged, no such build (n = 0)
? 1
$ sed 's/cs_[0-9a-f]*$/DELIMITER/' out.txt
> verdict=failed
> failed=1
> gates<<DELIMITER
> fail min_hit_rate of test: 71.4 % (n = 1), must be at least 80 %
> unknown min_hit_rate of nightly: cannot be judged, no such build (n = 0)
> DELIMITER
$ GITHUB_ACTIONS=true cachestat check --min-hit-rate test=0.8 --format csv
> gate,scope,event,unit,limit,value,n,passed,why
> min_hit_rate,test,,ratio,0.8,0.7142857142857143,1,false,
2> ::error title=cachestat check::min_hit_rate of test: 71.4 %25 (n = 1), must be at least 80 %25
? 1
$ GITHUB_ACTIONS=true GITHUB_OUTPUT=/nonexistent/x cachestat check --min-hit-rate test=0.1 -o /dev/null
2> cachestat: cannot write '/nonexistent/x' (GITHUB_OUTPUT): No such file or directory
? 2
