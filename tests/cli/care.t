# Care of the store, and an image that is shown without being recorded.

$ export CACHESTAT_DB=s.db; cachestat analyze -q --project app --run-id 1 --label a-b=x --label a_b=y $DATA/sample/1-test.tar >/dev/null && cachestat analyze -q --project app --run-id 2 --label a-b=z --label a_b_2=w $DATA/sample/2-production.tar >/dev/null
$ CACHESTAT_DB=s.db cachestat show $DATA/sample/2-production.tar
> build             started               project  scope       event  target      platform     source  status       time  hits  runs  undecided  hit rate  time hit rate
> b5f772a7c1e7dafe  2026-11-22 08:30:37Z  -        production  -      production  linux/amd64  image   completed  0.05 s     2     0          0     100 %              -
>
> Steps
> #  instruction                        class    size           state  time  typical  evidence
> 0  WORKDIR /app                       file   1.5 kB ##......  hit       -        -  dated
> 1  COPY /app/app.bin /app/version ./  file   3.6 kB ######..  hit       -        -  dated
$ CACHESTAT_DB=s.db cachestat show $FIXTURES/image/oci-multi-attested.tar
> build             started               project  scope    event  target  platform     source  status       time  hits  runs  undecided  hit rate  time hit rate
> 08f0520504fd5b0d  2026-11-22 08:35:21Z  -        default  -      -       linux/amd64  image   completed  0.07 s     2     0          0     100 %              -
>
> Steps
> #  instruction               class    size           state  time  typical  evidence
> 0  COPY /arch.txt /arch.txt  file   2.0 kB ####....  hit       -        -  dated
> 1  COPY a.txt /a.txt         file   2.0 kB ####....  hit       -        -  dated
$ echo no image >text; CACHESTAT_DB=s.db cachestat show text
2> cachestat: 'text': not a tar archive, and not a compressed one
? 3
$ CACHESTAT_DB=s.db cachestat why $DATA/sample/2-production.tar
> no step of it missed
>
> (none)
$ CACHESTAT_DB=s.db cachestat why $FIXTURES/image/oci-multi-attested.tar
> no step of it missed
>
> (none)
$ cp $FIXTURES/build/four-records.dockerbuild four; CACHESTAT_DB=s.db cachestat why four; CACHESTAT_DB=s.db cachestat show four
2> cachestat: 'four' tells of 4 builds: one is wanted
2> cachestat: 'four' tells of 4 builds: show takes one
? 2
# two labels whose names differ only by what a column's name cannot hold
$ CACHESTAT_DB=s.db cachestat stats --by label.a-b,label.a_b,label.a_b_2 --format csv --table groups | cut -d, -f1-4
> label.a-b,label.a_b,label.a_b_2,builds
> x,y,,1
> z,,w,1
$ CACHESTAT_DB=s.db cachestat stats --by label.a-b,label.a_b,label.a_b_2 --format openmetrics | grep '^cachestat_groups_builds_total{'
> cachestat_groups_builds_total{label_a_b="x",label_a_b_3="y"} 1
> cachestat_groups_builds_total{label_a_b="z",label_a_b_2="w"} 1
# a copy; a file that is there is replaced whole; a folder that is not there is not made
$ CACHESTAT_DB=s.db cachestat db backup copy.db && cachestat db check --db copy.db && cachestat ls --db copy.db --format jsonl | wc -l
> (none)
>
> the store is sound
> 2
$ echo mine >mine.db; CACHESTAT_DB=s.db cachestat db backup mine.db; cat mine.db | head -c 15; cachestat db check --db mine.db >/dev/null && ls
> SQLite format 3copy.db
> four
> mine.db
> s.db
> text
$ echo log >mine.db-wal; cp mine.db before.db; cachestat db backup --db s.db mine.db; cmp mine.db before.db && rm mine.db-wal; ln s.db hard.db; cachestat db backup --db s.db hard.db
2> cachestat: 'mine.db' is in use, or was left in the middle of a write: 'mine.db-wal' is beside it; choose another name
2> cachestat: 'hard.db' is the store itself
? 2
$ CACHESTAT_DB=s.db cachestat db backup no/copy.db
2> cachestat: cannot create 'no/copy.db': No such file or directory
? 2
$ CACHESTAT_DB=none.db cachestat db backup none-copy.db; ls none-copy.db
2> cachestat: there is no store 'none.db'
2> ls: cannot access 'none-copy.db': No such file or directory
? 2
$ CACHESTAT_DB=s.db cachestat db migrate
> from  to
>    1   1
$ CACHESTAT_DB=s.db cachestat db migrate --format json | sed -n '/"migrated"/,/]/p'
>   "migrated": [
>     {
>       "from_version": 1,
>       "to_version": 1
>     }
>   ]
$ CACHESTAT_DB=none.db cachestat db migrate
2> cachestat: there is no store 'none.db'
? 2
$ CACHESTAT_DB=s.db cachestat db prune
2> cachestat: db prune needs --keep AGE, such as --keep 400d
? 2
$ CACHESTAT_DB=s.db cachestat db prune --keep soon
2> cachestat: --keep: 'soon' is no time (RFC 3339, a date, or an age such as 7d)
? 2
# rows that lead nowhere: told, exit 1
$ python3 -c 'import sqlite3; d = sqlite3.connect("copy.db"); d.execute("DELETE FROM layers"); d.commit()' && cachestat db check --db copy.db >/dev/null
? 1
$ cachestat db check --db copy.db --format jsonl | sed 's/ .*//' | sort -u
> {"problem":"row
> {"problem":"store
# a store that was cut
$ head -c 20000 s.db >cut.db; cachestat db check --db cut.db 2>&1 | sed 's/of [0-9]* are/of N are/'
> cachestat: store 'cut.db' is damaged: 20000 bytes of N are there (restore a backup)
# a file where a folder of an image should be
$ mkdir image && cp $FIXTURES/image/README.md image/blobs && printf '{"imageLayoutVersion":"1.0.0"}' >image/oci-layout && printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%064d","size":2}]}' 0 >image/index.json && cachestat show image
2> cachestat: 'image': manifest sha256:0000000000000000000000000000000000000000000000000000000000000000: 'blobs/sha256/0000000000000000000000000000000000000000000000000000000000000000': Not a directory
? 3
