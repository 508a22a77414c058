/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * User stacks from unwind tables, for code without frame pointers; unwind_wire.h has the tables.
 *
 * The stack is read in windows of 1 KiB, since a helper call per word costs more than everything
 * else. Each step is a global function with a scalar argument: the verifier checks it once, not once
 * per frame, and kernels from 5.10 on accept it. What user space or the unwound process put into
 * memory can mislead the walk, never prolong it: every loop has a constant bound.
 */
#pragma once

#include "unwind_frames.h"
#include "unwind_lookup.h"

/* Records the current frame and goes on to its caller; 1: there is none, or none can be found. */
__attribute__((noinline)) int uw_step(__u32 user)
{
	struct stack_scratch *scratch = stack_scratch(user);
	__u32 rule = PS_RULE_GAP;
	__u64 pc;

	if (!scratch)
		return 1;
	struct unwind_state *state = &scratch->unwind;
	__u32 frames = state->frames;
	if (frames >= PS_MAX_FRAMES)
		return stop(state, PS_END_TOO_DEEP);
	pc = lookup_pc(state);
	bool mapped = (pc >= state->code_begin && pc < state->code_end) || uw_find_mapping(user);
	/* A walk by frame pointers that leaves the code has gone astray. */
	if (!mapped && state->from_fp)
		return stop(state, PS_END_FRAME_POINTER);
	scratch->event.ips[frames & (PS_MAX_FRAMES - 1)] = state->pc;
	state->hash = mix(state->hash, state->pc);
	state->frames = frames + 1;
	if (!mapped) {
		request_mappings(&state->process, PS_REQUEST_MAPPING, pc);
		if (uw_follow_frame_pointer(user))
			state->end = PS_END_NO_MAPPING;
		return state->end == PS_END_NO_MAPPING;
	}
	pc += state->code_shift;
	rule = uw_find_rule(user, pc >> 32, (__u32)pc);
	if (rule == NO_PAGE)
		return stop(state, PS_END_NO_PAGE);
	switch (PS_RULE_KIND(rule)) {
	case PS_RULE_GAP:
		return uw_follow_frame_pointer(user);
	case PS_RULE_SIGNAL:
		return uw_leave_signal(user);
	case PS_RULE_STOP:
		return stop(state, PS_END_ROOT);
	}
	return apply_rule(state, rule);
}

/* What is known of the process's mappings: its own, or its parent's while it is a fork of it. */
static __always_inline bool find_process(struct unwind_state *state, const struct ps_process *process)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 tgid = process->tgid;
	struct ps_known_process *known = bpf_map_lookup_elem(&uw_processes, &tgid);

	if (known && known->start_ns == 0 && process->start_ns <= known->seen_ns) {
		known->exec_id = process->exec_id;
		known->start_ns = process->start_ns;
	}
	if (!known || known->start_ns != process->start_ns || known->exec_id != process->exec_id) {
		request_mappings(process, PS_REQUEST_PROCESS, 0);
		tgid = BPF_CORE_READ(task, real_parent, tgid);
		known = bpf_map_lookup_elem(&uw_processes, &tgid);
		if (!known || known->exec_id != process->exec_id || known->start_ns > process->start_ns)
			return false;
	}
	state->mappings = known->mappings;
	state->mapping_count = known->mapping_count;
	return true;
}

static __always_inline void start_at(struct unwind_state *state)
{
	const struct user_registers *registers = &state->registers;

	state->pc = registers->ip;
	state->sp = registers->sp;
	state->fp = registers->bp;
	state->rbx = registers->bx;
	state->rbx_known = 1;
	state->leaf[0] = registers->ax;
	state->leaf[1] = registers->dx;
	state->leaf[2] = registers->cx;
	state->leaf[3] = registers->bx;
	state->leaf[4] = registers->si;
	state->leaf[5] = registers->di;
	state->leaf[8] = registers->r8;
	state->leaf[9] = registers->r9;
	state->leaf[10] = registers->r10;
	state->leaf[11] = registers->r11;
	state->leaf[12] = registers->r12;
	state->leaf[13] = registers->r13;
	state->leaf[14] = registers->r14;
	state->leaf[15] = registers->r15;
	state->interrupted = 1;
	/* A system call leaves the address behind its instruction, which may be its function's last. */
	state->exact_pc = (__s64)registers->orig_ax < 0;
	state->from_fp = 0;
	state->frames = 0;
	state->end = PS_END_TOO_DEEP;
	state->code_begin = state->code_end = 0;
	state->window_begin = state->window_end = 0;
}

/* Unwinds from state->registers into scratch->event. False: nothing is known of the process. */
static __always_inline bool unwind(struct stack_scratch *scratch, const struct ps_process *process)
{
	struct unwind_state *state = &scratch->unwind;

	if (!find_process(state, process))
		return false;
	state->process = *process;
	start_at(state);
	for (int i = 0; i <= PS_MAX_FRAMES; i++)
		if (uw_step(SCRATCH_EVENT))
			break;
	return true;
}
