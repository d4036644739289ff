/* switch.c -- stack switching. See switch.h.
 *
 * Only callee-saved registers are kept; the compiler saved the rest around the call.
 */
#include "switch.h"

#include <stdint.h>

#if defined(__x86_64__)
__asm__(
    ".text\n"
    ".globl stack_switch\n"
    ".type stack_switch,@function\n"
    "stack_switch:\n"
    "	endbr64\n"
    "	pushq %rbp\n	pushq %rbx\n	pushq %r12\n	pushq %r13\n	pushq %r14\n	pushq %r15\n"
    "	subq $8, %rsp\n"
    "	stmxcsr (%rsp)\n	fnstcw 4(%rsp)\n"
    "	movq %rsp, (%rdi)\n"
    "	movq (%rsi), %rsp\n"
    "	ldmxcsr (%rsp)\n	fldcw 4(%rsp)\n"
    "	addq $8, %rsp\n"
    "	popq %r15\n	popq %r14\n	popq %r13\n	popq %r12\n	popq %rbx\n	popq %rbp\n"
    "	ret\n"
    ".size stack_switch,.-stack_switch\n");

void
stack_prepare(struct stack_context *to, void *stack, size_t bytes, void (*entry)(void))
{
	uint64_t *sp = (uint64_t *)(((uintptr_t)stack + bytes) & ~(uintptr_t)15);

	*--sp = 0;			/* a return address for entry, never used; aligns as after a call */
	*--sp = (uint64_t)(uintptr_t)entry;
	sp -= 6;			/* rbp rbx r12 r13 r14 r15 */
	for (int i = 0; i < 6; i++)
		sp[i] = 0;
	*--sp = 0x037full << 32 | 0x1f80;	/* x87 control word, MXCSR: their defaults */
	to->sp = sp;
}
#elif defined(__aarch64__)
__asm__(
    ".text\n"
    ".globl stack_switch\n"
    ".type stack_switch,%function\n"
    "stack_switch:\n"
    "	sub sp, sp, #160\n"
    "	stp x19, x20, [sp, #0]\n	stp x21, x22, [sp, #16]\n	stp x23, x24, [sp, #32]\n"
    "	stp x25, x26, [sp, #48]\n	stp x27, x28, [sp, #64]\n	stp x29, x30, [sp, #80]\n"
    "	stp d8, d9, [sp, #96]\n	stp d10, d11, [sp, #112]\n	stp d12, d13, [sp, #128]\n	stp d14, d15, [sp, "
    "#144]\n"
    "	mov x9, sp\n	str x9, [x0]\n"
    "	ldr x9, [x1]\n	mov sp, x9\n"
    "	ldp x19, x20, [sp, #0]\n	ldp x21, x22, [sp, #16]\n	ldp x23, x24, [sp, #32]\n"
    "	ldp x25, x26, [sp, #48]\n	ldp x27, x28, [sp, #64]\n	ldp x29, x30, [sp, #80]\n"
    "	ldp d8, d9, [sp, #96]\n	ldp d10, d11, [sp, #112]\n	ldp d12, d13, [sp, #128]\n	ldp d14, d15, [sp, "
    "#144]\n"
    "	add sp, sp, #160\n"
    "	ret\n"
    ".size stack_switch,.-stack_switch\n");

void
stack_prepare(struct stack_context *to, void *stack, size_t bytes, void (*entry)(void))
{
	uint64_t *sp = (uint64_t *)(((uintptr_t)stack + bytes) & ~(uintptr_t)15);

	sp -= 20;
	for (int i = 0; i < 20; i++)
		sp[i] = 0;
	sp[11] = (uint64_t)(uintptr_t)entry;	/* x30 */
	to->sp = sp;
}
#else
void
stack_switch(struct stack_context *from, struct stack_context *to)
{
	swapcontext(&from->uc, &to->uc);
}

void
stack_prepare(struct stack_context *to, void *stack, size_t bytes, void (*entry)(void))
{
	getcontext(&to->uc);
	to->uc.uc_stack.ss_sp = stack;
	to->uc.uc_stack.ss_size = bytes;
	to->uc.uc_link = NULL;
	makecontext(&to->uc, entry, 0);
}
#endif
