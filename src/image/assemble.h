/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the documents of a chosen image to struct cs_image: all facts that need no layer's bytes.
 * Layers carry what the documents promise of them: blob digest and size where a descriptor or a
 * name says them, diff-id, the member's name, the entry of the history.
 */
#ifndef CS_IMAGE_ASSEMBLE_H
#define CS_IMAGE_ASSEMBLE_H

#include "image/select.h"

/*
 * 0; 1 if an image of this config is among the n already made (the same image under another tag);
 * negative. source: as the user wrote it.
 */
int cs_image_assemble(struct cs_layout *layout, struct cs_listed *listed, const char *source,
		      struct cs_image *const *made, size_t n, struct cs_image **ret,
		      struct cs_err *err);

#endif
