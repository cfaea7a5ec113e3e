/* SPDX-License-Identifier: Apache-2.0 */
#include "model/image.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define NAME(table, value) ((size_t)(value) < CS_N(table) ? (table)[value] : "unknown")

const char *cs_evidence_name(enum cs_evidence e)
{
	static const char *const names[] = { "none", "seen", "dated", "observed" };

	return NAME(names, e);
}

const char *cs_layer_state_name(enum cs_layer_state s)
{
	static const char *const names[] = { "unknown", "hit", "run", "base" };

	return NAME(names, s);
}

const char *cs_base_evidence_name(enum cs_base_evidence e)
{
	static const char *const names[] = { "unknown", "provenance", "option",
					     "store",	"history",    "scratch" };

	return NAME(names, e);
}

void cs_platform_normalize(struct cs_platform *p)
{
	static const struct {
		const char *from, *to;
	} alias[] = {
		{ "x86_64", "amd64" }, { "x86-64", "amd64" }, { "aarch64", "arm64" },
		{ "i386", "386" },     { "i686", "386" },     { "armhf", "arm" },
		{ "armv7l", "arm" },
	};

	if (strcmp(p->arch, "armhf") == 0 || strcmp(p->arch, "armv7l") == 0)
		snprintf(p->variant, sizeof(p->variant), "v7");
	for (size_t i = 0; i < CS_N(alias); i++) {
		if (strcmp(p->arch, alias[i].from) == 0) {
			snprintf(p->arch, sizeof(p->arch), "%s", alias[i].to);
			break;
		}
	}
	if (strcmp(p->arch, "arm64") == 0 &&
	    (strcmp(p->variant, "v8") == 0 || strcmp(p->variant, "8") == 0))
		p->variant[0] = '\0';
	if (strcmp(p->arch, "amd64") == 0 && strcmp(p->variant, "v1") == 0)
		p->variant[0] = '\0';
	if (strcmp(p->arch, "arm") == 0 && !p->variant[0])
		snprintf(p->variant, sizeof(p->variant), "v7");
	if (p->variant[0] >= '0' && p->variant[0] <= '9' && !p->variant[1]) {
		p->variant[1] = p->variant[0];
		p->variant[0] = 'v';
		p->variant[2] = '\0';
	}
}

/* Copies one part up to '/' or the end; false if it is empty, too long or not [a-z0-9_.-]. */
static bool part(const char **p, char *dst, size_t cap)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t n = strcspn(*p, "/");

	if (n == 0 || n >= cap || strspn(*p, allowed) < n)
		return false;
	memcpy(dst, *p, n);
	dst[n] = '\0';
	*p += n;
	return true;
}

int cs_platform_parse(const char *text, struct cs_platform *ret, struct cs_err *err)
{
	struct cs_platform p = { "", "", "" };
	const char *s = text;
	bool ok = part(&s, p.os, sizeof(p.os)) && *s++ == '/' && part(&s, p.arch, sizeof(p.arch));

	if (ok && *s == '/') {
		s++;
		ok = part(&s, p.variant, sizeof(p.variant));
	}
	if (!ok || *s)
		return cs_err_set(err, CS_USAGE, "'%.80s' is no platform (os/arch[/variant])",
				  text);
	cs_platform_normalize(&p);
	*ret = p;
	return 0;
}

char *cs_platform_format(const struct cs_platform *p, char buf[CS_PLATFORM_TEXT])
{
	buf[0] = '\0';
	if (p->os[0] || p->arch[0])
		snprintf(buf, CS_PLATFORM_TEXT, "%s/%s%s%s", p->os, p->arch,
			 p->variant[0] ? "/" : "", p->variant);
	return buf;
}

bool cs_platform_equal(const struct cs_platform *a, const struct cs_platform *b)
{
	return strcmp(a->os, b->os) == 0 && strcmp(a->arch, b->arch) == 0 &&
	       strcmp(a->variant, b->variant) == 0;
}

void cs_platform_host(struct cs_platform *ret)
{
	struct utsname u;

	memset(ret, 0, sizeof(*ret));
	snprintf(ret->os, sizeof(ret->os), "linux");
	/* Images are for Linux machines; a Mac's daemon runs them in one of its own processor. */
	if (uname(&u) == 0)
		snprintf(ret->arch, sizeof(ret->arch), "%.31s", u.machine);
	cs_platform_normalize(ret);
}

struct cs_image *cs_image_new(void)
{
	struct cs_arena *arena = cs_arena_new();
	struct cs_image *image = arena ? cs_arena_alloc(arena, sizeof(*image)) : NULL;

	if (!image) {
		cs_arena_free(arena);
		return NULL;
	}
	image->arena = arena;
	image->created_unix_ns = CS_TIME_NONE;
	image->exported_unix_ns = CS_TIME_NONE;
	image->build_started_unix_ns = CS_TIME_NONE;
	image->build_finished_unix_ns = CS_TIME_NONE;
	image->base_layers = -1;
	image->blob_bytes = -1;
	image->tar_bytes = -1;
	image->files = -1;
	return image;
}

void cs_image_free(struct cs_image *image)
{
	if (!image)
		return;
	/* Entry lists come from the scan's own allocations. */
	for (size_t i = 0; i < image->n_layers; i++)
		free((void *)(uintptr_t)image->layers[i].manifest);
	cs_arena_free(image->arena);
}
