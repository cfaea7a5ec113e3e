/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skopeo cuts a place at its first colon, so that a path with a colon cannot be named at all. Here
 * the longest part that exists wins, and only where none does the first colon decides.
 */
#include "image/reference.h"

#include <stdio.h>
#include <sys/stat.h>

static const struct {
	const char *prefix;
	enum cs_transport transport;
	const char *refused; /* why, and what to do */
} transports[] = {
	{ "oci-archive:", CS_TRANSPORT_OCI, NULL },
	{ "oci:", CS_TRANSPORT_OCI, NULL },
	{ "docker-archive:", CS_TRANSPORT_DOCKER_ARCHIVE, NULL },
	{ "dir:", CS_TRANSPORT_DIR, NULL },
	{ "docker://", CS_TRANSPORT_NONE,
	  "reading registries is not supported in this version; copy the image to a file first "
	  "(skopeo copy docker://NAME oci-archive:FILE) and name that" },
	{ "docker-daemon:", CS_TRANSPORT_NONE,
	  "asking a daemon is not supported in this version; save the image first (docker save -o "
	  "FILE NAME) "
	  "and name that file, or pipe it in and name '-'" },
	{ "containers-storage:", CS_TRANSPORT_NONE,
	  "reading the storage of podman and buildah is not supported; save the image first "
	  "(podman save --format oci-archive -o FILE NAME) and name that file" },
};

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* Cuts "@ALGO:HEX" off the end of text where there is one. */
static void cut_digest(char *text, struct cs_digest *ret)
{
	char *at = strrchr(text, '@');
	struct cs_err ignored;

	if (at && at != text && cs_digest_parse(at + 1, ret, &ignored) == 0)
		*at = '\0';
}

/* The colon between path and selection: the last before which something exists, else the first. */
static char *find_colon(char *text)
{
	char *best = NULL;

	for (char *p = strchr(text, ':'); p; p = strchr(p + 1, ':')) {
		bool there;

		*p = '\0';
		there = exists(text);
		*p = ':';
		if (!best || there)
			best = p;
	}
	return best;
}

static int read_select(const char *text, struct cs_place *place, struct cs_err *err)
{
	int64_t n = 0;

	if (!text[0])
		return cs_err_set(err, CS_USAGE, "nothing stands behind the last colon of '%.200s'",
				  place->path);
	if (text[0] != '@' || place->transport != CS_TRANSPORT_DOCKER_ARCHIVE) {
		place->select = text;
		return 0;
	}
	for (const char *p = text + 1; *p; p++) {
		if (*p < '0' || *p > '9' || n > 1000000)
			n = -1;
		if (n < 0)
			break;
		n = n * 10 + (*p - '0');
	}
	if (n < 0 || !text[1])
		return cs_err_set(err, CS_USAGE, "'%.80s' is no place in an archive (@0, @1 …)",
				  text);
	place->index = n;
	return 0;
}

int cs_place_parse(const char *where, struct cs_arena *arena, struct cs_place *ret,
		   struct cs_err *err)
{
	struct cs_place place = { .index = -1 };
	const char *rest = where;
	char *path, *colon;
	int r = 0;

	for (size_t i = 0; i < CS_N(transports); i++) {
		if (!cs_starts_with(where, transports[i].prefix))
			continue;
		if (transports[i].refused)
			return cs_err_set(err, CS_UNSUPPORTED, "'%.200s': %s", where,
					  transports[i].refused);
		place.transport = transports[i].transport;
		rest = where + strlen(transports[i].prefix);
		break;
	}
	if (!rest[0])
		return cs_err_set(err, CS_USAGE, "'%.200s' names no file", where);
	path = cs_arena_strdup(arena, rest);
	if (!path)
		return cs_err_nomem(err);
	place.path = path;
	if (place.transport != CS_TRANSPORT_NONE && !exists(path)) {
		cut_digest(path, &place.digest);
		colon = exists(path) ? NULL : find_colon(path);
		if (colon && colon != path && place.transport != CS_TRANSPORT_DIR) {
			*colon = '\0';
			r = read_select(colon + 1, &place, err);
		}
	}
	if (r == 0)
		*ret = place;
	return r;
}

/* --- names of images --- */

#define NAME_MAX_BYTES 1024

/* Writes DOMAIN/PATH[:TAG][@DIGEST] in full; false if it is too long. */
static bool normalize(const char *name, char buf[NAME_MAX_BYTES])
{
	static const char docker_io[] = "docker.io";
	size_t first = strcspn(name, "/");
	const char *domain = docker_io, *dir = "", *tail, *at, *tag = "";
	size_t domain_len = strlen(docker_io);
	int n;

	if (name[first] == '/' && (memchr(name, '.', first) || memchr(name, ':', first) ||
				   (first == 9 && memcmp(name, "localhost", 9) == 0))) {
		domain = name;
		domain_len = first;
		name += first + 1;
		if (domain_len == 15 && memcmp(domain, "index.docker.io", 15) == 0) {
			domain = docker_io;
			domain_len = strlen(docker_io);
		}
	}
	if (domain == docker_io && !strchr(name, '/'))
		dir = "library/";
	tail = strrchr(name, '/');
	at = strchr(name, '@');
	if (!at && !strchr(tail ? tail : name, ':'))
		tag = ":latest";
	n = snprintf(buf, NAME_MAX_BYTES, "%.*s/%s%s%s", (int)domain_len, domain, dir, name, tag);
	return n > 0 && n < NAME_MAX_BYTES;
}

bool cs_image_name_equal(const char *a, const char *b)
{
	char x[NAME_MAX_BYTES], y[NAME_MAX_BYTES];

	if (strcmp(a, b) == 0)
		return true;
	return normalize(a, x) && normalize(b, y) && strcmp(x, y) == 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

const char *cs_purl_image_name(struct cs_arena *arena, const char *purl)
{
	static const char prefix[] = "pkg:docker/";
	size_t n = 0, len;
	char *name;

	if (!cs_starts_with(purl, prefix))
		return NULL;
	purl += strlen(prefix);
	len = strcspn(purl, "?#");
	name = cs_arena_alloc(arena, len + 1);
	for (size_t i = 0; name && i < len; i++) {
		int hi = purl[i] == '%' && i + 2 < len ? hex(purl[i + 1]) : -1;
		int lo = hi >= 0 ? hex(purl[i + 2]) : -1;

		if (lo >= 0 && (hi || lo)) {
			name[n++] = (char)(hi << 4 | lo);
			i += 2;
		} else {
			/* the version stands behind '@'; one inside a name is written %40 */
			name[n++] = purl[i] == '@' ? ':' : purl[i];
		}
	}
	return n ? name : NULL;
}

const char *cs_url_public(struct cs_arena *arena, const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *host = scheme ? scheme + 3 : url;
	size_t len = strcspn(host, "/?#");
	const char *at = NULL, *colon = NULL;

	for (size_t i = 0; i < len; i++) {
		if (host[i] == '@')
			at = host + i;
		else if (host[i] == ':' && !at && !colon)
			colon = host + i;
	}
	/* "git@host:path" holds no secret: the user is part of the address. */
	if (!at || (!scheme && (!colon || colon > at)))
		return cs_arena_strdup(arena, url);
	return cs_arena_printf(arena, "%.*s%s", (int)(host - url), url, at + 1);
}
