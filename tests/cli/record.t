# What builders write goes into the store; what belongs together is joined.

$ cachestat record
2> cachestat: nothing to record: FILE…, --batch or --runs
? 2
$ export CACHESTAT_DB=a.db; cp $FIXTURES/build/pulled.* .; cachestat record pulled.dockerbuild
> source              build             recorded  scope       status     hits  runs  hit rate    time
> pulled.dockerbuild  b83ddfb38842bc3b  new       production  completed     2     4    33.3 %  0.58 s
>
> 1 new, 0 joined with what was recorded, 0 known
$ CACHESTAT_DB=a.db cachestat record pulled.dockerbuild
> source              build             recorded  scope       status     hits  runs  hit rate    time
> pulled.dockerbuild  b83ddfb38842bc3b  same      production  completed     2     4    33.3 %  0.58 s
>
> 0 new, 0 joined with what was recorded, 1 known
$ CACHESTAT_DB=a.db cachestat record pulled.rawjson pulled.plain pulled.dockerbuild
> source              build             recorded  scope       status     hits  runs  hit rate    time
> pulled.dockerbuild  b83ddfb38842bc3b  same      production  completed     2     4    33.3 %  0.58 s
> pulled.plain        b83ddfb38842bc3b  same      production  completed     2     4    33.3 %  0.58 s
> pulled.rawjson      b83ddfb38842bc3b  same      production  completed     2     4    33.3 %  0.58 s
>
> 0 new, 0 joined with what was recorded, 3 known
$ CACHESTAT_DB=a.db cachestat ls --format jsonl | wc -l
> 1
$ CACHESTAT_DB=a.db cachestat record -q pulled.rawjson
$ CACHESTAT_DB=b.db cachestat record pulled.dockerbuild --format json --scope test --label a=b --run-id 7 --pushed
> {
>   "schema_version": 1,
>   "report": "record",
>   "generated_at": "2026-01-02T03:04:05Z",
>   "builds": [
>     {
>       "source": "pulled.dockerbuild",
>       "build_id": "b83ddfb38842bc3b",
>       "recorded": "new",
>       "source_kind": "record",
>       "builder_ref": "l2r160kw8tzk9raavuqo9437y",
>       "project": null,
>       "scope": "test",
>       "event": null,
>       "target": "production",
>       "status": "completed",
>       "step_hits": 2,
>       "step_runs": 4,
>       "step_hit_ratio": 0.3333333333333333,
>       "duration_seconds": 0.580802593
>     }
>   ]
> }
$ CACHESTAT_DB=b.db cachestat record - <pulled.dockerbuild | sed -n 2p
> -       b83ddfb38842bc3b  joined    test   completed     2     4    33.3 %  0.58 s
$ cat pulled.dockerbuild | CACHESTAT_DB=c.db cachestat record - -o - --format csv
> source,build_id,recorded,source_kind,builder_ref,project,scope,event,target,status,step_hits,step_runs,step_hit_ratio,duration_seconds
> '-,b83ddfb38842bc3b,new,record,l2r160kw8tzk9raavuqo9437y,,production,,production,completed,2,4,0.3333333333333333,0.580802593

# an image and a record of one build join, whatever comes first
$ CACHESTAT_DB=d.db cachestat record $FIXTURES/build/four-records.dockerbuild --format csv | cut -d, -f2-
> build_id,recorded,source_kind,builder_ref,project,scope,event,target,status,step_hits,step_runs,step_hit_ratio,duration_seconds
> 2d2659f7e0b1c62d,new,record,y8tptutijaieh01qqfgwsmjam,acme/app,default,,,completed,0,6,0,0.539699704
> c442a33b17d5c717,new,record,ujubn3ziln8ay856stiv2c8xq,acme/app,default,,,completed,6,0,1,0.188764923
> 086a2d6f3f024015,new,record,u2aecaf0yxdj25b5mjap80vv4,acme/app,default,,,completed,4,2,0.6666666666666666,0.57748165
> e5562da156900741,new,record,r7gteekmgovb6v0jiqeikzgfq,acme/app,default,,,completed,6,0,1,0.139312396

