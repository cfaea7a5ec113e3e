/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of the listed images are meant. A platform is asked for only where there is a choice: of
 * one name's images, those whose bytes are there. What is not chosen may be damaged or missing.
 */
#ifndef CS_IMAGE_SELECT_H
#define CS_IMAGE_SELECT_H

#include "image/layout.h"

/* Reads the manifest of an image into image->manifest, once: 0, 1 if it is not there. */
int cs_listed_parse(struct cs_layout *layout, struct cs_listed *image, struct cs_err *err);

/*
 * Gives the chosen images in listed order (the array is the arena's). CS_NOTFOUND names the
 * platforms there are and the option; CS_UNSUPPORTED where the input holds something else.
 */
int cs_images_select(struct cs_layout *layout, const struct cs_load_options *options,
		     struct cs_listed ***ret, size_t *ret_n, struct cs_err *err);

#endif
