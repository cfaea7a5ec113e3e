# Why steps missed: files are read, not recorded, and judged by what is recorded.

$ cachestat why $FIXTURES/build/import-missing.dockerbuild; ls "$HOME"
$ cachestat why $FIXTURES/build/pulled.dockerbuild 'COPY f.txt' --format csv
$ cachestat why $FIXTURES/build/pulled.dockerbuild 6
$ cachestat why $FIXTURES/build/pulled.dockerbuild 'COPY nothing'
$ cachestat why $FIXTURES/build/github.plain --scope test
$ cachestat why ^0
$ cachestat why $FIXTURES/build/pulled.dockerbuild --repo /nonexistent
$ cachestat why