# a folder: in order, links not followed, what tells of nothing left out; a bad file does not stop the others
$ mkdir -p f/b f/a; cp pulled.dockerbuild f/b; cp pulled.plain f/b/build.log; echo hello >f/a/README; ln -s ../b/build.log f/a/link; head -c 3000 pulled.dockerbuild >f/a/cut.dockerbuild; cp $FIXTURES/build/buildah.log f/a
$ CACHESTAT_DB=e.db cachestat record f; s=$?; CACHESTAT_DB=e.db cachestat ls --format jsonl | wc -l; exit $s
> source                  build             recorded  scope       status     hits  runs  hit rate    time
> f/a/buildah.log         4963268b19acbd46  new       default     completed     3     0     100 %       -
> f/b/pulled.dockerbuild  b83ddfb38842bc3b  new       production  completed     2     4    33.3 %  0.58 s
> f/b/build.log           b83ddfb38842bc3b  same      production  completed     2     4    33.3 %  0.58 s
>
> 2 new, 0 joined with what was recorded, 1 known
> 2 files of the folders tell of no build and were left out
> 2
2> cachestat: f/a/cut.dockerbuild: gzip member 1: truncated
? 3
$ CACHESTAT_DB=e.db cachestat record f/a/README none.log f/a
> source           build             recorded  scope    status     hits  runs  hit rate  time
> f/a/buildah.log  4963268b19acbd46  same      default  completed     3     0     100 %     -
>
> 0 new, 0 joined with what was recorded, 1 known
> 2 files of the folders tell of no build and were left out
2> cachestat: warning: 'none.log': no such file or folder (an image of a daemon or registry is saved to a file first: docker save -o FILE NAME)
2> cachestat: warning: no record or log of a builder, and no image: 'f/a/README': not a tar archive, and not a compressed one
2> cachestat: f/a/cut.dockerbuild: gzip member 1: truncated
? 3
$ CACHESTAT_DB=none.db cachestat record f/a/cut.dockerbuild; s=$?; ls none.db; exit $s
2> cachestat: f/a/cut.dockerbuild: gzip member 1: truncated
2> ls: cannot access 'none.db': No such file or directory
? 3
$ CACHESTAT_DB=none.db cachestat record --strict f; s=$?; ls none.db; exit $s
2> cachestat: warning: f/a/cut.dockerbuild: gzip member 1: truncated
2> cachestat: nothing was recorded (--strict)
2> ls: cannot access 'none.db': No such file or directory
? 3

# batches: the facts of a line stand above those of its files
$ printf '%s\n' '{"dockerbuild":"pulled.dockerbuild","log":"pulled.rawjson","scope":"test","event":"push","branch":"main","run_id":17,"attempt":2,"pr":4,"tests_passed":true,"pushed":false,"team":"core","wall_s":1.5,"labels":["x"],"job":null}' '' '{"started_at":"2026-01-02T03:04:05Z","duration_s":2.5,"conclusion":"failure","event":"release","ref":"refs/tags/v1","target":"prod"}' >b.jsonl
$ printf '%s\n' '{"run_id":17,"attempt":2,"event":"push","ref":"refs/heads/main","conclusion":"success","builds":1,"jobs":[{"name":"build","conclusion":"success","builds":1},{"name":"deploy","conclusion":"skipped"}]}' '{"run_id":"18","event":"schedule","started_at":"2026-01-02T03:00:00Z","pr":9}' >r.jsonl
$ CACHESTAT_DB=g.db cachestat record --batch b.jsonl --runs r.jsonl
> source     build             recorded  scope  status     hits  runs  hit rate    time
> b.jsonl:1  b83ddfb38842bc3b  new       test   completed     2     4    33.3 %  0.58 s
> b.jsonl:3  0f7382c6822d75b0  new       prod   failed        0     0         -   2.5 s
>
> Runs
> source     run  recorded  event      conclusion
> r.jsonl:1  17   joined    push_main  success
> r.jsonl:2  18   new       schedule   -
>
> 3 new, 1 joined with what was recorded, 0 known
$ CACHESTAT_DB=g.db cachestat record --batch b.jsonl --runs r.jsonl | tail -1
> 0 new, 0 joined with what was recorded, 4 known
$ CACHESTAT_DB=g.db cachestat show --format json ^0 | grep -E '"(scope|event|ref|run_id|attempt|tests_passed|pushed|job|source|status)":|"(team|pr|branch)='
>       "scope": "test",
>       "event": "push_main",
>       "ref": "refs/heads/main",
>       "run_id": "17",
>       "attempt": 2,
>       "job": null,
>       "status": "completed",
>       "tests_passed": true,
>       "pushed": false,
>         "branch=main",
>         "pr=4",
>         "team=core"
$ CACHESTAT_DB=g.db cachestat ls --format jsonl | grep -o '"started_at":[^,]*\|"status":[^,]*\|"duration_seconds":[^,]*\|"event":[^,]*\|"scope":[^,]*'
> "started_at":"2026-11-22T08:50:40.590073322Z"
> "scope":"test"
> "event":"push_main"
> "status":"completed"
> "duration_seconds":0.580802593
> "started_at":"2026-01-02T03:04:05Z"
> "scope":"prod"
> "event":"release"
> "status":"failed"
> "duration_seconds":2.5
$ CACHESTAT_DB=g.db cachestat db info --format jsonl | grep -o '"runs":[0-9]*,"builds":[0-9]*'
> "runs":2,"builds":2

