# Exported build caches (fixtures/cache/README.md). The clock stands three days after they were made.

$ cd $FIXTURES/cache && CACHESTAT_NOW=2026-11-25T19:09:30Z cachestat cache max --for notes.tar
> an import could serve 2 of the 4 own layers of this image, and not 2
>
> source  kind   mode (inferred)  blobs    size  records  oldest                newest                left over  of size
> max     local  max                  8  1.6 kB       15  2026-11-22 19:09:24Z  2026-11-22 19:09:27Z          5   7.5 kB
>
> Layers
> #  on  instruction              size      age  records  use    blob digest
> 0   -  COPY /out.bin /out.bin  142 B  72h 00m        1  image  17efc0cb5233
> 1   7  COPY /out.bin /out.bin  142 B  72h 00m        1  image  17efc0cb5233
> 2   3  -                       142 B  72h 00m        1  stage  17efc0cb5233
> 3   5  -                       102 B  72h 00m        1  stage  243591cf28cb
> 4   -  -                       696 B  72h 00m        0  image  838b71b987ee
> 5   9  -                       179 B  72h 00m        1  stage  99701dee1037
> 6   1  -                       104 B  72h 00m        1  none   9b78b923e57c
> 7   4  RUN setup /etc.conf     168 B  72h 00m        1  image  b9a4ca5dd77f
> 8   6  -                       118 B  72h 00m        1  none   c9aa19802360
> 9   4  -                       101 B  72h 00m        1  stage  fdae12f280b7
>
> Ages
> age               blobs    size
> less than a day       0     0 B ........
> 1 to 7 days           8  1.6 kB ########
> 7 to 30 days          0     0 B ........
> 30 to 90 days         0     0 B ........
> 90 days and more      0     0 B ........
>
> Layers of the image
> #  instruction                size           served  how
> 0  -                       10.2 kB ####....  -       base
> 1  RUN setup /etc.conf      3.6 kB #.......  yes     blob_digest
> 2  COPY /out.bin /out.bin   2.0 kB #.......  yes     blob_digest
> 3  COPY notes /notes        2.0 kB #.......  no      absent
> 4  RUN pack /notes /tail    2.0 kB #.......  no      absent
>
> dead weight: 5 blobs (7.5 kB) that the index no longer leads to; type=local never deletes
> 3 blobs (382 B) are of stages behind this image: mode=max keeps them
> dead weight for this image: 2 blobs (222 B) that nothing of it leads to
$ cd $FIXTURES/cache && CACHESTAT_NOW=2026-11-25T19:09:30Z cachestat cache max --against before | sed -n '1,6p;/^Came/,/^dead/p'
> since the earlier export: 3 layers came (362 B), 3 went (359 B); made anew: 1, kept: 4
> what came or was made anew, the builds in between did not find: their misses
>
> cache    source  kind      mode (inferred)  blobs    size  records  oldest                newest                left over  of size
> this     max     local     max                  8  1.6 kB       15  2026-11-22 19:09:24Z  2026-11-22 19:09:27Z          5   7.5 kB
> against  before  registry  max                  8  1.6 kB       15  2026-11-22 19:09:24Z  2026-11-22 19:09:24Z          -        -
> Came and went
> what     change   instruction   size  created               digest
> layer    added    -            142 B  2026-11-22 19:09:27Z  17efc0cb5233
> layer    added    -            102 B  2026-11-22 19:09:27Z  243591cf28cb
> layer    rerun    -            104 B  2026-11-22 19:09:27Z  9b78b923e57c
> layer    added    -            118 B  2026-11-22 19:09:27Z  c9aa19802360
> layer    removed  -            116 B  2026-11-22 19:09:24Z  0873e189640e
> layer    removed  -            141 B  2026-11-22 19:09:24Z  6945f66be4c0
> layer    removed  -            102 B  2026-11-22 19:09:24Z  885c50e386b6
> content  added    -                -  -                     4e33a948f3ec
> step     rerun    -                -  2026-11-22 19:09:27Z  5602e7c839a2
> step     rerun    -                -  2026-11-22 19:09:27Z  5dbfbafede47
> content  added    -                -  -                     6dc637ebe6c7
> step     rerun    -                -  2026-11-22 19:09:27Z  8ae0e1130a5d
> step     rerun    -                -  2026-11-22 19:09:27Z  91d4d26c6dc0
> step     rerun    -                -  2026-11-22 19:09:27Z  9ae118766c54
> step     rerun    -                -  2026-11-22 19:09:27Z  bf4067400f4d
> content  removed  -                -  -                     c3fda0bf4d6d
> content  removed  -                -  -                     e1913aa7d271
>
> dead weight: 5 blobs (7.5 kB) that the index no longer leads to; type=local never deletes
$ cd $FIXTURES/cache && cachestat cache min --for source.tar --format csv --table image_layers
> index,base,created_by,instruction,tar_bytes,served,how,diff_id,blob_digest
> 0,true,,,10240,,base,sha256:9e66bed0f142940b7e7b353cbf89eb189a584d8f93240b190a6d6aead62a2ece,sha256:838b71b987eec94d78af4ddeb58a1977b1648f2905660f92dee40804dd883671
> 1,false,RUN /bin/sh -c setup /etc.conf # buildkit,RUN setup /etc.conf,3584,false,absent,sha256:e66d8e26173628b62355ae8f3041010777f52b2fa3d669c4731bdc2cfc45524f,sha256:b9a4ca5dd77fbe3befb329dd570cdca61a33e62a9d4957cf4283ef9f0f42bf72
> 2,false,COPY /out.bin /out.bin # buildkit,COPY /out.bin /out.bin,2048,false,absent,sha256:c10eafda6ba008a0fbbd7b8363848c9c3756b693c2745d7203c2d7d29e8707b9,sha256:17efc0cb5233eaf7d3ceda10f43c475dfa3dc3e259e9f68e27f2a63ea61b4827
> 3,false,COPY notes /notes # buildkit,COPY notes /notes,2048,false,absent,sha256:c5190a8ebd4bfdddd23cc8a9a99b21c5a07a5fb67d70e0e82d1396630c91fcd6,sha256:9b78b923e57c0d4c206e012aea77ca30549045e92fcba5f41cb3fa59ec5816f3
> 4,false,RUN /bin/sh -c pack /notes /tail # buildkit,RUN pack /notes /tail,2048,false,absent,sha256:0f99c5abe79a4a9c7754817f311671bada219034fd39b0c50dafa61f3af4f9e4,sha256:c9aa198023603f2948baee3b064785f85c0a5e596170c171f3da22ecccf71b7e
$ cd $FIXTURES/cache && cachestat cache min -v
> source  kind      mode (inferred)  layers  blobs    size  records  oldest                newest                left over  of size  config  manifest
> min     registry  min                   6      5  1.2 kB       15  2026-11-22 19:09:32Z  2026-11-22 19:09:33Z          -        -  3.0 kB  11f49a92501f
>
> Layers
> #  on   size  created               age  records  blob digest   diff-id
> 0   -  696 B  2026-11-22 19:09:32Z  0 s        0  838b71b987ee  9e66bed0f142
> 1   -  142 B  2026-11-22 19:09:33Z  0 s        1  a4f40b867c0c  f36ceb5e8c0b
> 2   4  142 B  2026-11-22 19:09:33Z  0 s        1  a4f40b867c0c  f36ceb5e8c0b
> 3   2  103 B  2026-11-22 19:09:33Z  0 s        1  a57ea9ed1620  fadeecfc7f2f
> 4   0  168 B  2026-11-22 19:09:33Z  0 s        1  cf3a1d8e1ea5  00e6d724b9eb
> 5   3  118 B  2026-11-22 19:09:33Z  0 s        1  e6ed5c10e37c  146e607e00a4
>
> Ages
> age               blobs    size
> less than a day       5  1.2 kB ########
> 1 to 7 days           0     0 B ........
> 7 to 30 days          0     0 B ........
> 30 to 90 days         0     0 B ........
> 90 days and more      0     0 B ........
>
> mode=min, it seems: 4 of 9 steps are recorded without their layers
$ cd $FIXTURES/cache && CACHESTAT_NOW=2027-03-01T00:00:00Z cachestat cache inline.tar
> source      kind    mode (inferred)  blobs    size  records  oldest                newest                left over  of size
> inline.tar  inline  min                  5  1.2 kB       15  2026-11-22 19:09:22Z  2026-11-22 19:09:37Z          -        -
>
> Layers
> #  on  instruction              size        age  records  blob digest
> 0   -  -                       696 B  2356h 51m        0  838b71b987ee
> 1   0  RUN setup /etc.conf     168 B  2356h 50m        1  a3c06e790e98
> 2   1  COPY /out.bin /out.bin  142 B  2356h 50m        2  25afe3325e09
> 3   2  COPY notes /notes       103 B  2356h 50m        1  a57ea9ed1620
> 4   3  RUN pack /notes /tail   118 B  2356h 50m        1  9d5a3498b35f
>
> Ages
> age               blobs    size
> less than a day       0     0 B ........
> 1 to 7 days           0     0 B ........
> 7 to 30 days          0     0 B ........
> 30 to 90 days         0     0 B ........
> 90 days and more      5  1.2 kB ########
$ cd $FIXTURES/cache && cachestat cache - <index.tar.gz --format jsonl
> {"role":"cache","source":"-","ref":"latest","kind":"local","mode_inferred":"max","layers":10,"blobs":8,"blob_bytes":1607,"records":15,"oldest_at":"2026-11-22T19:09:24.294959986Z","newest_at":"2026-11-22T19:09:24.701008233Z","missing_blobs":0,"unreferenced_blobs":0,"unreferenced_bytes":0,"config_bytes":3669,"manifest_digest":"sha256:ed77e4b349c2c4ad8d0bd1186506fead313724d5c46bbd987a2b8569caa8506a"}
$ cd $FIXTURES/cache && cachestat cache index --format json | grep -c '"blob_digest"'
> 10
$ cd $FIXTURES/cache && cachestat cache max --format json | sed -n '/"caches"/,/]/p'
>   "caches": [
>     {
>       "role": "cache",
>       "source": "max",
>       "ref": "latest",
>       "kind": "local",
>       "mode_inferred": "max",
>       "layers": 10,
>       "blobs": 8,
>       "blob_bytes": 1610,
>       "records": 15,
>       "oldest_at": "2026-11-22T19:09:24.294959986Z",
>       "newest_at": "2026-11-22T19:09:27.480971062Z",
>       "missing_blobs": 0,
>       "unreferenced_blobs": 5,
>       "unreferenced_bytes": 7545,
>       "config_bytes": 3668,
>       "manifest_digest": "sha256:8500dc909caf75491f6eace0ad965161621fed36d758619199837435210328ce"
>     }
>   ],
$ cd $FIXTURES/cache && cachestat cache source.tar
2> cachestat: 'source.tar': the image holds no inline cache: it was not built with one, or a tool that wrote the config anew has lost it
? 3
$ cd $FIXTURES/cache && cachestat cache before/cacheconfig.json
2> cachestat: 'before/cacheconfig.json': cacheconfig.json is the config of a build cache alone: name its manifest, or the folder that holds both
? 3
$ cd $FIXTURES/cache && cachestat cache max --for index
2> cachestat: --for: 'index': holds no image, but 'application/vnd.oci.image.layer.v1.tar+gzip'
? 3
$ cd $FIXTURES/cache && cachestat cache max --against nothing
2> cachestat: --against: 'nothing': no such file or folder (an image of a daemon or registry is saved to a file first: docker save -o FILE NAME)
? 2
$ cd $FIXTURES/cache && cachestat cache max --base source.tar
2> cachestat: --base: needs --for IMAGE
? 2
$ cachestat cache
2> cachestat: missing operand: cachestat cache [OPTION]... CACHE
? 2
$ mkdir bad; printf '{"layers":[{"blob":"sha256:%064d"}]}' 1 >bad/c; printf '{"config":{"mediaType":"application/vnd.buildkit.cacheconfig.v0","digest":"sha256:%s","size":%d},"layers":[]}' $(sha256sum bad/c | cut -c1-64) $(stat -c %s bad/c) >bad/manifest.json; cachestat cache bad
2> cachestat: 'bad': config of the cache: layer 0 is below itself: its parents loop
? 3
# More than BuildKit imports.
$ mkdir big; (printf '{"layers":[],"records":[]'; head -c 1048576 /dev/zero | tr '\0' ' '; printf '}') >big/c; printf '{"config":{"mediaType":"application/vnd.buildkit.cacheconfig.v0","digest":"sha256:%s","size":%d},"layers":[]}' $(sha256sum big/c | cut -c1-64) $(stat -c %s big/c) >big/manifest.json; cachestat cache big | sed -n 1,2p
> BuildKit will not import this cache: its config has 1,048,602 bytes, and it reads no more than 1,048,576
>
