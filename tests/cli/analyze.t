# The main job on the images that ship with the project, and what the store then tells.

# a first build: dated by its provenance
$ cachestat $DATA/sample/1-test.tar | sed "s#^.*/sample/#sample/#"
> sample/1-test.tar docker.io/library/app:6-test  linux/amd64  8 layers, 86.0 kB (278 kB unpacked)  config sha256:9189fbc31002
>
> #    size           files  instruction                                                                           verdict  evidence  seen in
> 0  256 kB #######.     13  Imported from -                                                                       base     none      -
> 1  1.5 kB #.......      0  WORKDIR /app                                                                          hit      dated     -
> 2  2.6 kB #.......      1  COPY deps.txt ./                                                                      hit      dated     -
> 3  4.1 kB #.......      1  RUN sleep 1; cat deps.txt > deps.lock                                                 hit      dated     -
> 4  4.1 kB #.......      2  COPY src/ src/                                                                        hit      dated     -
> 5  3.6 kB #.......      2  RUN sleep 1; cat src/main.txt src/util.txt > app.bin; echo $VERSION > version         hit      dated     -
> 6  3.1 kB #.......      1  COPY tests/ tests/                                                                    run      dated     -
> 7  2.6 kB #.......      1  RUN echo "running 3 tests"; sleep 1; cat tests/t1.txt; cat tests/t1.txt > report.txt  run      dated     -
>
> Scope so far
> scope  builds  hits  runs  step hit rate  median  byte hit rate
> test        1     5     2         71.4 %  71.4 %         73.8 %
>
> this build: 5 of 7 own layers hit (71.4 %)
> build 57b8e626a78f4de5: new, recorded

# the same again is the same build
$ cachestat $DATA/sample/1-test.tar --format json | grep -E '"(recorded|build_id)"'
>       "build_id": "57b8e626a78f4de5",
>       "recorded": "same",