# a bad line is named by its number; the others go in
$ head -c 3000 pulled.dockerbuild >cut.dockerbuild; printf '%s\n' '{"dockerbuild":"pulled.dockerbuild"}' '{' '[1]' '{"scope":"a","scope":"b"}' '{"scope":1}' '{"run_id":1.5}' '{"pushed":"yes"}' '{"conclusion":"sucess"}' '{"log":"none.log"}' '{"dockerbuild":"cut.dockerbuild"}' '{"log":"b.jsonl"}' '{}' '{"platform":"linux"}' '{"started_at":"yesterday"}' '{"started_at":"2026-01-02T03:04:05Z","completed_at":"2026-01-02T03:04:04Z"}' '{"attempt":0}' '{"x=y":"z"}' '{"event":"a\u0007"}' '{"scope":"none","run_id":1}' >bad.jsonl
$ CACHESTAT_DB=h.db cachestat record --batch bad.jsonl
> source        build             recorded  scope       status     hits  runs  hit rate    time
> bad.jsonl:1   b83ddfb38842bc3b  new       production  completed     2     4    33.3 %  0.58 s
> bad.jsonl:19  4efd4bfda22cafe1  new       none        unknown       0     0         -       -
>
> 2 new, 0 joined with what was recorded, 0 known
2> cachestat: warning: bad.jsonl:2: bad JSON at line 1, column 1: string or '}' expected near end of file
2> cachestat: warning: bad.jsonl:3: not a JSON object
2> cachestat: warning: bad.jsonl:4: bad JSON at line 1, column 20: duplicate object key near '"scope"'
2> cachestat: warning: bad.jsonl:5: "scope" must be text
2> cachestat: warning: bad.jsonl:6: "run_id" must be text or a whole number
2> cachestat: warning: bad.jsonl:7: "pushed" must be true or false
2> cachestat: warning: bad.jsonl:8: "conclusion": 'sucess' is none of success, failure, cancelled (did you mean 'success'?)
2> cachestat: warning: bad.jsonl:9: none.log: No such file or directory
2> cachestat: warning: bad.jsonl:10: cut.dockerbuild: gzip member 1: truncated
2> cachestat: warning: bad.jsonl:11: 'b.jsonl': a JSON document is no image; name the folder or archive it belongs to
2> cachestat: warning: bad.jsonl:12: nothing is said of a build
2> cachestat: warning: bad.jsonl:13: "platform": 'linux' is no platform (os/arch[/variant])
2> cachestat: warning: bad.jsonl:14: "started_at": time 'yesterday' is not RFC 3339
2> cachestat: warning: bad.jsonl:15: "completed_at" is before "started_at"
2> cachestat: warning: bad.jsonl:16: "attempt" must be a whole number from 1
2> cachestat: warning: bad.jsonl:17: the key "x=y" cannot be the name of a label
2> cachestat: bad.jsonl:18: "event": control characters in the text
? 3
$ CACHESTAT_DB=h.db cachestat db info --format jsonl | grep -o '"runs":[0-9]*,"builds":[0-9]*'
> "runs":1,"builds":2
$ printf '%s\n' '{"target":"t","completed_at":"2026-01-01T00:00:09Z","duration_s":4}' >ended.jsonl; CACHESTAT_DB=k.db cachestat record --strict --batch ended.jsonl -q; CACHESTAT_DB=k.db cachestat ls --format jsonl | grep -o '"started_at":"[^"]*"\|"duration_seconds":[0-9]*'
> "started_at":"2026-01-01T00:00:05Z"
> "duration_seconds":4
$ CACHESTAT_DB=k.db cachestat record --strict --batch bad.jsonl 2>&1 | tail -2; CACHESTAT_DB=k.db cachestat db info --format jsonl | grep -o '"runs":[0-9]*,"builds":[0-9]*'
> cachestat: warning: bad.jsonl:18: "event": control characters in the text
> cachestat: nothing was recorded (--strict)
> "runs":0,"builds":1
$ printf '%s\n' '{"dockerbuild":"four.dockerbuild"}' '{"dockerbuild":"pulled.dockerbuild","metadata":"metadata.json"}' >two.jsonl; cp $FIXTURES/build/four-records.dockerbuild four.dockerbuild; cp $FIXTURES/build/metadata.json .; CACHESTAT_DB=h.db cachestat record --batch two.jsonl
2> cachestat: warning: two.jsonl:1: four.dockerbuild: tells of 4 builds, not of one
2> cachestat: two.jsonl:2: metadata.json: of another build (u2aecaf0yxdj25b5mjap80vv4) than the rest (l2r160kw8tzk9raavuqo9437y)
? 3
$ printf '{"scope":"%0200d"}\n{"scope":"ok","run_id":3}' 0 >long.jsonl; CACHESTAT_DB=j.db cachestat record --batch long.jsonl --max-json-bytes 100 | tail -1
> 1 new, 0 joined with what was recorded, 0 known
2> cachestat: long.jsonl:1: the line: over the limit of 100 bytes (raise it with --max-json-bytes)
$ printf '%s\n' '{"event":"push"}' >norun.jsonl; CACHESTAT_DB=j.db cachestat record --runs norun.jsonl
2> cachestat: norun.jsonl:1: no "run_id"
? 3
$ CACHESTAT_DB=j.db cachestat record --batch none.jsonl
2> cachestat: cannot open 'none.jsonl': No such file or directory
? 2

