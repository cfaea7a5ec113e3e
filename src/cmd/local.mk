# SPDX-License-Identifier: Apache-2.0
cmd_sources = \
	src/cmd/args.c \
	src/cmd/args.h \
	src/cmd/cmd.h \
	src/cmd/cmd_help.c \
	src/cmd/commands.c \
	src/cmd/commands.h \
	src/cmd/common.c \
	src/cmd/completion.c \
	src/cmd/dispatch.c \
	src/cmd/dispatch.h \
	src/cmd/facts.c \
	src/cmd/filter.c \
	src/cmd/help.c \
	src/cmd/help.h \
	src/cmd/man.c \
	src/cmd/options.c \
	src/cmd/output.c \
	src/cmd/output.h \
	src/cmd/terminal.c \
	src/cmd/terminal.h \
	src/cmd/writer.c \
	src/cmd/writer.h
libcachestat_a_SOURCES += $(cmd_sources)