# the second build, in full
$ cachestat -o out.json --format json $DATA/sample/2-production.tar; sed 's#"source": ".*/sample/#"source": "sample/#' out.json
> {
>   "schema_version": 1,
>   "report": "analyze",
>   "generated_at": "2026-01-02T03:04:05Z",
>   "images": [
>     {
>       "image": 0,
>       "source": "sample/2-production.tar",
>       "ref": "docker.io/library/app:7",
>       "platform": "linux/amd64",
>       "manifest_digest": "sha256:251624e1809bd6c3bbdb0618d22e2588e4870df0087c52141ba2422574fb517e",
>       "config_digest": "sha256:8c46c5526e383a7c782cc64e34fa146bdd96d9926aaea062ae4911905413ccc7",
>       "created_at": "2026-11-22T08:30:30.68307062Z",
>       "build_started_at": "2026-11-22T08:30:37.899282581Z",
>       "project": null,
>       "scope": "production",
>       "event": null,
>       "build_id": "b5f772a7c1e7dafe",
>       "recorded": "new",
>       "layers": 3,
>       "blob_bytes": 85145,
>       "tar_bytes": 261120,
>       "files": 15,
>       "base_evidence": "history",
>       "own_layers": 2,
>       "layer_hits": 2,
>       "layer_runs": 0,
>       "layer_undecided": 0,
>       "layer_hit_ratio": 1,
>       "byte_hit_ratio": 1,
>       "byte_hit_ratio_blob": 1,
>       "byte_evidence": "outcome"
>     }
>   ],
>   "layers": [
>     {
>       "image": 0,
>       "index": 0,
>       "base": true,
>       "tar_bytes": 256000,
>       "blob_bytes": 84876,
>       "files": 13,
>       "created_by": null,
>       "instruction": "Imported from -",
>       "created_at": "2026-11-22T08:30:28.007158133Z",
>       "media_type": "application/vnd.oci.image.layer.v1.tar+gzip",
>       "blob_digest": "sha256:0dc5b2a57cfeeb47f3208e5781a1f497278f53fec71486d37680fd43d9c67e32",
>       "diff_id": "sha256:fa8ec1ed4e8358c94c23d8ebe143e489e548cb9ca4b1396b8d9dc56467a4e851",
>       "chain_id": "sha256:fa8ec1ed4e8358c94c23d8ebe143e489e548cb9ca4b1396b8d9dc56467a4e851",
>       "content_digest": "sha256:e4c2faac4637d084e93ce4d96868a46e047dbf5a46cb520095b8ebca29a737cb",
>       "entries": 18,
>       "directories": 5,
>       "symlinks": 0,
>       "hardlinks": 0,
>       "whiteouts": 0,
>       "devices": 0,
>       "fifos": 0,
>       "sparse": 0,
>       "verified": "digest",
>       "state": "base",
>       "evidence": "none",
>       "seen_in_scope": "test",
>       "seen_in_build": "57b8e626a78f4de5",
>       "why": null
>     },
>     {
>       "image": 0,
>       "index": 1,
>       "base": false,
>       "tar_bytes": 1536,
>       "blob_bytes": 92,
>       "files": 0,
>       "created_by": "WORKDIR /app",
>       "instruction": "WORKDIR /app",
>       "created_at": "2026-11-22T08:30:28.459130901Z",
>       "media_type": "application/vnd.oci.image.layer.v1.tar+gzip",
>       "blob_digest": "sha256:18f07954348c0102b7b196fe320c4cf64ac45dc09b0f5cf8fb5fcaf637ee0620",
>       "diff_id": "sha256:3a65aa45c4321b3396d3957aaf8a9d1df362c7b28af7b04335c9a5a3216d1dfd",
>       "chain_id": "sha256:a0889509cc0c4851f8cf532a18b05a584fab3934668922f478b4adc82a9d454c",
>       "content_digest": "sha256:88defea32dfaf11cf2d7e7c602cf76bd8b9461437c7137f6390df250959356a6",
>       "entries": 1,
>       "directories": 1,
>       "symlinks": 0,
>       "hardlinks": 0,
>       "whiteouts": 0,
>       "devices": 0,
>       "fifos": 0,
>       "sparse": 0,
>       "verified": "digest",
>       "state": "hit",
>       "evidence": "dated",
>       "seen_in_scope": "test",
>       "seen_in_build": "57b8e626a78f4de5",
>       "why": null
>     },
>     {
>       "image": 0,
>       "index": 2,
>       "base": false,
>       "tar_bytes": 3584,
>       "blob_bytes": 177,
>       "files": 2,
>       "created_by": "COPY /app/app.bin /app/version ./ # buildkit",
>       "instruction": "COPY /app/app.bin /app/version ./",
>       "created_at": "2026-11-22T08:30:30.68307062Z",
>       "media_type": "application/vnd.oci.image.layer.v1.tar+gzip",
>       "blob_digest": "sha256:c6fe9a3d41f76c1652541d0a88ed6a620bdc6abbcb07ae6d795e9e40baba6814",
>       "diff_id": "sha256:58f9605ee126768840af48c0014fffca63065fa8f85369a3c97cfdaf234ec4d4",
>       "chain_id": "sha256:71b777812592958e2cdb96efe49e823932c5de539e1a78b8901b0e058c091eb7",
>       "content_digest": "sha256:711ad11b8c645861252a4e325d284fe75da0238bccddc1087b5e287d9a98f309",
>       "entries": 3,
>       "directories": 1,
>       "symlinks": 0,
>       "hardlinks": 0,
>       "whiteouts": 0,
>       "devices": 0,
>       "fifos": 0,
>       "sparse": 0,
>       "verified": "digest",
>       "state": "hit",
>       "evidence": "dated",
>       "seen_in_scope": null,
>       "seen_in_build": null,
>       "why": null
>     }
>   ],
>   "scopes": [
>     {
>       "scope": "production",
>       "builds": 1,
>       "failed_builds": 0,
>       "cold_builds": 1,
>       "undecided_builds": 0,
>       "rated_builds": 1,
>       "step_hits": 2,
>       "step_runs": 0,
>       "step_hit_ratio": 1,
>       "step_hit_ratio_median": 1,
>       "step_hit_ratio_p25": 1,
>       "step_hit_ratio_p75": 1,
>       "full_hit_ratio": 1,
>       "byte_hit_ratio": 1,
>       "byte_hit_ratio_blob": 1,
>       "time_hit_ratio": null,
>       "saved_seconds": null,
>       "saved_coverage_ratio": null,
>       "overhead_seconds": null,
>       "net_saved_seconds": null,
>       "verdict": "cannot_tell",
>       "duration_seconds_median": 0.0541287,
>       "builder_cached_ratio": null,
>       "run_seconds": null,
>       "timed_builds": 0,
>       "wall_saved_seconds": null,
>       "wall_builds": 0,
>       "negative_net_ratio": null,
>       "net_builds": 0,
>       "break_even_hit_ratio": null
>     }
>   ]
> }

# through a pipe: the same verdicts, and nothing new
$ cachestat - <$DATA/sample/2-production.tar | sed -n '3,6p;$p'
> #    size           files  instruction                        verdict  evidence  seen in
> 0  256 kB #######.     13  Imported from -                    base     none      test
> 1  1.5 kB #.......      0  WORKDIR /app                       hit      dated     test
> 2  3.6 kB #.......      2  COPY /app/app.bin /app/version ./  hit      dated     -
> build b5f772a7c1e7dafe: same as recorded before

