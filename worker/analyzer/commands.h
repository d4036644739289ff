/* commands.h -- the analyzer's offline commands; they get the words after their name on the command line.
 *
 * They print to standard output, report errors on standard error and return an exit status (0, 1 failed, 2 usage).
 */
#ifndef ANALYZER_COMMANDS_H
#define ANALYZER_COMMANDS_H

/* train FILE [-o MODEL] [-e TESTFILE]: trains on labelled reviews; with -e also compares float and byte weights on
 * TESTFILE. */
int	 analyzer_train_main(int argc, char **argv);
/* eval FILE [-m MODEL]: accuracy and confusion matrix on labelled reviews, and the effect of the neutral band. */
int	 analyzer_eval_main(int argc, char **argv);
/* bench FILE [-m MODEL]: reviews per second of the classifier alone, on one core, from memory. */
int	 analyzer_bench_main(int argc, char **argv);

#endif
