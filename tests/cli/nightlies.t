# Two metrics jobs at once over one inbox and one store, each summing up and deleting what is old: each
# build is summed up once. Before, what one had deleted the other took in and summed up again.

$ mkdir in && cp "$FIXTURES"/build/*.dockerbuild in
$ export CACHESTAT_NOW=2027-12-01T00:00:00Z; for i in 1 2 3 4 5 6; do for job in a b; do cachestat nightly --db $i.db --inbox in --out $job$i --keep 30d --since 7d >$job$i.log 2>&1 || echo "$job$i failed" & done; wait; cachestat db check --db $i.db >$i.check || cat $i.check; done; grep -h -v -e 'new builds' -e 'first run' -e 'since the last' -e 'left out' -e 'no build is recorded' -e 'the next run takes them' *.log
? 1
$ python3 -c 'import sqlite3; [print(*sqlite3.connect("%d.db" % i).execute("SELECT SUM(builds), SUM(failed_builds), (SELECT COUNT(*) FROM builds) FROM rollups").fetchone()) for i in range(1, 7)]'
> 8 2 0
> 8 2 0
> 8 2 0
> 8 2 0
> 8 2 0
> 8 2 0
