/* cmd_analyzer.c -- `dure analyzer train|eval|bench`: the offline commands of the analyzer. */
#include <string.h>

#include "cmd.h"
#include "worker/analyzer/commands.h"

int
cmd_analyzer(int argc, char **argv)
{
	if (strcmp(argv[0], "analyzer train") == 0)
		return analyzer_train_main(argc, argv);
	if (strcmp(argv[0], "analyzer eval") == 0)
		return analyzer_eval_main(argc, argv);
	return analyzer_bench_main(argc, argv);
}