# not recorded: no store appears
$ CACHESTAT_DB=none.db cachestat --no-record $DATA/sample/1-test.tar | tail -n 1; ls none.db
> not recorded (--no-record)
2> ls: cannot access 'none.db': No such file or directory
? 2

# the start given by hand decides otherwise
$ CACHESTAT_DB=other.db cachestat --started-at 2030-01-01T00:00:00Z --run-id 7 $DATA/sample/1-test.tar | sed -n '/^#/,/^$/p'
> #    size           files  instruction                                                                           verdict  evidence  seen in
> 0  256 kB #######.     13  Imported from -                                                                       base     none      -
> 1  1.5 kB #.......      0  WORKDIR /app                                                                          hit      dated     -
> 2  2.6 kB #.......      1  COPY deps.txt ./                                                                      hit      dated     -
> 3  4.1 kB #.......      1  RUN sleep 1; cat deps.txt > deps.lock                                                 hit      dated     -
> 4  4.1 kB #.......      2  COPY src/ src/                                                                        hit      dated     -
> 5  3.6 kB #.......      2  RUN sleep 1; cat src/main.txt src/util.txt > app.bin; echo $VERSION > version         hit      dated     -
> 6  3.1 kB #.......      1  COPY tests/ tests/                                                                    hit      dated     -
> 7  2.6 kB #.......      1  RUN echo "running 3 tests"; sleep 1; cat tests/t1.txt; cat tests/t1.txt > report.txt  hit      dated     -
>

