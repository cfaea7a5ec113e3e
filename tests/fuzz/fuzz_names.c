/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that name things, one a line: places, images, packages, URLs, digests, platforms. */
#include "fuzz/fuzz.h"
#include "image/members.h"
#include "image/reference.h"
#include "model/image.h"
#include "util/base64.h"
#include "util/secret.h"
#include "util/text.h"

static void check_digest(const char *text)
{
	struct cs_err err = CS_ERR_INIT;
	char back[CS_DIGEST_TEXT];
	struct cs_digest d, e;
	int r = cs_digest_parse(text, &d, &err);

	fuzz_result(r, &err);
	if (r == 0) {
		must(strcmp(cs_digest_format(&d, back), text) == 0);
		must(cs_digest_from_hex(d.algo, strchr(text, ':') + 1, &e));
		must(cs_digest_equal(&d, &e) && cs_digest_compare(&d, &e) == 0);
	}
}

static void check_platform(const char *text)
{
	char once[CS_PLATFORM_TEXT], twice[CS_PLATFORM_TEXT];
	struct cs_err err = CS_ERR_INIT;
	struct cs_platform p, q;
	int r = cs_platform_parse(text, &p, &err);

	fuzz_result(r, &err);
	if (r == 0) {
		must(cs_platform_parse(cs_platform_format(&p, once), &q, &err) == 0);
		must(cs_platform_equal(&p, &q));
		must(strcmp(cs_platform_format(&q, twice), once) == 0);
	}
}

static void check_place(const char *text, struct cs_arena *arena)
{
	struct cs_err err = CS_ERR_INIT;
	struct cs_place place;
	int r = cs_place_parse(text, arena, &place, &err);

	fuzz_result(r, &err);
	if (r == 0)
		must(place.path && *place.path && place.index >= -1 && strstr(text, place.path));
}

/* Nobody's password is left in any form of the text. */
static void check_secrets(const char *text, struct cs_arena *arena)
{
	const char *clean = cs_secret_clean(arena, text), *url = cs_url_public(arena, text);
	const char *p;

	must(clean && url && strlen(clean) <= strlen(text) && strlen(url) <= strlen(text));
	must(strcmp(cs_secret_clean(arena, clean), clean) == 0);
	for (p = strstr(clean, "://"); p; p = strstr(p + 3, "://")) {
		if (p > clean && ((p[-1] | 32) >= 'a' && (p[-1] | 32) <= 'z'))
			must(!memchr(p + 3, '@', strcspn(p + 3, "/ \t\r\n\"'<>")));
	}
	(void)cs_secret_name(text);
	must(strcmp(cs_url_public(arena, url), url) == 0 || !strstr(url, "://"));
}

static void check_path(const char *text)
{
	char clean[256], again[256];

	if (!cs_path_clean("", text, clean, sizeof(clean)))
		return;
	must(clean[0] && clean[0] != '/' && !strstr(clean, "//"));
	must(strcmp(clean, ".") != 0 && strcmp(clean, "..") != 0 && strncmp(clean, "../", 3) != 0);
	must(!strstr(clean, "/../") && !strstr(clean, "/./"));
	must(cs_path_clean("", clean, again, sizeof(again)) && strcmp(clean, again) == 0);
}

static void check_name(const char *text, const char *before, struct cs_arena *arena)
{
	struct cs_buf bytes CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const char *name = cs_purl_image_name(arena, text);
	struct cs_closest closest;
	int r;

	must(!name || *name);
	must(cs_image_name_equal(text, text));
	must(cs_image_name_equal(text, before) == cs_image_name_equal(before, text));
	r = cs_base64_decode(&bytes, text);
	must((r == 0 && bytes.len <= strlen(text) / 4 * 3 + 3) || r == 1);
	cs_closest_init(&closest, text);
	cs_closest_try(&closest, before);
	must(!closest.best || closest.best == before);
	if (cs_text_is_clean(text))
		must(!strpbrk(text, "\x01\t\r\x1b\x7f"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	char *text = fuzz_text(data, len < 4096 ? len : 4096), *rest = text, *line;
	const char *before = "alpine";

	must(arena);
	while ((line = fuzz_line(&rest))) {
		check_digest(line);
		check_platform(line);
		check_place(line, arena);
		check_secrets(line, arena);
		check_path(line);
		check_name(line, before, arena);
		before = line;
	}
	free(text);
	return 0;
}
