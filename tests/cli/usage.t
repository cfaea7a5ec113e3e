# What every command line has in common. The commands themselves have files of their own.

# nothing asked: help, but on stderr and as a failure
$ cachestat 2>/dev/null
? 2
$ cachestat 2>&1 >/dev/null | sed -n '1s/ .*//p;$p'
> Usage:
> 'cachestat --help' tells more.

# asked for: on stdout
$ cachestat --help 2>&1 >/dev/null
$ cachestat -h | sed -n '/^Exit/,$p'
> Exit status:
>   0  done
>   1  a negative result: a gate failed, images differ, the store is damaged
>   2  usage, or trouble at run time
>   3  input is corrupt or of a kind that is not read
>   4  not enough data to judge
>
> 'cachestat COMMAND --help' tells more of a command.
$ cachestat --help >a; cachestat help >b; cmp a b
$ cachestat completion -h | sed -n 1p
> Usage: cachestat completion [OPTION]... SHELL
$ cachestat -h completion | sed -n 1p
> Usage: cachestat completion [OPTION]... SHELL
$ cachestat help completion | sed -n 1p
> Usage: cachestat completion [OPTION]... SHELL

# the help of every command, not a column past 80
$ for c in $(cachestat --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]\+\).*/\1/p' | uniq); do cachestat $c --help; done >all; sed -n '/^Usage/s/ [a-z].*//p' all | uniq; awk 'length > 80' all
> Usage:
$ cachestat --help | awk 'length > 80'

$ cachestat --version | sed 's/ [0-9].*//'
> cachestat
$ cachestat --version -v | sed 's/ .*//' | sed 2q
> cachestat
> libraries:
$ cachestat -v --version | wc -l | sed 's/[2-9]/more/'
> more
$ cachestat --limits | sed -n '1p;/max-layer-bytes/p'
> OPTION               DEFAULT  UNIT   BOUNDS
> --max-layer-bytes    8Gi      bytes  a layer after decompression

# slips
$ cachestat hlep
2> cachestat: 'hlep' is neither a command nor a file (did you mean 'help'?)
? 2
$ cachestat help hlep
2> cachestat: no command 'hlep' (did you mean 'help'?)
? 2
$ cachestat help help help help
2> cachestat: unexpected operand 'help' (see 'cachestat help --help')
? 2
$ cachestat help help help
2> cachestat: help has no commands of its own
? 2
$ cachestat completion --shel
2> cachestat: unknown option '--shel' (see 'cachestat completion --help')
? 2
$ cachestat completion ksh
2> cachestat: no completion for 'ksh': bash, zsh, fish
? 2
$ cachestat completion
2> cachestat: missing operand: cachestat completion [OPTION]... SHELL
? 2
$ cachestat --zzz completion bash
2> cachestat: unknown option '--zzz' (see 'cachestat completion --help')
? 2

# text from argv is data, in messages too; no line begins with ::
$ cachestat completion "$(printf 'a\n::error::b\033[31m\342\200\256')"
2> cachestat: no completion for 'a\x0a::error::b\x1b[31m\u{202e}': bash, zsh, fish
? 2
$ cachestat completion 'https://user:hunter2@host/x'
2> cachestat: no completion for 'https://host/x': bash, zsh, fish
? 2

# output that cannot be written is a failure, a reader that left a quiet one
$ cachestat --help >/dev/full
2> cachestat: cannot write to standard output: No space left on device
? 2
$ cachestat --help >&-
2> cachestat: cannot write to standard output: Bad file descriptor
? 2
$ { sleep 1; cachestat --help; echo $? >status; } | :; cat status
> 2
$ cachestat --version 2>&- <&- | sed 's/ [0-9].*//'
> cachestat

$ CACHESTAT_NOW=yesterday cachestat --version
2> cachestat: CACHESTAT_NOW: 'yesterday' is no RFC 3339 time
? 2
