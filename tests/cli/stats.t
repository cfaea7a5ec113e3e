# What a cache saved, cost and whether it pays, from builders' records.

# four builds of two platforms: cold, nothing changed, one file changed, nothing changed
$ cachestat record -q $FIXTURES/build/four-records.dockerbuild >out.txt; cachestat record -q $FIXTURES/build/pulled.dockerbuild $FIXTURES/build/import-missing.dockerbuild $FIXTURES/build/failed.dockerbuild >out.txt
$ cachestat stats
> scope       builds  failed  cold  n  hits  runs  step hit rate  median  byte hit rate  time hit rate  priced  net saved  verdict      build time  builder's own
> default          4       0     1  4    16     8         66.7 %  83.3 %              -         67.9 %   100 %      1.1 s  pays             0.36 s         35.4 %
> production       2       0     1  2     2    10         16.7 %  16.7 %              -              -     0 %          -  cannot_tell       2.6 s          7.4 %
> test             1       1     0  0     0     0              -       -              -              -       -          -  cannot_tell           -              -
>
> default: pays, 1.1 s net in 4 builds (coverage 100 %)
> production: cannot tell, no hit was ever recorded running (coverage 0 %)
> test: cannot tell, no completed build has the times of its steps
$ cachestat stats --scope default --format jsonl
> {"scope":"default","builds":4,"failed_builds":0,"cold_builds":1,"undecided_builds":0,"rated_builds":4,"step_hits":16,"step_runs":8,"step_hit_ratio":0.6666666666666666,"step_hit_ratio_median":0.8333333333333333,"step_hit_ratio_p25":0.5,"step_hit_ratio_p75":1,"full_hit_ratio":0.5,"byte_hit_ratio":null,"byte_hit_ratio_blob":null,"time_hit_ratio":0.6791136740331256,"saved_seconds":1.1061351,"saved_coverage_ratio":1,"overhead_seconds":0,"net_saved_seconds":1.1061351,"verdict":"pays","duration_seconds_median":0.364232314,"builder_cached_ratio":0.3541666666666667,"run_seconds":0.522657166,"timed_builds":4,"wall_saved_seconds":0.59799694,"wall_builds":4,"negative_net_ratio":0,"net_builds":4,"break_even_hit_ratio":0}
$ cachestat stats --by status,label.team,month --format csv
> status,label.team,month,builds,failed_builds,cold_builds,undecided_builds,rated_builds,step_hits,step_runs,step_hit_ratio,step_hit_ratio_median,step_hit_ratio_p25,step_hit_ratio_p75,full_hit_ratio,byte_hit_ratio,byte_hit_ratio_blob,time_hit_ratio,saved_seconds,saved_coverage_ratio,overhead_seconds,net_saved_seconds,verdict,duration_seconds_median,builder_cached_ratio,run_seconds,timed_builds,wall_saved_seconds,wall_builds,negative_net_ratio,net_builds,break_even_hit_ratio
> completed,,2026-11,6,0,2,0,6,18,18,0.5,0.5,0.08333333333333333,0.9166666666666666,0.3333333333333333,,,0.17763278447819733,1.1061351,0.8888888888888888,0.104080143,1.002054957,pays,0.558590677,0.25333333333333335,5.120953572,6,0.59799694,5,0.2,5,0.04181934135652447
> failed,,2026-11,1,1,0,0,0,0,0,,,,,,,,,,,,,cannot_tell,,,,0,,0,,0,
$ cachestat stats --by label.team,project -v
> label.team  project   builds  failed  cold  undecided  n  hits  runs  step hit rate  median     p25     p75  full hits  byte hit rate  time hit rate  saved  priced  overhead  net saved  verdict      build time  builder's own     ran  timed  wall clock  wall n  net loss  net n  break-even
> -           -              2       0     1          0  2     2    10         16.7 %  16.7 %   8.3 %  25.0 %        0 %              -              -      -     0 %    0.10 s          -  cannot_tell       2.6 s          7.4 %   4.6 s      2         0 s       1     100 %      1           -
> -           acme/app       5       1     1          0  4    16     8         66.7 %  83.3 %  50.0 %   100 %     50.0 %              -         67.9 %  1.1 s   100 %       0 s      1.1 s  pays             0.36 s         35.4 %  0.52 s      4      0.60 s       4       0 %      4         0 %
>
> default: pays, 1.1 s net in 4 builds (coverage 100 %)
> production: cannot tell, no hit was ever recorded running (coverage 0 %)
> test: cannot tell, no completed build has the times of its steps
$ cachestat stats --by "" --since 2027-01-01
> (none)
2> cachestat: warning: no recorded build matches
# prices are as of the build: the first one had none
$ cachestat show 2d2659f7e0b1c62d | sed -n '/^Dockerfile/,$p'
> Dockerfile
> #  state    time  typical  Dockerfile
> 1  -      0.03 s        -  FROM --platform=$BUILDPLATFORM kbase:1 AS gen
> 2  -           -        -  ARG TARGETARCH
> 3  run    0.24 s        -  RUN echo for-multi; echo $TARGETARCH > /arch.txt
> 4  -           -        -  FROM scratch
> 5  run    0.05 s        -  COPY --from=gen /arch.txt /arch.txt
> 6  run    0.04 s        -  COPY a.txt /a.txt
>
> the builder itself counts 1 cached of 12 steps (12 completed): every vertex, so no hit rate
$ cachestat show c442a33b17d5c717 | sed -n '/^Steps/,$p'
> Steps
>  #  instruction                                                                                             class     size           state     time  typical  evidence
>  0  load build definition from Dockerfile.multi                                                             internal     -           run     0.01 s        -  observed
>  1  load metadata for docker.io/library/kbase:1                                                             internal     -           run     0.01 s        -  observed
>  2  load .dockerignore                                                                                      internal     -           run     0.01 s        -  observed
>  3  FROM docker.io/library/kbase:1@sha256:9cbae5f4d874ddc233c494054a45a69066d5072c7ccc38f2d448c9fd14bb9b8f  source       -           run     0.02 s        -  observed
>  4  load build context                                                                                      source       -           run     0.01 s        -  observed
>  5  RUN echo for-multi; echo amd64 > /arch.txt                                                              exec         -           hit        0 s   0.15 s  observed
>  6  COPY --from=gen /arch.txt /arch.txt                                                                     file         -           hit        0 s   0.01 s  observed
>  7  COPY a.txt /a.txt                                                                                       file         -           hit    <0.01 s   0.02 s  observed
>  8  RUN echo for-multi; echo arm64 > /arch.txt                                                              exec         -           hit        0 s   0.10 s  observed
>  9  COPY --from=gen /arch.txt /arch.txt                                                                     file         -           hit        0 s   0.03 s  observed
> 10  COPY a.txt /a.txt                                                                                       file         -           hit    <0.01 s   0.02 s  observed
> 11  exporting to image                                                                                      export       -           run     0.12 s        -  observed
>
> Dockerfile
> #  state     time  typical  Dockerfile
> 1  -       0.02 s        -  FROM --platform=$BUILDPLATFORM kbase:1 AS gen
> 2  -            -        -  ARG TARGETARCH
> 3  hit        0 s   0.24 s  RUN echo for-multi; echo $TARGETARCH > /arch.txt
> 4  -            -        -  FROM scratch
> 5  hit        0 s   0.05 s  COPY --from=gen /arch.txt /arch.txt
> 6  hit    <0.01 s   0.04 s  COPY a.txt /a.txt
>
> the cache saved 0.33 s and cost 0 s: 0.33 s net (6 of 6 hits have a price); of wall-clock time 0.18 s
> the builder itself counts 6 cached of 12 steps (12 completed): every vertex, so no hit rate
$ cachestat show 086a2d6f3f024015 --format json --table build | grep -E '_ratio|saved|overhead|run_seconds|builder_'
>       "builder_ref": "u2aecaf0yxdj25b5mjap80vv4",
>       "builder_cached_steps": 4,
>       "builder_total_steps": 12,
>       "builder_completed_steps": 12,
>       "step_hit_ratio": 0.6666666666666666,
>       "time_hit_ratio": 0.6061568752388165,
>       "saved_seconds": 0.291738967,
>       "saved_coverage_ratio": 1,
>       "overhead_seconds": 0,
>       "net_saved_seconds": 0.291738967,
>       "run_seconds": 0.189553878,
>       "wall_saved_seconds": 0.160259416
$ cachestat show 086a2d6f3f024015 --format csv --table dockerfile
> line,state,evidence,duration_seconds,typical_seconds,step,steps,text
> 1,,,0.017693079,,3,3,FROM --platform=$BUILDPLATFORM kbase:1 AS gen
> 2,,,,,,"",ARG TARGETARCH
> 3,hit,observed,0,0.243000622,5,"5; 7","RUN echo for-multi; echo $TARGETARCH > /arch.txt"
> 4,,,,,,"",FROM scratch
> 5,hit,observed,0.000035799,0.048738345,6,"6; 8",COPY --from=gen /arch.txt /arch.txt
> 6,run,observed,0.189553878,0.041364321,9,"9; 10",COPY a.txt /a.txt
# the document of a build that is recorded is not priced by itself
$ cachestat show $FIXTURES/build/pulled.dockerbuild --format csv --table dockerfile
> line,state,evidence,duration_seconds,typical_seconds,step,steps,text
> 1,,,,,,"",FROM kbase:1 AS mods
> 2,hit,observed,0,,6,6,COPY lock /lock
> 3,hit,observed,0.071328338,,7,7,"RUN sleep 1; cat /lock > /mods.txt"
> 4,,,,,,"",FROM mods AS bld
> 5,run,observed,0.024669137,,8,8,COPY f.txt /f.txt
> 6,run,observed,0.118391247,,9,9,RUN cat /mods.txt /f.txt > /out.bin
> 7,,,0.028017688,,4,4,FROM kbase:1 AS production
> 8,run,observed,0.033082458,,10,"10; 11",COPY --link --from=bld /out.bin /out.bin
> 9,run,observed,0.064095233,,12,12,RUN echo tail > /tail
$ cachestat stats --by colour
2> cachestat: cannot group by 'colour' (scope, event, target, platform, job, project, workflow, run, ref, commit, status, source_kind, day, week, month, label.NAME)
? 2
$ cachestat stats --by scope,scope
2> cachestat: grouped by 'scope' twice
? 2
$ cachestat stats --by label.
2> cachestat: cannot group by 'label.' (scope, event, target, platform, job, project, workflow, run, ref, commit, status, source_kind, day, week, month, label.NAME)
? 2
$ cachestat stats --by scope,event,target,job,day
2> cachestat: at most 4 keys to group by
? 2
# what is asked for and cannot be had is said
$ cachestat stats --since 2027-01-01 --table groups
> (none)
2> cachestat: warning: no recorded build matches
2> cachestat: warning: --table chooses the table of csv and jsonl; here are all
