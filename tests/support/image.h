/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images made in memory, so that anything about them can be wrong: a layout is a list of members
 * that a test changes at will and then writes as an archive, plain or compressed, or as a folder.
 * All end the test on failures of their own.
 */
#ifndef CS_TESTS_SUPPORT_IMAGE_H
#define CS_TESTS_SUPPORT_IMAGE_H

#include "image/load.h"
#include "support/tar.h"

/* --- layouts --- */

struct test_member {
	char *name, *link;
	char type; /* of the tar entry: '0' file, '1' hard, '2' symbolic link, '6' FIFO */
	struct cs_buf data;
};

struct test_layout {
	struct test_member *v;
	size_t n;
};

void test_layout_release(struct test_layout *l);
/* Borrowed until the next put or drop. put replaces. */
struct test_member *test_put(struct test_layout *l, const char *name, const void *data, size_t len);
struct test_member *test_put_text(struct test_layout *l, const char *name, const char *text);
void test_put_link(struct test_layout *l, const char *name, char type, const char *target);
/* The same without replacing: a second member of that name. */
struct test_member *test_append(struct test_layout *l, const char *name, const void *data,
				size_t len);
struct test_member *test_get(struct test_layout *l, const char *name);
void test_drop(struct test_layout *l, const char *name);

/* The members of a tar, to change them or to write them as a folder. */
void test_layout_from_tar(struct test_layout *l, const void *tar, size_t len);

struct test_desc {
	char digest[CS_DIGEST_TEXT];
	char member[160]; /* blobs/ALGO/HEX */
	size_t size;
	char json[1024];
};

/* Adds a blob and describes it; extra is more JSON of the descriptor (",\"platform\":…") or "". */
void test_blob(struct test_layout *l, enum cs_digest_algo algo, const char *media_type,
	       const void *data, size_t len, const char *extra, struct test_desc *ret);

/* --- images --- */

#define TEST_LAYERS	   6
#define TEST_LAYER_TYPE	   "application/vnd.oci.image.layer.v1.tar+gzip"
#define TEST_CONFIG_TYPE   "application/vnd.oci.image.config.v1+json"
#define TEST_MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define TEST_INDEX_TYPE	   "application/vnd.oci.image.index.v1+json"

/* Zeros: linux/amd64, sha256, gzip layers, BuildKit's history. */
struct test_image {
	const char *layers[TEST_LAYERS]; /* text of the one file in each, NULL ends */
	const char *arch, *variant;
	enum cs_coding coding; /* NONE: gzip, as layers mostly are */
	bool plain;	       /* layers not compressed */
	enum cs_digest_algo algo;
	const char *config_extra;   /* more JSON of the config */
	const char *history;	    /* the JSON list; "" for none at all */
	const char *manifest_extra; /* more JSON of the manifest */
	const char *extra;	    /* more JSON of the manifest's descriptor */
	const char *layer_type, *config_type;
};

struct test_made {
	struct test_desc manifest, config, layers[TEST_LAYERS];
	char diff_ids[TEST_LAYERS][CS_DIGEST_TEXT];
	size_t n_layers;
};

/* A tar of one file "f" with that text. */
void test_layer_tar(struct cs_buf *tar, const char *text);
/* Adds layers, config and manifest. */
void test_image(struct test_layout *l, const struct test_image *spec, struct test_made *ret);
/* index.json of these descriptors (JSON), and oci-layout. */
void test_index(struct test_layout *l, const char *const *descs, size_t n);
/* All of it: an OCI layout of one image. */
void test_oci(struct test_layout *l, const struct test_image *spec, struct test_made *ret);
/* The same image as docker save wrote it before 25: N/layer.tar, HEX.json, manifest.json. */
void test_docker(struct test_layout *l, const struct test_image *spec, const char *tag,
		 struct test_made *ret);

/* --- writing and loading --- */

enum test_form { TEST_TAR, TEST_GZIP, TEST_ZSTD, TEST_XZ, TEST_PIPE, TEST_FOLDER, TEST_N_FORMS };
const char *test_form_name(enum test_form form);

void test_layout_tar(const struct test_layout *l, struct cs_buf *ret);
/* A new path in the test's own folder, which test_folder_remove() removes. */
const char *test_path(void);
void test_folder_remove(void);
/* Writes the layout, or a tar that is there already; the path, "-" for TEST_PIPE. */
const char *test_write(const struct test_layout *l, enum test_form form);
const char *test_write_tar(const void *tar, size_t len, enum test_form form);
void test_write_file(const char *path, const void *data, size_t len);

/* Loads what test_write() wrote (and, for a pipe, is writing). */
int test_load(const struct cs_ctx *ctx, const char *where, const struct cs_load_options *options,
	      struct cs_image_list *ret, struct cs_err *err);
/* Every fact of the images as text, without the source. */
void test_dump(const struct cs_image_list *list, struct cs_buf *ret);

#endif
