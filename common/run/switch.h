/* switch.h -- change from one stack to another: the only machine-dependent code of Dure.
 *
 * x86-64 (System V) and AArch64 in assembly: no system call, no signal mask; ucontext elsewhere.
 */
#ifndef RUN_SWITCH_H
#define RUN_SWITCH_H

#include <stddef.h>

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <ucontext.h>
struct stack_context { ucontext_t uc; };
#else
struct stack_context { void *sp; };
#endif

/* Prepare `to` so that the first switch to it calls entry() on the given stack. entry never returns. */
void	 stack_prepare(struct stack_context *to, void *stack, size_t bytes, void (*entry)(void));
/* Save the running context in `from` and go on in `to`. */
void	 stack_switch(struct stack_context *from, struct stack_context *to);

#endif
