/* commands.h -- the analyzer's offline commands, called by the command line with the words after their name.
 *
 * They print to standard output, complain on standard error and return an exit status (0, 1 failed, 2 wrong usage).
 */
#ifndef ANALYZER_COMMANDS_H
#define ANALYZER_COMMANDS_H

/* train FILE [-o MODEL] [-e TESTFILE]: learn from labelled reviews; with -e also compare float and byte weights there.
 */
int	 analyzer_train_main(int argc, char **argv);
/* eval FILE [-m MODEL]: accuracy and confusion on labelled reviews, and what the neutral band does. */
int	 analyzer_eval_main(int argc, char **argv);
/* bench FILE [-m MODEL]: reviews a second of the classifier alone, on one core, from memory. */
int	 analyzer_bench_main(int argc, char **argv);

#endif
