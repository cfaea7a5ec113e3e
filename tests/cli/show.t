# What builders write of their builds, shown without being recorded.

$ CACHESTAT_DB=none.db cachestat show $FIXTURES/build/pulled.dockerbuild; ls none.db
> build  started               project  scope       event  target      platform     source  status       time  hits  runs  undecided  hit rate  time hit rate
> -      2026-11-22 08:50:40Z  -        production  -      production  linux/amd64  record  completed  0.58 s     2     4          0    33.3 %              -
>
> Steps
>  #  instruction                                                                                             class     size           state    time  typical  evidence
>  0  load build definition from Dockerfile                                                                   internal     -           run    0.01 s        -  observed
>  1  load metadata for docker.io/library/kbase:1                                                             internal     -           run    0.01 s        -  observed
>  2  load .dockerignore                                                                                      internal     -           run    0.01 s        -  observed
>  3  importing cache manifest from 127.0.0.1:5005/shared/cache:max2                                          import       -           run    0.03 s        -  observed
>  4  FROM docker.io/library/kbase:1@sha256:af620b080343cb3f7400f1a895892f8cd76d2f09ebd4c77e7dc18b9fb99b8422  source       -           run    0.03 s        -  observed
>  5  load build context                                                                                      source       -           run    0.02 s        -  observed
>  6  COPY lock /lock                                                                                         file         -           hit       0 s        -  observed
>  7  RUN sleep 1; cat /lock > /mods.txt                                                                      exec         -           hit    0.07 s        -  observed
>  8  COPY f.txt /f.txt                                                                                       file         -           run    0.02 s        -  observed
>  9  RUN cat /mods.txt /f.txt > /out.bin                                                                     exec         -           run    0.12 s        -  observed
> 10  COPY --link --from=bld /out.bin /out.bin                                                                file         -           run    0.02 s        -  observed
> 11  LINK COPY --link --from=bld /out.bin /out.bin                                                           other        -           run    0.02 s        -  observed
> 12  RUN echo tail > /tail                                                                                   exec         -           run    0.06 s        -  observed
> 13  exporting to image                                                                                      export       -           run    0.14 s        -  observed
>
> Dockerfile
> #  state    time  typical  Dockerfile
> 1  -           -        -  FROM kbase:1 AS mods
> 2  hit       0 s        -  COPY lock /lock
> 3  hit    0.07 s        -  RUN sleep 1; cat /lock > /mods.txt
> 4  -           -        -  FROM mods AS bld
> 5  run    0.02 s        -  COPY f.txt /f.txt
> 6  run    0.12 s        -  RUN cat /mods.txt /f.txt > /out.bin
> 7  -      0.03 s        -  FROM kbase:1 AS production
> 8  run    0.03 s        -  COPY --link --from=bld /out.bin /out.bin
> 9  run    0.06 s        -  RUN echo tail > /tail
>
> what the cache saved is not known: none of its hits was ever recorded running
> the builder itself counts 2 cached of 14 steps (14 completed): every vertex, so no hit rate
2> ls: cannot access 'none.db': No such file or directory
? 2
# the Dockerfile as data
$ cachestat show $FIXTURES/build/pulled.dockerbuild --format jsonl --table dockerfile
> {"line":1,"state":null,"evidence":null,"duration_seconds":null,"typical_seconds":null,"step":null,"steps":[],"text":"FROM kbase:1 AS mods"}
> {"line":2,"state":"hit","evidence":"observed","duration_seconds":0,"typical_seconds":null,"step":6,"steps":["6"],"text":"COPY lock /lock"}
> {"line":3,"state":"hit","evidence":"observed","duration_seconds":0.071328338,"typical_seconds":null,"step":7,"steps":["7"],"text":"RUN sleep 1; cat /lock > /mods.txt"}
> {"line":4,"state":null,"evidence":null,"duration_seconds":null,"typical_seconds":null,"step":null,"steps":[],"text":"FROM mods AS bld"}
> {"line":5,"state":"run","evidence":"observed","duration_seconds":0.024669137,"typical_seconds":null,"step":8,"steps":["8"],"text":"COPY f.txt /f.txt"}
> {"line":6,"state":"run","evidence":"observed","duration_seconds":0.118391247,"typical_seconds":null,"step":9,"steps":["9"],"text":"RUN cat /mods.txt /f.txt > /out.bin"}
> {"line":7,"state":null,"evidence":null,"duration_seconds":0.028017688,"typical_seconds":null,"step":4,"steps":["4"],"text":"FROM kbase:1 AS production"}
> {"line":8,"state":"run","evidence":"observed","duration_seconds":0.033082458,"typical_seconds":null,"step":10,"steps":["10","11"],"text":"COPY --link --from=bld /out.bin /out.bin"}
> {"line":9,"state":"run","evidence":"observed","duration_seconds":0.064095233,"typical_seconds":null,"step":12,"steps":["12"],"text":"RUN echo tail > /tail"}
# a log knows no lines
$ cachestat show $FIXTURES/build/pulled.plain --table dockerfile --format csv
2> cachestat: report 'build' has no table 'dockerfile' (there is: build, steps)
? 2
$ cachestat show $FIXTURES/build/failed.dockerbuild --format json | sed -n '/"build": \[/,/"step_hit_ratio"/p' | grep -E 'source_kind|status|builder_|step_'
>       "source_kind": "record",
>       "builder_ref": "po8qb1r4licocsfnvqegv8zjx",
>       "status": "failed",
>       "builder_cached_steps": 5,
>       "builder_total_steps": 12,
>       "builder_completed_steps": 12,
>       "step_hits": 5,
>       "step_runs": 1,
>       "step_undecided": 0,
>       "step_hit_ratio": null,
$ cachestat show $FIXTURES/build/canceled.plain | sed -n '2p'
> -      -        -        default  -      -       -         plain   canceled     -     3     1          0         -              -
$ cachestat show $FIXTURES/build/buildah.log | sed -n '4,$p'
> Steps
> #  instruction                                                                          class   size           state    time  typical  evidence
> 0  FROM kbase:1 AS base                                                                 source     -           unknown     -        -  none
> 1  COPY a.txt /a.txt                                                                    file       -           hit         -        -  observed
> 2  RUN cat /a.txt > /b.txt                                                              exec       -           hit         -        -  observed
> 3  ENV X=1                                                                              meta       -           hit         -        -  observed
> 4  FROM b13f1f9c07d584703910e4083958e968eecbd8f4623ff05d618a2afee31bef93 AS production  source     -           unknown     -        -  none
> 5  COPY c.txt /c.txt                                                                    file       -           hit         -        -  observed
> 6  CMD ["/bin/cat","/c.txt"]                                                            meta       -           hit         -        -  observed
$ cp $FIXTURES/build/four-records.dockerbuild four.dockerbuild; cachestat show four.dockerbuild
2> cachestat: 'four.dockerbuild' tells of 4 builds: show takes one
? 2
$ head -c 3000 $FIXTURES/build/pulled.dockerbuild >cut.dockerbuild; cachestat show cut.dockerbuild
2> cachestat: cut.dockerbuild: gzip member 1: truncated
? 3

