/* model_place.h -- where the analyzer's model file is. */
#ifndef ANALYZER_MODEL_PLACE_H
#define ANALYZER_MODEL_PLACE_H

#include "base/arena.h"

/* ANALYZER_MODEL where it is set; else the file beside the program that runs: installed PREFIX/bin/dure has it in
 * PREFIX/share/dure, a checkout's build/dure in etc/model; else etc/model of the working directory. In `mem`. */
const char	*model_place(struct arena *mem);

#endif
