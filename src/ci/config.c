/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys stand in two tables; what is not in them is an error with the nearest name. Every
 * failure is CS_USAGE: the file is a longer command line, not an input that cachestat judges.
 */
#include "ci/config.h"

#include <string.h>

#include "ci/keys.h"
#include "ci/policy.h"
#include "util/text.h"

#define DEFAULT_PATH ".cachestat.yml"

struct key {
	const char *name;
	size_t offset; /* of the const char * in its struct */
};

#define CONFIG(field) offsetof(struct cs_config, field)
#define RULE(field)   offsetof(struct cs_scope_rule, field)

static const struct key config_keys[] = {
	{ "project", CONFIG(project) },
	{ "default_branch", CONFIG(default_branch) },
};

static const struct key rule_keys[] = {
	{ "scope", RULE(scope) },   { "gha_scope", RULE(gha_scope) },
	{ "target", RULE(target) }, { "tag", RULE(tag) },
	{ "job", RULE(job) },	    { "workflow", RULE(workflow) },
	{ "event", RULE(event) },   { "ref", RULE(ref) },
};

/* Their values are read by the commands; only the names are checked here. */
static const char *const check_keys[] = {
	"min_hit_rate",	 "min_time_hit_rate", "min_byte_hit_rate", "max_builds", "no_duplicates",
	"no_unexpected", "min_net_savings",   "max_growth",	   "min_builds",
};

static const char *const claim_keys[] = {
	"builds_per_main_push", "builds_per_main_push_before",	  "fewer_builds",
	"test_hit_rate",	"production_hit_rate_after_test", "faster_rebuilds",
	"no_duplicates",
};

static const char **slot(void *base, const struct key *key)
{
	return (const char **)(void *)((char *)base + key->offset);
}

static const struct key *find_key(const struct key *keys, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	}
	return NULL;
}

/* also: keys that the caller knows beside those of the table. */
static int unknown_key(const struct cs_yaml *doc, const struct cs_yaml_node *key,
		       const struct key *keys, size_t n, const char *const *also, size_t n_also,
		       struct cs_err *err)
{
	const char *names[16];
	size_t n_names = 0;

	for (size_t i = 0; i < n && n_names < CS_N(names); i++)
		names[n_names++] = keys[i].name;
	for (size_t i = 0; i < n_also && n_names < CS_N(names); i++)
		names[n_names++] = also[i];
	return cs_keys_unknown(doc, key, names, n_names, err);
}

static int read_rule(const struct cs_yaml *doc, const struct cs_yaml_node *node,
		     struct cs_arena *arena, struct cs_scope_rule *rule, struct cs_err *err)
{
	const struct cs_yaml_node *scope = cs_yaml_get(node, "scope");

	if (node->kind != CS_YAML_MAPPING)
		return cs_yaml_error(doc, node, err, "a rule must be keys and values");
	for (size_t i = 0; i < node->n; i++) {
		const struct cs_yaml_node *key = node->pairs[i].key;
		const struct key *known = find_key(rule_keys, CS_N(rule_keys), key->text);
		int r;

		if (!known)
			return unknown_key(doc, key, rule_keys, CS_N(rule_keys), NULL, 0, err);
		r = cs_keys_text(doc, known->name, node->pairs[i].value, CS_KEY_PATTERN_MAX, arena,
				 slot(rule, known), err);
		if (r < 0)
			return r;
	}
	if (!scope)
		return cs_yaml_error(doc, node, err, "a rule without 'scope'");
	if (!cs_scope_is_valid(rule->scope))
		return cs_yaml_error(doc, scope, err,
				     "scope '%s' may hold only letters, digits, '.', '_' and '-'",
				     rule->scope);
	return 0;
}

static int read_rules(const struct cs_yaml *doc, const struct cs_yaml_node *node,
		      struct cs_config *config, struct cs_err *err)
{
	if (cs_yaml_is_null(node))
		return 0;
	if (node->kind != CS_YAML_SEQUENCE)
		return cs_yaml_error(doc, node, err, "'scopes' must be a list of rules");
	config->scopes = cs_arena_array(config->arena, node->n, sizeof(*config->scopes));
	if (!config->scopes)
		return cs_err_nomem(err);
	for (size_t i = 0; i < node->n; i++) {
		int r = read_rule(doc, node->items[i], config->arena, &config->scopes[i], err);

		if (r < 0)
			return r;
		config->n_scopes++;
	}
	return 0;
}

/* A key with a mapping below it is a claim of one's own; what the mapping says, compare reads. */
static int read_claims(const struct cs_yaml *doc, const struct cs_yaml_node *node,
		       struct cs_config *config, struct cs_err *err)
{
	size_t n = CS_N(claim_keys), n_own = node->kind == CS_YAML_MAPPING ? node->n : 0;
	const char **names = cs_arena_array(config->arena, n + n_own, sizeof(*names));