# a list for people ends at the newest hundred and says so; for scripts it is whole
$ for i in $(seq 101); do printf '{"target":"t%d","started_at":"2026-01-01T00:%02d:%02dZ","duration_s":1}\n' $i $((i / 60)) $((i % 60)); done >many.jsonl; CACHESTAT_DB=l.db cachestat record -q --batch many.jsonl; export CACHESTAT_DB=l.db; for f in json jsonl csv table; do cachestat ls --format $f | grep -c 2026-01-01; done; cachestat ls | tail -1; cachestat ls -n 101 | tail -1 | cut -c 1-38; cachestat ls -n 0 | grep -c 2026-01-01; cachestat ls -n 100 --format csv | grep -c 2026-01-01
> 101
> 101
> 101
> 100
> there are older builds: -n N lists more, -n 0 all
> 6541861e4c7e164d  2026-01-01 00:00:01Z
> 101
> 100

# a list for the other: no build of every run
$ head -1 r.jsonl >r1.jsonl; CACHESTAT_DB=w.db cachestat record --batch r1.jsonl; s=$?; ls w.db; exit $s
2> cachestat: r1.jsonl:1: a CI run with its jobs, no build: --runs takes such lines
2> ls: cannot access 'w.db': No such file or directory
? 3
$ CACHESTAT_DB=w.db cachestat record --runs b.jsonl
2> cachestat: warning: b.jsonl:1: a build, for it has "dockerbuild": --batch takes such lines
2> cachestat: b.jsonl:3: no "run_id"
? 3
