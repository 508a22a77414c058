/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * The user registers of the current task, on x86-64: from the context of a perf event that hit user
 * code, else from where the entry code saved them, at the top of the task's kernel stack.
 */
#pragma once

#include "shared.h"

/* struct pt_regs in full words. Newer kernels declare cs and ss as unions of 16 and 64 bits, and a
 * 16-bit load from the context is refused. */
struct user_registers {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	__u64 orig_ax, ip, cs, flags, sp, ss;
};

enum { THREAD_SIZE_X86_64 = 16384, USER32_CS = 0x23 };

/* Word by word: a context cannot be copied otherwise. */
static __always_inline void copy_registers(struct user_registers *to, struct user_registers *ctx)
{
	to->r15 = ctx->r15;
	to->r14 = ctx->r14;
	to->r13 = ctx->r13;
	to->r12 = ctx->r12;
	to->bp = ctx->bp;
	to->bx = ctx->bx;
	to->r11 = ctx->r11;
	to->r10 = ctx->r10;
	to->r9 = ctx->r9;
	to->r8 = ctx->r8;
	to->ax = ctx->ax;
	to->cx = ctx->cx;
	to->dx = ctx->dx;
	to->si = ctx->si;
	to->di = ctx->di;
	to->orig_ax = ctx->orig_ax;
	to->ip = ctx->ip;
	to->sp = ctx->sp;
}

static __always_inline bool is_user(__u64 cs)
{
	return (cs & 3) == 3;
}

/* Before bpf_task_pt_regs() (commit dd6e10fbd9fb, "bpf: Add bpf_task_pt_regs() helper", v5.15) there
 * is nothing above the registers but the end of the stack. */
static __always_inline bool read_saved_registers(struct user_registers *to)
{
	const void *from;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs)) {
		from = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	} else {
		struct task_struct *task = (void *)bpf_get_current_task();
		from = BPF_CORE_READ(task, stack) + THREAD_SIZE_X86_64 - sizeof(*to);
	}
	return bpf_probe_read_kernel(to, sizeof(*to), from) == 0 && is_user(to->cs);
}

/* In an exec the old registers are still there and the old memory is gone. */
static __always_inline bool in_exec(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return bpf_core_field_exists(task->in_execve) && BPF_CORE_READ_BITFIELD_PROBED(task, in_execve);
}
