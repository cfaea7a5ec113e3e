# Before and after, over the two images that ship with the project.

$ cachestat --db s.db -q -o /dev/null --label side=a --event push --run-id 1 --commit c1 $DATA/sample/1-test.tar
$ cachestat --db s.db -q -o /dev/null --label side=b --event push --run-id 2 --commit c1 $DATA/sample/2-production.tar
$ cachestat --db t.db -q -o /dev/null --label side=b --event push --run-id 2 --commit c1 $DATA/sample/2-production.tar

# two builds: figures, but nothing that one could be sure of
$ cachestat compare --db s.db --before label.side=a --after label.side=b | grep -E '^(figure|builds|step|stored)|holds|tell|boot'
> figure                   before   n  after    n  change        95 % interval    same event mix
> builds                   1        1  1        1  0 %           not enough data  0 %
> builds_per_event         1        1  1        1  0 %           not enough data  0 %
> step_hit_ratio           71.4 %   1  100 %    1  +28.6 points  not enough data  +28.6 points
> stored_bytes             86.0 kB  1  85.1 kB  1  -1.0 %        not enough data  -
> builds_per_main_push            at most 2        -         -                 0  cannot_tell
> builds_per_main_push_before     at least 3       -         -                 0  cannot_tell
> fewer_builds                    at least 50.0 %  0 %       -                 1  cannot_tell
> test_hit_rate                   at least 80.0 %  -         -                 0  cannot_tell
> production_hit_rate_after_test  at least 90.0 %  -         -                 0  cannot_tell
> faster_rebuilds                 at least 60.0 %  -         -                 0  cannot_tell
> no_duplicates                   at most 0        0         -                 1  cannot_tell
> 95 % intervals: percentile bootstrap by run, 5000 resamples, seed 20250101, runs paired by event+commit

$ cachestat compare --db s.db --before label.side=a --after label.side=b --seed 7 --resamples 200 --pair none --rate 0.008 --format json | grep -E '"(seed|resamples|paired)"|ci_cost' | sort -u
>       "figure": "ci_cost",
>       "paired": false,
>       "resamples": 200,
>       "seed": 7,

# the other side from another store: the same
$ cachestat compare --db s.db --before label.side=a --after label.side=b --format json -o one.json
$ cachestat compare --db s.db --before label.side=a --after db=t.db,label.side=b --format json -o two.json; cmp one.json two.json

# two images
$ cachestat compare --before image=$DATA/sample/1-test.tar --after image=$DATA/sample/2-production.tar
> figure        layers before  layers after  bytes before  bytes after  smaller by
> blobs                     8             3       86.0 kB      85.1 kB       1.0 %
> uncompressed              8             3        278 kB       261 kB       5.9 %
> own                       7             2        1.1 kB        269 B      75.6 %
> known                     3             3       85.1 kB      85.1 kB         0 %
>
> What became of the layers
> difference  layers    blobs
> identical        2  85.0 kB
> added            1    177 B
> removed          6   1.0 kB
$ cachestat compare --before image=$DATA/sample/1-test.tar --after label.side=b
2> cachestat: an image can only be compared with an image
? 2

# a side that nothing matches
$ cachestat compare --db s.db --before label.side=a --after label.side=zzz -o /dev/null
2> cachestat: warning: --after label.side=zzz: no run and no build matches
? 4

# claims: of the command line, of the file
$ printf 'claims:\n  test_hit_rate: 70%%\n  fewer_builds: off\n' >.cachestat.yml; cachestat compare --db s.db --before label.side=a --after label.side=b --claim no_duplicates=1 --format json | sed -n '/"claims"/,$p' | grep -E '"(claim|claimed)"'
>       "claim": "builds_per_main_push",
>       "claimed": 2,
>       "claim": "builds_per_main_push_before",
>       "claimed": 3,
>       "claim": "test_hit_rate",
>       "claimed": 0.7,
>       "claim": "production_hit_rate_after_test",
>       "claimed": 0.9,
>       "claim": "faster_rebuilds",
>       "claimed": 0.6,
>       "claim": "no_duplicates",
>       "claimed": 1,
$ printf 'claims:\n  test_hitrate: 70%%\n' >bad.yml; cachestat compare --config bad.yml --before label.side=a --after label.side=b
2> cachestat: 'bad.yml':2:3: unknown key 'test_hitrate' (did you mean 'test_hit_rate'?)
? 2
$ printf 'claims:\n  test_hit_rate: 70\n' >bad.yml; cachestat compare --config bad.yml --before label.side=a --after label.side=b
2> cachestat: 'bad.yml':2:18: test_hit_rate: '70' is more than all: write 0.8 or 80%, not a bare 80
? 2
$ cachestat compare --before label.side=a --after label.side=b --claim fewer_build=0.5
2> cachestat: --claim: no claim 'fewer_build' (did you mean 'fewer_builds'?)
? 2
$ cachestat compare --before label.side=a --after label.side=b --claim fewer_builds
2> cachestat: --claim: 'fewer_builds' is not NAME=VALUE
? 2

