/* model_place.h -- finds the analyzer's model file. */
#ifndef ANALYZER_MODEL_PLACE_H
#define ANALYZER_MODEL_PLACE_H

#include "base/arena.h"

/* ANALYZER_MODEL where it is set; else the file that belongs to the running program: PREFIX/share/dure for an
 * installed PREFIX/bin/dure, etc/model for a checkout's build/dure; else etc/model in the working directory. In `mem`.
 */
const char	*model_place(struct arena *mem);

#endif
