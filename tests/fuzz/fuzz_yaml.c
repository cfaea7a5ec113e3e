/* SPDX-License-Identifier: Apache-2.0 */
/* YAML, and the same bytes as a .cachestat.yml with its policy. */
#include "ci/config.h"
#include "ci/yaml.h"
#include "cmd/args.h"
#include "cmd/claims.h"
#include "cmd/commands.h"
#include "fuzz/fuzz.h"

/* As many nodes as a walk sees. */
static size_t walk(const struct cs_yaml *doc, const struct cs_yaml_node *node, int depth)
{
	size_t n = 1;

	must(node->line > 0 && node->column > 0 && depth <= 65);
	if (node->kind == CS_YAML_SCALAR) {
		must(node->text && fuzz_is_text(node->text));
		return 1;
	}
	for (size_t i = 0; i < node->n; i++) {
		if (node->kind == CS_YAML_SEQUENCE) {
			n += walk(doc, node->items[i], depth + 1);
			continue;
		}
		must(node->pairs[i].key->kind == CS_YAML_SCALAR);
		must(cs_yaml_get(node, node->pairs[i].key->text) == node->pairs[i].value);
		n += walk(doc, node->pairs[i].value, depth + 1);
	}
	return n;
}

static void check_tree(const uint8_t *data, size_t len, const struct cs_limits *limits)
{
	struct cs_yaml *doc CS_AUTO(cs_yaml_free_p) = NULL;
	struct cs_err err = CS_ERR_INIT;
	int r = cs_yaml_parse("fuzz", data, len, limits, &doc, &err);

	fuzz_result(r, &err);
	if (r == 0 && doc->root)
		must(walk(doc, doc->root, 1) <= len + 1 + (size_t)limits->alias_nodes);
}

static void check_policy(const struct cs_policy *p)
{
	must(p->n_roles >= 1 && p->n_roles <= CS_POLICY_ROLES);
	must(p->test < p->n_roles && p->production < p->n_roles);
	for (size_t i = 1; i < p->n_roles; i++)
		must(p->roles[i].name && p->roles[i].n <= CS_POLICY_PATTERNS);
	for (size_t e = 0; e < CS_N(p->rules); e++) {
		for (size_t i = 0; i < p->rules[e].n_order; i++)
			must(p->rules[e].order[i] <= CS_POLICY_TESTS);
		for (size_t i = 0; i < p->n_roles; i++)
			must(p->rules[e].roles[i].max >= -1 && p->rules[e].roles[i].min >= 0);
	}
	(void)cs_policy_role(p, "unit-tests", "production");
	(void)cs_policy_prebuilt(p, "molecule");
}

static const char *no_env(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

/* What 'compare' makes of the key "claims". */
static void check_claims(const struct cs_config *config)
{
	struct cs_args *args CS_AUTO(cs_args_free_p) = NULL;
	struct cs_app app = { .config = config };
	struct cs_err err = CS_ERR_INIT;
	struct cs_claim_list claims;
	size_t i = 0;
	int r;

	while (strcmp(cs_commands[i]->name, "compare") != 0)
		i++;
	must(cs_args_parse(cs_commands[i], "compare", 0, NULL, no_env, NULL, &args, &err) == 0);
	r = cs_cmd_claims(&app, args, &claims, &err);
	fuzz_result(r, &err);
	must(r < 0 || (claims.n >= CS_N_CLAIMS && claims.n <= CS_CLAIMS_MAX));
}

static void check_config(const struct cs_ctx *ctx, const uint8_t *data, size_t len)
{
	struct cs_config *config CS_AUTO(cs_config_free_p) = NULL;
	int fd = fuzz_file(data, len);
	struct cs_err err = CS_ERR_INIT;
	struct cs_facts facts;
	const char *scope;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = cs_config_load(ctx, path, &config, &err);
	close(fd);
	fuzz_result(r, &err);
	if (r < 0)
		return;
	check_policy(&config->policy);
	check_claims(config);
	cs_facts_init(&facts);
	facts.target = "test";
	facts.event = CS_EVENT_PUSH;
	scope = cs_config_scope(config, &facts, "main", "acme/app:v1");
	must(!scope || cs_scope_is_valid(scope));
	for (size_t i = 0; i < config->check.n; i++)
		must(config->check.v[i].name && config->check.v[i].text &&
		     config->check.v[i].place);
	for (size_t i = 0; i < config->claims.n; i++)
		must(config->claims.v[i].name && config->claims.v[i].text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cs_ctx ctx;

	fuzz_ctx_init(&ctx);
	ctx.limits.alias_nodes = 1000;
	check_tree(data, len, &ctx.limits);
	check_config(&ctx, data, len);
	return 0;
}