# claims of one's own
$ printf 'claims:\n  small: { figure: stored_bytes, scope: production, at_most: 1MB }\n  better:\n    figure: step_hit_ratio\n    side: change\n    at_least: -10%%\n' >own.yml; cachestat compare --db s.db --config own.yml --before label.side=a --after label.side=b --claim figure=builds,at_most=0 --claim better=5% | sed -n '/^claim/p;/^no_dup/,/^$/p'
> claim                                   claimed               measured      95 % interval  runs  verdict
> no_duplicates                           at most 0             0             -                 1  cannot_tell
> small (stored_bytes, scope production)  at most 1.0 MB        85.1 kB       -                 1  cannot_tell
> better (step_hit_ratio, change)         at least +5.0 points  +28.6 points  -                 1  cannot_tell
> builds                                  at most 0             1             -                 1  does_not_hold
>
$ cachestat compare --db s.db --config own.yml --before label.side=a --after label.side=b --format csv --table claims | sed -n '1p;/^small/p;/^better/p'
> claim,figure,scope,event,target,side,bound,unit,claimed,measured,ci95_low,ci95_high,n,verdict
> small,stored_bytes,production,,,after,at_most,bytes,1000000,85145,,,1,cannot_tell
> better,step_hit_ratio,,,,change,at_least,ratio,-0.1,0.2857142857142857,,,1,cannot_tell
$ printf 'claims:\n  x:\n    figure: bulds\n    at_least: 1\n' >bad.yml; cachestat compare --config bad.yml --before label.side=a --after label.side=b
2> cachestat: 'bad.yml':3:13: x: no figure 'bulds' (did you mean 'builds'?)
? 2
$ printf 'claims:\n  x: { figure: builds, side: change, at_most: lots }\n' >bad.yml; cachestat compare --config bad.yml --before label.side=a --after label.side=b
2> cachestat: 'bad.yml':2:47: x: 'lots' is not a rate such as 0.8 or 80%
? 2
$ printf 'claims:\n  x: { figure: builds }\n' >bad.yml; cachestat compare --config bad.yml --before label.side=a --after label.side=b
2> cachestat: 'bad.yml':2:16: x: a claim needs 'figure' and one of 'at_least', 'at_most'
? 2
$ printf 'claims:\n  x: {}\n' >bad.yml; cachestat compare --config bad.yml --before label.side=a --after label.side=b
2> cachestat: 'bad.yml':2:6: claim 'x' says nothing
? 2
$ cachestat compare --before label.side=a --after label.side=b --claim figure=duplicates,scope=test,at_most=0
2> cachestat: --claim: duplicates is not told by scope
? 2
$ cachestat compare --before label.side=a --after label.side=b --claim figure=builds,at_most=1,at_most=2
2> cachestat: --claim: 'at_most' twice
? 2
$ cachestat compare --before label.side=a --after label.side=b --claim figure=builds,at_most=1 --claim figure=builds,at_most=2
2> cachestat: --claim: there is a claim 'builds' already
? 2

# slips
$ cachestat compare --before label.side=a
2> cachestat: compare needs --before SEL and --after SEL
? 2
$ cachestat compare --before scop=a --after scope=b
2> cachestat: --before: no key 'scop' (did you mean 'scope'?)
? 2
$ cachestat compare --before since=7d --after until=soon
2> cachestat: --after: until: 'soon' is no time (RFC 3339, a date, or an age such as 7d)
? 2
$ cachestat compare --before scope=a --after scope=b --pair commit
2> cachestat: --pair: 'commit' is none of auto, none, event, label.NAME
? 2
$ cachestat compare --db s.db --before label.side=a --after label.side=b --pair label.nothing
2> cachestat: the runs of the two sides do not pair by label.nothing: each must have exactly one partner
? 2
$ cachestat compare --before scope=a --after scope=b --resamples 7
2> cachestat: --resamples: '7' is not a whole number from 100 to 100000
? 2
$ cachestat compare --before scope=a --after scope=b --rate cheap
2> cachestat: --rate: 'cheap' is no price of a minute: a number such as 0.008
? 2