# ^N counts those that are asked for; what the environment says of this job asks for nothing
$ cachestat record -q $FIXTURES/build/pulled.dockerbuild $FIXTURES/build/failed.dockerbuild >all.txt; cachestat ls --format csv | cut -d, -f4
> scope
> production
> test
$ cachestat show ^0 --scope test --format json | grep '"scope"'
>       "scope": "test",
$ CACHESTAT_SCOPE=test cachestat show ^0 --format json | grep '"scope"'
>       "scope": "production",
$ cachestat why ^0 --scope test | tail -1
> 10, 11 unknown: no earlier build of the scope is recorded, yet some of its steps hit: the history is not whole
$ cachestat show ^1 --scope test
2> cachestat: no build ^1: there are only 1
? 2
$ cachestat show ^0 --scope tset
2> cachestat: no build ^0: none is recorded, or none that matches
? 2
$ cachestat show ^0 --event tset
2> cachestat: --event: no class 'tset': pull_request, push, push_main, release, schedule, manual, other
? 2
# an empty table looks like an answer
$ cachestat ls --scope tset
> (none)
2> cachestat: warning: no recorded build matches
$ cachestat ls --scope tset -q
> (none)
$ cachestat stats --db $PWD/none.db 2>&1 | sed "s#$PWD#HERE#"
> cachestat: warning: no build is recorded in 'HERE/none.db' (another store: --db)
> (none)
# nothing against nothing is not the same
$ cachestat diff ^0 ^0
2> cachestat: build '^0' has no layers: no image of it was recorded
? 4