	if (!names)
		return cs_err_nomem(err);
	memcpy(names, claim_keys, sizeof(claim_keys));
	for (size_t i = 0; i < n_own; i++) {
		const struct cs_yaml_node *key = node->pairs[i].key, *value = node->pairs[i].value;

		if (value->kind != CS_YAML_MAPPING)
			continue;
		if (!value->n)
			return cs_yaml_error(doc, value, err, "claim '%s' says nothing", key->text);
		if (!cs_scope_is_valid(key->text))
			return cs_yaml_error(doc, key, err,
					     "a claim's name may hold only letters, digits, '.', "
					     "'_' and '-'");
		names[n] = cs_arena_strdup(config->arena, key->text);
		if (!names[n++])
			return cs_err_nomem(err);
	}
	return cs_settings_read(doc, node, names, n, config->arena, &config->claims, err);
}

static int read_root(const struct cs_yaml *doc, struct cs_config *config, struct cs_err *err)
{
	static const char *const sections[] = { "scopes", "roles", "policy", "check", "claims" };
	const struct cs_yaml_node *root = doc->root;

	if (cs_yaml_is_null(root))
		return 0;
	if (root->kind != CS_YAML_MAPPING)
		return cs_yaml_error(doc, root, err, "a configuration must be keys and values");
	for (size_t i = 0; i < root->n; i++) {
		const struct cs_yaml_node *key = root->pairs[i].key, *value = root->pairs[i].value;
		const struct key *known = find_key(config_keys, CS_N(config_keys), key->text);
		int r;

		if (known)
			r = cs_keys_text(doc, known->name, value, CS_KEY_TEXT_MAX, config->arena,
					 slot(config, known), err);
		else if (strcmp(key->text, "scopes") == 0)
			r = read_rules(doc, value, config, err);
		else if (strcmp(key->text, "roles") == 0 || strcmp(key->text, "policy") == 0)
			r = 0; /* below, in an order that the file has no say in */
		else if (strcmp(key->text, "check") == 0)
			r = cs_settings_read(doc, value, check_keys, CS_N(check_keys),
					     config->arena, &config->check, err);
		else if (strcmp(key->text, "claims") == 0)
			r = read_claims(doc, value, config, err);
		else
			r = unknown_key(doc, key, config_keys, CS_N(config_keys), sections,
					CS_N(sections), err);
		if (r < 0)
			return r;
	}
	return cs_policy_read(doc, root, config->arena, &config->policy, err);
}

static int load(const struct cs_ctx *ctx, const char *path, struct cs_config *config,
		struct cs_err *err)
{
	struct cs_yaml *doc CS_AUTO(cs_yaml_free_p) = NULL;
	int r = cs_yaml_load(path ? path : DEFAULT_PATH, &ctx->limits, &doc, err);

	if (r == -CS_NOTFOUND && !path)
		return 0;
	if (r < 0)
		return r;
	config->path = cs_arena_strdup(config->arena, doc->name);
	return config->path ? read_root(doc, config, err) : cs_err_nomem(err);
}

int cs_config_load(const struct cs_ctx *ctx, const char *path, struct cs_config **ret,
		   struct cs_err *err)
{
	struct cs_config *config CS_AUTO(cs_config_free_p) = calloc(1, sizeof(*config));
	int r;

	if (!config)
		return cs_err_nomem(err);
	config->arena = cs_arena_new();
	if (!config->arena)
		return cs_err_nomem(err);
	r = cs_policy_load_default(config->arena, &config->policy, err);
	if (r < 0)
		return r;
	r = load(ctx, path, config, err);
	if (r == -CS_FORMAT || r == -CS_LIMIT || r == -CS_UNSUPPORTED) {
		err->code = CS_USAGE;
		r = -CS_USAGE;
	}
	if (r < 0)
		return r;
	*ret = cs_steal(config);
	return 0;
}

void cs_config_free(struct cs_config *config)
{
	if (!config)
		return;
	cs_arena_free(config->arena);
	free(config);
}

bool cs_scope_is_valid(const char *scope)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789._-";
	size_t n = strspn(scope, good);

	return n > 0 && n <= CS_SCOPE_MAX && !scope[n];
}

/* A condition on what is not known does not hold. */
static bool holds(const char *pattern, const char *value)
{
	return !pattern || (value && *value && cs_text_glob(pattern, value));
}

static bool rule_matches(const struct cs_scope_rule *rule, const struct cs_facts *facts,
			 const char *gha_scope, const char *image_ref)
{
	if (!holds(rule->event, cs_event_name(facts->event)) &&
	    !holds(rule->event, facts->event_raw))
		return false;
	return holds(rule->gha_scope, gha_scope) && holds(rule->target, facts->target) &&
	       holds(rule->tag, image_ref) && holds(rule->job, facts->job) &&
	       holds(rule->workflow, facts->workflow) && holds(rule->ref, facts->ref);
}

const char *cs_config_scope(const struct cs_config *config, const struct cs_facts *facts,
			    const char *gha_scope, const char *image_ref)
{
	for (size_t i = 0; i < config->n_scopes; i++) {
		if (rule_matches(&config->scopes[i], facts, gha_scope, image_ref))
			return config->scopes[i].scope;
	}
	return NULL;
}
