# Why steps missed: files are read, not recorded, and judged by what is recorded.

$ cachestat why $FIXTURES/build/import-missing.dockerbuild; ls "$HOME"
>  #  stage       instruction                       state    time  cause        root  root cause   avoidable
>  6  base        RUN sleep 1; echo one > /one      run     1.1 s  first_build     6  first_build  no
>  7  base        RUN sleep 1; echo two > /two      run     1.1 s  first_build     7  first_build  no
>  8  side        RUN sleep 1; echo side > /side    run     1.1 s  first_build     8  first_build  no
>  9  production  COPY --from=side /side /side      run    0.01 s  first_build     9  first_build  no
> 10  production  COPY f.txt /f.txt                 run    0.02 s  first_build    10  first_build  no
> 11  production  RUN sleep 1; cat /f.txt > /g.txt  run     1.1 s  first_build    11  first_build  no
>
> 6, 7, 8, 9, 10, 11 first_build: no earlier build of scope production is recorded
$ cachestat why $FIXTURES/build/pulled.dockerbuild 'COPY f.txt' --format csv
> step_index,step,stage,instruction,platform,state,duration_seconds,cause,root_step_index,root_step,root_cause,avoidable,evidence,changed_files,changed_files_not_named,line,changed_instruction,old_instruction,reference_build
> 8,[bld 1/2] COPY f.txt /f.txt,bld,COPY f.txt /f.txt,linux/amd64,run,0.024669137,unknown,8,[bld 1/2] COPY f.txt /f.txt,unknown,,"no earlier build of the scope is recorded, yet some of its steps hit: the history is not whole","",0,5,,,
$ cachestat why $FIXTURES/build/pulled.dockerbuild 6
> step 6 did not miss: hit
>
> (none)
$ cachestat why $FIXTURES/build/pulled.dockerbuild 'COPY nothing'
2> cachestat: no step 'COPY nothing' in that build
? 2
$ cachestat why $FIXTURES/build/github.plain --scope test
>  #  stage  instruction                                                                           state   time  cause    root  root cause  avoidable
> 10  test   COPY tests/ tests/                                                                    run      0 s  unknown    10  unknown     -
> 11  test   RUN echo "running 3 tests"; sleep 1; cat tests/t1.txt; cat tests/t1.txt > report.txt  run    1.1 s  unknown    11  unknown     -
>
> 10, 11 unknown: no earlier build of the scope is recorded, yet some of its steps hit: the history is not whole
$ cachestat record -q $FIXTURES/build/pulled.dockerbuild && cachestat why ^0 8
> #  stage  instruction        state    time  cause    root  root cause  avoidable
> 8  bld    COPY f.txt /f.txt  run    0.02 s  unknown     8  unknown     -
>
> 8 unknown: no earlier build of the scope is recorded, yet some of its steps hit: the history is not whole
$ cachestat why ^1
2> cachestat: no build ^1: there are only 1
? 2
$ cachestat why $FIXTURES/build/pulled.dockerbuild --repo /nonexistent
2> cachestat: '/nonexistent' is no git repository
? 2
$ cachestat why
2> cachestat: missing operand: cachestat why [OPTION]... BUILD|FILE [STEP]
? 2

# who has not asked for files is told how
$ CACHESTAT_DB=shop.db cachestat record --batch $DATA/shop/builds.jsonl | tail -1
> 57 new, 0 joined with what was recorded, 0 known
$ CACHESTAT_DB=shop.db cachestat why ^20 | tail -2
> 11 unknown: looked at 36 earlier builds; in build b0c17f3b0176a1cd the same step may have had the same inputs: the files that were copied could not be compared
> --repo DIR compares the files by a git repository that has the commits, --context DIR by the context as it is
