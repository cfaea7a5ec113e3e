/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which build a build is. Fields are hashed as netstrings ("5:hello,"), so that no text can run
 * into the next field; an unknown field is an empty one. The first field names the form: another
 * list of fields would be another form, never a silent change of all ids.
 */
#include "store/store_impl.h"

#include <inttypes.h>

static void add(struct cs_hasher *h, const char *text)
{
	char head[32];
	size_t len;
	int n;

	if (!text)
		text = "";
	len = strlen(text);
	n = snprintf(head, sizeof(head), "%zu:", len);
	cs_hasher_update(h, head, (size_t)n);
	cs_hasher_update(h, text, len);
	cs_hasher_update(h, ",", 1);
}

static void add_number(struct cs_hasher *h, int64_t v, int64_t none)
{
	char text[32] = "";

	if (v != none)
		snprintf(text, sizeof(text), "%" PRId64, v);
	add(h, text);
}

static void add_facts(struct cs_hasher *h, const struct cs_build *b)
{
	const struct cs_facts *f = &b->facts;

	add(h, f->scope);
	add(h, f->event_raw && *f->event_raw ? f->event_raw : cs_event_name(f->event));
	add(h, f->ref);
	add(h, f->commit);
	add(h, f->run_id);
	add_number(h, f->attempt, -1);
	add(h, f->workflow);
	add(h, f->job);
	add(h, f->target);
	add_number(h, f->started_unix_ns, CS_TIME_NONE);
}

static void add_result(struct cs_hasher *h, const struct cs_build *b)
{
	char text[CS_DIGEST_TEXT];

	if (cs_digest_known(&b->config_digest))
		add(h, cs_digest_format(&b->config_digest, text));
	else
		add(h, cs_digest_format(&b->manifest_digest, text));
	add(h, b->platform);
	if (cs_digest_known(&b->config_digest) || cs_digest_known(&b->manifest_digest))
		return;
	/* A log names no result; two logs with the same facts differ in what they tell. */
	for (size_t i = 0; i < b->n_steps; i++) {
		add(h, b->steps[i].name);
		add_number(h, (int64_t)b->steps[i].state, -1);
		add_number(h, b->steps[i].duration_ns, -1);
	}
}

static void identify(struct cs_hasher *h, const struct cs_build *b, struct cs_digest *ret)
{
	cs_hasher_reset(h);
	if (b->builder_ref && *b->builder_ref) {
		add(h, "cachestat-build-ref-1");
		add(h, b->facts.project);
		add(h, b->builder_ref);
	} else {
		add(h, "cachestat-build-1");
		add(h, b->facts.project);
		add_facts(h, b);
		add_result(h, b);
	}
	cs_hasher_final(h, ret);
}

int cs_build_identify(struct cs_hasher *hasher, const struct cs_build *build, uint8_t ret[8])
{
	struct cs_digest d;

	if (build->id)
		return cs_id_parse(build->id, ret) ? 0 : -CS_USAGE;
	identify(hasher, build, &d);
	memcpy(ret, d.bytes, 8);
	return 0;
}

void cs_build_make_id(const struct cs_build *build, char ret[17])
{
	struct cs_hasher *h CS_AUTO(cs_hasher_free_p) = NULL;
	struct cs_digest d;
	struct cs_err err;

	ret[0] = '\0';
	if (cs_hasher_new(CS_DIGEST_SHA256, &h, &err) < 0)
		return;
	identify(h, build, &d);
	cs_id_format(d.bytes, ret);
}

void cs_id_format(const uint8_t id[8], char ret[17])
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < 8; i++) {
		ret[2 * i] = hex[id[i] >> 4];
		ret[2 * i + 1] = hex[id[i] & 15];
	}
	ret[16] = '\0';
}

bool cs_id_parse(const char *text, uint8_t ret[8])
{
	static const char hex[] = "0123456789abcdef";

	if (!text || strlen(text) != 16 || strspn(text, hex) != 16)
		return false;
	for (size_t i = 0; i < 8; i++)
		ret[i] = (uint8_t)((strchr(hex, text[2 * i]) - hex) << 4 |
				   (strchr(hex, text[2 * i + 1]) - hex));
	return true;
}