$ cachestat ls
> build             started               project  scope       event  target      platform     source  status       time  hits  runs  undecided  hit rate
> b5f772a7c1e7dafe  2026-11-22 08:30:37Z  -        production  -      production  linux/amd64  image   completed  0.05 s     2     0          0     100 %
> 57b8e626a78f4de5  2026-11-22 08:30:33Z  -        test        -      test        linux/amd64  image   completed   1.3 s     5     2          0    71.4 %
$ cachestat ls -n 1 --format jsonl --scope test
> {"build_id":"57b8e626a78f4de5","started_at":"2026-11-22T08:30:33.692035564Z","project":null,"scope":"test","event":null,"ref":null,"commit":"0a94508b243e76933607eaf121a869f998ce1920","run_id":null,"attempt":null,"workflow":null,"job":null,"target":"test","platform":"linux/amd64","source_kind":"image","builder_ref":null,"status":"completed","duration_seconds":1.286341451,"builder_cached_steps":null,"builder_total_steps":null,"builder_completed_steps":null,"step_hits":5,"step_runs":2,"step_undecided":0,"step_hit_ratio":0.7142857142857143}
$ cachestat show ^0
> build             started               project  scope       event  target      platform     source  status       time  hits  runs  undecided  hit rate  time hit rate
> b5f772a7c1e7dafe  2026-11-22 08:30:37Z  -        production  -      production  linux/amd64  image   completed  0.05 s     2     0          0     100 %              -
>
> Steps
> #  instruction                        class    size           state  time  typical  evidence
> 0  WORKDIR /app                       file   1.5 kB ##......  hit       -        -  dated
> 1  COPY /app/app.bin /app/version ./  file   3.6 kB ######..  hit       -        -  dated
$ cachestat show 0000
2> cachestat: no build '0000' in the store
? 2
$ cachestat stats
> scope       builds  failed  cold  n  hits  runs  step hit rate  median  byte hit rate  time hit rate  priced  net saved  verdict      build time  builder's own
> production       1       0     1  1     2     0          100 %   100 %          100 %              -       -          -  cannot_tell      0.05 s              -
> test             1       0     1  1     5     2         71.4 %  71.4 %         73.8 %              -       -          -  cannot_tell       1.3 s              -
>
> production: cannot tell, no completed build has the times of its steps
> test: cannot tell, no completed build has the times of its steps
$ cachestat stats --by event,day --format csv
> event,day,builds,failed_builds,cold_builds,undecided_builds,rated_builds,step_hits,step_runs,step_hit_ratio,step_hit_ratio_median,step_hit_ratio_p25,step_hit_ratio_p75,full_hit_ratio,byte_hit_ratio,byte_hit_ratio_blob,time_hit_ratio,saved_seconds,saved_coverage_ratio,overhead_seconds,net_saved_seconds,verdict,duration_seconds_median,builder_cached_ratio,run_seconds,timed_builds,wall_saved_seconds,wall_builds,negative_net_ratio,net_builds,break_even_hit_ratio
> ,2026-11-22,2,0,2,0,2,7,2,0.7777777777777778,0.8571428571428572,0.7857142857142857,0.9285714285714286,0.5,0.7884615384615384,0.7844136926438456,,,,,,cannot_tell,0.670235076,,,0,,0,,0,
$ cachestat diff $DATA/sample/1-test.tar $DATA/sample/2-production.tar
> #  instruction                                                                           difference        A        B  entries  avoidable
> 0  Imported from -                                                                       identical   84.9 kB  84.9 kB        0        0 B
> 1  WORKDIR /app                                                                          identical      92 B     92 B        0        0 B
> 2  COPY deps.txt ./                                                                      removed       156 B        -        -        0 B
> 3  RUN sleep 1; cat deps.txt > deps.lock                                                 removed       199 B        -        -        0 B
> 4  COPY src/ src/                                                                        removed       184 B        -        -        0 B
> 5  RUN sleep 1; cat src/main.txt src/util.txt > app.bin; echo $VERSION > version         removed       177 B        -        -        0 B
> 6  COPY tests/ tests/                                                                    removed       154 B        -        -        0 B
> 7  RUN echo "running 3 tests"; sleep 1; cat tests/t1.txt; cat tests/t1.txt > report.txt  removed       142 B        -        -        0 B
> 8  COPY /app/app.bin /app/version ./                                                     added             -    177 B        -        0 B
>
> Entries that differ
> (none)
? 1
$ cachestat diff ^0 ^0 --format csv
> index,instruction,class,a_blob_bytes,b_blob_bytes,changed_entries,avoidable_bytes,a_blob_digest,b_blob_digest,a_diff_id,b_diff_id
> 0,Imported from -,identical,84876,84876,0,0,sha256:0dc5b2a57cfeeb47f3208e5781a1f497278f53fec71486d37680fd43d9c67e32,sha256:0dc5b2a57cfeeb47f3208e5781a1f497278f53fec71486d37680fd43d9c67e32,sha256:fa8ec1ed4e8358c94c23d8ebe143e489e548cb9ca4b1396b8d9dc56467a4e851,sha256:fa8ec1ed4e8358c94c23d8ebe143e489e548cb9ca4b1396b8d9dc56467a4e851
> 1,WORKDIR /app,identical,92,92,0,0,sha256:18f07954348c0102b7b196fe320c4cf64ac45dc09b0f5cf8fb5fcaf637ee0620,sha256:18f07954348c0102b7b196fe320c4cf64ac45dc09b0f5cf8fb5fcaf637ee0620,sha256:3a65aa45c4321b3396d3957aaf8a9d1df362c7b28af7b04335c9a5a3216d1dfd,sha256:3a65aa45c4321b3396d3957aaf8a9d1df362c7b28af7b04335c9a5a3216d1dfd
> 2,COPY /app/app.bin /app/version ./,identical,177,177,0,0,sha256:c6fe9a3d41f76c1652541d0a88ed6a620bdc6abbcb07ae6d795e9e40baba6814,sha256:c6fe9a3d41f76c1652541d0a88ed6a620bdc6abbcb07ae6d795e9e40baba6814,sha256:58f9605ee126768840af48c0014fffca63065fa8f85369a3c97cfdaf234ec4d4,sha256:58f9605ee126768840af48c0014fffca63065fa8f85369a3c97cfdaf234ec4d4
$ cachestat db check
> (none)
>
> the store is sound
$ cachestat db prune --keep 2026-11-22T08:30:36Z --dry-run
> builds deleted  layers deleted
>              1               5
>
> nothing was deleted (--dry-run)
$ cachestat db info --format json | sed '/url/d;/file_bytes/d'
> {
>   "schema_version": 1,
>   "report": "db",
>   "generated_at": "2026-01-02T03:04:05Z",
>   "store": [
>     {
>       "engine": "sqlite",
>       "schema_version": 1,
>       "projects": 1,
>       "runs": 0,
>       "builds": 2,
>       "steps": 9,
>       "layers": 8,
>       "manifests": 8,
>       "manifest_bytes": 1459,
>       "oldest_at": "2026-11-22T08:30:33.692035564Z",
>       "newest_at": "2026-11-22T08:30:37.899282581Z"
>     }
>   ]
> }

# bad input: one line, 3, nothing recorded
$ head -c 50000 $DATA/sample/1-test.tar >cut.tar; CACHESTAT_DB=none.db cachestat cut.tar; s=$?; ls none.db; exit $s
2> cachestat: 'cut.tar': tar: truncated at offset 50000
2> ls: cannot access 'none.db': No such file or directory
? 3
$ cachestat - <cut.tar
2> cachestat: standard input: tar: truncated at offset 50000
? 3
$ cachestat cut.tar $DATA/sample/1-test.tar >out; s=$?; grep -c sample out; exit $s
> 1
2> cachestat: 'cut.tar': tar: truncated at offset 50000
? 3
